// The state file: the saved state of the emulator, followed by a journal of the changes since. A change is written
// before the client receives the response. When the journal is larger than the saved state, the file is rewritten: to a
// temporary file, which then replaces it. A file that cannot be read is renamed, never overwritten.

import { randomBytes } from "node:crypto";
import { copyFile, lstat, open, readFile, readdir, readlink, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { MAX_STATE } from "../local/options.js";
import { acquireLock } from "./lock.js";

/** Interval at which changes without a response are written, such as results of tasks, in ms. */
const INTERVAL_MS = 100;

/** Size in bytes up to which a journal does not cause a rewrite. */
const SMALL_JOURNAL = 1024 * 1024;

/** @typedef {import("../local.js").Emulator} Emulator */

/** @typedef {(line: string) => void} Print */

/**
 * `commit` resolves when all previous changes are in the file, and rejects if they cannot be written. `stop` writes the
 * remaining changes and releases the file. It returns false if they cannot be written.
 *
 * @typedef {{ commit: () => Promise<void>, stop: () => Promise<boolean> }} StateFile
 */

/**
 * Locks the file and restores its content. Rejects if another process uses the file, or if it cannot be written.
 *
 * @param {string} name
 * @param {Emulator} emulator
 * @param {Print} say prints a line
 * @returns {Promise<StateFile>}
 */
export async function openStateFile(name, emulator, say) {
  const file = await realName(resolve(name));
  const release = await acquireLock(file);
  try {
    return await opened(file, emulator, say, release);
  } catch (error) {
    await release();
    throw error;
  }
}

/**
 * @param {string} file
 * @param {Emulator} emulator
 * @param {Print} say
 * @param {import("./lock.js").Release} release
 * @returns {Promise<StateFile>}
 */
async function opened(file, emulator, say, release) {
  /**
   * The file, for appending to the journal. Undefined if the file must be rewritten.
   *
   * @type {import("node:fs/promises").FileHandle | undefined}
   */
  let handle;
  /**
   * The inode of the file that `handle` writes.
   *
   * @type {number | undefined}
   */
  let inode;
  let savedBytes = 0;
  let journalBytes = 0;
  let waiting = "";
  /** @type {Promise<void> | undefined} */
  let writing;
  /** @type {Promise<void> | undefined} */
  let queued;
  let failing = false;
  let stopped = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  await removeRemains(file);
  const links = (await lstat(file).catch(() => undefined))?.nlink ?? 1;
  if (links > 1)
    say(`state: ${file} has further hard links; the server replaces the file, and they keep the present state`);
  await load(file, emulator, say);
  await writeAll();
  again();

  /** Writes a temporary file and renames it: after an interruption the old file is complete. */
  async function writeAll() {
    await handle?.close().catch(() => {});
    handle = undefined;
    await keepLock();
    // The text includes the changes in `waiting`; the journal continues it.
    const text = emulator.save({ journal: true });
    waiting = "";
    // A longer text could not be restored. The present file contains all changes that were confirmed to clients.
    if (text.length > MAX_STATE)
      throw new Error(`the state is longer than the maximum of ${MAX_STATE} bytes; delete flows, or use another file`);
    const beside = `${file}.${randomBytes(8).toString("hex")}.tmp`;
    try {
      const written = await open(beside, "wx", 0o600);
      try {
        await written.writeFile(text);
        await written.sync();
      } finally {
        await written.close();
      }
      await rename(beside, file);
    } catch (error) {
      await rm(beside, { force: true }).catch(() => {});
      throw error;
    }
    await syncFolder(dirname(file));
    handle = await open(file, "a");
    inode = (await handle.stat()).ino;
    savedBytes = Buffer.byteLength(text);
    journalBytes = 0;
  }

  /** True if the file with the waiting changes would be too long to be restored. */
  function isFull() {
    return savedBytes + journalBytes + Buffer.byteLength(waiting) > MAX_STATE;
  }

  /** True if the file was removed or replaced. Appended changes would be lost. */
  async function isGone() {
    return (await lstat(file).catch(() => undefined))?.ino !== inode;
  }

  /** Acquires a removed lock again. Throws if another server may have written the file in the meantime. */
  async function keepLock() {
    if (await release.isHeld()) return;
    const found = await lstat(file).catch(() => undefined);
    if (found !== undefined && found.ino !== inode)
      throw new Error("its lock was removed and the file was replaced; start the server again");
    release = await acquireLock(file);
  }

  async function append() {
    const text = waiting;
    waiting = "";
    if (text === "") return;
    const used = handle;
    if (used === undefined) return writeAll();
    // If this fails, the file may contain a part of the text and must be rewritten.
    handle = undefined;
    try {
      await used.writeFile(text);
      await used.datasync();
    } catch (error) {
      await used.close().catch(() => {});
      throw error;
    }
    handle = used;
    journalBytes += Buffer.byteLength(text);
  }

  async function write() {
    queued = undefined;
    try {
      if (handle === undefined || journalBytes > Math.max(SMALL_JOURNAL, savedBytes) || isFull() || (await isGone()))
        await writeAll();
      else await append();
      if (failing) say(`state: ${file} can be written again`);
      failing = false;
    } catch (error) {
      if (!failing) say(`state: ${file} cannot be written: ${error.message}`);
      failing = true;
      throw error;
    }
  }

  /** Starts a write after the current one. All calls that wait for the next write share it. */
  function commit() {
    waiting += emulator.journal();
    if (waiting === "" && !failing) return writing ?? Promise.resolve();
    queued ??= (writing ?? Promise.resolve()).catch(() => {}).then(write);
    const mine = queued;
    writing = mine;
    const over = () => {
      if (writing === mine) writing = undefined;
    };
    mine.then(over, over);
    return mine;
  }

  async function again() {
    if (stopped) return;
    await commit().catch(() => {});
    // While the file cannot be written, the interval is longer.
    if (!stopped) timer = setTimeout(again, failing ? 10 * INTERVAL_MS : INTERVAL_MS);
  }

  return {
    commit,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      const wrote = await commit().then(
        () => true,
        () => false,
      );
      await handle?.close().catch(() => {});
      handle = undefined;
      await release();
      return wrote;
    },
  };
}

/**
 * Restores the content of the file. If this fails, the file is renamed and the emulator starts without flows.
 *
 * @param {string} file
 * @param {Emulator} emulator
 * @param {Print} say
 */
async function load(file, emulator, say) {
  let text;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error.code !== "ENOENT") throw new Error(`the state file \`${file}\` cannot be read: ${error.message}`);
    say(`state: ${file} does not exist and is created`);
    return;
  }
  let restored;
  try {
    restored = emulator.restore(text);
  } catch (error) {
    if (error.code !== "wrong-state") throw error;
    const aside = await freeName(file);
    await rename(file, aside);
    say(`state: ${file}: ${error.message}; the file is renamed to ${aside}, and nothing is restored`);
    return;
  }
  const { flows, executions, problems } = restored;
  say(`state: ${count(flows, "flow")} and ${count(executions, "execution")} restored from ${file}`);
  if (problems.length > 0) {
    const aside = await freeName(file);
    await copyFile(file, aside);
    for (const problem of problems) say(`state: ${problem}`);
    say(`state: a copy of the file is kept as ${aside}`);
  }
}

/**
 * Resolves all symbolic links of a file that may not exist.
 *
 * @param {string} file
 * @param {number} [links] number of links that were followed
 * @returns {Promise<string>}
 */
async function realName(file, links = 0) {
  const found = await lstat(file).catch((error) => {
    if (error.code === "ENOENT") return undefined;
    throw new Error(`the state file \`${file}\` cannot be read: ${error.message}`);
  });
  if (found?.isSymbolicLink()) {
    if (links === 40) throw new Error(`the state file \`${file}\` is part of a loop of symbolic links`);
    // Not realpath: the target of the link may not exist.
    return realName(resolve(await realFolder(file), await readlink(file)), links + 1);
  }
  if (found && !found.isFile()) throw new Error(`the state file \`${file}\` is not a regular file`);
  if (found) return realpath(file);
  return join(await realFolder(file), basename(file));
}

/** @param {string} file */
function realFolder(file) {
  return realpath(dirname(file)).catch((error) => {
    throw new Error(`the folder of the state file \`${file}\` cannot be read: ${error.message}`);
  });
}

/**
 * Removes temporary files of interrupted writes. The lock ensures that no other process is writing.
 *
 * @param {string} file
 */
async function removeRemains(file) {
  const name = basename(file);
  for (const other of await readdir(dirname(file))) {
    if (!other.startsWith(`${name}.`) || !/^\.[0-9a-f]{16}\.tmp$/.test(other.slice(name.length))) continue;
    await rm(join(dirname(file), other), { force: true }).catch(() => {});
  }
}

/**
 * Syncs the folder entry of a new file. Not all systems support this.
 *
 * @param {string} folder
 */
async function syncFolder(folder) {
  let handle;
  try {
    handle = await open(folder, "r");
    await handle.sync();
  } catch (error) {
    if (!["EISDIR", "EPERM", "EACCES", "EINVAL", "EBADF", "ENOTSUP", "ENOSYS"].includes(error.code)) throw error;
  } finally {
    await handle?.close();
  }
}

/** @param {string} file */
async function freeName(file) {
  const stamp = new Date().toISOString().replace(/[:.]/g, "-");
  for (let number = 0; ; number += 1) {
    const name = `${file}.aside-${stamp}${number === 0 ? "" : `-${number}`}`;
    if (!(await lstat(name).catch(() => undefined))) return name;
  }
}

/**
 * @param {number} number
 * @param {string} what
 */
function count(number, what) {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
