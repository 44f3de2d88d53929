// validateFlow on 1 KB, 64 KB and 1 MB of each dialect, next to js-yaml + ajv, which gives neither
// places nor checks of names, and to yaml + ajv + own checks, which gives both.

import { load } from "js-yaml";
import { checkByHand, matchesSchema } from "../lib/by-hand.mjs";
import { makeFlow } from "../lib/flows.mjs";
import { compare, times } from "../lib/measure.mjs";
import { effort, finish, loadOurs, present, report, where } from "../lib/part.mjs";

const ours = await loadOurs();
const limits = { "1 KB": null, "64 KB": 500, "1 MB": 8000 };
const least = { "js-yaml + ajv": where === "Node 20" ? 10 : 4, "yaml + ajv + checks": 50 };
const raw = {};

for (const dialect of ["StateMachine", "flow"]) {
  for (const [size, bytes] of [
    ["1 KB", 1024],
    ["64 KB", 65536],
    ["1 MB", 1048576],
  ]) {
    const { text, states } = makeFlow(dialect, { bytes });
    if (!matchesSchema(dialect, load(text)) || checkByHand(text).length > 0)
      throw new Error(`${dialect} ${size}: the peers find fault with it`);
    if (ours) {
      const answer = ours.validateFlow(text);
      if (answer.diagnostics.some(({ severity }) => severity !== "info")) {
        throw new Error(`${dialect} ${size}: ${JSON.stringify(answer.diagnostics.slice(0, 3))}`);
      }
    }
    const found = await compare(
      present({
        ours: ours && (() => ours.validateFlow(text)),
        "js-yaml + ajv": () => matchesSchema(dialect, load(text)),
        "yaml + ajv + checks": () => checkByHand(text),
      }),
      effort,
    );
    raw[`${dialect} ${size}`] = { bytes: Buffer.byteLength(text), states, ...found };
    const { ours: mine, ...peers } = found;
    const ratios = mine && Object.fromEntries(Object.entries(peers).map(([name, peer]) => [name, times(peer, mine)]));
    const limit = limits[size];
    report({
      what: `validateFlow, ${size}, ${dialect}`,
      ours: mine?.us,
      unit: "us",
      peers: Object.fromEntries(Object.entries(peers).map(([name, { us }]) => [name, us])),
      times: ratios,
      goal: limit
        ? `<= ${limit / 1000} ms; ${Object.entries(least)
            .map(([name, n]) => `>= ${n}x ${name}`)
            .join(", ")}`
        : "",
      met: limit && mine ? mine.us <= limit && Object.entries(least).every(([name, n]) => ratios[name] >= n) : null,
    });
  }
}
finish(raw);
