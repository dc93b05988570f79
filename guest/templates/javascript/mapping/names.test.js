import assert from "node:assert/strict";
import test from "node:test";

import { displayName } from "./names.js";

test("the family name comes where the settings want it", () => {
  assert.equal(displayName("Adele", "Vance", true), "VANCE Adele");
  assert.equal(displayName("Adele", "Vance", false), "Adele Vance");
});

test("one name is enough", () => {
  assert.equal(displayName("Cher", null, true), "Cher");
  assert.equal(displayName(null, "", true), null);
});
