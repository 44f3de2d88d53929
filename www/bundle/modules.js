// The WebAssembly modules of a bundled page or Worker thread: separate files that are compiled while they load.
// `xtask/js/bundle.mjs` replaces the embedded modules of the package by these.

/** @type {Map<string, WebAssembly.Module>} */
const modules = new Map();

/** @type {Map<string, Promise<void>>} */
const loading = new Map();

/**
 * Loads modules. A function that uses a module can be called when its promise has resolved.
 *
 * @param {Record<string, URL>} urls by the name of the module
 */
export function load(urls) {
  for (const [name, url] of Object.entries(urls)) {
    const loaded = compile(url).then((module) => void modules.set(name, module));
    // Whoever needs the module gets the error.
    loaded.catch(() => {});
    loading.set(name, loaded);
  }
}

/** Resolves when a module is loaded. @param {string} name */
export async function loaded(name) {
  await loading.get(name);
}

/** @param {string} name */
export function compiled(name) {
  const module = modules.get(name);
  if (module === undefined) throw new Error(`the module ${name} is not loaded`);
  return module;
}

/**
 * Returns a runtime whose calls begin when its module is loaded. Functions that are not asynchronous fail before.
 *
 * @param {string} name
 * @param {import("../../pkg/shared/runtime.js").Runtime} runtime
 * @returns {import("../../pkg/shared/runtime.js").Runtime}
 */
export function whenLoaded(name, runtime) {
  return { call: runtime.call, start: (run) => loaded(name).then(() => runtime.start(run)) };
}

/** @param {URL} url */
async function compile(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname}: HTTP ${response.status}`);
  // `compileStreaming` requires the media type application/wasm; some static hosts send another one.
  const streams = response.headers.get("content-type")?.startsWith("application/wasm");
  return streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}
