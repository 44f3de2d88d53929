// A program that uses the types of "cloudflow-wasm/graph". It is compiled, never run.

import { flowGraph } from "cloudflow-wasm";
import { defineGraph, layoutGraph } from "cloudflow-wasm/graph";
import type {
  CloudflowGraphElement,
  Graph,
  GraphEventDetail,
  GraphLayout,
  GraphReplay,
  GraphStatus,
  LayoutOptions,
} from "cloudflow-wasm/graph";

const graph: Graph = flowGraph("");
const options: LayoutOptions = { lang: "zh", collapsed: ["/each"], measure: (text, font) => text.length + font.length };
const layout: GraphLayout = layoutGraph(graph, options);
for (const { points, label } of layout.lines) {
  const first: [number, number] | undefined = points[0];
  console.log(first, label?.text);
}

// The results of other functions have further properties.
const statuses: GraphStatus[] = ["notReached", "running", "waiting", "retrying", "succeeded"];
const rich = { status: "failed" as const, attempts: [{ time: 1 }], error: "E", cause: "c", visits: [] };
const replay: GraphReplay = {
  nodes: { "/a": rich, "/b": { status: statuses[0] ?? "stopped", progress: { done: 1 } } },
  edges: [0, ["start", "/a"], { from: "/a", to: "/b", kind: "catch" }],
};

const element = document.createElement("cloudflow-graph");
const same: CloudflowGraphElement = element;
element.graph = graph;
element.replay = replay;
element.replay = undefined;
element.selected = "/a";
element.collapsed = ["/each"];
element.lang = "zh";
element.addEventListener("select", (event) => {
  const { id, node } = (event as CustomEvent<GraphEventDetail>).detail;
  console.log(id, node?.type);
});
const found: number = element.search("pay");
const svg: string = element.toSVG({ theme: "dark" });
const png: Promise<Blob> = element.toPNG({ scale: 3 });
const Class = defineGraph("my-graph");
console.log(found, svg, png, same.layout?.width, new Class());

// @ts-expect-error `nodes` is missing
layoutGraph({ edges: [] });
// @ts-expect-error there is no such status
element.replay = { nodes: { "/a": { status: "done" } } };
// @ts-expect-error the layout is read-only
element.layout = layout;
