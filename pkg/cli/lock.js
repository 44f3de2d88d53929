// The lock of a state file: a file `<state file>.lock` that identifies the process which uses the state file. Only that
// process writes the state file. The lock of an ended process is stale; another process takes it over.
//
// Two processes may find the same stale lock. A claim decides which of them takes it over: a file whose name contains
// the token of the stale lock, created exclusively. Only the process that created the claim replaces the lock. A claim
// of an ended process is claimed in the same way.

import { randomBytes } from "node:crypto";
import { lstat, open, readFile, readlink, rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import process from "node:process";

/** Maximum time between the creation of a lock and the writing of its content, in ms. */
const UNWRITTEN_MS = 2000;

/** Maximum time for which a takeover by another process is waited for, in ms. */
const CLAIMED_MS = 5000;

/**
 * Content of a lock. `machine` contains the host name and the PID namespace; `boot` and `started` identify the boot of
 * the machine and the start of the process. A lock without content has only a token.
 *
 * @typedef {object} Lock
 * @property {string} token
 * @property {number} [pid]
 * @property {string} [since]
 * @property {string} [machine]
 * @property {string | undefined} [boot]
 * @property {string | undefined} [started]
 */

/**
 * Releases the lock. `isHeld` returns false if the lock was removed or replaced.
 *
 * @typedef {(() => Promise<void>) & { isHeld: () => Promise<boolean> }} Release
 */

const IMPOSSIBLE = ["EACCES", "EPERM", "EROFS", "ENOENT", "ENOTDIR", "ENOSPC"];

/**
 * Acquires the lock and returns a function that releases it. Rejects if another process has the lock; the message
 * contains the process and the lock.
 *
 * @param {string} file the state file
 * @returns {Promise<Release>}
 */
export async function acquireLock(file) {
  const lock = `${file}.lock`;
  const mine = {
    token: randomBytes(8).toString("hex"),
    pid: process.pid,
    since: new Date().toISOString(),
    ...(await identity(process.pid)),
  };
  try {
    const end = Date.now() + CLAIMED_MS;
    while (!(await create(lock, mine)) && !(await takeOver(file, lock, mine, end)));
  } catch (error) {
    throw IMPOSSIBLE.includes(error.code)
      ? new Error(`the lock \`${lock}\` cannot be written: ${error.message}`)
      : error;
  }
  const isHeld = async () => (await read(lock))?.token === mine.token;
  const release = async () => {
    if (await isHeld()) await rm(lock, { force: true });
  };
  return Object.assign(release, { isHeld });
}

/**
 * Takes over a stale lock. Returns false if the lock has changed in the meantime.
 *
 * @param {string} file
 * @param {string} lock
 * @param {Lock} mine
 * @param {number} end
 */
async function takeOver(file, lock, mine, end) {
  /** @type {{ path: string, token: string }[]} */
  const chain = [];
  let path = lock;
  for (;;) {
    const found = await read(path);
    if (found === undefined) {
      if (chain.length === 0 || !(await create(path, mine))) return false;
      break;
    }
    const live = await liveness(file, path, found);
    if (live !== undefined && path !== lock && Date.now() < end) {
      // Another process is taking it over at this moment, or its claim was too late.
      await pause(20);
      return false;
    }
    if (live !== undefined) throw new Error(live);
    chain.push({ path, token: found.token });
    path = `${lock}.${found.token}`;
  }
  const claim = path;
  // The claim may be too late: the claimed lock must still exist.
  for (const { path, token } of chain) {
    if ((await read(path))?.token === token) continue;
    await rm(claim, { force: true });
    return false;
  }
  const beside = `${lock}.${mine.token}.new`;
  await create(beside, mine);
  await replace(beside, lock);
  for (const { path } of chain.slice(1)) await rm(path, { force: true });
  await rm(claim, { force: true });
  return true;
}

/**
 * Creates a lock or a claim. Returns false if it exists.
 *
 * @param {string} path
 * @param {Lock} content
 */
async function create(path, content) {
  let handle;
  try {
    handle = await open(path, "wx", 0o600);
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
  try {
    await handle.writeFile(`${JSON.stringify(content)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return true;
}

/**
 * Returns the content of a lock. Undefined if there is none.
 *
 * @param {string} path
 * @returns {Promise<Lock | undefined>}
 */
async function read(path) {
  for (const began = Date.now(); ; await pause(50)) {
    let text;
    let stats;
    try {
      stats = await lstat(path);
      // A dangling link can be neither read nor created, and reading a pipe does not end.
      if (!stats.isFile()) throw new Error(`the lock \`${path}\` is not a regular file; remove it`);
      text = await readFile(path, "utf8");
    } catch (error) {
      if (error.code === "ENOENT") return undefined;
      throw error;
    }
    const content = parsed(text);
    if (content) return content;
    // The process ended between creating and writing the lock.
    if (Date.now() - began > UNWRITTEN_MS) return { token: `unwritten-${stats.ino}-${Math.trunc(stats.mtimeMs)}` };
  }
}

/**
 * @param {string} text
 * @returns {Lock | undefined}
 */
function parsed(text) {
  try {
    const content = JSON.parse(text);
    return /^[0-9a-f]{16}$/.test(content.token) && Number.isSafeInteger(content.pid) && content.pid > 0
      ? content
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Renames a file. On Windows this fails while another process reads the target, so it is retried.
 *
 * @param {string} from
 * @param {string} to
 */
async function replace(from, to) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await rename(from, to);
    } catch (error) {
      if (attempt === 10 || !["EPERM", "EACCES", "EBUSY"].includes(error.code)) throw error;
      await pause(20 * attempt);
    }
  }
}

/**
 * Returns the reason why a lock is valid. Undefined if it is stale.
 *
 * @param {string} file
 * @param {string} path
 * @param {Lock} found
 */
async function liveness(file, path, found) {
  if (found.pid === undefined) return undefined;
  const here = await identity(process.pid);
  const what = `the state file \`${file}\` is in use by process ${found.pid}`;
  if (found.machine !== here.machine) {
    return `${what} of \`${found.machine}\`; if that process has ended, remove \`${path}\``;
  }
  // The machine has been restarted: the process has ended.
  if (found.boot !== here.boot) return undefined;
  if (!isAlive(found.pid)) return undefined;
  const { started } = await identity(found.pid);
  // Another process has its PID now, or it is a zombie.
  if (found.started !== undefined && started !== found.started) return undefined;
  return `${what} since ${found.since}; stop that process, or use another state file (the lock is \`${path}\`)`;
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/**
 * Returns values that distinguish a process from a later process with the same PID: on Linux, the boot ID of the
 * machine and the start time of the process. PIDs of two machines or containers are not comparable.
 *
 * @param {number} pid
 * @returns {Promise<{ machine: string, boot: string | undefined, started: string | undefined }>}
 */
async function identity(pid) {
  const text = (/** @type {Promise<string>} */ promise) =>
    promise.then(
      (found) => found.trim(),
      () => undefined,
    );
  const [boot, fields, namespace] = await Promise.all([
    text(readFile("/proc/sys/kernel/random/boot_id", "utf8")),
    text(readFile(`/proc/${pid}/stat`, "utf8")),
    text(readlink("/proc/self/ns/pid")),
  ]);
  // The program name is in parentheses and may contain any character.
  const [state, ...after] = fields?.slice(fields.lastIndexOf(")") + 2).split(" ") ?? [];
  const started = fields === undefined || state === "Z" || state === "X" ? undefined : after[18];
  return { machine: [hostname(), namespace].filter(Boolean).join(" "), boot, started };
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
