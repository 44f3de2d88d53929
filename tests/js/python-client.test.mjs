// The official SDK for Python against the emulator over HTTP. `cargo xtask test` installs it into target/ and sets its
// path. Without Python the test is skipped.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createEmulator } from "../../pkg/dist/local.js";
import { serveFetch } from "../../pkg/cli/serve.js";

const SCRIPT = fileURLToPath(new URL("../python/official_client.py", import.meta.url));
const { PYTHON } = process.env;

test("the official SDK for Python drives the emulator", {
  skip: !PYTHON && "no Python with the SDK",
  timeout: 120_000,
}, async (t) => {
  const emulator = createEmulator({ accessKeys: { testid: "test/secret+=" } });
  const server = await serveFetch(emulator.fetch);
  t.after(async () => {
    await server.close();
    emulator.close();
  });
  // The server is on this machine, so no proxy is used.
  const env = { ...process.env, NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1", PYTHONIOENCODING: "utf-8" };
  const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT, server.url], { env, timeout: 100_000 });
  assert.deepEqual(stdout.trim().split(/\r?\n/), [
    "create",
    "long poll",
    "history",
    "stop",
    "callback",
    "synchronous",
    "refusals",
  ]);
});
