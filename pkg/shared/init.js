// `init` of the entries whose modules the caller passes.

import * as codes from "./codes.js";
import { allowed, blocked } from "./embedded.js";
import { CloudFlowError } from "./error.js";
import { checkNames } from "./options.js";
import { provided } from "./provided.js";

/** @typedef {import("./provided.js").Functions} Functions */

/**
 * What `init` checks of a module.
 *
 * @typedef {object} Kind
 * @property {string} mark a function that only this module has
 * @property {string} build what its section `build` contains
 */

/**
 * The modules of an entry, by name: `init`, and what their runtimes load.
 *
 * @param {Record<string, Kind>} kinds
 * @param {string} entry
 */
export function createModules(kinds, entry) {
  /** @type {Record<string, WebAssembly.Module | Functions | undefined>} */
  const modules = {};
  const names = Object.keys(kinds).join(", ");

  /**
   * The first source of a module is used; later ones have no effect. A failed call may be repeated.
   *
   * @param {any} sources
   */
  async function init(sources) {
    const given = Object.keys(kinds).map((name) => sources?.[name] ?? undefined);
    if (given.every((source) => source === undefined)) throw notAModule(names);
    checkNames(sources, /** @type {any} */ (kinds), `a module of ${entry}`);
    await Promise.all(Object.keys(kinds).map((name, at) => use(name, given[at])));
  }

  /**
   * @param {string} name
   * @param {any} source
   */
  async function use(name, source) {
    if (modules[name] || source === undefined) return;
    const awaited = await source;
    // The namespace of `import * as ask`.
    const given = awaited?.default ?? awaited;
    const { mark, build } = kinds[name];
    const {
      functions,
      build: found,
      has,
    } = typeof given === "function" ? ofInstance(given) : ofModule(await compile(given, names));
    // Another module, such as the one of the other name, would fail at the first call without a reason.
    if (!has(mark)) {
      throw new CloudFlowError({
        kind: "request",
        code: codes.notAModule,
        message: `\`${name}\` is another WebAssembly module: pass cloudflow-wasm/${name}.wasm`,
      });
    }
    if (found !== build) {
      throw new CloudFlowError({
        kind: "request",
        code: codes.moduleOfAnotherBuild,
        message: `\`${name}\` is a module of another version: pass cloudflow-wasm/${name}.wasm of the version that has this \`init\``,
      });
    }
    modules[name] ??= functions;
  }

  /**
   * The runtime of a module.
   *
   * @param {string} name
   * @param {(module: WebAssembly.Module) => Functions} instantiate
   */
  function runtime(name, instantiate) {
    return provided(allowed(instantiate), () => {
      const module = modules[name];
      if (module) return /** @type {WebAssembly.Module} */ (module);
      throw new CloudFlowError({
        kind: "request",
        code: codes.notInitialized,
        message: `call \`await init({ ${name} })\` of ${entry} before a function that uses this module`,
      });
    });
  }

  return { init, runtime };
}

/**
 * The runtime of a module, as a pure call.
 *
 * @param {ReturnType<typeof createModules>} modules
 * @param {string} name
 * @param {(module: WebAssembly.Module) => Functions} instantiate
 */
export const runtimeIn = (modules, name, instantiate) => modules.runtime(name, instantiate);

/** @param {WebAssembly.Module} module */
function ofModule(module) {
  const [build] = WebAssembly.Module.customSections(module, "build");
  return {
    functions: module,
    build: build && new TextDecoder().decode(build),
    has: (/** @type {string} */ mark) => WebAssembly.Module.exports(module).some(({ name }) => name === mark),
  };
}

/** @param {import("./provided.js").Attach} attach */
function ofInstance(attach) {
  const { functions, build } = attach() ?? {};
  return { functions, build, has: (/** @type {string} */ mark) => typeof functions?.[mark] === "function" };
}

/**
 * @param {string} names
 * @param {unknown} [cause]
 */
function notAModule(names, cause) {
  return new CloudFlowError({
    cause,
    kind: "request",
    code: codes.notAModule,
    message: `\`init\` takes \`{ ${names} }\`, each a WebAssembly.Module, its bytes, a Response or a URL`,
  });
}

/**
 * The parameter has the type `any`: callers without types may pass any value.
 *
 * @param {any} source
 * @param {string} names
 * @returns {Promise<WebAssembly.Module>}
 */
async function compile(source, names) {
  if (source instanceof WebAssembly.Module) return source;
  const url = urlOf(source);
  /** @type {any} */
  let read = source;
  try {
    read = url ? await load(url) : source;
    if (read?.ok === false) throw new Error(`HTTP ${read.status}`);
    if (typeof read?.arrayBuffer === "function" && !streams(read)) read = await read.arrayBuffer();
  } catch (cause) {
    throw notLoaded(url, read?.status, cause);
  }
  const isBytes = read instanceof ArrayBuffer || ArrayBuffer.isView(read);
  if (!isBytes && !streams(read)) throw notAModule(names);
  try {
    return await (isBytes
      ? WebAssembly.compile(/** @type {BufferSource} */ (read))
      : WebAssembly.compileStreaming(read));
  } catch (error) {
    const failure = blocked(error);
    if (failure !== error) throw failure;
    throw error instanceof WebAssembly.CompileError ? notAModule(names, error) : notLoaded(url, undefined, error);
  }
}

/**
 * @param {URL | undefined} url
 * @param {number | undefined} status
 * @param {any} cause
 */
function notLoaded(url, status, cause) {
  return new CloudFlowError({
    kind: "network",
    code: codes.moduleNotLoaded,
    message: `the module could not be loaded${url ? ` from \`${url.href}\`` : ""}: ${cause?.message}`,
    status,
    cause,
  });
}

/**
 * True for a response whose body is compiled while it is received. This requires the media type application/wasm; many
 * servers send another one.
 *
 * @param {any} read
 */
const streams = (read) =>
  typeof read?.arrayBuffer === "function" &&
  typeof WebAssembly.compileStreaming === "function" &&
  read.headers?.get("content-type")?.startsWith("application/wasm") === true;

/**
 * The URL in a source. A bundler returns the address of a file as a text: a path from the page, in Bun of the file system.
 *
 * @param {any} source
 */
function urlOf(source) {
  if (typeof source !== "string") return source instanceof URL ? source : undefined;
  const base =
    globalThis.document?.baseURI ?? globalThis.location?.href ?? (source.startsWith("/") ? "file:///" : undefined);
  return URL.canParse(source, base) ? new URL(source, base) : undefined;
}

/**
 * Reads `file:` URLs with the file system of Node, Deno or Bun: `fetch` of Node does not read files.
 * `getBuiltinModule` is used instead of an import, because bundlers for the browser fail on `node:` imports.
 *
 * @param {URL} url
 */
function load(url) {
  if (url.protocol !== "file:") return fetch(url);
  const fs = globalThis.process?.getBuiltinModule?.("node:fs/promises");
  return fs ? fs.readFile(url) : fetch(url);
}
