// Measures and checks a drawing: crossings, and what must not happen in any drawing.

const CELL = 160;

/** Rectangles and segments by their place. */
class Grid {
  cells = new Map();

  add(value, x0, y0, x1, y1) {
    this.each(x0, y0, x1, y1, (key) => {
      const cell = this.cells.get(key);
      if (cell) cell.push(value);
      else this.cells.set(key, [value]);
    });
  }

  near({ x, y, width, height }) {
    const found = new Set();
    this.each(x, y, x + width, y + height, (key) => {
      for (const value of this.cells.get(key) ?? []) found.add(value);
    });
    return found;
  }

  each(x0, y0, x1, y1, visit) {
    for (let i = Math.floor(Math.min(x0, x1) / CELL); i <= Math.floor(Math.max(x0, x1) / CELL); i += 1) {
      for (let j = Math.floor(Math.min(y0, y1) / CELL); j <= Math.floor(Math.max(y0, y1) / CELL); j += 1)
        visit(i * 1e6 + j);
    }
  }
}

/** All segments of the lines. */
function segmentsOf(lines) {
  return lines.flatMap((line) => line.points.slice(1).map((b, i) => ({ line, a: line.points[i], b })));
}

/** Points where lines without a common end cross. */
export function crossings(lines) {
  const segments = segmentsOf(lines);
  const grid = new Grid();
  const points = new Set();
  for (const segment of segments) grid.add(segment, ...segment.a, ...segment.b);
  for (const cell of grid.cells.values()) {
    for (const [i, p] of cell.entries()) {
      for (const q of cell.slice(i + 1)) {
        if (p.line.from === q.line.from || p.line.to === q.line.to) continue;
        const at = crossing(p, q);
        if (at) points.add(`${Math.round(at[0] / 2)} ${Math.round(at[1] / 2)}`);
      }
    }
  }
  return points.size;
}

function crossing(p, q) {
  const turn = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  const apart = (a, b, s) => turn(a, b, s.a) * turn(a, b, s.b) < -1e-3;
  if (!apart(p.a, p.b, q) || !apart(q.a, q.b, p)) return undefined;
  const [dx, dy] = [p.b[0] - p.a[0], p.b[1] - p.a[1]];
  const [ex, ey] = [q.b[0] - q.a[0], q.b[1] - q.a[1]];
  const t = ((q.a[0] - p.a[0]) * ey - (q.a[1] - p.a[1]) * ex) / (dx * ey - dy * ex);
  return [p.a[0] + t * dx, p.a[1] + t * dy];
}

const meet = (a, b, by = 0.5) =>
  a.x + by < b.x + b.width && b.x + by < a.x + a.width && a.y + by < b.y + b.height && b.y + by < a.y + a.height;

const holds = (outer, inner) =>
  outer.x <= inner.x + 0.5 &&
  outer.y <= inner.y + 0.5 &&
  inner.x + inner.width <= outer.x + outer.width + 0.5 &&
  inner.y + inner.height <= outer.y + outer.height + 0.5;

/** The segment meets the rectangle; positive margins shrink it. */
function cuts({ a, b }, { x, y, width, height }, margin) {
  const [x0, x1] = [Math.min(a[0], b[0]), Math.max(a[0], b[0])];
  const [y0, y1] = [Math.min(a[1], b[1]), Math.max(a[1], b[1])];
  return x1 > x + margin && x0 < x + width - margin && y1 > y + margin && y0 < y + height - margin;
}

/** What is wrong with the drawing: one line per fault. `measure` is the width of a line of a name. */
export function defects(graph, layout, measure = () => 0) {
  const found = [];
  const { nodes, boxes, lanes, lines, chips, marks } = layout;
  const say = (rule, ...what) => found.push(`${rule}: ${what.join(" | ")}`);
  const around = ancestors(graph);
  const inside = (end, id) => {
    const at = end.replace(/\|\d+#(in|out)$/, "").replace(/#(from|to)$/, "");
    return at === id || (around.get(at) ?? []).includes(id);
  };
  const segments = segmentsOf(lines);
  const grid = new Grid();
  for (const segment of segments) grid.add(segment, ...segment.a, ...segment.b);
  const solid = [...nodes, ...chips.map((chip) => ({ ...chip, id: `${chip.id} chip` }))];

  // Nodes and boxes.
  const places = new Grid();
  for (const one of [...solid, ...boxes]) places.add(one, one.x, one.y, one.x + one.width, one.y + one.height);
  for (const one of [...solid, ...boxes]) {
    if (![one.x, one.y, one.width, one.height].every(Number.isFinite)) say("place is not a number", one.id);
    if (!holds({ x: 0, y: 0, width: layout.width, height: layout.height }, one)) say("outside of the drawing", one.id);
    for (const other of places.near(one)) {
      if (other === one || !meet(one, other)) continue;
      const nested = boxes.includes(other) && inside(one.id.replace(/ chip$/, ""), other.id);
      const owns = boxes.includes(one) && inside(other.id.replace(/ chip$/, ""), one.id);
      if (!nested && !owns) say("overlap", one.id, other.id);
      if (nested && !holds(other, one)) say("not inside of its box", one.id, other.id);
      if (nested && meet(one, { ...other, height: other.header })) say("on the header", one.id, other.id);
    }
  }
  // Lines.
  for (const segment of segments) {
    const { a, b, line } = segment;
    if (Math.abs(a[0] - b[0]) > 0.01 && Math.abs(a[1] - b[1]) > 0.01) say("slanted", line.from, line.to);
    if (!line.loop && b[1] < a[1] - 0.5) say("climbs", line.from, line.to);
  }
  for (const one of solid) {
    for (const segment of grid.near(one)) {
      const { line } = segment;
      if ((line.from === one.id || line.to === one.id) && !cuts(segment, one, 1)) continue;
      if (cuts(segment, one, 1)) say("line through a node", `${line.from} -> ${line.to}`, one.id);
    }
  }
  for (const box of boxes) {
    for (const segment of grid.near(box)) {
      const { line } = segment;
      if (inside(line.from, box.id) || inside(line.to, box.id)) {
        const own = line.from === box.id || line.to === box.id;
        if ((own || cuts(segment, { ...box, height: box.header }, 1)) && cuts(segment, box, 1)) {
          if (own) say("line through its own box", `${line.from} -> ${line.to}`, box.id);
          else say("line on a header", `${line.from} -> ${line.to}`, box.id);
        }
      } else if (cuts(segment, box, 1)) say("line through a box", `${line.from} -> ${line.to}`, box.id);
    }
  }
  // Lanes.
  const byBox = groupBy(lanes, ({ id }) => id);
  for (const [id, list] of byBox) {
    const box = boxes.find((one) => one.id === id);
    for (const [i, lane] of list.entries()) {
      if (!holds(box, lane)) say("lane outside of its box", id, lane.branch);
      const after = list[i + 1];
      if (after && !(after.branch > lane.branch && (after.y > lane.y || after.x >= lane.x + lane.width))) {
        say("lanes are not in reading order", id, lane.branch);
      }
      for (const other of list.slice(i + 1)) if (meet(lane, other)) say("lanes overlap", id, lane.branch, other.branch);
    }
  }
  const drawn = new Map([...nodes, ...boxes].map((one) => [one.id, one]));
  for (const node of graph.nodes) {
    const lane = laneOf(node, graph, lanes);
    const one = drawn.get(node.id);
    if (one && lane && !holds(lane, one)) say("outside of its lane", node.id);
  }
  // Labels.
  const labels = lines.filter(({ label }) => label).map((line) => ({ ...line.label, line }));
  for (const label of labels) {
    const who = `${label.line.from} -> ${label.line.to}`;
    for (const segment of grid.near(label)) {
      if (cuts(segment, label, 1)) say("line on a label", `${segment.line.from} -> ${segment.line.to}`, who);
    }
    for (const one of solid) if (meet(label, one)) say("label on a node", who, one.id);
    for (const mark of marks) {
      const at = { x: mark.x - mark.radius, y: mark.y - mark.radius, width: 2 * mark.radius, height: 2 * mark.radius };
      if (meet(label, at)) say("label on a mark", who);
    }
    for (const box of [...boxes, ...lanes]) {
      if (!meet(label, box)) continue;
      const free = { ...box, y: box.y + (box.header ?? 0), height: box.height - (box.header ?? 0) };
      if (!holds(free, label)) say("label on a border", who, box.id);
    }
    for (const other of labels) if (other !== label && meet(label, other)) say("labels overlap", who);
    if (label.width < 2 || label.x < 0) say("label outside of the drawing", who);
  }
  overlaps(segments, say);
  rules(graph, layout, drawn, measure, say);
  return found;
}

/** Lines without a common end must not lie on each other. */
function overlaps(segments, say) {
  const byAxis = new Map();
  for (const segment of segments) {
    const upright = Math.abs(segment.a[0] - segment.b[0]) < 0.01;
    const [at, from, to] = upright ? [0, 1, 1] : [1, 0, 0];
    const key = `${upright} ${Math.round(segment.a[at])}`;
    const span = {
      line: segment.line,
      low: Math.min(segment.a[from], segment.b[to]),
      high: Math.max(segment.a[from], segment.b[to]),
    };
    const list = byAxis.get(key);
    if (list) list.push(span);
    else byAxis.set(key, [span]);
  }
  for (const list of byAxis.values()) {
    list.sort((p, q) => p.low - q.low);
    for (const [i, p] of list.entries()) {
      for (let j = i + 1; j < list.length && list[j].low < p.high - 1; j += 1) {
        const q = list[j];
        if (p.line.from !== q.line.from && p.line.to !== q.line.to) {
          say("lines on each other", `${p.line.from} -> ${p.line.to}`, `${q.line.from} -> ${q.line.to}`);
        }
      }
    }
  }
}

/** The rules about single states and their ways. */
function rules(graph, layout, drawn, measure, say) {
  const { lines, nodes } = layout;
  const byFrom = groupBy(lines, ({ from }) => from);
  const byTo = groupBy(lines, ({ to }) => to);
  const middle = (one) => one.x + one.width / 2;
  const order = new Map(graph.nodes.map((node, index) => [node.id, index]));

  for (const node of nodes) {
    if (node.type === "start" || node.type === "end") continue;
    if (node.width < 96 || node.height < (node.lines.length > 1 ? 52 : 38)) say("too small", node.id);
    const text = Math.max(...node.lines.map(measure));
    if (text + 46 > node.width + 0.5) say("text does not fit", node.id);
    if (node.lines.length > 2) say("more than two lines", node.id);
  }
  for (const line of lines) {
    const [from, to] = [drawn.get(line.from), drawn.get(line.to)];
    const [first, last] = [line.points[0], line.points.at(-1)];
    if (line.points.length < 2) say("no line", line.from, line.to);
    if (line.caught && !line.loop && from && Math.abs(first[0] - from.x - from.width) > 0.5)
      say("catch does not leave right", line.from);
    if (line.loop && to && first[0] !== last[0]) {
      const left = Math.abs(last[0] - to.x) < 0.5;
      const right = Math.abs(last[0] - to.x - to.width) < 0.5;
      if (!left && !right) say("loop does not arrive at a side", line.from, line.to);
    }
    if (!line.loop && to && Math.abs(last[1] - to.y) > 0.5) say("does not arrive at the top", line.from, line.to);
    // The main way.
    const only = (byTo.get(line.to) ?? []).filter(({ loop }) => !loop);
    const ways = (byFrom.get(line.from) ?? []).filter(({ caught, loop }) => !caught && !loop);
    const main = from && to && !line.caught && !line.loop && !besideMain(line.from, byTo, drawn);
    if (main && only.length === 1 && ways.length === 1 && line.points.length !== 2) {
      say("main way is not straight", line.from, line.to);
    }
  }
  // Handlers.
  for (const [id, arriving] of byTo) {
    const to = drawn.get(id);
    if (!to || arriving.some(({ caught, loop }) => !caught || loop)) continue;
    for (const { from } of arriving) {
      const source = drawn.get(from);
      const beside = (byTo.get(from) ?? []).every(({ caught }) => caught) || besideMain(from, byTo, drawn);
      if (!source || beside) continue;
      if (to.x < source.x + source.width / 2 || to.y <= source.y)
        say("handler is not right of and below its source", from, id);
    }
    const uprights = new Set(
      arriving.filter((line) => !besideMain(line.from, byTo, drawn)).map(({ points }) => points.at(-3)[0]),
    );
    if (uprights.size > 1) say("catches to one target have several lines", id);
  }
  // Choices.
  for (const node of nodes) {
    if (node.type !== "choice") continue;
    const lanes = (byFrom.get(node.id) ?? []).filter(
      ({ points, caught, to }) => !caught && points[0][0] === middle(node) && points[0][1] > node.y && drawn.has(to),
    );
    if (lanes.length < 2) continue;
    const xs = lanes.toSorted((p, q) => order.get(p.to) - order.get(q.to)).map(({ points }) => points.at(-1)[0]);
    if (xs.some((x, i) => i > 0 && x <= xs[i - 1])) say("lanes are not in text order", node.id);
    if (Math.abs((xs[0] + xs.at(-1)) / 2 - middle(node)) > 0.5) say("lanes are not symmetric", node.id);
  }
  // Every edge.
  const seen = new Set([...lines, ...layout.chips].flatMap(({ edges }) => edges));
  for (const [index, edge] of graph.edges.entries()) {
    if (seen.has(index) || ["fail", "join", "collect"].includes(edge.kind)) continue;
    say("not drawn", edge.from, edge.to, edge.kind);
  }
  for (const node of graph.nodes) {
    const ended = node.type === "end" && !graph.edges.some(({ to, kind }) => to === node.id && kind !== "fail");
    if (!drawn.has(node.id) && !ended) say("not drawn", node.id);
  }
}

/** The state is reached only through an error, or is unreachable. */
function besideMain(id, byTo, drawn) {
  const seen = new Set([id]);
  const open = [id];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const arriving = byTo.get(at) ?? [];
    if (drawn.get(at)?.type === "start" || arriving.some(({ from }) => from.endsWith("#in"))) return false;
    for (const { from, caught } of arriving) {
      const origin = from.replace(/#(from|to)$/, "");
      if (!caught && !seen.has(origin)) {
        seen.add(origin);
        open.push(origin);
      }
      if (from.endsWith("#from")) return false;
    }
  }
  return true;
}

/** The ids of the boxes around each node. */
function ancestors(graph) {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const boxes = new Map();
  for (const node of graph.nodes) {
    const list = [];
    for (let at = byId.get(node.parent); at; at = byId.get(at.parent)) {
      if (at.type === "parallel" || at.type === "foreach") list.push(at.id);
    }
    boxes.set(node.id, list);
  }
  return boxes;
}

function laneOf(node, graph, lanes) {
  const parent = graph.nodes.find(({ id }) => id === node.parent);
  if (parent?.type !== "parallel") return undefined;
  return lanes.find(({ id, branch }) => id === parent.id && branch === node.branch);
}

function groupBy(list, keyOf) {
  const groups = new Map();
  for (const one of list) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return groups;
}
