// Timing. Contenders of one comparison take turns within every round, so that whatever else the
// machine does falls on all of them; what is reported is the median round.
//
// Synchronous work is timed by the processor time of the main thread, which other processes do not
// add to. Where a contender has other threads work for it, as Web Crypto does, all threads count.

import fs from "node:fs";

const schedstat = `/proc/self/task/${process.pid}/schedstat`;
const hasSchedstat = fs.existsSync(schedstat);

/** What `cpu` reads, in words, for the report. */
export const clockName = process.threadCpuUsage
  ? "CPU time of the main thread (process.threadCpuUsage)"
  : hasSchedstat
    ? "CPU time of the main thread (schedstat)"
    : "wall time";

/** Milliseconds of the main thread's processor time. */
export const cpu = process.threadCpuUsage
  ? () => {
      const { user, system } = process.threadCpuUsage();
      return (user + system) / 1000;
    }
  : hasSchedstat
    ? () => Number(fs.readFileSync(schedstat, "utf8").split(" ", 1)[0]) / 1e6
    : () => performance.now();

/** Milliseconds of processor time of all threads. */
export function allThreads() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Microseconds per call of each contender.
 *
 * @param contenders name → function; a function may return a promise, then `async` must be set; its
 *   properties `after`, called untimed, and `most`, after how many calls that must be, are for work
 *   that leaves something behind
 * @returns name → { us, rounds }; `rounds` are the single rounds, in order, for ratios within a round
 */
export async function compare(
  contenders,
  { rounds = 9, roundMs = 150, warmMs = 400, async = false, clock = cpu } = {},
) {
  const all = Object.entries(contenders).map(([name, work]) => ({ name, work, batch: 1, rounds: [] }));
  const run = async ? repeatAsync : repeat;
  for (const one of all) {
    const calls = await warm(one.work, warmMs, run, clock);
    one.batch = Math.max(1, Math.round((calls.count * roundMs) / calls.ms));
  }
  for (let round = 0; round < rounds; round += 1) {
    // Each round starts with another contender, so none always runs on a new heap.
    for (let turn = 0; turn < all.length; turn += 1) {
      const one = all[(round + turn) % all.length];
      one.rounds.push(((await timed(one.work, one.batch, run, clock)) * 1000) / one.batch);
    }
  }
  return Object.fromEntries(all.map(({ name, rounds }) => [name, { us: median(rounds), rounds }]));
}

/** How many times longer the peer takes: the median of the ratios within each round. */
export function times(peer, ours) {
  return median(peer.rounds.map((us, round) => us / ours.rounds[round]));
}

async function warm(work, warmMs, run, clock) {
  let ms = 0;
  for (let count = 1; ; count *= 2) {
    const last = await timed(work, count, run, clock);
    ms += last;
    // Only the last stretch counts for the rate: the first ones ran cold code.
    if (ms >= warmMs) return { count, ms: Math.max(last, 0.01) };
  }
}

async function timed(work, count, run, clock) {
  const most = work.most ?? count;
  let ms = 0;
  for (let done = 0; done < count; done += most) {
    const before = clock();
    await run(work, Math.min(most, count - done));
    ms += clock() - before;
    await work.after?.();
  }
  return ms;
}

function repeat(work, count) {
  for (let i = 0; i < count; i += 1) work();
}

async function repeatAsync(work, count) {
  for (let i = 0; i < count; i += 1) await work();
}
