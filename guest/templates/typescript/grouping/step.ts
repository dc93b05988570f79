// A Rollcall grouping: a group for each city, and in it one for each department.
// What is computed stands in cities.ts, where a unit test reaches it. This file is the border to the host.

import { plain, problem, settings as read } from "./rollcall.js";
import { keys, title } from "./cities.js";

let settings = { minimum_members: 2 };

const groups = (person: grouping.Candidate) => keys(plain(person.properties[0]), plain(person.properties[1]));

export const grouping: grouping.Step = {
  configure(text) {
    // What the tenant's file says under `settings`, over defaults. A key that is not here is refused, so that a typo is found.
    settings = read(text, { minimum_members: 2 });
    if (settings.minimum_members < 1) throw problem("minimum_members", "a group has at least one member", "1");
    // What is read of a user, in the order in which a candidate has it. No rules: everybody is asked again when a setting changes.
    return { properties: ["city", "department"], attributes: [], rules: [] };
  },

  assign(people) {
    return people.map((person) => ({
      rules: [],
      belongings: groups(person).map((key) => ({ key, rule: 0 })),
      undecided: [],
      changesAt: null,
    }));
  },

  describe(wanted) {
    return wanted.map((key) => {
      const known = title(key);
      if (known === null) return null;
      const { minimum_members: minimumMembers } = settings;
      return { key, ...known, welcomeMessage: null, admins: [], minimumMembers, whenEmpty: "remove" };
    });
  },

  explain(person, key) {
    const [city, department] = person.properties.map((value) => plain(value) ?? "not known");
    const sentences = [`The city is ${city}, the department ${department}.`];
    const rule = "one group for each city, and for each department in it";
    return { belongs: groups(person).includes(key), rule, nodes: [], sentences };
  },
};
