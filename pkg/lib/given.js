// What a caller hands in to the emulator and the simulation, read once and checked, as options.js does for the client:
// nothing of `Object.prototype` is taken for an option, and what is wrong is a `CloudFlowError`.

import { CloudFlowError } from "./error.js";
import { own } from "./options.js";

/** Of rules, and of mocks of one task: more than an execution has attempts. */
export const LONGEST_LIST = 10_000;

/** A saved text that is longer is not copied into the module. */
export const LONGEST_STATE = 256 * 1024 * 1024;

/** The options of `createEmulator`. */
export const EMULATOR = ["accessKeys", "securityTokens", "tasks", "quotas", "nonces", "faults", "clock"];

const FAULTS = "startWithoutStatus earlyAfterMs lateByMs latencyMs missingFields status cors fail".split(" ");
const FAIL = "action skip times how status code message retryAfterMs".split(" ");

export function wrong(message, cause, code = "wrong-options") {
  return new CloudFlowError({ kind: "request", code, message, cause });
}

export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A copy without a prototype; an empty one where nothing is given. A name with a slip in it would be an option that
 * never has an effect.
 */
export function optionsOf(given, names, what, whole = "the options") {
  if (given === undefined || given === null) return Object.create(null);
  if (!isObject(given)) throw wrong(`${whole} must be an object`);
  const options = own(given, names);
  const stranger = Object.keys(options).find((name) => !names.includes(name));
  if (stranger !== undefined) throw wrong(`\`${stranger}\` is not ${what}; these are: ${names.join(", ")}`);
  return options;
}

/** The faults as plain data: the module reads nothing that a caller could nest without end. */
export function faultsOf(given) {
  const faults = optionsOf(given, FAULTS, "one of `faults`", "`faults`");
  const { fail } = faults;
  for (const name of FAULTS) if (name !== "fail") plain(faults[name], name);
  if (fail === undefined || fail === null) return faults;
  if (!Array.isArray(fail) || fail.length > LONGEST_LIST)
    throw wrong(`\`fail\` must be a list of at most ${LONGEST_LIST} rules`);
  faults.fail = Array.from(fail, (rule) => {
    const copy = optionsOf(rule, FAIL, "a part of `fail`", "what is in `fail`");
    for (const name of FAIL) plain(copy[name], name);
    return copy;
  });
  return faults;
}

function plain(value, name) {
  if (value === undefined || value === null) return;
  if (!["string", "number", "boolean"].includes(typeof value))
    throw wrong(`\`${name}\` must be a text, a number or a boolean`);
}

/** Names and texts: keys and tokens. */
export function textsOf(given, name) {
  if (!isObject(given)) throw wrong(`\`${name}\` must be an object: AccessKey IDs and texts`);
  const pairs = Object.entries(given);
  for (const [key, text] of pairs) textOf(text, `${name}.${key}`);
  return pairs;
}

export function textOf(value, name) {
  if (typeof value !== "string") throw wrong(`\`${name}\` must be a text`);
  return value;
}

export function modeOf(mode) {
  if (mode === undefined || mode === null || mode === "Standard" || mode === "Express") return mode ?? "Standard";
  const given = typeof mode === "string" ? `\`${mode}\`` : `a value of the type ${typeof mode}`;
  throw wrong(`\`mode\` must be \`Standard\` or \`Express\`, not ${given}`);
}

/** An `AbortSignal`, or what behaves as one. */
export function signalOf(signal) {
  if (signal === undefined || signal === null) return undefined;
  const parts = ["throwIfAborted", "addEventListener", "removeEventListener"];
  if (typeof signal !== "object" || !parts.every((name) => typeof signal[name] === "function"))
    throw wrong("`signal` must be an `AbortSignal`");
  return signal;
}

export function clockOf(clock) {
  if (clock === undefined || clock === null) return undefined;
  const parts = ["now", "setTimeout", "clearTimeout"];
  if (typeof clock !== "object" || !parts.every((name) => typeof clock[name] === "function"))
    throw wrong(`\`clock\` must be an object with ${parts.join(", ")}`);
  return clock;
}

/** A value as JSON text. */
export function jsonOf(value, name) {
  let text;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw wrong(`\`${name}\` cannot be written as JSON`, error);
  }
  if (text === undefined) throw wrong(`\`${name}\` cannot be written as JSON`);
  return text;
}
