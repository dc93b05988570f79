// Who is on which shift, by a schedule: a list of {crew, shift, from, to}, with moments such as 2026-11-23T06:00:00Z.

/**
 * @typedef {object} Entry
 * @property {string} crew
 * @property {string} shift
 * @property {number} from milliseconds
 * @property {number} to milliseconds
 */

/**
 * A text without the differences that people make by typing.
 * @param {unknown} text
 */
const word = (text) => (typeof text === "string" ? text.trim().toLowerCase() : "");

/**
 * Reads a schedule. Says which entry is wrong, and how: somebody typed it.
 * @param {string} text
 * @returns {Entry[]}
 */
export function parse(text) {
  const list = JSON.parse(text);
  if (!Array.isArray(list)) throw new Error("the schedule is no list");
  return list.map((entry, index) => {
    const [crew, shift] = [word(entry?.crew), word(entry?.shift)];
    const [from, to] = [Date.parse(entry?.from), Date.parse(entry?.to)];
    if (!crew || !shift || shift.includes("/")) throw new Error(`entry ${index + 1}: crew and shift are texts, without a /`);
    if (!(from < to)) throw new Error(`entry ${index + 1}: from and to are moments, one before the other`);
    return { crew, shift, from, to };
  });
}

/**
 * The shifts that somebody is on, and the next moment at which that changes; null when the schedule tells of none.
 * @param {Entry[]} schedule
 * @param {unknown} crew
 * @param {number} now
 */
export function shifts(schedule, crew, now) {
  const own = schedule.filter((entry) => entry.crew === word(crew));
  const on = own.filter((entry) => entry.from <= now && now < entry.to).map((entry) => entry.shift);
  const coming = own.flatMap((entry) => [entry.from, entry.to]).filter((moment) => moment > now);
  return { shifts: [...new Set(on)].sort(), changes: coming.length > 0 ? Math.min(...coming) : null };
}
