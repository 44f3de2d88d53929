// The lock of a state file: a file beside it that names the process which uses it. Only that process writes the
// state file. A lock of a process that is gone is stale, and is taken over.
//
// Of two processes that find the same stale lock, one may take it over. A claim decides: a file whose name has the
// stale lock's token, created exclusively. Whoever has the claim replaces the lock, and nobody else does. A claim
// of a process that is gone is claimed in the same way.

import { randomBytes } from "node:crypto";
import { lstat, open, readFile, readlink, rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import process from "node:process";

/** How long a lock may be without its content: it is created, then written. */
const UNWRITTEN = 2000;

/** How long a takeover by another process may take. */
const CLAIMED = 5000;

const IMPOSSIBLE = ["EACCES", "EPERM", "EROFS", "ENOENT", "ENOTDIR", "ENOSPC"];

/**
 * @returns {Promise<(() => Promise<void>) & { isHeld(): Promise<boolean> }>} releases it; `isHeld` is false where somebody
 *   has removed it
 * @throws where another process has it: the message names the process and the lock
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
    const end = Date.now() + CLAIMED;
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

/** False where the lock has changed meanwhile. */
async function takeOver(file, lock, mine, end) {
  const chain = [];
  for (let path = lock; ; path = `${lock}.${chain.at(-1).token}`) {
    const found = await read(path);
    if (found === undefined) {
      if (chain.length === 0 || !(await create(path, mine))) return false;
      break;
    }
    const live = await liveness(file, path, found);
    if (live !== undefined && path !== lock && Date.now() < end) {
      // Somebody is taking it over at this moment, or came too late to do so.
      await pause(20);
      return false;
    }
    if (live !== undefined) throw new Error(live);
    chain.push({ path, token: found.token });
  }
  const claim = `${lock}.${chain.at(-1).token}`;
  // The claim may come too late: what it claims must still be there.
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

/** What a lock says; undefined where there is none. */
async function read(path) {
  for (const began = Date.now(); ; await pause(50)) {
    let text;
    let stats;
    try {
      stats = await lstat(path);
      // A link that leads nowhere can be neither read nor created, and a pipe never ends.
      if (!stats.isFile()) throw new Error(`the lock \`${path}\` is no regular file; remove it`);
      text = await readFile(path, "utf8");
    } catch (error) {
      if (error.code === "ENOENT") return undefined;
      throw error;
    }
    const content = parsed(text);
    if (content) return content;
    // Its process ended between creating and writing it.
    if (Date.now() - began > UNWRITTEN) return { token: `unwritten-${stats.ino}-${Math.trunc(stats.mtimeMs)}` };
  }
}

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

/** On Windows a file that somebody reads at this moment cannot be replaced. */
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

/** Why a lock counts; undefined where it is stale. */
async function liveness(file, path, found) {
  if (found.pid === undefined) return undefined;
  const here = await identity(process.pid);
  const what = `the state file \`${file}\` is in use by process ${found.pid}`;
  if (found.machine !== here.machine) {
    return `${what} of \`${found.machine}\`; if that process has ended, remove \`${path}\``;
  }
  // The machine was started again: every process of that time is gone.
  if (found.boot !== here.boot) return undefined;
  if (!isAlive(found.pid)) return undefined;
  const { started } = await identity(found.pid);
  // Another process has its number by now, or it has ended and was not yet collected.
  if (found.started !== undefined && started !== found.started) return undefined;
  return `${what} since ${found.since}; stop that process, or use another file (the lock is \`${path}\`)`;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/**
 * What tells a process from a later one with the same number: where Linux says so, the machine's start and the
 * process's start. Numbers of two machines or containers say nothing about each other.
 */
async function identity(pid) {
  const text = (promise) =>
    promise.then(
      (found) => found.trim(),
      () => undefined,
    );
  const [boot, fields, namespace] = await Promise.all([
    text(readFile("/proc/sys/kernel/random/boot_id", "utf8")),
    text(readFile(`/proc/${pid}/stat`, "utf8")),
    text(readlink("/proc/self/ns/pid")),
  ]);
  // The name of the program is in parentheses and may hold anything.
  const [state, ...after] = fields?.slice(fields.lastIndexOf(")") + 2).split(" ") ?? [];
  const started = fields === undefined || state === "Z" || state === "X" ? undefined : after[18];
  return { machine: [hostname(), namespace].filter(Boolean).join(" "), boot, started };
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
