// `init` of "cloudflow-wasm/slim": compiles the modules that the caller passes.

import * as codes from "./codes.js";
import { CloudFlowError } from "./error.js";
import { build as askBuild } from "../wasm/ask.js";
import { build as languageBuild } from "../wasm/language.js";
import { MODULES, checkNames } from "./options.js";

/** @typedef {keyof typeof MODULES} Name */

/** @type {Partial<Record<Name, WebAssembly.Module>>} */
const modules = {};

/**
 * The first source of a module is used; later ones have no effect. A failed call may be repeated.
 *
 * @param {import("../slim.js").Modules} sources
 */
export async function init(sources) {
  const { ask, language } = sources ?? {};
  if ((ask ?? language ?? undefined) === undefined) throw notAModule();
  checkNames(sources, MODULES, "a module of cloudflow-wasm/slim");
  await Promise.all([use("ask", ask), use("language", language)]);
}

/** A function that only this module has. */
const MARKS = { ask: "parseExecution", language: "validateFlow" };

/** What the section `build` of a module contains. */
const BUILDS = { ask: askBuild, language: languageBuild };

/**
 * @param {Name} name
 * @param {any} source
 */
async function use(name, source) {
  if (modules[name] || source === undefined || source === null) return;
  const given = await source;
  let module;
  try {
    module = await compile(given);
  } catch (error) {
    throw error instanceof WebAssembly.CompileError ? notAModule(error) : error;
  }
  // Another module, such as the one of the other name, would fail at the first call without a reason.
  if (!WebAssembly.Module.exports(module).some((one) => one.name === MARKS[name])) {
    throw new CloudFlowError({
      kind: "request",
      code: codes.notAModule,
      message: `\`${name}\` is another WebAssembly module: pass cloudflow-wasm/${name}.wasm`,
    });
  }
  const [build] = WebAssembly.Module.customSections(module, "build");
  if (build === undefined || new TextDecoder().decode(build) !== BUILDS[name]) {
    throw new CloudFlowError({
      kind: "request",
      code: codes.moduleOfAnotherBuild,
      message: `\`${name}\` is a module of another version: pass cloudflow-wasm/${name}.wasm of the version that has this \`init\``,
    });
  }
  modules[name] ??= module;
}

/**
 * Returns a module, or throws `not-initialized`.
 *
 * @param {Name} name
 */
export function compiled(name) {
  const module = modules[name];
  if (module) return module;
  throw new CloudFlowError({
    kind: "request",
    code: codes.notInitialized,
    message: `call \`await init({ ${name} })\` of cloudflow-wasm/slim before a function that uses this module`,
  });
}

/** @param {Error} [cause] */
function notAModule(cause) {
  return new CloudFlowError({
    cause,
    kind: "request",
    code: codes.notAModule,
    message: "`init` takes `{ ask, language }`, each a WebAssembly.Module, its bytes, a Response or a URL",
  });
}

/**
 * The parameter has the type `any`: callers without types may pass any value.
 *
 * @param {any} source
 * @returns {Promise<WebAssembly.Module>}
 */
async function compile(source) {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
    return WebAssembly.compile(/** @type {BufferSource} */ (source));
  }
  if (source instanceof URL) return compile(await load(source));
  if (typeof source?.arrayBuffer !== "function") throw notAModule();
  if (source.ok === false) {
    throw new CloudFlowError({
      kind: "network",
      code: codes.moduleNotLoaded,
      message: `the module could not be loaded: HTTP ${source.status}`,
      status: source.status,
    });
  }
  // `compileStreaming` requires the media type application/wasm; many servers send another one.
  const streams = source.headers?.get("content-type")?.startsWith("application/wasm") && WebAssembly.compileStreaming;
  return streams ? WebAssembly.compileStreaming(source) : WebAssembly.compile(await source.arrayBuffer());
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
