// A Rollcall grouping: a group for everybody who is on a shift, by a schedule in this step's storage.
// Who is on which shift is computed in schedule.js, where a unit test reaches it. This file is the border to the host.
//
// `rollcall storage contoso.toml grouping --set schedule=shifts.json` puts a schedule there, and everybody is asked for again. In between, the
// host comes back by itself: for a person at the next change of shift (`changesAt`), for everybody after `read_again_minutes`.

import { open } from "wasi:keyvalue/store@0.2.0-draft2";
import { wake } from "rollcall:sync/scheduling@0.1.0";

import { plain, problem, settings as read } from "./rollcall.js";
import { parse, shifts } from "./schedule.js";

let settings = { crew_property: "department", read_again_minutes: 60 };

/** @param {number} moment */
const written = (moment) => new Date(moment).toISOString();

/** The schedule, or why there is none. */
function schedule() {
  const bytes = open("default").get("schedule");
  if (bytes === null) return "no schedule is stored: rollcall storage puts one there";
  try {
    return parse(decode(bytes));
  } catch (error) {
    return `the schedule cannot be used: ${error instanceof Error ? error.message : error}`;
  }
}

/**
 * UTF-8 as text: the engine has no TextDecoder.
 * @param {Uint8Array} bytes
 */
const decode = (bytes) => decodeURIComponent(Array.from(bytes, (byte) => "%" + byte.toString(16).padStart(2, "0")).join(""));

/** @type {grouping.Step} */
export const grouping = {
  configure(text) {
    settings = read(text, { crew_property: "department", read_again_minutes: 60 });
    if (settings.read_again_minutes < 1) throw problem("read_again_minutes", "this is at least a minute", "60");
    return { properties: [settings.crew_property], attributes: [], rules: [] };
  },

  assign(people) {
    const [entries, now] = [schedule(), Date.now()];
    wake(written(now + settings.read_again_minutes * 60_000), "");
    return people.map((person) => {
      // Who cannot be decided for stays where he is, and the log says why.
      if (typeof entries === "string") {
        return { rules: [], belongings: [], undecided: [{ rule: 0, reason: entries }], changesAt: null };
      }
      const { shifts: on, changes } = shifts(entries, plain(person.properties[0]), now);
      const belongings = on.map((shift) => ({ key: `shift/${shift}`, rule: 0 }));
      return { rules: [], belongings, undecided: [], changesAt: changes === null ? null : written(changes) };
    });
  },

  describe(wanted) {
    return wanted.map((key) => {
      const [start, shift, ...rest] = key.split("/");
      if (start !== "shift" || !shift || rest.length > 0) return null;
      const name = `${shift.charAt(0).toUpperCase()}${shift.slice(1)} shift`;
      // Between two shifts nobody is in the group; it stays, with its talks.
      return { key, name, parent: null, welcomeMessage: null, admins: [], minimumMembers: 1, whenEmpty: "keep" };
    });
  },

  explain(person, key) {
    const [entries, crew] = [schedule(), plain(person.properties[0])];
    const on = typeof entries === "string" ? [] : shifts(entries, crew, Date.now()).shifts;
    const sentences = [
      `The crew is ${crew ?? "not known"}.`,
      typeof entries === "string" ? `There is no answer: ${entries}.` : `It is on ${on.join(" and ") || "no shift"} now.`,
    ];
    return { belongs: on.some((shift) => key === `shift/${shift}`), rule: "the schedule in this step's storage", nodes: [], sentences };
  },
};
