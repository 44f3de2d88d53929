// What a state costs as flows grow: 1,000, 10,000 and 100,000 of them; and what a kilobyte costs of
// texts made to be slow, of 50, 200 and 800 of them.

import { load } from "js-yaml";
import { matchesSchema } from "../lib/by-hand.mjs";
import { makeFlow } from "../lib/flows.mjs";
import { hostile } from "../lib/hostile.mjs";
import { compare, cpu } from "../lib/measure.mjs";
import { effort, finish, loadOurs, present, quick, report } from "../lib/part.mjs";

const ours = await loadOurs();
const raw = {};

for (const dialect of ["StateMachine", "flow"]) {
  const perState = { ours: [], "js-yaml + ajv": [] };
  const refused = [];
  for (const states of quick ? [1000, 10000] : [1000, 10000, 100000]) {
    const flow = makeFlow(dialect, { states, lean: true });
    const found = await compare(
      present({
        ours: ours && (() => ours.validateFlow(flow.text)),
        "js-yaml + ajv": () => matchesSchema(dialect, load(flow.text)),
      }),
      { ...effort, rounds: quick ? 3 : 5 },
    );
    raw[`${dialect} ${states}`] = { bytes: Buffer.byteLength(flow.text), states: flow.states, ...found };
    for (const [name, { us }] of Object.entries(found)) perState[name].push(us / flow.states);
    const said = ours?.validateFlow(flow.text).diagnostics.filter(({ severity }) => severity === "error") ?? [];
    raw[`${dialect} ${states}`].errors = [...new Set(said.map(({ code }) => code))];
    refused.push(...raw[`${dialect} ${states}`].errors.filter((code) => code === "yaml-limit"));
  }
  const show = (costs) => costs.map((us) => us.toFixed(2)).join(" -> ");
  const [first, ...later] = perState.ours;
  report({
    what: `growth, us per state, 1k -> 10k -> 100k, ${dialect}`,
    ours: ours && show(perState.ours),
    unit: "text",
    peers: { "js-yaml + ajv": show(perState["js-yaml + ajv"]) },
    goal: "linear: no state costs over 1.5x one of the 1k",
    met: ours ? refused.length === 0 && later.every((us) => us <= first * 1.5) : null,
    note: refused.length > 0 ? "the larger ones are refused by a limit, so nothing is shown" : undefined,
  });
}

if (ours) {
  /** Milliseconds of one call, at least: as many calls at a time as the clock needs to tell. */
  const least = (text) => {
    let best = Infinity;
    for (let batch = 0, calls = 1; batch < 3; batch += 1) {
      const start = cpu();
      for (let call = 0; call < calls; call += 1) ours.validateFlow(text);
      const all = cpu() - start;
      // The first batch shows how many calls make 60 ms.
      if (batch > 0) best = Math.min(best, all / calls);
      else calls = Math.max(1, Math.min(200, Math.ceil(60 / Math.max(all, 0.3))));
    }
    return best;
  };
  const sizes = quick ? [50, 200] : [50, 200, 800];
  let worst = { name: "", growth: 0, ms: 0 };
  let longest = { name: "", ms: 0 };
  for (const [name, make] of Object.entries(hostile)) {
    const ms = sizes.map((size) => least(make(size * 1024)));
    raw[`hostile, ${name}`] = { sizes, ms };
    // A call costs something by itself, which the shortest text would have to bear alone.
    const growth = Math.max(...ms.map((each, at) => each / sizes[at] / (Math.max(ms[0], 0.2) / sizes[0])));
    if (growth > worst.growth) worst = { name, growth };
    if (ms.at(-1) > longest.ms) longest = { name, ms: ms.at(-1) };
  }
  report({
    what: `growth of ${Object.keys(hostile).length} hostile texts, cost of a KB at ${sizes.at(-1)} KB against 50 KB, the worst`,
    ours: `${worst.growth.toFixed(2)}x (${worst.name}); ${longest.ms.toFixed(0)} ms at most (${longest.name})`,
    unit: "text",
    goal: "linear: no KB costs over 2x one of the shortest text",
    met: worst.growth <= 2,
  });
}
finish(raw);
