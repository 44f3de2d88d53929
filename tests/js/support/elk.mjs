// The layout of ELK for comparison: the same items and edges, one layered graph for each scope.

import ELK from "elkjs/lib/elk.bundled.js";
import { createModel } from "../../../pkg/graph/layout/model.js";
import { estimate } from "../../../pkg/graph/layout/text.js";
import { wordsOf } from "../../../pkg/graph/words.js";

const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.direction": "DOWN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.hierarchyHandling": "SEPARATE_CHILDREN",
  "elk.spacing.nodeNode": "26",
  "elk.layered.spacing.nodeNodeBetweenLayers": "40",
};

const elk = new ELK();

/** Lines as `layoutGraph` returns them, of a layout by ELK. */
export async function elkLines(graph) {
  const { root, scopes } = createModel(graph, { measure: estimate, words: wordsOf("en").graph, collapsed: new Set() });
  const made = new Map();
  for (const scope of scopes.toReversed()) {
    const children = scope.items.map((item) => ({
      id: item.id,
      width: Math.max(1, item.width),
      height: Math.max(1, item.height),
      ...(item.lanes.length > 0 && {
        children: item.lanes.map((lane) => made.get(lane)),
        layoutOptions: { ...OPTIONS, "elk.padding": "[top=42,left=12,bottom=12,right=12]" },
      }),
    }));
    const edges = scope.edges.map((edge, index) => ({
      id: `${scope.owner?.id ?? ""}|${scope.branch} ${index}`,
      sources: [edge.from.id],
      targets: [edge.to.id],
      labels: edge.label ? [{ text: edge.label.lines[0], width: edge.label.width, height: edge.label.height }] : [],
    }));
    made.set(scope, { id: `${scope.owner?.id ?? ""}|${scope.branch}`, children, edges, layoutOptions: OPTIONS });
  }
  const laid = await elk.layout(made.get(root));
  const lines = [];
  const stack = [{ node: laid, x: 0, y: 0 }];
  for (let top = stack.pop(); top; top = stack.pop()) {
    const x = top.x + (top.node.x ?? 0);
    const y = top.y + (top.node.y ?? 0);
    for (const edge of top.node.edges ?? []) {
      for (const { startPoint, bendPoints = [], endPoint } of edge.sections ?? []) {
        const points = [startPoint, ...bendPoints, endPoint].map((point) => [x + point.x, y + point.y]);
        lines.push({ from: edge.sources[0], to: edge.targets[0], points });
      }
    }
    for (const child of top.node.children ?? []) stack.push({ node: child, x, y });
  }
  return lines;
}
