// Reads and checks the options of the emulator, the simulation and `signRequest` once, into copies of plain data. Every
// wrong value is a `CloudFlowError`. Nothing is read from `Object.prototype`.

import { FAIL, FAULTS, checkNames, isObject, own, wrongOptions } from "../shared/options.js";

/** Maximum number of rules in `fail`, and of mocks of one task. An execution has fewer attempts. */
export const MAX_LIST = 10_000;

/** Maximum length of a saved text, in UTF-16 units. */
export const MAX_STATE = 256 * 1024 * 1024;

/** Maximum length of a definition, and of any text that is passed to the module, in bytes. */
export const MAX_TEXT = 1024 * 1024;

/** Maximum of the option `speed`. With it, a year takes half a minute. */
export const MAX_SPEED = 1_000_000;

/** @typedef {Readonly<Record<string, true>>} Table */

/**
 * Returns a copy of an option set without a prototype. The copy is empty if the options are absent.
 *
 * @param {unknown} given
 * @param {Table} names
 * @param {string} what an option of the set, for the message
 * @param {string} [whole] the option set, for the message
 * @returns {Record<string, any>}
 */
export function optionsOf(given, names, what, whole = "the options") {
  if (given === undefined || given === null) return Object.create(null);
  if (!isObject(given)) throw wrongOptions(`${whole} must be an object`);
  const options = own(given, names);
  checkNames(options, names, what);
  return options;
}

/**
 * Returns the faults as a copy of plain data: the module reads no nested value of the caller.
 *
 * @param {unknown} given
 */
export function faultsOf(given) {
  const faults = optionsOf(given, FAULTS, "a field of `faults`", "`faults`");
  const { fail } = faults;
  for (const name of Object.keys(FAULTS)) if (name !== "fail") checkPlain(faults[name], name);
  if (fail === undefined || fail === null) return faults;
  if (!Array.isArray(fail) || fail.length > MAX_LIST)
    throw wrongOptions(`\`fail\` must be a list of at most ${MAX_LIST} rules`);
  faults.fail = Array.from(fail, (rule) => {
    const copy = optionsOf(rule, FAIL, "a field of `fail`", "an entry of `fail`");
    for (const name of Object.keys(FAIL)) checkPlain(copy[name], name);
    return copy;
  });
  return faults;
}

/**
 * @param {unknown} value
 * @param {string} name
 */
function checkPlain(value, name) {
  if (value === undefined || value === null || ["string", "number", "boolean"].includes(typeof value)) return;
  throw wrongOptions(`\`${name}\` must be a string, a number or a boolean`);
}

/**
 * Returns the pairs of AccessKey ID and secret or token.
 *
 * @param {unknown} given
 * @param {string} name
 * @returns {[string, string][]}
 */
export function textsOf(given, name) {
  if (!isObject(given)) throw wrongOptions(`\`${name}\` must be an object; its keys are AccessKey IDs`);
  return Object.entries(given).map(([key, text]) => [key, textOf(text, `${name}.${key}`)]);
}

/**
 * @param {unknown} value
 * @param {string} name
 */
export function textOf(value, name) {
  if (typeof value !== "string") throw wrongOptions(`\`${name}\` must be a string`);
  return value;
}

/**
 * @param {unknown} value
 * @param {string} name
 */
export function flagOf(value, name) {
  if (value === undefined || value === null) return false;
  if (typeof value !== "boolean") throw wrongOptions(`\`${name}\` must be a boolean`);
  return value;
}

/**
 * Returns a positive whole number.
 *
 * @param {unknown} value
 * @param {string} name
 * @param {number} max
 * @returns {number}
 */
export function wholeOf(value, name, max) {
  if (value === undefined || value === null) return 1;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw wrongOptions(`\`${name}\` must be a whole number from 1 to ${max}`);
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {((argument: any) => unknown) | undefined}
 */
export function functionOf(value, name) {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "function") throw wrongOptions(`\`${name}\` must be a function`);
  return /** @type {(argument: any) => unknown} */ (value);
}

/**
 * @param {unknown} mode
 * @returns {"Standard" | "Express"}
 */
export function modeOf(mode) {
  if (mode === undefined || mode === null) return "Standard";
  if (mode === "Standard" || mode === "Express") return mode;
  const given = typeof mode === "string" ? `\`${mode}\`` : `a value of type ${typeof mode}`;
  throw wrongOptions(`\`mode\` must be \`Standard\` or \`Express\`, not ${given}`);
}

/**
 * Accepts an `AbortSignal`, and an object with the same methods.
 *
 * @param {any} signal
 * @returns {AbortSignal | undefined}
 */
export function signalOf(signal) {
  if (signal === undefined || signal === null) return undefined;
  if (!hasMethods(signal, ["throwIfAborted", "addEventListener", "removeEventListener"]))
    throw wrongOptions("`signal` must be an `AbortSignal`");
  return signal;
}

/**
 * @param {any} clock
 * @returns {import("../local.js").Clock | undefined}
 */
export function clockOf(clock) {
  if (clock === undefined || clock === null) return undefined;
  if (!hasMethods(clock, ["now", "setTimeout", "clearTimeout"]))
    throw wrongOptions("`clock` must be an object with the methods `now`, `setTimeout` and `clearTimeout`");
  return clock;
}

/**
 * @param {any} value
 * @param {string[]} names
 */
function hasMethods(value, names) {
  return typeof value === "object" && names.every((name) => typeof value[name] === "function");
}

/**
 * Returns a value as JSON text.
 *
 * @param {unknown} value
 * @param {string} name
 * @returns {string}
 */
export function jsonOf(value, name) {
  let text;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw wrongOptions(`\`${name}\` must be a JSON value`, error);
  }
  if (text === undefined) throw wrongOptions(`\`${name}\` must be a JSON value`);
  return text;
}
