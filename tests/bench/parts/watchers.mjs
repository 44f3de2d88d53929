// A console that is left running: 1,000 watchers of one client in one process, each at one execution after
// the other, against the emulator over HTTP with the quotas of the service. Ten minutes, in real time.

import { mb, watchMany } from "../../js/support/watchers.mjs";
import { finish, loadOurs, quick, report } from "../lib/part.mjs";

const ours = await loadOurs();
const raw = {};

if (ours) {
  const watchers = quick ? 60 : 1000;
  const seconds = quick ? 5 : 600;
  const tell = (line) => console.error(`  ${line}`);
  const seen = await watchMany(ours, {
    watchers,
    seconds,
    lives: quick ? [1, 3] : [60, 300],
    sampleMs: quick ? 500 : 30_000,
    tell,
  });
  raw.watchers = { watchers, seconds, ...seen };
  const what = `${watchers.toLocaleString("en")} watchers of one client, ${seconds} s`;
  // Node's own connections come and go: what is never less than before is what grew.
  const floor = (key, from, to) =>
    Math.min(...seen.memory.filter(({ s }) => s >= seconds * from && s <= seconds * to).map((sample) => sample[key]));
  const [heap, rss] = ["heap", "rss"].map((key) => [floor(key, 1 / 3, 2 / 3), floor(key, 2 / 3, 1)]);
  const late = `${(seen.worstMs / 1000).toFixed(1)} s at worst, ${(seen.meanMs / 1000).toFixed(1)} s on average`;
  const rows = [
    ["ends noticed", `${seen.ends} of ${seen.ends + seen.missed}`, "all", seen.missed === 0 && seen.wrong.length === 0],
    [
      "requests, and how many were refused for the quota",
      `${seen.requests}, ${seen.throttled}`,
      "none refused",
      seen.throttled === 0,
    ],
    ["most requests in a second", `${seen.most}`, "the burst of 50", seen.most <= 50],
    // Every watcher in turn, 5 a second: there is no quicker way for one account.
    ["from an end to its notice", late, `${watchers / 5 + 5} s`, seen.worstMs <= (watchers / 5 + 5) * 1000],
    ["least heap in the second and in the last third", heap.map(mb).join(", "), "no growth", heap[1] <= heap[0] * 1.1],
    ["least RSS in the second and in the last third", rss.map(mb).join(", "), "", null],
    ["processor time", `${(seen.cpuMs / 1000).toFixed(1)} s`, "", null],
  ];
  for (const [row, value, goal, met] of rows) report({ what: `${what}: ${row}`, ours: value, unit: "text", goal, met });
}
finish(raw);
