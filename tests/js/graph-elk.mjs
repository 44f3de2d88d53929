// Counts the crossings of our layout and of ELK's, for the figures in graph-layout.test.mjs.
//
//     node tests/js/graph-elk.mjs

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import { flowGraph } from "../../pkg/dist/index.js";
import { layoutGraph } from "../../pkg/graph/layout.js";
import { elkLines } from "./support/elk.mjs";
import { crossings } from "./support/geometry.mjs";
import { RANDOM_FLOWS, randomFlow } from "./support/random-flow.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

function definitions(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath ?? entry.path, entry.name), "utf8"));
}

async function compare(name, texts) {
  const total = { own: 0, elk: 0 };
  for (const text of texts) {
    const graph = flowGraph(text);
    if (graph.nodes.length === 0) continue;
    total.own += crossings(layoutGraph(graph).lines);
    total.elk += crossings(await elkLines(graph));
  }
  console.log(`${name}: ${texts.length} flows, own layout ${total.own} crossings, ELK ${total.elk}`);
}

await compare("corpus", [join(root, "tests/corpus"), join(root, "tests/cases/graph")].flatMap(definitions));
if (process.env.CLOUDFLOW_CORPUS) await compare("further corpus", definitions(process.env.CLOUDFLOW_CORPUS));
await compare(
  "random",
  Array.from({ length: RANDOM_FLOWS }, (_, i) => randomFlow(i + 1)),
);
