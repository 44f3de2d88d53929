// What a state costs as flows grow: 1,000, 10,000 and 100,000 of them.

import { load } from "js-yaml";
import { matchesSchema } from "../lib/by-hand.mjs";
import { makeFlow } from "../lib/flows.mjs";
import { compare } from "../lib/measure.mjs";
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
finish(raw);
