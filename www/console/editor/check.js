// The check of a text: everything that the page needs of a definition, from one pass of the reader.

/**
 * @typedef {import("../app/state.js").Checked} Checked
 * @typedef {Pick<typeof import("../../../pkg/index.js"), "flowGraph" | "validateFlow">} Reader
 */

/**
 * Checks a text. `flowGraph` reports the same diagnostics as `validateFlow`, so that the text is read once.
 *
 * @param {string} text
 * @param {Reader} reader
 * @returns {Checked}
 */
export function checkText(text, reader) {
  const { nodes, edges, diagnostics } = reader.flowGraph(text);
  return {
    text,
    dialect: dialectOf(text, nodes, reader),
    valid: diagnostics.every(({ severity }) => severity !== "error"),
    diagnostics,
    graph: { nodes, edges },
  };
}

/**
 * The dialect. The path of a state begins with the key of the list of states, which differs between the dialects.
 * Only a text without states is read again.
 *
 * @param {string} text
 * @param {any[]} nodes
 * @param {Reader} reader
 */
function dialectOf(text, nodes, reader) {
  const list = nodes.find(({ path }) => path.length > 0)?.path[0];
  if (list === "steps") return "flow";
  if (list === "States") return "StateMachine";
  return reader.validateFlow(text).dialect;
}

/**
 * True if two graphs have the same states and transitions. Ranges are not compared: they change with each line.
 *
 * @param {Checked["graph"]} one
 * @param {Checked["graph"]} other
 */
export function equalGraphs(one, other) {
  return (
    one === other ||
    (one.nodes.length === other.nodes.length &&
      one.edges.length === other.edges.length &&
      one.nodes.every((node, at) => equalNodes(node, other.nodes[at])) &&
      one.edges.every((edge, at) => equalFields(edge, other.edges[at], ["from", "to", "kind", "label"])))
  );
}

/**
 * @param {any} one
 * @param {any} other
 */
function equalNodes(one, other) {
  return (
    equalFields(one, other, ["id", "name", "type", "parent", "branch"]) &&
    one.path.length === other.path.length &&
    one.path.every((/** @type {unknown} */ part, /** @type {number} */ at) => part === other.path[at])
  );
}

/**
 * @param {any} one
 * @param {any} other
 * @param {string[]} fields
 */
function equalFields(one, other, fields) {
  return fields.every((field) => one[field] === other[field]);
}

/**
 * Replaces the graph of a new result by an equal one, which receives the new ranges: who compares graphs by identity
 * sees no change.
 *
 * @param {Checked} checked
 * @param {Checked["graph"]} graph a graph that no other result uses
 * @returns {Checked}
 */
export function withGraph(checked, graph) {
  if (!equalGraphs(graph, checked.graph)) return checked;
  checked.graph.nodes.forEach(({ range }, at) => {
    if (range) graph.nodes[at].range = range;
  });
  return { ...checked, graph };
}
