import assert from "node:assert/strict";
import test from "node:test";

import { keys, title } from "./cities.js";

test("a person belongs to the city and to the department there", () => {
  assert.deepEqual(keys("Cairo", "Sales"), ["city/cairo", "city/cairo/sales"]);
  assert.deepEqual(keys(" cairo", null), ["city/cairo"]);
  assert.deepEqual(keys(null, "Sales"), []);
});

test("a department is a part of its city", () => {
  assert.deepEqual(title("city/cairo/sales"), { name: "Cairo Sales", parent: "city/cairo" });
  assert.equal(title("country/egypt"), null);
});
