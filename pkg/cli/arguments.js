// What the commands share: reading and checking arguments, and the messages about them.

import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { safeLine } from "./line.js";
import { nearest } from "./nearest.js";

/** @typedef {(line: string) => void} Print */

/** An invalid argument. */
export class Usage extends Error {}

/** A command that cannot start, although its arguments are valid. */
export class Unusable extends Error {}

/**
 * Runs a command, and prints its error. Returns the exit code.
 *
 * @param {string} help the command that lists the options
 * @param {Print} complain
 * @param {() => Promise<number | undefined>} run
 */
export async function withMessages(help, complain, run) {
  try {
    return await run();
  } catch (error) {
    complain(safeLine(error.message));
    if (!(error instanceof Usage)) return error instanceof Unusable ? 2 : 1;
    complain(`\`${help}\` lists the options`);
    return 2;
  }
}

/**
 * @template {NonNullable<import("node:util").ParseArgsConfig["options"]>} T
 * @param {string[]} argv
 * @param {T} options
 */
export function readArguments(argv, options) {
  // Each runtime describes mistakes in its own words: the options are checked here.
  const parsed = parseArgs({ args: argv, options, allowPositionals: true, strict: false, tokens: true });
  for (const token of parsed.tokens) if (token.kind === "option") checkOption(token, options);
  return /** @type {ReturnType<typeof parseArgs<{ options: T, allowPositionals: true }>>} */ (
    /** @type {unknown} */ (parsed)
  );
}

/**
 * @param {{ name: string, rawName: string, value?: string, inlineValue?: boolean }} token
 * @param {NonNullable<import("node:util").ParseArgsConfig["options"]>} options
 */
function checkOption({ name, rawName, value, inlineValue }, options) {
  if (!Object.hasOwn(options, name)) {
    const near = nearest(name, Object.keys(options));
    throw new Usage(`unknown option \`${rawName}\`${near === undefined ? "" : `: did you mean \`--${near}\`?`}`);
  }
  if (options[name].type === "boolean") {
    if (value !== undefined) throw new Usage(`option \`${rawName}\` has no value`);
  } else if (value === undefined) throw new Usage(`option \`${rawName}\` argument missing`);
  else if (!inlineValue && /^-./.test(value))
    throw new Usage(
      `option \`${rawName}\` argument missing; for a value that begins with \`-\`, write \`${rawName}=…\``,
    );
}

/**
 * @param {string} name
 * @param {string} text
 * @param {number} min
 * @param {number} max
 */
export function number(name, text, min, max) {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new Usage(`--${name} must be a whole number from ${min} to ${max}, not \`${text}\``);
}

/**
 * Returns a host for `listen`. An IPv6 literal in the form of URLs, such as `[::1]`, loses its brackets.
 *
 * @param {string} text
 */
export function hostOf(text) {
  const host = /^\[([0-9a-f:.]*:[0-9a-f:.%\w]*)\]$/i.exec(text)?.[1] ?? text;
  if (host === "" || /[\s/@]/.test(host)) throw new Usage(`--host must be a name or an address, not \`${host}\``);
  return host;
}

/**
 * Returns the message for an error of `listen`.
 *
 * @param {NodeJS.ErrnoException} error
 * @param {string} host
 * @param {number} port
 */
export function listenMessage(error, host, port) {
  /** @type {Record<string, string>} */
  const reasons = {
    EADDRINUSE: `port ${port} of ${host} is in use: select another port with --port, or 0 for a free port`,
    EACCES: `port ${port} requires privileges: select a port from 1024 with --port`,
    EADDRNOTAVAIL: `\`${host}\` is not an address of this machine`,
    ENOTFOUND: `the host \`${host}\` cannot be resolved`,
  };
  return reasons[error.code ?? ""] ?? `cannot listen on ${host}, port ${port}: ${error.message}`;
}

/** Returns the version of the package. */
export async function version() {
  const file = new URL("../package.json", import.meta.url);
  return JSON.parse(await readFile(file, "utf8")).version;
}
