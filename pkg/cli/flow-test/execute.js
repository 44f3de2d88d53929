// Runs the tests of a file.

import { chosen, includes, isEqual } from "./compare.js";
import { stateOptions } from "./read.js";

/** @import { Range, ReplayState } from "../../index.js" */
/** @import { StateResult } from "../../state.js" */
/** @import { Flow, FlowTest, Package, TestFile } from "./read.js" */
/** @import { Coverage } from "./coverage.js" */

/**
 * Something that differs from what a test expects.
 *
 * @typedef {object} Difference
 * @property {string} what such as `output`
 * @property {unknown} [expected]
 * @property {unknown} [actual] absent if there is no such value
 * @property {Range} range place in the test file
 */

/**
 * The state that ended the execution with an error.
 *
 * @typedef {object} Place
 * @property {string | undefined} state
 * @property {string | undefined} error
 * @property {string | undefined} cause
 * @property {number} attempts
 * @property {Range | undefined} range in the definition
 */

/**
 * @typedef {object} TestResult
 * @property {FlowTest} test
 * @property {boolean} passed
 * @property {number} durationMs
 * @property {Difference[]} differences
 * @property {string} [problem] why the test could not run
 * @property {string} [status]
 * @property {{ name: string, status: string }[]} [path]
 * @property {Place} [failure]
 * @property {Range} [range] place of the tested state in the definition
 */

/**
 * @param {TestFile} file
 * @param {FlowTest} test
 * @param {Package} package_
 * @param {{ signal: AbortSignal, coverage: Coverage }} options
 * @returns {Promise<TestResult>}
 */
export async function runTest(file, test, package_, { signal, coverage }) {
  const flow = /** @type {Flow} */ (file.flow);
  const began = performance.now();
  try {
    const found =
      test.kind === "state"
        ? stateTest(flow, test, file, package_, coverage)
        : await flowTest(flow, test, file, package_, coverage, signal);
    return { test, passed: found.differences.length === 0, durationMs: performance.now() - began, ...found };
  } catch (error) {
    if (signal.aborted || error?.kind === undefined) throw error;
    return { test, passed: false, durationMs: performance.now() - began, differences: [], problem: error.message };
  }
}

/**
 * @param {Flow} flow
 * @param {FlowTest} test
 * @param {TestFile} file
 * @param {Package} package_
 * @param {Coverage} coverage
 * @param {AbortSignal} signal
 */
async function flowTest(flow, { given, tasks }, { flows, mode }, package_, coverage, signal) {
  const result = await package_.simulateFlow(flow.text, {
    input: /** @type {object} */ (given.input?.value ?? {}),
    tasks: /** @type {import("../../local.js").TaskHandlers} */ (tasks),
    flows: Object.fromEntries(Object.entries(flows).map(([name, { text }]) => [name, text])),
    mode,
    signal,
  });
  if (result.error === "Local.InvalidDefinition" && result.events.length === 0)
    return { differences: [], passed: false, problem: `the flow cannot run: ${result.cause}` };
  const replay = package_.replayExecution(flow.text, result.events).state;
  coverage.addExecution(flow, replay);
  for (const { flowName, events } of result.children ?? [])
    if (Object.hasOwn(flows, flowName))
      coverage.addExecution(flows[flowName], package_.replayExecution(flows[flowName].text, events).state);
  const { visits, failure } = replay;
  const differences = common(given, result);
  const path = visits.map(({ name }) => name);
  if (given.path && !isEqual(given.path.value, path))
    differences.push({ what: "path", expected: given.path.value, actual: path, range: given.path.range });
  for (const [state, { value }] of given.attempts?.entries ?? []) {
    const actual = attemptsOf(state, replay);
    if (actual !== value.value)
      differences.push({ what: `attempts of \`${state}\``, expected: value.value, actual, range: value.range });
  }
  return {
    differences,
    status: result.status,
    path: visits.map(({ name, status }) => ({ name, status })),
    ...(result.status === "Succeeded" ? {} : { failure: placeOf(failure, result) }),
  };
}

/**
 * Attempts of all visits of a state, by its name or id.
 *
 * @param {string} state
 * @param {ReplayState} replay
 */
function attemptsOf(state, { visits }) {
  return visits
    .filter(({ name, node }) => name === state || node === state)
    .reduce((sum, { attempts }) => sum + (attempts.at(-1)?.attempt ?? 0), 0);
}

/**
 * @param {ReplayState["failure"]} failure
 * @param {{ error?: string, cause?: string }} result
 * @returns {Place}
 */
export function placeOf(failure, { error, cause }) {
  return {
    state: failure?.name,
    error: failure?.error ?? error,
    cause: failure?.cause ?? cause,
    attempts: failure?.attempts ?? 0,
    range: failure?.range,
  };
}

/**
 * @param {Flow} flow
 * @param {FlowTest} test
 * @param {TestFile} file
 * @param {Package} package_
 * @param {Coverage} coverage
 */
function stateTest(flow, test, { mode }, package_, coverage) {
  const options = /** @type {import("../../state.js").StateOptions} */ (/** @type {unknown} */ (stateOptions(test)));
  const result = package_.simulateState(flow.text, { ...options, mode });
  coverage.addState(flow, result);
  const { given } = test;
  const { next, rule, values } = given;
  const differences = common(given, result);
  const actualNext = result.next?.name ?? null;
  if (next && next.value !== actualNext && next.value !== result.next?.id)
    differences.push({ what: "next", expected: next.value, actual: actualNext, range: next.range });
  if (rule && !includes(result.rule, rule.value))
    differences.push({
      what: "rule",
      expected: rule.value,
      actual: chosen(result.rule, rule.value),
      range: rule.range,
    });
  for (const [name, { value }] of values?.entries ?? []) {
    const actual = /** @type {Record<string, unknown>} */ (result.values)[name];
    if (!isEqual(actual, value.value))
      differences.push({ what: `values.${name}`, expected: value.value, actual, range: value.range });
  }
  const node = flow.nodes.find(({ id }) => id === result.state.id);
  const failed = result.error !== undefined;
  return {
    differences,
    status: result.status,
    range: node?.range,
    ...(failed
      ? {
          failure: {
            state: result.state.name,
            error: result.error,
            cause: result.cause,
            attempts: 0,
            range: undefined,
          },
        }
      : {}),
  };
}

/**
 * The expectations of both kinds of tests.
 *
 * @param {FlowTest["given"]} given
 * @param {StateResult | import("../../local.js").Simulation} result
 * @returns {Difference[]}
 */
function common({ status, error, cause, output, outputIncludes }, result) {
  /** @type {Difference[]} */
  const differences = [];
  for (const [what, value] of /** @type {const} */ ([
    ["status", status],
    ["error", error],
    ["cause", cause],
  ]))
    if (value && result[what] !== value.value)
      differences.push({ what, expected: value.value, actual: result[what], range: value.range });
  if (output && !isEqual(result.output, output.value))
    differences.push({ what: "output", expected: output.value, actual: result.output, range: output.range });
  if (outputIncludes && !includes(result.output, outputIncludes.value))
    differences.push({
      what: "outputIncludes",
      expected: outputIncludes.value,
      actual: chosen(result.output, outputIncludes.value),
      range: outputIncludes.range,
    });
  return differences;
}
