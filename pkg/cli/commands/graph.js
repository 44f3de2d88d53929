// The command `graph`.

import { failure } from "../failure.js";
import { svgFile } from "../../graph/export.js";
import { layoutGraph } from "../../graph/layout.js";
import { sceneOf } from "../../graph/scene.js";
import { safeLine } from "../line.js";
import { findingLines, readSource } from "../source.js";
import { writeResult } from "../write.js";

/** @import { GraphEdge, GraphNode } from "../../index.js" */
/** @import { Definition, Io, Parsed } from "../command.js" */

/** @type {Definition} */
export const definition = {
  description: "Prints a flow definition as a graph.",
  operands: [{ name: "<file>", text: "definition, or - for the standard input" }],
  options: [
    { flags: "--format <format>", text: "form of the graph", choices: ["mermaid", "dot", "svg"], default: "mermaid" },
    { flags: "--theme <theme>", text: "colours of the SVG", choices: ["light", "dark"], default: "light" },
    { flags: "-o, --output <file>", text: "file to write (default: the standard output)" },
  ],
  examples: [
    ["order.yaml", "Mermaid, for Markdown"],
    ["--format svg -o order.svg order.yaml", "a drawing"],
    ["--format dot order.yaml | dot -Tpng > order.png", "for Graphviz"],
  ],
  exitCodes: [
    [0, "the graph was printed"],
    [1, "the definition has errors, and the graph shows what could be read"],
    [2, "no graph: a file or an argument could not be used, or the definition has no states"],
    [130, "stopped with Ctrl-C"],
  ],
};

/**
 * @param {Parsed} parsed
 * @param {Io} io
 */
export async function run({ operands: [file], options: { format, theme, output } }, io) {
  const text = await readSource(file, io);
  const { flowGraph, flowToMermaid, validateFlow } = await import("../../language.js");
  const graph = flowGraph(text);
  const errors = validateFlow(text).diagnostics.filter(({ severity }) => severity === "error");
  for (const line of findingLines(file, errors)) await io.err(`${safeLine(line)}\n`);
  if (graph.nodes.every(({ type }) => type === "start" || type === "end"))
    throw failure(`\`${file}\` has no states to draw`);
  const drawn =
    format === "svg" ? svg(graph, theme) : format === "dot" ? dot(graph) : `${flowToMermaid(text).trimEnd()}\n`;
  if (output === undefined) await io.out(drawn);
  else writeResult(output, drawn);
  return errors.length > 0 ? 1 : 0;
}

/**
 * @param {{ nodes: GraphNode[], edges: GraphEdge[] }} graph
 * @param {"light" | "dark"} theme
 */
function svg(graph, theme) {
  const layout = layoutGraph(graph);
  const states = graph.nodes.filter(({ type }) => type !== "start" && type !== "end").length;
  const title = `Flow with ${states} state${states === 1 ? "" : "s"}`;
  return svgFile(sceneOf(graph, layout, undefined, theme), layout, title);
}

/** @type {Record<string, string>} */
const SHAPES = { start: "circle", end: "doublecircle", choice: "diamond", fail: "octagon", succeed: "oval" };

/** @param {{ nodes: GraphNode[], edges: GraphEdge[] }} graph */
function dot({ nodes, edges }) {
  const lines = [
    "digraph flow {",
    '  node [shape=box, style=rounded, fontname="sans-serif"];',
    '  edge [fontname="sans-serif"];',
  ];
  /** @type {Map<string | undefined, GraphNode[]>} */
  const inside = new Map();
  for (const node of nodes) {
    const siblings = inside.get(node.parent);
    if (siblings) siblings.push(node);
    else inside.set(node.parent, [node]);
  }
  const isBox = new Set(inside.keys());
  // A list, not a recursion: definitions may be deep.
  /** @type {(GraphNode | string)[]} */
  const queue = [...(inside.get(undefined) ?? [])].reverse();
  let depth = 1;
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const indent = "  ".repeat(depth);
    if (typeof next === "string") {
      depth -= 1;
      lines.push(`${"  ".repeat(depth)}}`);
      continue;
    }
    const shape = SHAPES[next.type];
    const attributes = [`label=${quoted(next.name || next.type)}`, ...(shape ? [`shape=${shape}`] : [])];
    const node = `${quoted(next.id)} [${attributes.join(", ")}];`;
    if (isBox.has(next.id)) {
      lines.push(
        `${indent}subgraph ${quoted(`cluster_${next.id}`)} {`,
        `${indent}  label=${quoted(next.name)};`,
        `${indent}  ${node}`,
      );
      depth += 1;
      queue.push("}", ...[...(inside.get(next.id) ?? [])].reverse());
    } else lines.push(`${indent}${node}`);
  }
  for (const { from, to, kind, label } of edges) {
    const text = label ?? (kind === "default" ? "default" : "");
    const attributes = [...(text ? [`label=${quoted(text)}`] : []), ...(kind === "catch" ? ["style=dashed"] : [])];
    lines.push(`  ${quoted(from)} -> ${quoted(to)}${attributes.length > 0 ? ` [${attributes.join(", ")}]` : ""};`);
  }
  return `${lines.join("\n")}\n}\n`;
}

/** @param {string} text */
function quoted(text) {
  const escaped = text
    .toWellFormed()
    .replace(/[\\"]/g, "\\$&")
    .replace(/[\u0000-\u001f]/g, " ");
  return `"${escaped}"`;
}
