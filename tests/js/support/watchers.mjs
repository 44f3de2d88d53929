// Many watchers of one client in this process, with the emulator in another process, over HTTP on loopback.

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

/**
 * Every watcher watches one execution after another until the time is over.
 *
 * @param cloudflow the package
 * @param watchers number of concurrent watchers
 * @param seconds duration; no execution runs longer
 * @param lives [least, most]: duration of an execution, in seconds
 * @param sampleMs interval between memory samples
 * @returns { ends, missed, wrong, requests, most, throttled, worstMs, meanMs, cpuMs, memory: [{ s, heap, rss }] },
 *   where `most` is the maximum number of requests in one second, and `wrong` are unexpected results
 */
export async function watchMany(
  cloudflow,
  { watchers, seconds, lives: [least, most], sampleMs = 60_000, tell = () => {} },
) {
  const service = await Service.open();
  const credentials = { accessKeyId: "emulator", accessKeySecret: "emulator-secret" };
  const client = cloudflow.createClient({ endpoint: service.url, credentials });
  const notices = [];
  const wrong = [];
  let missed = 0;
  let began;
  const passed = () => (performance.now() - began) / 1000;

  /** Starts the next execution for a watcher, if there is time for one. */
  async function next(executionName) {
    const left = Math.floor(seconds - passed());
    if (left < 1) return undefined;
    const life = Math.round(least + (most - least) * Math.random());
    // The last execution runs until the end if the remaining time is too short for another one.
    await service.start(executionName, Math.min(300, left - life < least ? left : life));
    return executionName;
  }

  async function loop(index, executionName) {
    for (let turn = 1; executionName; turn += 1) {
      const statuses = [];
      let last;
      try {
        for await (const execution of client.watchExecution({ flowName: "f", executionName })) {
          statuses.push(execution.status);
          last = execution;
        }
        if (last?.status !== "Succeeded") missed += 1;
        else notices.push(Date.now() - Date.parse(last.stoppedTime));
        if (new Set(statuses).size !== statuses.length) wrong.push(`${executionName}: ${statuses.join(", ")}`);
      } catch (error) {
        missed += 1;
        wrong.push(`${executionName}: ${error}`);
      }
      executionName = await next(`e${index}-${turn}`);
    }
  }

  // The emulator needs some seconds to start the executions. Its responses are late meanwhile.
  began = performance.now();
  const first = await Promise.all(Array.from({ length: watchers }, (_, index) => next(`e${index}-0`)));
  began = performance.now();
  const memory = [];
  const sample = () => {
    collect();
    const { heapUsed, rss } = process.memoryUsage();
    memory.push({ s: Math.round(passed()), heap: heapUsed, rss });
    tell(`${Math.round(passed())} s: ${notices.length} ends seen, heap ${mb(heapUsed)}, RSS ${mb(rss)}`);
  };
  sample();
  const timer = setInterval(sample, sampleMs);
  const cpu = process.cpuUsage();
  await Promise.all(first.map((executionName, index) => loop(index, executionName)));
  clearInterval(timer);
  const { user, system } = process.cpuUsage(cpu);
  sample();
  const counts = await service.close();
  return {
    ends: notices.length,
    missed,
    wrong,
    requests: counts.requests,
    throttled: counts.throttled,
    most: Math.max(...counts.seconds.map((count) => count ?? 0)),
    over: overBudget(counts.seconds),
    worstMs: Math.max(...notices),
    meanMs: notices.reduce((sum, ms) => sum + ms, 0) / notices.length,
    cpuMs: (user + system) / 1000,
    memory,
  };
}

export const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/** The maximum excess, over all intervals, above 50 requests plus 5 per second. */
function overBudget(seconds) {
  let [worst, level] = [0, 0];
  for (const count of Array.from(seconds, (count) => count ?? 0)) {
    level = Math.max(0, level - 5) + count;
    // Seconds are not aligned: five requests may be counted in the previous second.
    worst = Math.max(worst, level - 55);
  }
  return worst;
}

class Service {
  static async open() {
    const child = fork(fileURLToPath(new URL("watched.mjs", import.meta.url)));
    const service = new Service();
    service.child = child;
    service.waiting = new Map();
    await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.on("message", ({ url, started, counts }) => {
        if (url) {
          service.url = url;
          resolve();
        }
        if (started) service.waiting.get(started)();
        if (counts) service.waiting.get("counts")(counts);
        service.waiting.delete(started ?? "counts");
      });
    });
    return service;
  }

  start(name, seconds) {
    return new Promise((resolve) => {
      this.waiting.set(name, resolve);
      this.child.send({ start: name, seconds });
    });
  }

  async close() {
    const counts = await new Promise((resolve) => {
      this.waiting.set("counts", resolve);
      this.child.send({ counts: true });
    });
    this.child.disconnect();
    return counts;
  }
}
