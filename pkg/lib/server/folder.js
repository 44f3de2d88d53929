// A folder of definitions as flows: loaded, and loaded again when a file changes. It looks again and
// again instead of being told: what tells differs between systems, runtimes and network drives.

import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

const INTERVAL = 300;

/**
 * @param directory its `*.yaml` and `*.yml` are the flows, named as the files; `name.express.yaml` is an Express flow
 * @param skip files that are none, as full paths
 * @param take (name, text, mode, file) => void, for a file that is new or has changed
 * @param drop (name, file) => void, for one that is gone
 * @param say (line) => void
 */
export function createFolder(directory, { skip = [], take, drop, say }) {
  const seen = new Map();
  let timer;
  let stopped = false;
  let broken = false;

  /** One look; rejects where the folder cannot be read. */
  async function look() {
    const entries = await readdir(directory);
    const files = entries.filter((name) => /\.ya?ml$/i.test(name) && !name.startsWith(".")).sort();
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
          say(`${file}: the flow \`${name}\` is in ${names.get(name)} already; this file is left out`);
        seen.set(file, { version, name, flow: false });
        continue;
      }
      names.set(name, file);
      if (old?.version === version && old.flow && !old.unread) continue;
      let text;
      try {
        text = await readFile(path, "utf8");
      } catch (error) {
        // Said once, until the file changes. The flow that it was before stays.
        if (old?.version !== version || !old.unread) say(`${file}: it cannot be read: ${error.message}`);
        seen.set(file, { version, name, flow: old?.flow ?? false, unread: true });
        continue;
      }
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
      if (broken) say(`${directory} is back`);
      broken = false;
    } catch (error) {
      if (!broken) say(`${directory} cannot be read: ${error.message}; the flows stay as they are`);
      broken = true;
    }
    // A folder that takes long is looked at less often.
    if (!stopped) timer = setTimeout(again, Math.max(INTERVAL, 20 * (Date.now() - began)));
  }

  return {
    look,
    watch() {
      timer = setTimeout(again, INTERVAL);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
