// The state file: what the emulator saves, and behind it a journal of what has changed since. A change is in the
// file before a client hears of it. The file is written anew when its journal has outgrown the rest: beside its
// place, and then put there. What cannot be read is set aside, never overwritten.

import { randomBytes } from "node:crypto";
import { copyFile, lstat, open, readFile, readdir, readlink, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { LONGEST_STATE } from "../given.js";
import { acquireLock } from "./lock.js";

/** How often changes are written that no client has heard of: results of tasks. */
const INTERVAL = 100;

/** A journal of this size is kept, however small the rest is. */
const SMALL_JOURNAL = 1024 * 1024;

/**
 * Locks the file and restores what it holds. Rejects where another process uses it, or where it cannot be written.
 *
 * @param say (line) => void
 * @returns `commit`, after which every change so far is in the file; it rejects where that cannot be.
 *   `stop` writes what is left and releases the file; false where it could not be written
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

async function opened(file, emulator, say, release) {
  /** Where the journal goes; undefined where the file must be written anew. */
  let handle;
  let inode;
  let savedBytes = 0;
  let journalBytes = 0;
  let waiting = "";
  let writing;
  let queued;
  let failing = false;
  let stopped = false;
  let timer;

  await removeRemains(file);
  await load(file, emulator, say);
  await writeAll();
  again();

  /** Beside its place, then there: a stop in the middle leaves the old one. */
  async function writeAll() {
    await handle?.close().catch(() => {});
    handle = undefined;
    await keepLock();
    // The journal continues this text: what waited for the old one is part of it.
    const text = emulator.save({ journal: true });
    waiting = "";
    // It could not be restored. The file that is there has all that a client has heard of.
    if (text.length > LONGEST_STATE)
      throw new Error(`the state takes more than ${LONGEST_STATE} bytes: delete flows, or start with another file`);
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

  /** With what waits, the file would be longer than what can be restored. */
  function isFull() {
    return savedBytes + journalBytes + Buffer.byteLength(waiting) > LONGEST_STATE;
  }

  /** Somebody has removed or replaced the file: what is appended would be nowhere. */
  async function isGone() {
    return (await lstat(file).catch(() => undefined))?.ino !== inode;
  }

  /** A lock that was removed is taken again, unless another server may have written the file since. */
  async function keepLock() {
    if (await release.isHeld()) return;
    const found = await lstat(file).catch(() => undefined);
    if (found !== undefined && found.ino !== inode)
      throw new Error("its lock was removed, and another file is in its place: start the server again");
    release = await acquireLock(file);
  }

  async function append() {
    const text = waiting;
    waiting = "";
    if (text === "") return;
    const used = handle;
    // Where this fails, a part of it may be in the file.
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
      if (failing) say(`state: ${file} is written again`);
      failing = false;
    } catch (error) {
      if (!failing) say(`state: ${file} cannot be written: ${error.message}`);
      failing = true;
      throw error;
    }
  }

  /** One write after the other; all that wait for the next one share it. */
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
    // A file that cannot be written is not tried all the time.
    if (!stopped) timer = setTimeout(again, failing ? 10 * INTERVAL : INTERVAL);
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

/** Restores what the file holds. Where that cannot be, the file goes aside and all begins anew. */
async function load(file, emulator, say) {
  let text;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error.code !== "ENOENT") throw new Error(`the state file \`${file}\` cannot be read: ${error.message}`);
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
}

/** The one name that all links to a file lead to, whether it exists or not. */
async function realName(file, links = 0) {
  const found = await lstat(file).catch((error) => {
    if (error.code === "ENOENT") return undefined;
    throw new Error(`the state file \`${file}\` cannot be read: ${error.message}`);
  });
  if (found?.isSymbolicLink()) {
    if (links === 40) throw new Error(`the state file \`${file}\` is a link that leads back to itself`);
    // Not realpath: a link may lead to a file that is yet to be made.
    return realName(resolve(await realFolder(file), await readlink(file)), links + 1);
  }
  if (found && !found.isFile()) throw new Error(`the state file \`${file}\` is no regular file`);
  if (found) return realpath(file);
  return join(await realFolder(file), basename(file));
}

function realFolder(file) {
  return realpath(dirname(file)).catch((error) => {
    throw new Error(`the folder of the state file \`${file}\` cannot be read: ${error.message}`);
  });
}

/** What a process left that ended while it wrote. The lock says that no other one is writing. */
async function removeRemains(file) {
  const name = basename(file);
  for (const other of await readdir(dirname(file))) {
    if (!other.startsWith(`${name}.`) || !/^\.[0-9a-f]{16}\.tmp$/.test(other.slice(name.length))) continue;
    await rm(join(dirname(file), other), { force: true }).catch(() => {});
  }
}

/** The name of a file is in its folder. Not every system can be asked to write that. */
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

async function freeName(file) {
  const stamp = new Date().toISOString().replace(/[:.]/g, "-");
  for (let number = 0; ; number += 1) {
    const name = `${file}.aside-${stamp}${number === 0 ? "" : `-${number}`}`;
    if (!(await lstat(name).catch(() => undefined))) return name;
  }
}

function count(number, what) {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
