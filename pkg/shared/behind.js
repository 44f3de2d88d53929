// What is behind a function or a result of the package: for the gateway and for `validateExecution`, which are in other
// files of the built package than the functions that they use. Programs do not see it.

/** @typedef {import("./runtime.js").Runtime} Runtime */

/**
 * The argument for which a function of the package returns the runtime that it calls. A map from functions to runtimes
 * would be a side effect, for which bundlers keep a function that is not used.
 */
export const RUNTIME = {};

/**
 * The runtime of a function of the package.
 *
 * @param {Function} made
 * @returns {Runtime}
 */
export const runtimeOf = (made) => made(RUNTIME);

/**
 * The body of each page of a list as the service sent it.
 *
 * @type {WeakMap<object, any>}
 */
const bodies = new WeakMap();

/**
 * Returns the page, and keeps its body.
 *
 * @param {object} page
 * @param {any} body
 */
export function withBody(page, body) {
  bodies.set(page, body);
  return page;
}

/**
 * The body of a page.
 *
 * @param {object} page
 */
export const bodyOf = (page) => bodies.get(page);

/** The functions `fetch` of the emulators of this program. */
const emulators = /*#__PURE__*/ new WeakSet();

/**
 * Returns the function `fetch` of an emulator, and keeps it as one.
 *
 * @template {object} T
 * @param {T} fetch
 */
export function emulated(fetch) {
  emulators.add(fetch);
  return fetch;
}

/**
 * True for the function `fetch` of an emulator: its requests do not leave the program.
 *
 * @param {any} fetch
 */
export const isEmulated = (fetch) => emulators.has(fetch);
