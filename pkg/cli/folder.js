// A folder of flow definitions. It is polled, because file notifications differ between systems, runtimes and network
// drives.

import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Polling interval in ms. */
const INTERVAL_MS = 300;

/**
 * @typedef {object} FolderOptions
 * @property {string[]} [skip] full paths of files that are not definitions
 * @property {(name: string, text: string, mode: "Standard" | "Express", file: string) => void} take called for a new or
 *   changed file
 * @property {(name: string, file: string) => void} drop called for a removed file
 * @property {(line: string) => void} say prints a line
 */

/**
 * @param {string} directory its files `*.yaml` and `*.yml` are the flows; the name of a flow is the file name without
 *   the extension; `name.express.yaml` is an Express flow
 * @param {FolderOptions} options
 */
export function createFolder(directory, { skip = [], take, drop, say }) {
  /** @type {Map<string, { version: string, name: string, flow: boolean, unread?: boolean }>} */
  const seen = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let stopped = false;
  let broken = false;

  /** Reads the folder once. Rejects if the folder cannot be read. */
  async function look() {
    const entries = await readdir(directory);
    // Tests of flows can lie beside them.
    const files = entries
      .filter((name) => /\.ya?ml$/i.test(name) && !/\.flowtest\.ya?ml$/i.test(name) && !name.startsWith("."))
      .sort();
    const names = new Map();
    for (const file of files) {
      const path = join(directory, file);
      if (skip.includes(path)) continue;
      const stats = await stat(path).catch(() => undefined);
      if (!stats?.isFile()) continue;
      const name = file.replace(/(\.express)?\.ya?ml$/i, "");
      const version = `${stats.mtimeMs} ${stats.size} ${stats.ino}`;
      const old = seen.get(file);
      if (names.has(name)) {
        if (old?.version !== version)
          say(`${file}: the flow \`${name}\` is already defined by ${names.get(name)}; this file is ignored`);
        seen.set(file, { version, name, flow: false });
        continue;
      }
      names.set(name, file);
      if (old?.version === version && old.flow && !old.unread) continue;
      let text;
      try {
        text = await readFile(path, "utf8");
      } catch (error) {
        // This is printed once, until the file changes. The previous flow of the file is kept.
        if (old?.version !== version || !old.unread) say(`${file}: cannot be read: ${error.message}`);
        seen.set(file, { version, name, flow: old?.flow ?? false, unread: true });
        continue;
      }
      if (old?.unread) say(`${file}: can be read again`);
      seen.set(file, { version, name, flow: true });
      take(name, text, /\.express\.ya?ml$/i.test(file) ? "Express" : "Standard", file);
    }
    for (const [file, { name, flow }] of [...seen]) {
      if (files.includes(file)) continue;
      seen.delete(file);
      if (flow && !names.has(name)) drop(name, file);
    }
  }

  async function again() {
    const began = Date.now();
    try {
      await look();
      if (broken) say(`${directory} can be read again`);
      broken = false;
    } catch (error) {
      if (!broken) say(`${directory} cannot be read: ${error.message}; the flows are unchanged`);
      broken = true;
    }
    // A slow folder is read less often.
    if (!stopped) timer = setTimeout(again, Math.max(INTERVAL_MS, 20 * (Date.now() - began)));
  }

  return {
    look,
    watch() {
      timer = setTimeout(again, INTERVAL_MS);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
