// Draws the states of a flow in layers from the top, with the edges between them.

const GAP = 40; // between layers, less what labels need
const LABEL_HEIGHT = 15;
const NODE_GAP = 26;
const NODE_HEIGHT = 44;
const MARGIN = 16;
const LANE = 14;

/** Draws `{ nodes, edges }` into `box`. `word` is the term of the dialect for a node. */
export function drawGraph(box, { nodes, edges }, word) {
  if (nodes.length === 0) {
    box.replaceChildren(Object.assign(document.createElement("p"), { textContent: `No ${word} to draw yet.` }));
    return;
  }
  const drawn = nodes.map((node) => ({ ...node, label: node.name || "(no name)" }));
  for (const node of drawn) node.width = Math.min(260, Math.max(isEnd(node) ? 56 : 96, 28 + 8.2 * node.label.length));
  const byId = new Map(drawn.map((node) => [node.id, node]));
  const ways = edges
    .map((edge) => ({ ...edge, from: byId.get(edge.from), to: byId.get(edge.to), label: labelOf(edge) }))
    .filter(({ from, to }) => from && to);

  const layers = inLayers(drawn, ways);
  const size = place(layers);
  const paths = ways.map((way) => draw(way, size));

  const svg = make("svg", { role: "img", "aria-labelledby": "graph-name graph-text" });
  const states = drawn.filter((node) => !isEnd(node));
  svg.append(
    make("title", { id: "graph-name" }, `${states.length} ${word}${states.length === 1 ? "" : "s"} of the flow`),
    make("desc", { id: "graph-text" }, inWords(drawn, ways, word)),
    arrowHead(),
    ...paths,
    ...drawn.map(nodeBox),
  );
  const [width, height] = [Math.ceil(size.width), Math.ceil(size.height)];
  for (const [name, value] of Object.entries({ viewBox: `0 0 ${width} ${height}`, width, height })) {
    svg.setAttribute(name, value);
  }
  box.replaceChildren(svg);
}

function isEnd(node) {
  return node.type === "start" || node.type === "end";
}

function topOf(node) {
  return isEnd(node) ? node.y + 8 : node.y;
}

function bottomOf(node) {
  return node.y + NODE_HEIGHT - (isEnd(node) ? 8 : 0);
}

function labelOf({ kind, label }) {
  if (kind === "fork") return "";
  if (kind === "catch") return `on ${label ?? "any error"}`;
  return label ?? { default: "default", noMatch: "no match", iterate: "each item" }[kind] ?? "";
}

/**
 * Layers of nodes. Each node is below all its predecessors; back edges are ignored. An edge that
 * crosses a layer gets a position in it, so it does not cross the nodes of the layer.
 */
function inLayers(nodes, ways) {
  const out = new Map(nodes.map((node) => [node, []]));
  for (const way of ways) out.get(way.from).push(way);
  // The successor of a branching is below its branches.
  const after = [];
  for (const inner of ways.filter(({ kind }) => kind === "join" || kind === "collect")) {
    for (const next of out.get(inner.to)) {
      if (next.kind === "next") after.push({ from: inner.from, to: next.to });
    }
  }
  for (const way of after) out.get(way.from).push(way);

  for (const node of nodes) node.layer = 0;
  for (const node of topDown(nodes, out)) {
    for (const way of out.get(node)) {
      if (!way.back) way.to.layer = Math.max(way.to.layer, node.layer + 1);
    }
  }
  const layers = Array.from({ length: Math.max(...nodes.map(({ layer }) => layer)) + 1 }, () => []);
  for (const node of nodes) layers[node.layer].push(node);
  for (const way of ways.filter(({ back }) => !back)) {
    way.stops = [way.from];
    for (let layer = way.from.layer + 1; layer < way.to.layer; layer += 1) {
      const passing = { width: 10, layer, passing: true };
      layers[layer].push(passing);
      way.stops.push(passing);
    }
    way.stops.push(way.to);
    const first = way.stops[1];
    if (way.label) (first.labels ??= []).push(way);
  }
  order(layers, ways);
  return layers;
}

/** The nodes in topological order. Marks back edges. */
function topDown(nodes, out) {
  const state = new Map();
  const done = [];
  for (const root of nodes) {
    if (state.has(root)) continue;
    // An explicit stack, because a flow of 100,000 states would overflow the call stack.
    const stack = [{ node: root, next: 0 }];
    state.set(root, "open");
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const way = out.get(top.node)[top.next];
      top.next += 1;
      if (!way) {
        state.set(top.node, "done");
        done.push(top.node);
        stack.pop();
        continue;
      }
      way.back = state.get(way.to) === "open";
      if (!state.has(way.to)) {
        state.set(way.to, "open");
        stack.push({ node: way.to, next: 0 });
      }
    }
  }
  return done.reverse();
}

/** Places each node below the middle of its predecessors to reduce crossings. */
function order(layers, ways) {
  const above = new Map();
  for (const { stops = [] } of ways) {
    for (let i = 1; i < stops.length; i += 1) {
      if (!above.has(stops[i])) above.set(stops[i], []);
      above.get(stops[i]).push(stops[i - 1]);
    }
  }
  for (const layer of layers) {
    layer.forEach((node, index) => {
      const leading = above.get(node) ?? [];
      node.wish = leading.reduce((sum, { slot }) => sum + slot, 0) / leading.length || (leading.length ? 0 : index);
    });
    layer.sort((a, b) => a.wish - b.wish);
    layer.forEach((node, index) => (node.slot = index - (layer.length - 1) / 2));
  }
}

function place(layers) {
  const room = (node) => Math.max(node.width, ...(node.labels ?? []).map(({ label }) => labelWidth(label)));
  const widthOf = (layer) => layer.reduce((sum, node) => sum + room(node) + NODE_GAP, -NODE_GAP);
  const widest = Math.max(...layers.map(widthOf));
  let y = MARGIN;
  for (const [index, layer] of layers.entries()) {
    const labels = Math.max(0, ...layer.map((node) => node.labels?.length ?? 0));
    if (index > 0) y += GAP + labels * LABEL_HEIGHT;
    let x = MARGIN + (widest - widthOf(layer)) / 2;
    for (const node of layer) {
      node.x = x + room(node) / 2;
      node.y = y;
      x += room(node) + NODE_GAP;
    }
    y += NODE_HEIGHT;
  }
  return { width: widest + 2 * MARGIN, height: y + MARGIN, side: widest + MARGIN };
}

function draw(way, size) {
  const group = make("g", { class: `way ${way.kind ?? ""}` });
  const { d, label } = way.stops ? downwards(way) : backwards(way, size);
  group.append(make("path", { d, "marker-end": "url(#arrow)" }));
  if (way.label) {
    const text = make("text", { x: label.x, y: label.y, "text-anchor": "middle" }, shortened(way.label));
    text.append(make("title", {}, way.label));
    group.append(text);
  }
  return group;
}

function downwards({ stops, label }) {
  let d = `M${stops[0].x} ${bottomOf(stops[0])}`;
  for (let i = 1; i < stops.length; i += 1) {
    const [from, to] = [stops[i - 1], stops[i]];
    const top = bottomOf(from);
    const end = to.passing ? to.y : topOf(to) - 2;
    const bend = (end - top) / 2;
    d += ` C${from.x} ${top + bend} ${to.x} ${end - bend} ${to.x} ${end}`;
    if (to.passing) d += ` V${to.y + NODE_HEIGHT}`;
  }
  const first = stops[1];
  const place = (first.labels ?? []).findIndex((way) => way.stops === stops);
  return { d, label: label && { x: first.x, y: first.y - 13 - place * LABEL_HEIGHT } };
}

/** A back edge starts at the bottom, uses its own lane at the side, and ends at the top. */
function backwards({ from, to, label }, size) {
  size.side += LANE;
  const lane = size.side;
  const bottom = from.y + NODE_HEIGHT;
  const [x1, x2] = [from.x + from.width / 4, to.x + to.width / 4];
  const [y1, y2] = [bottom + 9, to.y - 9];
  const d =
    `M${x1} ${bottom} V${y1 - 5} Q${x1} ${y1} ${x1 + 5} ${y1} H${lane - 5} Q${lane} ${y1} ${lane} ${y1 - 5}` +
    ` V${y2 + 5} Q${lane} ${y2} ${lane - 5} ${y2} H${x2 + 5} Q${x2} ${y2} ${x2} ${y2 + 5} V${to.y - 2}`;
  const room = label ? labelWidth(label) / 2 : 0;
  size.width = Math.max(size.width, lane + room + MARGIN);
  size.height = Math.max(size.height, y1 + MARGIN);
  return { d, label: { x: lane, y: (y1 + y2) / 2 } };
}

function nodeBox(node) {
  const group = make("g", { class: `node ${node.type}` });
  const kind = isEnd(node) ? "" : node.type;
  group.append(
    make("title", {}, kind ? `${node.label} (${kind})` : node.label),
    make("rect", {
      x: node.x - node.width / 2,
      y: topOf(node),
      width: node.width,
      height: bottomOf(node) - topOf(node),
      rx: isEnd(node) ? 14 : 8,
    }),
    make("text", { x: node.x, y: node.y + (kind ? 19 : 27), "text-anchor": "middle" }, shortened(node.label, 28)),
  );
  if (kind) group.append(make("text", { x: node.x, y: node.y + 35, "text-anchor": "middle", class: "kind" }, kind));
  return group;
}

function inWords(nodes, ways, word) {
  const described = nodes.slice(0, 200).map((node) => {
    const next = ways
      .filter((way) => way.from === node)
      .map((way) => `${way.to.label}${way.label ? ` (${way.label})` : ""}`);
    const name = isEnd(node) ? node.label : `${word} ${node.label} of type ${node.type}`;
    return `${name} ${next.length ? `leads to ${next.join(", ")}` : "leads nowhere"}`;
  });
  return `${described.join("; ")}.`;
}

function arrowHead() {
  const marker = make("marker", {
    id: "arrow",
    viewBox: "0 0 8 8",
    refX: 7,
    refY: 4,
    markerWidth: 6,
    markerHeight: 6,
    orient: "auto",
  });
  marker.append(make("path", { d: "M0 0 L8 4 L0 8 z", class: "arrow" }));
  const defs = make("defs", {});
  defs.append(marker);
  return defs;
}

function labelWidth(label) {
  return 6.6 * shortened(label).length + 8;
}

function shortened(text, length = 32) {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

function make(tag, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}
