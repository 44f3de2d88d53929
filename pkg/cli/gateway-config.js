// Reads the configuration of the command `gateway`.

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createGateway } from "../gateway.js";
import { GATEWAY, own } from "../shared/options.js";
import { Unusable } from "./arguments.js";
import { safeLine } from "./line.js";

/** Maximum time for which the module may load, in ms. */
const LOAD_MS = 30_000;

/** @typedef {(request: Request) => Response | Promise<Response>} Handle */

/**
 * Imports the module and returns its handler of requests.
 *
 * @param {string} file
 * @param {Record<string, string | undefined>} variables
 * @returns {Promise<Handle>}
 */
export async function readConfig(file, variables) {
  const wrong = (/** @type {string} */ why) => new Unusable(`the config \`${file}\` ${why}`);
  const path = resolve(file);
  const stats = await stat(path).catch((/** @type {NodeJS.ErrnoException} */ error) => error);
  if (stats instanceof Error)
    throw wrong(
      stats.code === "ENOENT"
        ? "does not exist; --config names another file, --help shows an example"
        : `cannot be read: ${stats.message}`,
    );
  if (!stats.isFile()) throw wrong("is not a file; --config expects a module such as `gateway.mjs`");
  const { default: given } = await load(pathToFileURL(path).href, wrong);
  if ((typeof given !== "object" && typeof given !== "function") || given === null)
    throw wrong("has no default export; expected the options of `createGateway`, or a gateway");
  const gateway = typeof given.fetch === "function" ? given : created(given, wrong);
  const env = { ...variables };
  const context = {
    /** @param {unknown} work */
    waitUntil(work) {
      Promise.resolve(work).catch((error) => console.error(safeLine(`cloudflow-wasm gateway: ${firstLine(error)}`)));
    },
    passThroughOnException() {},
  };
  return (request) => gateway.fetch(request, env, context);
}

/**
 * @param {string} url
 * @param {(why: string) => Error} wrong
 */
async function load(url, wrong) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(wrong(`is not loaded after ${LOAD_MS / 1000} s`)), LOAD_MS);
  });
  try {
    return await Promise.race([import(url), late]);
  } catch (error) {
    throw error instanceof Unusable ? error : wrong(`cannot be loaded: ${firstLine(error)}`);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {any} options
 * @param {(why: string) => Error} wrong
 */
function created(options, wrong) {
  try {
    const read = own(options, GATEWAY);
    read.hub ??= "memory";
    return createGateway(read);
  } catch (error) {
    throw wrong(`has wrong options: ${firstLine(error)}`);
  }
}

/** @param {any} error */
function firstLine(error) {
  return String(error?.message || error).split("\n", 1)[0];
}
