// The upstream as its parent sees it: see upstream.mjs.

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The key pair that the emulator accepts. */
export const KEY = { accessKeyId: "emulator", accessKeySecret: "emulator-secret" };

/** Starts the upstream. */
export async function openUpstream() {
  const child = fork(fileURLToPath(new URL("upstream.mjs", import.meta.url)));
  const waiting = new Map();
  const url = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the upstream ended with ${code}`)));
    child.on("message", (message) => {
      if (message.url) return resolve(message.url);
      const key = message.started ?? message.ended ?? "record";
      waiting.get(key)?.(message);
      waiting.delete(key);
    });
  });
  const ask = (key, message) =>
    new Promise((resolve) => {
      waiting.set(key, resolve);
      child.send(message);
    });
  return {
    url,
    pid: child.pid,
    start: (name) => ask(name, { start: name }),
    /** Ends an execution. Returns the time of the end, in ms since 1970. */
    end: async (name) => (await ask(name, { end: name })).at,
    /** The requests so far. Status 0 is a request that is held, -1 one whose caller has disconnected. */
    record: async () => (await ask("record", { record: true })).record,
    close() {
      child.removeAllListeners("exit");
      child.disconnect();
    },
  };
}
