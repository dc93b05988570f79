import assert from "node:assert/strict";
import test from "node:test";

import { parse, shifts } from "./schedule.js";

const day = (hour) => Date.parse(`2026-11-23T${hour}:00:00Z`);
const schedule = parse(`[
  {"crew": "Red", "shift": "Early", "from": "2026-11-23T06:00:00Z", "to": "2026-11-23T14:00:00Z"},
  {"crew": "Red", "shift": "late", "from": "2026-11-23T13:00:00Z", "to": "2026-11-23T22:00:00Z"}
]`);

test("a crew is on its shift from the first moment to the last", () => {
  assert.deepEqual(shifts(schedule, "red ", day("05")), { shifts: [], changes: day("06") });
  assert.deepEqual(shifts(schedule, "Red", day("06")), { shifts: ["early"], changes: day("13") });
  assert.deepEqual(shifts(schedule, "Red", day("13")), { shifts: ["early", "late"], changes: day("14") });
  assert.deepEqual(shifts(schedule, "Red", day("22")), { shifts: [], changes: null });
});

test("who is in no crew is on no shift", () => {
  assert.deepEqual(shifts(schedule, null, day("07")), { shifts: [], changes: null });
});

test("what is wrong with a schedule is told", () => {
  assert.throws(() => parse("{}"), /no list/);
  assert.throws(() => parse('[{"crew": "Red", "shift": "a/b"}]'), /entry 1: crew and shift/);
  assert.throws(() => parse('[{"crew": "Red", "shift": "early", "from": "soon", "to": "later"}]'), /entry 1: from and to/);
});
