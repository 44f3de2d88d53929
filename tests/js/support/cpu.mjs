// The time that a computation takes from the processor. Unlike the time of a clock, other processes do not change it.

import process from "node:process";

/** Runs a synchronous function, and returns the milliseconds of processor time of this process. */
export function cpuMs(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
