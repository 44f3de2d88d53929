// Reads a file with tests of a flow, and the flow.

import { statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { checkMock } from "../../local/tasks.js";
import { MOCK, STATE_MOCK } from "../../shared/options.js";
import { readText } from "../check/read.js";
import { findingLines } from "../source.js";
import { checkKeys, hint, readDocument } from "./document.js";

/** @import { GraphEdge, GraphNode, Range } from "../../index.js" */
/** @import { Problem, Value } from "./document.js" */

/**
 * A definition with its graph.
 *
 * @typedef {object} Flow
 * @property {string} file as it is shown
 * @property {string} path full path
 * @property {string} text
 * @property {GraphNode[]} nodes
 * @property {GraphEdge[]} edges
 */

/**
 * @typedef {object} FlowTest
 * @property {string} name
 * @property {Range} range of the name
 * @property {"flow" | "state"} kind
 * @property {Record<string, Value>} given the keys of the test
 * @property {Record<string, unknown>} tasks mocks, as `simulateFlow` takes them
 */

/**
 * @typedef {object} TestFile
 * @property {string} file
 * @property {string} text
 * @property {Problem[]} problems
 * @property {Flow | undefined} flow
 * @property {Record<string, Flow>} flows those that the flow can start, by name
 * @property {"Standard" | "Express"} mode
 * @property {FlowTest[]} tests
 * @property {Map<string, string | undefined>} watched the files that the result depends on, with their versions when
 *   they were read
 */

/**
 * The functions of the package. They are loaded after the arguments were read.
 *
 * @typedef {Pick<typeof import("../../language.js"), "flowGraph" | "validateFlow" | "replayExecution">
 *   & Pick<typeof import("../../local.js"), "simulateFlow" | "simulateState">} Package
 */

const FILE_KEYS = ["flow", "flows", "mode", "mocks", "tests"];
const EXPECTED = ["status", "error", "cause", "output", "outputIncludes"];
const FLOW_EXPECTED = [...EXPECTED, "path", "attempts"];
const STATE_EXPECTED = [...EXPECTED, "next", "rule", "values"];
const FLOW_KEYS = ["name", "input", "mocks", ...FLOW_EXPECTED];
const STATE_GIVEN = [
  "input",
  "local",
  "global",
  "context",
  "attempt",
  "retries",
  "mock",
  "iteration",
  "objectOutput",
  "now",
];
const STATE_KEYS = ["name", "state", ...STATE_GIVEN, ...STATE_EXPECTED];
const RULE_KEYS = ["kind", "index", "errors", "retry", "maxAttempts", "pauseMs"];
const VALUE_KEYS = ["input", "afterInput", "parameters", "result", "output", "global", "local"];
const FLOW_STATUS = ["Succeeded", "Failed", "TimedOut"];
const STATE_STATUS = ["succeeded", "failed", "retriable", "caught", "pending"];

/**
 * Reads a file. What is wrong is in `problems`.
 *
 * @param {string} file
 * @param {Package} package_
 * @returns {TestFile}
 */
export function readTestFile(file, package_) {
  /** @type {TestFile} */
  const result = {
    file,
    text: "",
    problems: [],
    flow: undefined,
    flows: {},
    mode: "Standard",
    tests: [],
    watched: new Map([[file, versionOf(file)]]),
  };
  try {
    result.text = readText(file);
  } catch (error) {
    if (error.exitCode === undefined) throw error;
    result.problems.push({ message: `the file ${error.message}` });
    return result;
  }
  const root = readDocument(result.text, result.problems, package_.validateFlow);
  if (root) createReader(result, package_).readRoot(root);
  return result;
}

/**
 * @param {TestFile} result
 * @param {Package} package_
 */
function createReader(result, package_) {
  const { file, problems } = result;
  const report = (/** @type {string} */ message, /** @type {Range} */ range) => problems.push({ message, range });

  /** @param {Value} root */
  function readRoot(root) {
    if (!root.entries) return report("the file is not a mapping with the keys `flow` and `tests`", root.range);
    checkKeys(root, FILE_KEYS, "a test file", problems);
    const { flow, flows, mode, mocks, tests } = valuesOf(root);
    if (!flow) report("the key `flow` is missing: the path of the definition", root.range);
    else result.flow = readFlow(flow);
    if (flows && isMapping(flows, "flows"))
      for (const [name, { value }] of flows.entries ?? []) {
        const read = readFlow(value);
        if (read) result.flows = { ...result.flows, [name]: read };
      }
    if (typeof flow?.value === "string" && /\.express\.\w+$/i.test(flow.value)) result.mode = "Express";
    if (mode && isOneOf(mode, "mode", ["Standard", "Express"]))
      result.mode = /** @type {"Standard" | "Express"} */ (mode.value);
    const general = mocks ? readMocks(mocks) : {};
    if (!tests) return report("the key `tests` is missing: the list of the tests", root.range);
    if (!tests.items || tests.items.length === 0)
      return report("`tests` must be a list with at least one test", tests.range);
    const names = new Map();
    for (const item of tests.items) {
      const test = readTest(item, general);
      if (!test) continue;
      const before = names.get(test.name);
      if (before) report(`the test of line ${before} has the same name`, test.range);
      else names.set(test.name, test.range.start.line);
      result.tests.push(test);
    }
  }

  /**
   * @param {Value} given path, relative to the test file
   * @returns {Flow | undefined}
   */
  function readFlow({ value, range }) {
    if (typeof value !== "string" || value === "") return void report("the path of a flow must be a text", range);
    const path = resolve(dirname(file), value);
    result.watched.set(path, versionOf(path));
    const inside = relative(".", path);
    const shown = inside === "" || inside.startsWith("..") ? join(dirname(file), value) : inside;
    let text;
    try {
      text = readText(path);
    } catch (error) {
      if (error.exitCode === undefined) throw error;
      return void report(`the flow \`${shown}\` ${error.message}`, range);
    }
    const mode = /\.express\.\w+$/i.test(path) ? "Express" : "Standard";
    const errors = package_.validateFlow(text, { mode }).diagnostics.filter(({ severity }) => severity === "error");
    if (errors.length > 0) {
      const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
      return void report(`the flow has errors: ${findingLines(shown, errors)[0]}${more}`, range);
    }
    const { nodes, edges } = package_.flowGraph(text);
    return { file: shown, path, text, nodes, edges };
  }

  /**
   * @param {Value} item
   * @param {Record<string, unknown>} general
   * @returns {FlowTest | undefined}
   */
  function readTest(item, general) {
    if (!item.entries) return void report("a test must be a mapping", item.range);
    const given = valuesOf(item);
    const kind = given.state ? "state" : "flow";
    const before = problems.length;
    if (kind === "flow")
      checkKeys(item, FLOW_KEYS, "a test", problems, (key) =>
        STATE_KEYS.includes(key)
          ? `\`${key}\` is a key of a test of one state, which has the key \`state\``
          : undefined,
      );
    else
      checkKeys(item, STATE_KEYS, "a test of one state", problems, (key) =>
        FLOW_KEYS.includes(key) ? `\`${key}\` is a key of a test without \`state\`` : undefined,
      );
    const { name, input, mocks, mock, status, error, cause, path, attempts, next, state, rule, values } = given;
    if (!name) return void report("a test has no `name`", item.range);
    if (typeof name.value !== "string" || name.value.trim() === "")
      return void report("the name of a test must be a text", name.range);
    const expected = kind === "flow" ? FLOW_EXPECTED : STATE_EXPECTED;
    // A misspelt expectation is reported already.
    if (problems.length === before && !expected.some((key) => given[key]))
      report(
        `the test \`${name.value}\` expects nothing: add one of ${expected.map((key) => `\`${key}\``).join(", ")}`,
        name.range,
      );
    if (given.output && given.outputIncludes)
      report("`output` and `outputIncludes` exclude each other", given.outputIncludes.range);
    if (status) isOneOf(status, "status", kind === "flow" ? FLOW_STATUS : STATE_STATUS);
    for (const [key, value] of Object.entries({ error, cause }))
      if (value && typeof value.value !== "string") report(`\`${key}\` must be a text`, value.range);
    const own = result.flow?.nodes ?? [];
    if (kind === "flow") {
      if (input) isMapping(input, "input");
      if (path) readNames(path, own);
      if (attempts?.entries?.size === 0) report("`attempts` is empty", attempts.range);
      if (attempts && isMapping(attempts, "attempts"))
        for (const [state, { key, value }] of attempts.entries ?? []) {
          checkState(state, key, own);
          if (!Number.isSafeInteger(value.value) || Number(value.value) < 0)
            report(`the attempts of \`${state}\` must be a whole number of 0 or more`, value.range);
        }
      return {
        name: name.value,
        range: name.range,
        kind,
        given,
        tasks: { ...general, ...(mocks ? readMocks(mocks) : {}) },
      };
    }
    if (typeof state.value === "string") checkState(state.value, state.range, own);
    if (typeof next?.value === "string") checkState(next.value, next.range, own);
    else if (next && next.value !== null)
      report("`next` must be the name of a state, or `null` for the end", next.range);
    if (mock) readMock(mock, "`mock`", STATE_MOCK);
    for (const [part, keys, what] of /** @type {const} */ ([
      [rule, RULE_KEYS, "`rule`"],
      [values, VALUE_KEYS, "`values`"],
    ])) {
      if (!part) continue;
      if (isMapping(part, what.replaceAll("`", ""))) checkKeys(part, keys, what, problems);
      if (part.entries?.size === 0) report(`${what} is empty`, part.range);
    }
    return { name: name.value, range: name.range, kind, given, tasks: {} };
  }

  /**
   * @param {Value} mocks
   * @returns {Record<string, unknown>}
   */
  function readMocks(mocks) {
    /** @type {[string, unknown][]} */
    const tasks = [];
    if (!isMapping(mocks, "mocks")) return {};
    const nodes = [result.flow, ...Object.values(result.flows)].flatMap((flow) => flow?.nodes ?? []);
    for (const [name, { key, value }] of mocks.entries ?? []) {
      const states = nodes.filter((node) => node.name === name && isState(node));
      const isResource = states.length === 0 && /[:*]/.test(name);
      if (!isResource && states.length === 0) checkState(name, key, nodes);
      else if (!isResource && !states.some(({ type }) => type === "task" || type === "unknown"))
        report(`\`${name}\` is a state of the type ${states[0].type}: only tasks have mocks`, key);
      const attempts = value.entries?.get("attempts");
      const list = attempts ? attempts.value : value;
      if (attempts) checkKeys(value, ["attempts"], "a mock with `attempts`", problems);
      if (list.items) {
        if (list.items.length === 0) report(`the list of mocks of \`${name}\` is empty`, list.range);
        for (const item of list.items) readMock(item, `the mock of \`${name}\``, MOCK);
      } else if (attempts) report(`the attempts of \`${name}\` must be a list of mocks`, list.range);
      else readMock(value, `the mock of \`${name}\``, MOCK);
      tasks.push([isResource ? name : `state:${name}`, value.value]);
    }
    return Object.fromEntries(tasks);
  }

  /**
   * @param {Value} mock
   * @param {string} what
   * @param {Readonly<Record<string, true>>} keys
   */
  function readMock(mock, what, keys) {
    if (!mock.entries) return void report(`${what} must be a mapping such as \`{ output: ... }\``, mock.range);
    const before = problems.length;
    checkKeys(mock, Object.keys(keys), what, problems);
    if (problems.length > before) return;
    const given = Object.fromEntries(Object.entries(valuesOf(mock)).map(([key, { value }]) => [key, value]));
    const stop = {};
    try {
      checkMock(given, (reason) => {
        report(`${what} ${reason}`, mock.range);
        throw stop;
      });
    } catch (error) {
      if (error !== stop) throw error;
    }
  }

  /**
   * @param {Value} list
   * @param {GraphNode[]} nodes
   */
  function readNames({ items, range }, nodes) {
    if (!items) return void report("`path` must be a list of names of states", range);
    for (const { value, range } of items)
      if (typeof value === "string") checkState(value, range, nodes);
      else report("`path` must be a list of names of states", range);
  }

  /**
   * @param {string} name
   * @param {Range} range
   * @param {GraphNode[]} nodes none if the flow could not be read
   */
  function checkState(name, range, nodes) {
    const states = nodes.filter(isState);
    if (states.length === 0 || states.some((node) => node.name === name || node.id === name)) return;
    report(
      `the flow has no state \`${name}\`${hint(
        name,
        states.map((node) => node.name),
      )}`,
      range,
    );
  }

  /** @param {Value} value @param {string} name */
  function isMapping(value, name) {
    if (!value.entries) report(`\`${name}\` must be a mapping`, value.range);
    return value.entries !== undefined;
  }

  /** @param {Value} given @param {string} name @param {string[]} words */
  function isOneOf({ value, range }, name, words) {
    if (typeof value === "string" && words.includes(value)) return true;
    const near = typeof value === "string" ? hint(value, words) : "";
    report(`\`${name}\` must be one of ${words.map((word) => `\`${word}\``).join(", ")}${near}`, range);
    return false;
  }

  return { readRoot };
}

/**
 * Changes when the file changes.
 *
 * @param {string} path
 */
export function versionOf(path) {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats && `${stats.mtimeMs} ${stats.size} ${stats.ino}`;
  } catch {
    return undefined;
  }
}

/** @param {GraphNode} node */
export function isState({ type }) {
  return type !== "start" && type !== "end";
}

/** @param {Value} value @returns {Record<string, Value>} */
function valuesOf({ entries }) {
  return Object.assign(
    Object.create(null),
    Object.fromEntries([...(entries ?? [])].map(([name, { value }]) => [name, value])),
  );
}

/**
 * The options of `simulateState` in a test.
 *
 * @param {FlowTest} test
 */
export function stateOptions({ given }) {
  return Object.fromEntries(
    ["state", ...STATE_GIVEN].flatMap((name) => (given[name] ? [[name, given[name].value]] : [])),
  );
}
