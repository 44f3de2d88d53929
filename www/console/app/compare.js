// Compares two executions by state.

import { equalJson } from "./json.js";

/**
 * @typedef {import("../../../pkg/index.js").ReplayState} ReplayState
 * @typedef {import("../../../pkg/index.js").ReplayVisit} ReplayVisit
 * @typedef {import("../../../pkg/index.js").ReplayNode} ReplayNode
 */

/**
 * @typedef {object} Row
 * @property {string} node
 * @property {string} name
 * @property {ReplayNode | undefined} first
 * @property {ReplayNode | undefined} second
 * @property {boolean} differs
 */

/**
 * The first state whose result differs. A visit is absent if only the other execution reached the state there;
 * `instead` is then the visit at its place.
 *
 * @typedef {object} Difference
 * @property {"reached" | "status" | "error" | "output" | "attempts"} reason
 * @property {ReplayVisit} [first]
 * @property {ReplayVisit} [second]
 * @property {ReplayVisit} [instead]
 */

/**
 * @param {ReplayState} first
 * @param {ReplayState} second
 * @param {readonly { id: string, name: string, type: string }[]} nodes of both definitions, in the order of the rows
 * @returns {{ rows: Row[], difference: Difference | undefined }}
 */
export function compareExecutions(first, second, nodes) {
  /** @type {Map<string, Row>} */
  const rows = new Map();
  for (const { id, name, type } of nodes) {
    if (type === "start" || type === "end" || rows.has(id)) continue;
    const [a, b] = [first.nodes[id], second.nodes[id]];
    rows.set(id, { node: id, name, first: a, second: b, differs: nodesDiffer(a, b) });
  }
  return { rows: [...rows.values()], difference: firstDifference(first.visits, second.visits) };
}

/**
 * @param {ReplayNode | undefined} a
 * @param {ReplayNode | undefined} b
 */
function nodesDiffer(a, b) {
  const [left, right] = [a?.visits ?? [], b?.visits ?? []];
  if ((a?.status ?? "notReached") !== (b?.status ?? "notReached") || left.length !== right.length) return true;
  return left.some((visit, index) => reasonOf(visit, right[index]) !== undefined);
}

/**
 * Why the results of two visits differ. Undefined if they are the same.
 *
 * @param {ReplayVisit} a
 * @param {ReplayVisit} b
 * @returns {Difference["reason"] | undefined}
 */
function reasonOf(a, b) {
  if (a.status !== b.status) return "status";
  if (a.error !== b.error || a.cause !== b.cause) return "error";
  if (!equalJson(a.output, b.output)) return "output";
  return a.attempts.length === b.attempts.length ? undefined : "attempts";
}

/**
 * The first visit, in the order of the first execution, whose result differs. A state inside another one precedes it:
 * its result is the reason for the result of the other one. States that were ended by the error of another one are
 * consequences, and count only if there is no other difference.
 *
 * @param {readonly ReplayVisit[]} a
 * @param {readonly ReplayVisit[]} b
 * @returns {Difference | undefined}
 */
export function firstDifference(a, b) {
  const [left, right] = [byParent(a), byParent(b)];
  return between(undefined, undefined, "causes") ?? between(undefined, undefined, "all");

  /**
   * `causes` leaves out states that were stopped, `inStopped` also those that one of them did not reach.
   *
   * @param {number | undefined} outerLeft
   * @param {number | undefined} outerRight
   * @param {"causes" | "inStopped" | "all"} what
   * @returns {Difference | undefined}
   */
  function between(outerLeft, outerRight, what) {
    const first = left.get(outerLeft) ?? [];
    const second = right.get(outerRight) ?? [];
    const others = keyed(second);
    const isLeftOut = (/** @type {ReplayVisit} */ { status }) => status === "stopped" && what !== "all";
    for (const [key, visit] of keyed(first)) {
      const other = others.get(key);
      others.delete(key);
      const isStopped = isLeftOut(visit) || (other !== undefined && isLeftOut(other));
      if (other === undefined) {
        if (isStopped || what === "inStopped") continue;
        const [instead] = others.values();
        return { reason: "reached", first: visit, ...(instead && { instead }) };
      }
      const inside = between(visit.id, other.id, isStopped ? "inStopped" : what);
      if (inside) return inside;
      const reason = isStopped ? undefined : reasonOf(visit, other);
      if (reason) return { reason, first: visit, second: other };
    }
    if (what === "inStopped") return undefined;
    const extra = [...others.values()].find((visit) => !isLeftOut(visit));
    return extra && { reason: "reached", second: extra };
  }
}

/** @param {readonly ReplayVisit[]} visits */
function byParent(visits) {
  /** @type {Map<number | undefined, ReplayVisit[]>} */
  const children = new Map();
  for (const visit of visits) {
    const list = children.get(visit.parent);
    if (list) list.push(visit);
    else children.set(visit.parent, [visit]);
  }
  return children;
}

/**
 * Visits by their place: attempt and index in the enclosing state, name, and number of the visit.
 *
 * @param {readonly ReplayVisit[]} siblings
 */
function keyed(siblings) {
  /** @type {Map<string, ReplayVisit>} */
  const result = new Map();
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const visit of siblings) {
    const place = JSON.stringify([visit.parentAttempt ?? 1, visit.index ?? 0, visit.name]);
    const count = counts.get(place) ?? 0;
    counts.set(place, count + 1);
    result.set(`${place}${count}`, visit);
  }
  return result;
}
