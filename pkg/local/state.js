// One attempt of one state: checks the options and passes them to the module as JSON.

import { STATE, STATE_MOCK, isObject, wrongOptions } from "../shared/options.js";
import { MAX_LIST, flagOf, jsonOf, modeOf, optionsOf } from "./options.js";
import { checkMock } from "./tasks.js";

/** Maximum length of the options as JSON, in UTF-16 units: the maximum of the variables of an execution, and as much
 * for everything else. */
const MAX_OPTIONS = 2 * 1024 * 1024;

/** The range of `Date` from 1970 on, in ms. */
const MAX_TIME = 8.64e15;

/**
 * @param {import("../shared/runtime.js").Runtime} runtime
 * @param {string} text
 * @param {import("../local.js").StateOptions} options
 * @returns {import("../local.js").StateResult}
 */
export function simulateState(runtime, text, options) {
  const given = optionsOf(options, STATE, "an option of `simulateState`");
  const { state, now } = given;
  if (typeof state !== "string" && !isPath(state))
    throw wrongOptions("`state` must be the name of a state, its id in `flowGraph`, or its path in the definition");
  for (const name of ["local", "global", "context"])
    if (isGiven(given[name]) && !isObject(given[name])) throw wrongOptions(`\`${name}\` must be an object`);
  for (const name of ["attempt", "iteration"])
    if (isGiven(given[name]) && !isCount(given[name]))
      throw wrongOptions(`\`${name}\` must be a whole number of 0 or more`);
  if (isGiven(given.retries) && !isListOf(given.retries, isCount))
    throw wrongOptions("`retries` must be a list of whole numbers of 0 or more");
  flagOf(given.objectOutput, "objectOutput");
  if (isGiven(now) && !(typeof now === "number" && now >= 0 && now <= MAX_TIME))
    throw wrongOptions("`now` must be a time in Unix milliseconds");
  given.express = modeOf(given.mode) === "Express";
  given.mock = mockOf(given.mock);
  const json = jsonOf(given, "options");
  if (json.length > MAX_OPTIONS) throw wrongOptions(`the options are longer than the maximum of ${MAX_OPTIONS} bytes`);
  const seed = crypto.getRandomValues(new Uint32Array(2));
  return JSON.parse(runtime.call("simulateState", text, json, now ?? Date.now(), ...seed));
}

/** @param {unknown} given */
function mockOf(given) {
  if (!isGiven(given)) return undefined;
  const mock = optionsOf(given, STATE_MOCK, "a field of `mock`", "`mock`");
  const { delay } = checkMock(mock, (what) => {
    throw wrongOptions(`\`mock\` ${what}`);
  });
  if (isGiven(mock.global) && !isObject(mock.global)) throw wrongOptions("`global` of `mock` must be an object");
  // JSON has no infinite numbers.
  return delay === Infinity ? { ...mock, never: true } : mock;
}

/** @param {unknown} value */
function isGiven(value) {
  return value !== undefined && value !== null;
}

/** @param {unknown} value */
function isCount(value) {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** @param {unknown} value */
function isPath(value) {
  return isListOf(value, (part) => typeof part === "string" || isCount(part));
}

/**
 * @param {unknown} value
 * @param {(part: unknown) => boolean} is
 */
function isListOf(value, is) {
  return Array.isArray(value) && value.length <= MAX_LIST && value.every(is);
}
