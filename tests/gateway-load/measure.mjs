// Measurements: percentiles, processes by /proc, and the quota of the service.

import fs from "node:fs";
import process from "node:process";

/** Rate limit of the service for DescribeExecution and for GetExecutionHistory. */
export const QUOTA = { burst: 50, perSecond: 5 };

/** Clock ticks per second in /proc/<pid>/stat. */
const TICKS = 100;

/**
 * Returns a percentile of sorted or unsorted numbers, undefined without numbers.
 *
 * @param {number[]} values
 * @param {number} share 0 to 1
 */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? sorted[0];
}

/**
 * Compares times of requests with a token bucket.
 *
 * @param {number[]} times in ms
 * @returns {{ calls: number, excess: number, afterBurst: number, most: number }} `excess`: the maximum number of tokens
 *   beyond the burst in use; `afterBurst`: the maximum rate per second, over 10 s, after the first request that found
 *   half of the burst used; `most`: the maximum number of requests in a second
 */
export function againstQuota(times, { burst, perSecond } = QUOTA) {
  const sorted = [...times].sort((a, b) => a - b);
  let [used, before, excess, emptied] = [0, sorted[0] ?? 0, 0, Number.POSITIVE_INFINITY];
  for (const at of sorted) {
    used = Math.max(0, used - ((at - before) / 1000) * perSecond) + 1;
    before = at;
    excess = Math.max(excess, used - burst);
    if (used > burst * 0.8) emptied = Math.min(emptied, at);
  }
  const late = sorted.filter((at) => at > emptied);
  return {
    calls: sorted.length,
    excess: round(excess),
    afterBurst: late.length > 0 ? round(mostWithin(late, 10_000) / 10) : 0,
    most: mostWithin(sorted, 1000),
  };
}

/** The maximum number of sorted times in an interval. */
function mostWithin(sorted, ms) {
  let [first, most] = [0, 0];
  for (const [index, at] of sorted.entries()) {
    while (sorted[first] <= at - ms) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

/** Processes that descend from a process, and the process itself. */
export function family(pid) {
  const children = new Map();
  for (const name of fs.readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = stat(Number(name))?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [pid];
  for (const one of found) found.push(...(children.get(one) ?? []));
  return found;
}

/** Memory, processor time and file descriptors of processes that exist. */
export function usage(pids) {
  const all = { rssMb: 0, cpuMs: 0, files: 0 };
  for (const pid of pids) {
    const seen = stat(pid);
    if (!seen) continue;
    all.cpuMs += seen.cpuMs;
    all.rssMb += Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`) ?? "")?.[1] ?? 0) / 1024;
    try {
      all.files = Math.max(all.files, fs.readdirSync(`/proc/${pid}/fd`).length);
    } catch {
      // The process has ended.
    }
  }
  return all;
}

/** The limit of open files of this process, which its children inherit. Node raises it to the hard limit. */
export function fileLimit() {
  const text = read("/proc/self/limits");
  return Number(/Max open files\s+(\d+)/.exec(text ?? "")?.[1] ?? Number.POSITIVE_INFINITY);
}

/** The number of local ports for connections from one address to one port. */
export function portRange() {
  const [low, high] = (read("/proc/sys/net/ipv4/ip_local_port_range") ?? "32768 60999").split(/\s+/).map(Number);
  return high - low + 1;
}

/** A run that exceeds a limit of the machine would measure that limit. */
export function checkLimits({ watchers, gateway }) {
  // The proxy of wrangler has two files per watcher. Without the hub, the upstream has one more per watcher.
  const wanted = (gateway === "wrangler" ? 2.2 : 1.1) * watchers + 500;
  if (fileLimit() < wanted)
    throw new Error(`${watchers} watchers need ${Math.ceil(wanted)} open files; \`ulimit -n\` allows ${fileLimit()}`);
  if (portRange() < Math.min(watchers, 20_000) * 1.1)
    throw new Error(`net.ipv4.ip_local_port_range has only ${portRange()} ports`);
}

function stat(pid) {
  // The name of the program stands in parentheses and can contain spaces.
  const fields = read(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, "")
    .split(" ");
  if (!fields) return undefined;
  return { parent: Number(fields[1]), cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS };
}

function read(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

export function round(value, digits = 1) {
  return value === undefined ? undefined : Number(value.toFixed(digits));
}

export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

if (process.platform !== "linux") throw new Error("the load test reads /proc and needs Linux");
