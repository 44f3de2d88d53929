// Watchers of one client over HTTP, with the quota of an account. `cargo xtask bench --only watchers` does the same
// with a thousand of them for ten minutes.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as cloudflow from "../../pkg/dist/index.js";
import { watchMany } from "./support/watchers.mjs";

test("every end is reported, and no request is throttled", async () => {
  const watchers = 50;
  const seen = await watchMany(cloudflow, { watchers, seconds: 3, lives: [1, 2] });
  assert.deepEqual(seen.wrong, []);
  assert.equal(seen.missed, 0);
  assert.ok(seen.ends >= watchers, `${seen.ends} ends`);
  assert.equal(seen.throttled, 0);
  assert.ok(seen.over <= 0, `${seen.over} requests above the budget`);
  // All watchers in turn, 5 per second.
  assert.ok(seen.worstMs < (watchers / 5 + 5) * 1000, `${seen.worstMs} ms`);
});
