// The checks of the peer "by hand", apart from how its schemas are compiled.

import { isMap, isSeq, LineCounter, parseDocument } from "yaml";

/**
 * Every finding as { message, line, column }.
 *
 * @param validators dialect → a compiled ajv function
 */
export function check(text, validators) {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const findings = [];
  if (document.errors.length > 0) {
    for (const error of document.errors) {
      const [start] = error.linePos ?? [];
      findings.push({ message: error.message, line: start?.line, column: start?.col });
    }
    return findings;
  }
  const report = (message, path, key) => findings.push({ message, ...placeOf(document, lines, path, key) });
  const value = document.toJS();
  const dialect = value?.type === "flow" ? "flow" : "StateMachine";
  const validate = validators[dialect];
  if (!validate(value)) {
    for (const error of validate.errors) {
      const path = error.instancePath
        .split("/")
        .slice(1)
        .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
      report(error.message, path, error.params?.additionalProperty);
    }
  }
  (dialect === "flow" ? checkSteps : checkStates)(value, [], report);
  return findings;
}

function placeOf(document, lines, path, key) {
  let node = document.contents;
  for (const part of path) {
    const child = isMap(node)
      ? node.items.find((pair) => pair.key?.value === part)?.value
      : isSeq(node)
        ? node.items[part]
        : null;
    if (!child) break;
    node = child;
  }
  if (key !== undefined && isMap(node)) node = node.items.find((pair) => pair.key?.value === key)?.key ?? node;
  const { line, col } = lines.linePos(node?.range?.[0] ?? 0);
  return { line, column: col };
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value) =>
  Array.isArray(value) ? value.map((item, at) => [item, String(at)]).filter(([item]) => isObject(item)) : [];

function checkStates(scope, path, report) {
  const states = listOf(scope?.States);
  if (states.length === 0) return;
  const here = (at, ...rest) => [...path, "States", at, ...rest];
  const byName = new Map();
  for (const [state, at] of states) {
    if (state.Name === undefined) continue;
    if (byName.has(state.Name)) report(`there are two states named ${state.Name}`, here(at, "Name"));
    else byName.set(state.Name, state);
  }
  const reached = new Set();
  const queue = [];
  const go = (target, where) => {
    if (typeof target !== "string") return;
    const state = byName.get(target);
    if (!state) report(`no state named ${target}`, where);
    else queue.push(state);
  };
  const ways = new Map();
  for (const [state, at] of states) {
    queue.length = 0;
    go(state.Next, here(at, "Next"));
    go(state.Default, here(at, "Default"));
    for (const [rule, i] of listOf(state.Catch)) go(rule.Next, here(at, "Catch", i, "Next"));
    if (state.Type === "Choice")
      for (const [branch, i] of listOf(state.Branches)) go(branch.Next, here(at, "Branches", i, "Next"));
    ways.set(state, [...queue]);
    const plain = !["Choice", "Succeed", "Fail"].includes(state.Type);
    if (plain && state.Next !== undefined && state.End === true) report("both Next and End", here(at, "End"));
    if (plain && state.Next === undefined && state.End !== true) report("neither Next nor End", here(at));
    if (state.Type === "Parallel")
      for (const [branch, i] of listOf(state.Branches)) checkStates(branch, here(at, "Branches", i), report);
    if (state.Type === "Map") checkStates(state.Processor, here(at, "Processor"), report);
  }
  if (!byName.has(scope.StartAt)) {
    if (scope.StartAt !== undefined) report(`no state named ${scope.StartAt}`, [...path, "StartAt"]);
    return;
  }
  follow(byName.get(scope.StartAt), ways, reached);
  for (const [state, at] of states) if (!reached.has(state)) report(`${state.Name} is never reached`, here(at));
}

function checkSteps(scope, path, report) {
  const steps = listOf(scope?.steps);
  if (steps.length === 0) return;
  const here = (at, ...rest) => [...path, "steps", at, ...rest];
  const byName = new Map();
  for (const [step, at] of steps) {
    if (step.name === undefined) continue;
    if (byName.has(step.name)) report(`there are two steps named ${step.name}`, here(at, "name"));
    else byName.set(step.name, step);
  }
  const ways = new Map();
  steps.forEach(([step, at], position) => {
    const out = [];
    const go = (target, where) => {
      if (typeof target !== "string") return;
      if (byName.has(target)) out.push(byName.get(target));
      else report(`no step named ${target}`, where);
    };
    for (const [rule, i] of listOf(step.catch)) go(rule.goto, here(at, "catch", i, "goto"));
    for (const [choice, i] of listOf(step.choices)) {
      go(choice.goto, here(at, "choices", i, "goto"));
      checkSteps(choice, here(at, "choices", i), report);
    }
    if (isObject(step.default)) {
      go(step.default.goto, here(at, "default", "goto"));
      checkSteps(step.default, here(at, "default"), report);
    }
    const leaves =
      step.type === "choice" && listOf(step.choices).every(([choice]) => choice.goto) && step.default?.goto;
    if (!leaves && step.end !== true && step.type !== "succeed" && step.type !== "fail" && steps[position + 1])
      out.push(steps[position + 1][0]);
    ways.set(step, out);
    if (step.type === "parallel")
      for (const [branch, i] of listOf(step.branches)) checkSteps(branch, here(at, "branches", i), report);
    if (step.type === "foreach") checkSteps(step, here(at), report);
    if (step.type === "wait" && (step.duration === undefined) === (step.timestamp === undefined))
      report("exactly one of duration and timestamp", here(at));
  });
  const reached = new Set();
  follow(steps[0][0], ways, reached);
  for (const [step, at] of steps) if (!reached.has(step)) report(`${step.name} is never reached`, here(at));
}

function follow(first, ways, reached) {
  const queue = [first];
  while (queue.length > 0) {
    const state = queue.pop();
    if (reached.has(state)) continue;
    reached.add(state);
    queue.push(...(ways.get(state) ?? []));
  }
}
