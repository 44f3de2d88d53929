// The WebAssembly modules of a bundled page or Worker thread: separate files that are compiled while they load.
// `xtask/js/page.mjs` replaces the embedded modules of the package by these.

/** @type {Map<string, WebAssembly.Module>} */
const modules = new Map();

/**
 * Loads modules. The functions of the package can be called when this has resolved.
 *
 * @param {Record<string, URL>} urls by the name of the module
 */
export async function load(urls) {
  await Promise.all(Object.entries(urls).map(async ([name, url]) => modules.set(name, await compile(url))));
}

/** @param {string} name */
export function compiled(name) {
  const module = modules.get(name);
  if (module === undefined) throw new Error(`the module ${name} is not loaded`);
  return module;
}

/** @param {URL} url */
async function compile(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname}: HTTP ${response.status}`);
  // `compileStreaming` requires the media type application/wasm; some static hosts send another one.
  const streams = response.headers.get("content-type")?.startsWith("application/wasm");
  return streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}
