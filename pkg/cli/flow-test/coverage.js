// The states and the options of choices that tests have reached.

import { isState } from "./read.js";

/** @import { GraphEdge, GraphNode, Range, ReplayState } from "../../index.js" */
/** @import { StateResult } from "../../state.js" */
/** @import { Flow } from "./read.js" */

/** @typedef {ReturnType<typeof createCoverage>} Coverage */

/** @typedef {{ covered: number, total: number }} Share */

/**
 * @typedef {object} FlowCoverage
 * @property {string} file
 * @property {Share} states
 * @property {Share} branches
 * @property {{ what: string, line: number | undefined }[]} missing
 */

export function createCoverage() {
  /** @type {Map<string, { flow: Flow, states: Set<string>, branches: Set<string> }>} */
  const flows = new Map();

  /** Counts a flow, also if no test reaches anything of it. @param {Flow} flow */
  function of(flow) {
    let found = flows.get(flow.path);
    if (!found) flows.set(flow.path, (found = { flow, states: new Set(), branches: new Set() }));
    return found;
  }

  return {
    of,
    /**
     * @param {Flow} flow
     * @param {ReplayState} replay
     */
    addExecution(flow, { nodes, edges }) {
      const { states, branches } = of(flow);
      for (const [id, { visits }] of Object.entries(nodes)) if (visits.length > 0) states.add(id);
      for (const index of edges) branches.add(branchOf(flow.edges[index]));
    },
    /**
     * @param {Flow} flow
     * @param {StateResult} result
     */
    addState(flow, { state, choice }) {
      const { states, branches } = of(flow);
      states.add(state.id);
      if (choice?.option !== undefined) branches.add(`${state.id} ${choice.option}`);
    },
    /** @returns {FlowCoverage[]} */
    flows() {
      return [...flows.values()].map(({ flow, states, branches }) => {
        const all = flow.nodes.filter(isState);
        const options = optionsOf(flow);
        const missing = [
          ...all
            .filter(({ id }) => !states.has(id))
            .map(({ name, id, range }) => ({ what: `state \`${name || id}\``, line: range?.start.line })),
          ...[...options]
            .filter(([branch]) => !branches.has(branch))
            .map(([, { what, range }]) => ({ what, line: range?.start.line })),
        ];
        missing.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
        return {
          file: flow.file,
          states: { covered: all.filter(({ id }) => states.has(id)).length, total: all.length },
          branches: {
            covered: [...options.keys()].filter((branch) => branches.has(branch)).length,
            total: options.size,
          },
          missing,
        };
      });
    },
  };
}

/**
 * The sum of the flows.
 *
 * @param {FlowCoverage[]} flows
 * @returns {Pick<FlowCoverage, "states" | "branches">}
 */
export function totalOf(flows) {
  const sum = (/** @type {"states" | "branches"} */ kind) => ({
    covered: flows.reduce((total, flow) => total + flow[kind].covered, 0),
    total: flows.reduce((total, flow) => total + flow[kind].total, 0),
  });
  return { states: sum("states"), branches: sum("branches") };
}

/** Percent, rounded down: 100 means all. @param {Share} share */
export function percent({ covered, total }) {
  return total === 0 ? 100 : Math.floor((100 * covered) / total);
}

/** @param {GraphEdge | undefined} edge */
function branchOf(edge) {
  return `${edge?.from} ${edge?.option}`;
}

/**
 * The written options of all choices, with what a report calls them.
 *
 * @param {Flow} flow
 * @returns {Map<string, { what: string, range: Range | undefined }>}
 */
function optionsOf({ nodes, edges }) {
  const byId = new Map(nodes.map((/** @type {GraphNode} */ node) => [node.id, node]));
  const found = new Map();
  for (const edge of edges) {
    // `noMatch` is not written in the definition.
    if (edge.option === undefined || edge.option === "noMatch") continue;
    const node = byId.get(edge.from);
    const which = edge.option === "default" ? "the default" : `branch ${edge.option + 1}`;
    const label = edge.option !== "default" && edge.label ? ` (${edge.label})` : "";
    found.set(branchOf(edge), { what: `${which} of \`${node?.name || edge.from}\`${label}`, range: node?.range });
  }
  return found;
}
