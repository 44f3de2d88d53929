// Checks many files: in this thread, and in further ones if there are enough files.

import { availableParallelism } from "node:os";
import { createChecker } from "./checker.js";
import { compileLanguage, createValidate } from "./language.js";

/** @typedef {import("node:worker_threads").Worker} Thread */
/** @import { Checked, Settings } from "./checker.js" */
/** @import { Found } from "./files.js" */

/** A result as a thread sends it: the number of definitions for a file without findings. @typedef {Checked | number} Packed */

/** Fewer files for each thread: a further one costs more than it saves. It starts in the time of some hundred files, and needs 20 MB. */
const FILES_PER_THREAD = 1000;
const MAX_THREADS = 8;
/** Number of files of one message. */
const BATCH = 50;
/** Batches that a thread has in advance. */
const AHEAD = 3;
/** This thread checks few files at a time, so that it answers the others in time. */
const OWN_BATCH = 10;
/** Maximum number of batches that wait for their turn in the output. */
const MAX_WAITING = 100;
/** The garbage of one file is at most its text and its findings. The preset of Node is 48 MB for each thread. */
const YOUNG_GENERATION_MB = 6;

/**
 * Yields the results in the order of the files.
 *
 * @param {Found[]} files
 * @param {Settings} settings
 * @returns {AsyncGenerator<Checked[]>}
 */
export async function* checkFiles(files, settings) {
  if (files.length === 0) return;
  const module = await compileLanguage(files.length);
  const checker = createChecker(createValidate(module), settings);
  const threads = Math.min(availableParallelism(), MAX_THREADS, Math.floor(files.length / FILES_PER_THREAD));
  const batches = createBatches(files);
  const others = threads < 2 ? undefined : await startThreads(threads - 1, { settings, module }, batches);
  try {
    for (;;) {
      const results = batches.next();
      if (results) {
        yield results;
        others?.feed();
      } else if (batches.isDone()) return;
      else {
        const own = batches.take(OWN_BATCH);
        if (own)
          batches.put(
            own.id,
            own.files.map(({ path, named }) => checker.checkFile(path, named)),
          );
        // Messages, signals and the progress get a turn. Without files left, only the other threads can go on.
        await (own || !others ? new Promise((resolve) => setImmediate(resolve)) : others.answer());
      }
    }
  } finally {
    others?.end();
  }
}

/**
 * The files in batches, which are taken in order and finished in any order.
 *
 * @param {Found[]} files
 */
function createBatches(files) {
  /** @type {Map<number, Checked[]>} */
  const done = new Map();
  /** @type {Map<number, Found[]>} */
  const taken = new Map();
  let [from, count, shown] = [0, 0, 0];
  return {
    /** @param {number} size @returns {{ id: number, files: Found[] } | undefined} */
    take(size) {
      if (from >= files.length || count - shown >= MAX_WAITING) return undefined;
      const batch = { id: count, files: files.slice(from, from + size) };
      taken.set(count, batch.files);
      from += size;
      count += 1;
      return batch;
    },
    /** @param {number} id @param {Packed[]} results */
    put(id, results) {
      const batch = taken.get(id) ?? [];
      taken.delete(id);
      const unpacked = results.map((result, i) =>
        typeof result === "number" ? { file: batch[i].path, findings: [], definitions: result, fixed: 0 } : result,
      );
      done.set(id, unpacked);
    },
    /** The results that are the next ones in the output. */
    next() {
      const results = done.get(shown);
      if (!results) return undefined;
      done.delete(shown);
      shown += 1;
      return results;
    },
    isDone: () => from >= files.length && shown === count,
  };
}

/**
 * @param {number} count
 * @param {import("./worker.js").Start} start
 * @param {ReturnType<typeof createBatches>} batches
 */
async function startThreads(count, start, batches) {
  // It costs 3 ms, and a run over few files does not need it.
  const { Worker } = await import("node:worker_threads");
  /** @type {any} */
  let broken;
  let wake = () => {};
  /** @type {Map<Thread, number>} */
  const queued = new Map();
  const feed = () => {
    for (const [worker, batchesOfIt] of queued) {
      let length = batchesOfIt;
      for (let batch; length < AHEAD && (batch = batches.take(BATCH)); length += 1) worker.postMessage(batch);
      queued.set(worker, length);
    }
  };
  for (let i = 0; i < count; i += 1) {
    // The path is right for this file and for the file of the command that contains it.
    const worker = new Worker(new URL("../check/worker.js", import.meta.url), {
      workerData: { cloudflowCheck: start },
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    queued.set(worker, 0);
    worker.on("message", (/** @type {{ id: number, results: Packed[] }} */ { id, results }) => {
      batches.put(id, results);
      queued.set(worker, (queued.get(worker) ?? 0) - 1);
      feed();
      wake();
    });
    const fail = (/** @type {any} */ error) => {
      broken ??= error ?? new Error("a thread ended");
      wake();
    };
    worker.on("error", fail);
    worker.on("exit", () => fail(undefined));
  }
  feed();
  return {
    feed,
    /** Resolves after an answer of a thread. */
    async answer() {
      if (!broken) await new Promise((resolve) => (wake = () => resolve(undefined)));
      if (broken) throw broken;
    },
    end() {
      for (const worker of queued.keys()) {
        worker.removeAllListeners("exit");
        worker.terminate();
      }
    },
  };
}
