// A Rollcall mapping: a name for people to read, made of given name and surname.
// What is computed stands in names.js, where a unit test reaches it. This file is the border to the host.

import { Layout, settings as read, textAttribute } from "./rollcall.js";
import { displayName } from "./names.js";

let settings = { family_name_first: false };
let layout = new Layout([]);

/** @type {mapping.Step} */
export const mapping = {
  configure(text, inherited) {
    // What the tenant's file says under `settings`, over defaults. A key that is not here is refused, so that a typo is found.
    settings = read(text, { family_name_first: false });
    // Everything that came from the mapping before, and one attribute more.
    layout = new Layout(inherited);
    layout.add(textAttribute("display_name"));
    // Name each property that is read of a user: a person is mapped again when one of them changed.
    return { attributes: layout.attributes, properties: ["givenName", "surname"], lookedUpProperties: [] };
  },

  mapPeople(people) {
    return people.map((person) => {
      const { givenName = null, surname = null } = JSON.parse(person.object);
      if (![givenName, surname].every((name) => name === null || typeof name === "string")) {
        return { tag: "reject", val: "a name of this user is no text" };
      }
      const name = displayName(givenName, surname, settings.family_name_first);
      if (name === null) return { tag: "skip", val: "has no name" };
      return { tag: "profile", val: layout.row(person.inherited, { display_name: name }) };
    });
  },

  explain() {
    return [];
  },
};
