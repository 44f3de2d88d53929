// The emulator as an HTTP server, with a folder of flows, a state file, and a log line for each request.

import { randomBytes } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { validateFlow } from "../index.js";
import { createEmulator } from "../local.js";
import { createGuard } from "./guard.js";
import { serveFetch } from "./serve.js";
import { createFolder } from "./folder.js";
import { safeLine, safeWord } from "./line.js";
import { openStateFile } from "./state.js";

/** Maximum time for which a stop waits for pending responses, in ms. */
const GRACE_MS = 2000;

/** @typedef {import("../local.js").Emulator} Emulator */

/** @typedef {import("../local.js").TaskHandlers} TaskHandlers */

/** @typedef {(line: string) => void} Print */

/** Maximum number of parameters, and maximum length, of a form. The emulator refuses larger ones unread. */
const MAX_PARAMETERS = 1024;
const MAX_FORM = 1024 * 1024;

/**
 * @typedef {object} ServerOptions
 * @property {string | undefined} [flows] folder of definitions
 * @property {string | undefined} [state] state file
 * @property {string | undefined} [tasks] file with handlers or mocks
 * @property {[string, string][] | undefined} [keys] pairs of AccessKey ID and secret; if absent, a pair is generated
 *   and returned as `key`
 * @property {string[]} [hosts] the first is the address to listen on; all are accepted in `Host`
 * @property {string[]} [origins] origins of pages that may use the server
 * @property {number} [port] 0 selects a free port
 * @property {boolean | undefined} [quotas]
 * @property {number} [latencyMs]
 * @property {Print} [say] prints a line that does not belong to a request
 * @property {Print} [onRequest] prints the line of a request
 */

/**
 * Starts the server. Rejects with a message for the user if it cannot start.
 *
 * @param {ServerOptions} options
 */
export async function startServer({
  flows,
  state,
  tasks,
  keys,
  hosts = ["127.0.0.1"],
  origins = [],
  port = 8791,
  quotas = false,
  latencyMs = 0,
  say: print = () => {},
  onRequest: printRequest = () => {},
}) {
  const say = (/** @type {string} */ text) => print(safeLine(text));
  const onRequest = (/** @type {string} */ text) => printRequest(safeLine(text));
  if (flows !== undefined) await needsFolder(flows);
  const handlers = withDefault(tasks === undefined ? {} : await readTasks(resolve(tasks)), say);
  /** @type {[string, string]} */
  const generated = [`local-${randomBytes(4).toString("hex")}`, randomBytes(16).toString("hex")];
  const key = keys ? undefined : generated;
  const emulator = createEmulator({
    accessKeys: Object.fromEntries(keys ?? [generated]),
    quotas,
    faults: { latencyMs },
    tasks: handlers,
  });
  /** @type {(() => unknown)[]} */
  const stops = [() => emulator.close()];
  const stop = async () => {
    for (const part of stops.splice(0).reverse()) await part();
  };
  try {
    let wrote = true;
    const file = state === undefined ? undefined : await openStateFile(state, emulator, say);
    if (file) stops.push(async () => (wrote = await file.stop()));
    if (flows !== undefined) {
      const folder = createFolder(resolve(flows), {
        skip: tasks === undefined ? [] : [resolve(tasks)],
        ...into(emulator, say),
        say,
      });
      await folder.look();
      folder.watch();
      stops.push(() => folder.stop());
    }
    const life = { stopping: false };
    const guard = createGuard({
      hosts,
      origins,
      allow: {
        host: (name) => `; a further option --host ${name} accepts it`,
        origin: (name = "ORIGIN") => `; --allow-origin ${name} allows it`,
      },
    });
    /** @type {import("./serve.js").OnRefused} */
    const onRefused = ({ method, code, message }) =>
      onRequest(`${new Date().toISOString()} ${safeWord(method)} 403 ${code} ${message}`);
    const server = await listen(logged(emulator, file, life, onRequest), { host: hosts[0], port, guard, onRefused });
    return {
      url: server.url,
      key,
      /** Responds to held requests and stops. Returns false if the state could not be written. */
      async close() {
        life.stopping = true;
        emulator.answerHeld();
        await server.close(GRACE_MS);
        await stop();
        return wrote;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @param {string} flows */
async function needsFolder(flows) {
  const stats = await stat(flows).catch((/** @type {NodeJS.ErrnoException} */ error) => error);
  if (stats instanceof Error) {
    throw new Error(
      stats.code === "ENOENT"
        ? `the folder \`${flows}\` does not exist`
        : `\`${flows}\` cannot be read: ${stats.message}`,
    );
  }
  if (!stats.isDirectory())
    throw new Error(`\`${flows}\` is not a folder; --flows expects the folder with the definitions`);
}

/**
 * @param {import("./serve.js").Fetch} fetch
 * @param {Required<import("./serve.js").ServeOptions>} options
 */
async function listen(fetch, options) {
  const { host, port } = options;
  try {
    return await serveFetch(fetch, options);
  } catch (error) {
    /** @type {Record<string, string>} */
    const reasons = {
      EADDRINUSE: `port ${port} of ${host} is in use: select another port with --port, or 0 for a free port`,
      EACCES: `port ${port} requires privileges: select a port from 1024 with --port`,
      EADDRNOTAVAIL: `\`${host}\` is not an address of this machine`,
      ENOTFOUND: `the host \`${host}\` cannot be resolved`,
    };
    throw new Error(reasons[error.code] ?? `cannot listen on ${host}, port ${port}: ${error.message}`);
  }
}

/**
 * Reads handlers from a module, or mocks from a JSON file.
 *
 * @param {string} file
 * @returns {Promise<TaskHandlers>}
 */
async function readTasks(file) {
  const wrong = (/** @type {string} */ why) => new Error(`the tasks of ${file}: ${why}`);
  if (extname(file) === ".json") {
    const text = await readFile(file, "utf8").catch((error) => {
      throw wrong(error.message);
    });
    try {
      return JSON.parse(text);
    } catch (error) {
      throw wrong(`invalid JSON: ${error.message}`);
    }
  }
  if (![".mjs", ".js"].includes(extname(file))) throw wrong("expected a module (.mjs, .js) or mocks (.json)");
  const module = await import(pathToFileURL(file).href).catch((error) => {
    throw wrong(error.message);
  });
  if (typeof module.default !== "object" || module.default === null)
    throw wrong("the default export must be an object with handlers");
  return module.default;
}

/**
 * Adds a handler for all other tasks, which prints that no handler matches and how the emulator continues.
 *
 * @param {TaskHandlers} handlers
 * @param {Print} say
 * @returns {TaskHandlers}
 */
function withDefault(handlers, say) {
  if (typeof handlers !== "object" || handlers === null || Array.isArray(handlers) || Object.hasOwn(handlers, "*"))
    return handlers;
  /** @type {import("../local.js").TaskHandler} */
  const unmatched = (_, { name, action, taskToken }) => {
    if (taskToken !== undefined) {
      say(
        `task ${safeWord(name)}: no handler matches \`${safeWord(action)}\`; it waits for the report of its task token`,
      );
      return {};
    }
    say(`task ${safeWord(name)}: no handler matches \`${safeWord(action)}\`; it fails with Local.NoTaskHandler`);
    throw Object.assign(new Error(`no handler in --tasks matches \`${action}\` of \`${name}\``), {
      code: "Local.NoTaskHandler",
    });
  };
  return { ...handlers, "*": unmatched };
}

/**
 * Returns the functions that create and remove flows for the files of a folder. The findings of an invalid definition
 * are printed, and the last valid definition is kept.
 *
 * @param {Emulator} emulator
 * @param {Print} say
 * @returns {Pick<import("./folder.js").FolderOptions, "take" | "drop">}
 */
function into(emulator, say) {
  /** @type {Set<string>} */
  const mine = new Set();
  return {
    take(name, text, mode, file) {
      const known = mine.has(name);
      try {
        const changed = emulator.putFlow(name, text, { mode });
        mine.add(name);
        if (changed || !known)
          for (const line of [
            `flow ${name}: ${known ? "changed" : "loaded"}${mode === "Express" ? " as Express" : ""}, ${file}`,
            ...findings(text, mode, file),
          ])
            say(line);
      } catch (error) {
        if (error.code !== "wrong-definition") throw error;
        say(`flow ${name}: ${file} is invalid${known ? "; the last valid definition is kept" : ""}`);
        const found = findings(text, mode, file);
        // Without findings in the definition, the name of the flow is invalid.
        for (const line of found.length === 0 ? [`  ${file}: ${error.message}`] : found) say(line);
      }
    },
    drop(name, file) {
      if (!mine.delete(name)) return;
      emulator.removeFlow(name);
      say(`flow ${name}: removed, because ${file} was removed`);
    },
  };
}

/**
 * Returns the log lines of the findings about a definition: its errors, or the warnings of a valid one.
 *
 * @param {string} text
 * @param {"Standard" | "Express" | undefined} mode
 * @param {string} source the file or the flow that contains it
 */
function findings(text, mode, source) {
  const { valid, diagnostics } = validateFlow(text, { mode });
  const shown = diagnostics.filter(({ severity }) => severity === (valid ? "warning" : "error"));
  return shown.map(({ range, code, message }) => {
    const at = range ? `:${range.start.line}:${range.start.column}` : "";
    return `  ${source}${at} ${code}: ${valid ? "warning: " : ""}${message}`;
  });
}

/**
 * Returns a handler that prints a line for each request. The warnings about an accepted definition follow its line.
 *
 * @param {Emulator} emulator
 * @param {import("./state.js").StateFile | undefined} file
 * @param {{ stopping: boolean }} life
 * @param {Print} onRequest
 * @returns {import("./serve.js").Fetch}
 */
function logged(emulator, file, life, onRequest) {
  return async (request) => {
    const began = performance.now();
    const { what, definition, mode, name } = await subject(request);
    const log = (/** @type {string | number} */ outcome) =>
      onRequest(`${new Date().toISOString()} ${what} ${outcome} ${Math.round(performance.now() - began)} ms`);
    const unavailable = (/** @type {string} */ why, /** @type {string} */ message) => {
      log(`503 ${why}`);
      const body = JSON.stringify({ RequestId: crypto.randomUUID(), Code: "ServiceUnavailable", Message: message });
      return new Response(body, { status: 503, headers: { "content-type": "application/json;charset=utf-8" } });
    };
    if (life.stopping) return unavailable("stopping", "the server is stopping");
    try {
      const response = await emulator.fetch(request);
      try {
        // The change is written before the response is sent.
        await file?.commit();
      } catch (error) {
        return unavailable("unwritten", `the state file cannot be written: ${error.message}`);
      }
      if (response.status < 400) {
        log(response.status);
        for (const line of definition === null ? [] : findings(definition, mode, safeWord(name))) onRequest(line);
        return response;
      }
      const body = await response.text();
      log(`${response.status} ${safeWord(codeOf(body))}`);
      return new Response(body, { status: response.status, headers: response.headers });
    } catch (error) {
      log(request.signal.aborted ? "the client has disconnected" : "connection closed");
      throw error;
    }
  };
}

/**
 * Returns operation and names of a request for the log, and the definition that it sends. The names never contain a
 * signature, a token or a key.
 *
 * @param {Request} request
 */
async function subject(request) {
  const query = new URL(request.url).searchParams;
  const kind = request.headers.get("content-type") ?? "";
  const form = kind.startsWith("application/x-www-form-urlencoded") ? formOf(await request.clone().text()) : query;
  const of = (/** @type {string} */ name) => query.get(name) ?? form.get(name);
  const acs3 = request.headers.get("authorization")?.startsWith("ACS3");
  const action = (acs3 ? request.headers.get("x-acs-action") : query.get("Action")) ?? request.method;
  const name = of("FlowName") ?? of("Name") ?? "";
  const words = [action, [name, of("ExecutionName")].filter((part) => part).join("/")];
  /** @type {"Express" | "Standard"} */
  const mode = of("ExecutionMode") === "Express" ? "Express" : "Standard";
  const what = words
    .filter((part) => part)
    .map(safeWord)
    .join(" ");
  return { what, name, mode, definition: action === "CreateFlow" || action === "UpdateFlow" ? of("Definition") : null };
}

/**
 * Returns the parameters of a form. A form that the emulator refuses unread has none here: it may be unsigned.
 *
 * @param {string} text
 */
function formOf(text) {
  let count = 0;
  for (let at = 0; at >= 0 && count <= MAX_PARAMETERS; at = text.indexOf("&", at + 1)) count += 1;
  return new URLSearchParams(count > MAX_PARAMETERS || text.length > MAX_FORM ? "" : text);
}

/** @param {string} body */
function codeOf(body) {
  try {
    return JSON.parse(body).Code ?? "";
  } catch {
    return "";
  }
}
