// The state file: what the emulator saves, written whole beside its place and then put there, so that
// a stop in the middle leaves the old one. What cannot be read is set aside, never overwritten.

import { copyFile, open, readFile, rename, rm } from "node:fs/promises";
import { pid } from "node:process";

const INTERVAL = 500;

export function createStateFile(file, emulator, say) {
  let saved = 0;
  let timer;
  let stopped = false;
  let writing = Promise.resolve();
  let failing = false;

  /** Restores what the file holds. Where that cannot be, the file goes aside and all begins anew. */
  async function load() {
    let text;
    try {
      text = await readFile(file, "utf8");
    } catch (error) {
      if (error.code !== "ENOENT") throw new Error(`the state file ${file} cannot be read: ${error.message}`);
      say(`state: ${file} is new`);
      return;
    }
    let restored;
    try {
      restored = emulator.restore(text);
    } catch (error) {
      if (error.code !== "wrong-state") throw error;
      const aside = await freeName(file);
      await rename(file, aside);
      say(`state: ${file}: ${error.message}; it is set aside as ${aside}, and nothing is restored`);
      return;
    }
    const { flows, executions, problems } = restored;
    say(`state: ${count(flows, "flow")} and ${count(executions, "execution")} are back from ${file}`);
    if (problems.length > 0) {
      const aside = await freeName(file);
      await copyFile(file, aside);
      for (const problem of problems) say(`state: ${problem}`);
      say(`state: the whole file is kept as ${aside}`);
    }
    saved = emulator.changes();
  }

  async function write() {
    const changes = emulator.changes();
    if (changes === saved) return;
    const beside = `${file}.${pid}.tmp`;
    try {
      const handle = await open(beside, "w", 0o600);
      try {
        await handle.writeFile(emulator.save());
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(beside, file);
      saved = changes;
      if (failing) say(`state: ${file} is written again`);
      failing = false;
    } catch (error) {
      if (!failing) say(`state: ${file} cannot be written: ${error.message}`);
      failing = true;
      await rm(beside, { force: true }).catch(() => {});
    }
  }

  /** One write after the other. */
  const flush = () => (writing = writing.then(write));

  async function again() {
    const began = Date.now();
    await flush();
    // What takes long to write is written less often.
    if (!stopped) timer = setTimeout(again, Math.max(INTERVAL, 20 * (Date.now() - began)));
  }

  return {
    load,
    watch() {
      timer = setTimeout(again, INTERVAL);
    },
    /** Writes what is left to write. False where it cannot. */
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await flush();
      return !failing;
    },
  };
}

async function freeName(file) {
  const stamp = new Date().toISOString().replace(/[:.]/g, "-");
  for (let number = 0; ; number += 1) {
    const name = `${file}.aside-${stamp}${number === 0 ? "" : `-${number}`}`;
    const taken = await open(name, "r").then(
      (handle) => handle.close().then(() => true),
      () => false,
    );
    if (!taken) return name;
  }
}

function count(number, what) {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
