// Shows an execution on a drawing. Only what differs from what is shown changes.

import { drawBadge } from "./draw.js";
import { STATUS_ICONS } from "./shapes.js";

/** @import { Graph, GraphNodeReplay, GraphReplay } from "../graph.js" */
/** @import { Drawing, Part } from "./draw.js" */
/** @import { Words } from "./words.js" */

/** @type {GraphNodeReplay} */
const NOT_REACHED = { status: "notReached" };

/**
 * @param {Drawing} drawing
 * @param {Graph} graph
 * @param {GraphReplay | undefined} replay
 * @param {Words} words
 */
export function showReplay(drawing, graph, replay, words) {
  drawing.world.classList.toggle("replayed", replay !== undefined);
  for (const [id, part] of drawing.parts) {
    showStatus(part, replay && (own(replay.nodes, id) ?? NOT_REACHED), words);
  }
  showTaken(drawing, takenEdges(graph, replay));
}

/**
 * @param {Part} part
 * @param {GraphNodeReplay | undefined} replay
 * @param {Words} words
 */
function showStatus(part, replay, words) {
  const status = replay && Object.hasOwn(STATUS_ICONS, replay.status) ? replay.status : undefined;
  const attempts = attemptsOf(replay);
  const { done, total } = replay?.progress ?? {};
  const error = replay?.error;
  const { shown } = part;
  if (
    shown !== undefined &&
    shown.status === status &&
    shown.attempts === attempts &&
    shown.done === done &&
    shown.total === total &&
    shown.error === error
  )
    return;
  part.shown = { status, attempts, done, total, error };
  for (const element of [part.group, part.over]) {
    if (status) element.setAttribute("data-status", status);
    else element.removeAttribute("data-status");
  }
  if (status && status !== "notReached") drawBadge(part, status, attempts);
  part.group.setAttribute("aria-label", nameOf(part, status ? replay : undefined, words));
  part.progress.textContent = done === undefined ? "" : total === undefined ? String(done) : `${done}/${total}`;
}

/**
 * The name of a state for a screen reader: name, type, status, attempts, error.
 *
 * @param {Part} part
 * @param {GraphNodeReplay | undefined} replay
 * @param {Words} words
 */
export function nameOf({ place }, replay, words) {
  const { node } = place;
  const end = node.type === "start" || node.type === "end";
  const texts = end ? [words.type[node.type]] : [node.name || words.graph.noName, words.type[node.type] ?? node.type];
  if (replay && !(end && replay.status === "notReached")) {
    const { status, error, progress } = replay;
    const attempts = attemptsOf(replay);
    const text = words.status[status] ?? status;
    const ended = status === "failed" || status === "succeeded" || status === "timedOut" || status === "caught";
    if (attempts > 1 && ended) texts.push(words.attempts(text, attempts));
    else texts.push(text, ...(attempts > 1 ? [words.attempt(attempts)] : []));
    if (progress) texts.push(words.progress(progress.done, progress.total));
    if (error) texts.push(error);
  }
  if ("collapsed" in place && place.collapsed) texts.push(words.collapsed, words.inside(place.inside));
  return texts.join(words.separator);
}

/** @param {GraphNodeReplay | undefined} replay */
function attemptsOf(replay) {
  const attempts = replay?.attempts;
  if (typeof attempts === "number") return attempts;
  return Array.isArray(attempts) ? attempts.length : 0;
}

/**
 * @param {GraphReplay["nodes"]} nodes
 * @param {string} id
 */
function own(nodes, id) {
  return Object.hasOwn(nodes, id) ? nodes[id] : undefined;
}

/**
 * @param {Drawing} drawing
 * @param {Set<number>} taken
 */
function showTaken({ lines }, taken) {
  for (const entry of lines) {
    const now = taken.size > 0 && entry.line.edges.some((index) => taken.has(index));
    if (now === entry.taken) continue;
    entry.taken = now;
    entry.group.classList.toggle("taken", now);
  }
}

/**
 * Indexes of the edges that were taken.
 *
 * @param {Graph} graph
 * @param {GraphReplay | undefined} replay
 */
export function takenEdges(graph, replay) {
  /** @type {Set<number>} */
  const taken = new Set();
  /** @type {Set<string>} */
  const ends = new Set();
  for (const edge of replay?.edges ?? []) {
    if (typeof edge === "number") taken.add(edge);
    else if (!edge) continue;
    else if ("from" in edge) ends.add(JSON.stringify([edge.from, edge.to, ...(edge.kind ? [edge.kind] : [])]));
    else ends.add(JSON.stringify([edge[0], edge[1]]));
  }
  if (ends.size > 0) {
    graph.edges.forEach(({ from, to, kind }, index) => {
      if (ends.has(JSON.stringify([from, to])) || ends.has(JSON.stringify([from, to, kind]))) taken.add(index);
    });
  }
  return taken;
}
