// Checks many files, in threads if there are enough of them.

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { createChecker } from "./checker.js";

/** @import { Checked, Settings } from "./checker.js" */
/** @import { Found } from "./files.js" */

/** A thread costs about as much as checking so many files. */
const FILES_PER_THREAD = 400;
const BATCH = 50;
/** Batches that a thread has in advance. */
const AHEAD = 2;

/**
 * Yields the results in the order of the files.
 *
 * @param {Found[]} files
 * @param {Settings} settings
 * @returns {AsyncGenerator<Checked[]>}
 */
export async function* checkFiles(files, settings) {
  const threads = Math.min(availableParallelism(), 8, Math.floor(files.length / FILES_PER_THREAD));
  if (threads < 2) yield* checkHere(files, settings);
  else yield* checkInThreads(files, settings, threads);
}

/**
 * @param {Found[]} files
 * @param {Settings} settings
 */
async function* checkHere(files, settings) {
  const { validateFlow } = await import("../../language.js");
  const checker = createChecker(validateFlow, settings);
  for (let at = 0; at < files.length; at += BATCH) {
    yield files.slice(at, at + BATCH).map(({ path, named }) => checker.checkFile(path, named));
    // Signals and the progress get a turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/**
 * @param {Found[]} files
 * @param {Settings} settings
 * @param {number} threads
 */
async function* checkInThreads(files, settings, threads) {
  /** @type {Map<number, Checked[]>} */
  const done = new Map();
  const count = Math.ceil(files.length / BATCH);
  let sent = 0;
  /** @type {any} */
  let broken;
  let wake = () => {};
  const workers = Array.from({ length: threads }, () => {
    // The path is right for this file and for the file of the command that contains it.
    const worker = new Worker(new URL("../check/worker.js", import.meta.url), {
      workerData: { cloudflowCheck: settings },
    });
    const send = () => {
      if (sent < count) {
        const id = sent;
        sent += 1;
        worker.postMessage({ id, files: files.slice(id * BATCH, (id + 1) * BATCH) });
      }
    };
    worker.on("message", (/** @type {{ id: number, results: Checked[] }} */ { id, results }) => {
      done.set(id, results);
      send();
      wake();
    });
    const fail = (/** @type {any} */ error) => {
      broken ??= error ?? new Error("a thread ended");
      wake();
    };
    worker.on("error", fail);
    worker.on("exit", () => fail(undefined));
    for (let i = 0; i < AHEAD; i += 1) send();
    return worker;
  });
  try {
    for (let next = 0; next < count; next += 1) {
      for (;;) {
        const results = done.get(next);
        if (results) {
          done.delete(next);
          yield results;
          break;
        }
        if (broken) throw broken;
        await new Promise((resolve) => (wake = () => resolve(undefined)));
      }
    }
  } finally {
    for (const worker of workers) {
      worker.removeAllListeners("exit");
      worker.terminate();
    }
  }
}
