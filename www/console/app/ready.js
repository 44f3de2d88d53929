// Whether the WebAssembly modules are loaded. A bundle that loads them as files sets the promise before the page starts;
// modules that are embedded are always ready.

export const modules = {
  /** Resolves when the functions of the package can be called. @type {Promise<unknown>} */
  ready: Promise.resolve(),
};
