// The flow of a replay: its graph with the rules for errors, as the module describes it, with an index.

/**
 * @typedef {import("../../index.js").GraphNode} GraphNode
 * @typedef {import("../../index.js").GraphEdge} GraphEdge
 *
 * @typedef {object} RetryRule
 * @property {string[]} errors
 * @property {number | string} [maxAttempts] a fraction is a text
 * @property {number | string} [intervalSeconds]
 * @property {number | string} [multiplier]
 * @property {number | string} [maxIntervalSeconds]
 *
 * @typedef {object} CatchRule
 * @property {string[]} errors
 * @property {string} [to]
 *
 * @typedef {GraphNode & { retry?: RetryRule[], catch?: CatchRule[], branches?: number, items?: string[] }} PlanNode
 * @typedef {{ dialect?: "flow" | "StateMachine", nodes: PlanNode[], edges: GraphEdge[] }} Plan
 */

export class FlowIndex {
  /** @param {Plan} plan */
  constructor(plan) {
    this.plan = plan;
    /** @type {Map<string, PlanNode>} */
    this.byId = new Map();
    /** By their names, for a name that is not where it should be. */
    this.byName = new Map();
    this.byPath = new Map();
    this.byPlace = new Map();
    /** The edges between two nodes, as indexes. */
    this.between = new Map();
    /** The edges to the first state of a choice's option. */
    this.optionStarts = new Map();
    /** The edges of a state's catch rules, in the order of the rules. */
    this.catches = new Map();
    for (const node of plan.nodes) {
      this.byId.set(node.id, node);
      if (node.type === "start" || node.type === "end") continue;
      setFirst(this.byName, node.name, node);
      setFirst(this.byPath, node.path.join("\n"), node);
      setFirst(this.byPlace, placeOf(node.parent, node.branch, node.name), node);
    }
    for (const [index, { from, to, kind }] of plan.edges.entries()) {
      push(this.between, `${from}\n${to}`, index);
      if (kind === "catch") push(this.catches, from, index);
      if (kind !== "choice" && kind !== "default") continue;
      const inner = this.byId.get(to);
      if (inner?.parent === from) push(this.optionStarts, from, inner);
    }
  }

  /**
   * The state with a name in a list of states.
   *
   * @param {string | undefined} parent
   * @param {number | undefined} branch
   * @param {string} name
   * @returns {PlanNode | undefined}
   */
  inside(parent, branch, name) {
    return this.byPlace.get(placeOf(parent, branch, name));
  }

  /**
   * The first state of an option, by its name.
   *
   * @param {string} choice
   * @param {string} name
   * @returns {PlanNode | undefined}
   */
  option(choice, name) {
    return this.optionStarts.get(choice)?.find((/** @type {PlanNode} */ node) => node.name === name);
  }

  /**
   * The edges between two nodes. `slot` is the index of a branch.
   *
   * @param {string} from
   * @param {string} to
   * @param {(kind: string) => boolean} isKind
   * @param {number} [slot]
   * @returns {number[]}
   */
  edges(from, to, isKind, slot) {
    /** @type {number[]} */
    const all = this.between.get(`${from}\n${to}`) ?? [];
    const { edges } = this.plan;
    return all.filter(
      (index) => isKind(edges[index].kind) && (edges[index].kind !== "fork" || edges[index].label === String(slot)),
    );
  }

  /**
   * The edge of a catch rule. Each rule with a known target has an edge.
   *
   * @param {PlanNode} node
   * @param {number} rule
   * @returns {number | undefined}
   */
  catchEdge(node, rule) {
    const before = node.catch?.slice(0, rule).filter(({ to }) => to !== undefined).length ?? 0;
    return node.catch?.[rule]?.to === undefined ? undefined : this.catches.get(node.id)?.[before];
  }
}

/**
 * The index of the catch rule that applies to an error, or -1.
 *
 * @param {PlanNode | undefined} node
 * @param {string} error
 */
export function catchRule(node, error) {
  return node?.catch?.findIndex((rule) => matches(rule.errors, error)) ?? -1;
}

/**
 * The pause before the next attempt, in milliseconds. `undefined` if no rule allows another attempt.
 *
 * In the `flow` dialect each rule has its own count, and the next rule applies when one is used up. In `StateMachine`
 * only the first rule that matches is used, and the state has one count.
 *
 * @param {Plan} plan
 * @param {PlanNode | undefined} node
 * @param {string} error
 * @param {number} retries the number of earlier retries of the state
 * @param {{ used: number[] | undefined }} run counts the retries of each rule
 * @returns {number | undefined}
 */
export function pauseOf(plan, node, error, retries, run) {
  const isMachine = plan.dialect === "StateMachine";
  for (const [index, rule] of (node?.retry ?? []).entries()) {
    if (!matches(rule.errors, error)) continue;
    const before = isMachine ? retries : (run.used?.[index] ?? 0);
    if (before < atLeastZero(rule.maxAttempts, 3)) {
      run.used ??= [];
      run.used[index] = before + 1;
      const growth = atLeastZero(rule.multiplier, isMachine ? 1 : 2) ** before;
      const most = atLeastZero(rule.maxIntervalSeconds, isMachine ? Number.POSITIVE_INFINITY : 86_400);
      return Math.round(Math.min(atLeastZero(rule.intervalSeconds, 1) * growth, most) * 1000);
    }
    if (isMachine) return undefined;
  }
  return undefined;
}

/**
 * The number of items of a Map, if its expression only reads a member of its input.
 *
 * @param {PlanNode | undefined} node
 * @param {any} input
 * @returns {number | undefined}
 */
export function itemsOf(node, input) {
  if (!node?.items) return undefined;
  let value = input;
  for (const key of node.items) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return Array.isArray(value) ? value.length : undefined;
}

/**
 * @param {string[]} errors
 * @param {string} error
 */
const matches = (errors, error) => errors.some((name) => name === error || name === "FnF.ALL");

/**
 * @param {number | string | undefined} number
 * @param {number} otherwise
 */
function atLeastZero(number, otherwise) {
  const value = Number(number ?? otherwise);
  return value >= 0 ? value : otherwise;
}

/**
 * @param {string | undefined} parent
 * @param {number | undefined} branch
 * @param {string} name
 */
const placeOf = (parent, branch, name) => `${parent ?? ""}\n${branch ?? ""}\n${name}`;

/**
 * @template K, V
 * @param {Map<K, V>} map
 * @param {K} key
 * @param {V} value
 */
function setFirst(map, key, value) {
  if (!map.has(key)) map.set(key, value);
}

/**
 * @template K, V
 * @param {Map<K, V[]>} map
 * @param {K} key
 * @param {V} value
 */
function push(map, key, value) {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
