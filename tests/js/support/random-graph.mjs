// Random graphs without a plan: jumps in all directions, empty branches, unreachable states, loops into loops.

import { dice } from "./random-flow.mjs";

const NAMES = ["A", "LongStateName", "查询订单查询订单查询订单", "x y z"];
const LABELS = ["$Input.a > 1", '$Input.status == "RUNNING" && $Input.total >= 500'];

/** A graph as `flowGraph` returns it. A seed always gives the same one. */
export function randomGraph(seed) {
  const die = dice(seed * 7919);
  const node = (id, type, more) => ({ id, name: id, type, path: [], ...more });
  const states = [];
  const boxes = [];
  for (let i = 3 + die.below(14); i > 0; i -= 1) {
    const parent = boxes.length > 0 && die.chance(0.35) ? die.pick(boxes) : undefined;
    const type = die.pick(["task", "task", "choice", "choice", "pass", "fail", "parallel", "foreach"]);
    const id = `n${states.length}`;
    const more = parent ? { parent: parent.id, branch: parent.type === "parallel" ? die.below(3) : 0 } : {};
    const state = { ...node(id, type, more), name: `${die.pick(NAMES)}${id}` };
    states.push(state);
    if (type === "parallel" || type === "foreach") boxes.push(state);
  }
  const lists = new Map();
  for (const state of states) {
    const key = `${state.parent ?? ""} ${state.branch ?? 0}`;
    lists.set(key, [...(lists.get(key) ?? []), state]);
  }
  const edges = [];
  for (const list of lists.values()) {
    const owner = boxes.find(({ id }) => id === list[0].parent);
    const [from, enter] = owner ? [owner.id, owner.type === "parallel" ? "fork" : "iterate"] : ["start", "start"];
    edges.push({ from, to: list[0].id, kind: enter });
    for (const [index, state] of list.entries()) {
      if (state.type === "fail") continue;
      const choice = state.type === "choice";
      const label = () => (choice ? { label: die.pick(LABELS) } : {});
      for (let ways = choice ? 1 + die.below(4) : 1; ways > 0; ways -= 1) {
        const near = list[Math.min(list.length - 1, index + 1 + die.below(2))];
        if (die.chance(0.15)) {
          edges.push({ from: state.id, to: owner?.id ?? "end", kind: owner ? "join" : "end", ...label() });
        } else {
          const to = die.chance(0.6) ? near : die.pick(list);
          edges.push({ from: state.id, to: to.id, kind: choice ? "choice" : "next", ...label() });
        }
      }
      if (die.chance(0.25)) edges.push({ from: state.id, to: die.pick(list).id, kind: "catch", label: "PaymentError" });
    }
  }
  const nodes = [node("start", "start"), ...states, node("end", "end")];
  // Without a state at the top level the start leads nowhere.
  return { nodes, edges };
}
