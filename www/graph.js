// The states of a flow as a drawing: layer by layer from the top, with the ways between them.

const LAYER_GAP = 46;
const NODE_GAP = 28;
const NODE_HEIGHT = 44;
const MARGIN = 16;
const LANE = 16;

/** Draws `{ nodes, edges }` into `box`; `word` is what the dialect calls a node. */
export function drawGraph(box, { nodes, edges }, word) {
  if (nodes.length === 0) {
    box.replaceChildren(Object.assign(document.createElement("p"), { textContent: `No ${word} to draw yet.` }));
    return;
  }
  const drawn = nodes.map((node) => ({ ...node, label: node.name ?? node.id, width: widthOf(node) }));
  const byId = new Map(drawn.map((node) => [node.id, node]));
  const ways = edges
    .filter((edge) => byId.has(edge.from) && byId.has(edge.to))
    .map((edge) => ({ ...edge, from: byId.get(edge.from), to: byId.get(edge.to), label: edge.label ?? "" }));

  const layers = layered(drawn, ways);
  const size = placed(layers);
  const paths = ways.map((way) => routed(way, layers, size));

  const svg = make("svg", { role: "img", "aria-labelledby": "graph-name graph-text" });
  svg.append(
    make("title", { id: "graph-name" }, `${drawn.length} ${word}${drawn.length > 1 ? "s" : ""} of the flow`),
    make("desc", { id: "graph-text" }, inWords(drawn, ways, word)),
    arrowHead(),
    ...paths,
    ...drawn.map(nodeBox),
  );
  svg.setAttribute("viewBox", `0 0 ${Math.ceil(size.width)} ${Math.ceil(size.height)}`);
  svg.setAttribute("width", Math.ceil(size.width));
  svg.setAttribute("height", Math.ceil(size.height));
  box.replaceChildren(svg);
}

function widthOf(node) {
  const name = String(node.name ?? node.id);
  return Math.min(260, Math.max(96, 28 + 8.2 * name.length));
}

/** Each node one layer below the lowest that leads to it; ways back up are left out of that count. */
function layered(nodes, ways) {
  const out = new Map(nodes.map((node) => [node, []]));
  for (const way of ways) out.get(way.from).push(way);

  const state = new Map();
  const order = [];
  for (const root of nodes) {
    // An explicit stack: a flow of a hundred thousand states must not overflow ours.
    const stack = [[root, 0]];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const [node, next] = top;
      if (next === 0) {
        if (state.has(node)) {
          stack.pop();
          continue;
        }
        state.set(node, "open");
      }
      const way = out.get(node)[next];
      top[1] += 1;
      if (way) {
        const seen = state.get(way.to);
        way.back = seen === "open";
        if (!seen) stack.push([way.to, 0]);
      } else {
        state.set(node, "done");
        order.push(node);
        stack.pop();
      }
    }
  }

  for (const node of nodes) node.layer = 0;
  for (const node of order.reverse()) {
    for (const way of out.get(node)) {
      if (!way.back) way.to.layer = Math.max(way.to.layer, node.layer + 1);
    }
  }
  const layers = [];
  for (const node of nodes) (layers[node.layer] ??= []).push(node);
  // Below the middle of what leads there: fewer ways cross.
  const into = new Map(nodes.map((node) => [node, []]));
  for (const way of ways) if (!way.back) into.get(way.to).push(way.from);
  for (const layer of layers) {
    layer.forEach((node, index) => {
      const above = into.get(node);
      node.wish = above.length ? above.reduce((sum, from) => sum + (from.slot ?? 0), 0) / above.length : index;
    });
    layer.sort((a, b) => a.wish - b.wish);
    layer.forEach((node, index) => (node.slot = index - (layer.length - 1) / 2));
  }
  return layers;
}

function placed(layers) {
  const rowWidth = (layer) => layer.reduce((sum, node) => sum + node.width + NODE_GAP, -NODE_GAP);
  const widest = Math.max(...layers.map(rowWidth));
  let y = MARGIN;
  for (const layer of layers) {
    let x = MARGIN + (widest - rowWidth(layer)) / 2;
    for (const node of layer) {
      node.x = x;
      node.y = y;
      x += node.width + NODE_GAP;
    }
    y += NODE_HEIGHT + LAYER_GAP;
  }
  return { width: widest + 2 * MARGIN, height: y - LAYER_GAP + MARGIN, lanes: 0, inner: widest + MARGIN };
}

/** A way to the next layer goes straight; any other takes a lane of its own at the side. */
function routed(way, layers, size) {
  const { from, to } = way;
  const x1 = from.x + from.width / 2;
  const x2 = to.x + to.width / 2;
  const y1 = from.y + NODE_HEIGHT;
  const group = make("g", { class: `way ${way.kind ?? ""} ${way.back || from === to ? "back" : ""}` });
  let d;
  let labelAt;
  if (to.layer === from.layer + 1) {
    const bend = LAYER_GAP / 2;
    d = `M${x1} ${y1} C${x1} ${y1 + bend} ${x2} ${to.y - bend} ${x2} ${to.y - 2}`;
    labelAt = [(x1 + x2) / 2, (y1 + to.y) / 2];
  } else {
    size.lanes += 1;
    const side = size.inner + size.lanes * LANE;
    const out = [from.x + from.width, from.y + NODE_HEIGHT / 2];
    const into = [to.x + to.width + 2, to.y + NODE_HEIGHT / 2 + 8];
    d = `M${out[0]} ${out[1]} C${side} ${out[1]} ${side} ${out[1]} ${side} ${(out[1] + into[1]) / 2} S${side} ${into[1]} ${into[0]} ${into[1]}`;
    labelAt = [side, (out[1] + into[1]) / 2];
    size.width = Math.max(size.width, side + MARGIN + 4 * way.label.length);
  }
  group.append(make("path", { d, "marker-end": "url(#arrow)" }));
  if (way.label) {
    const text = make("text", { x: labelAt[0], y: labelAt[1] + 4, "text-anchor": "middle" }, shortened(way.label, 32));
    text.append(make("title", {}, way.label));
    group.append(text);
  }
  return group;
}

function nodeBox(node) {
  const kind = String(node.type ?? node.kind ?? "");
  const group = make("g", { class: `node ${kind.toLowerCase().replace(/[^a-z]/g, "")}` });
  const middle = node.x + node.width / 2;
  group.append(
    make("title", {}, kind ? `${node.label} (${kind})` : String(node.label)),
    make("rect", { x: node.x, y: node.y, width: node.width, height: NODE_HEIGHT, rx: 8 }),
    make("text", { x: middle, y: node.y + (kind ? 19 : 27), "text-anchor": "middle" }, shortened(String(node.label), 28)),
  );
  if (kind) {
    group.append(make("text", { x: middle, y: node.y + 35, "text-anchor": "middle", class: "kind" }, kind));
  }
  return group;
}

function inWords(nodes, ways, word) {
  const told = nodes.slice(0, 200).map((node) => {
    const next = ways.filter((way) => way.from === node).map((way) => `${way.to.label}${way.label ? ` (${way.label})` : ""}`);
    const kind = node.type ?? node.kind;
    return `${word} ${node.label}${kind ? ` of type ${kind}` : ""} ${next.length ? `leads to ${next.join(", ")}` : "leads nowhere"}`;
  });
  return `${told.join("; ")}.`;
}

function arrowHead() {
  const marker = make("marker", {
    id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 6, markerHeight: 6, orient: "auto",
  });
  marker.append(make("path", { d: "M0 0 L8 4 L0 8 z", class: "arrow" }));
  const defs = make("defs", {});
  defs.append(marker);
  return defs;
}

function shortened(text, length) {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

function make(tag, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}
