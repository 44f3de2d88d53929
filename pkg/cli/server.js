// The emulator as an HTTP server, with a folder of flows, a state file, and a log line for each request.

import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { createConsole, isConsolePath } from "../console/control.js";
import { createFiles } from "../console/files.js";
import { createEmulator } from "../local.js";
import { listenMessage } from "./arguments.js";
import { createGuard } from "./guard.js";
import { serveFetch } from "./serve.js";
import { createFolder } from "./folder.js";
import { safeLine, safeWord } from "./line.js";
import { answering, findings } from "./log.js";
import { openStateFile } from "./state.js";
import { readTasks } from "./tasks.js";

/** Maximum time for which a stop waits for pending responses, in ms. */
const GRACE_MS = 2000;

/** @typedef {import("../local.js").Emulator} Emulator */

/** @typedef {import("../local.js").TaskHandlers} TaskHandlers */

/** @typedef {(line: string) => void} Print */

/** Maximum length of an error and its cause in a line, in UTF-16 units. */
const MAX_CAUSE = 1000;

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
 * @property {number} [speed] of the clock of the flows
 * @property {boolean | undefined} [skipWaits]
 * @property {number} [latencyMs]
 * @property {boolean} [page] serves the console too, for everyone who can connect
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
  speed = 1,
  skipWaits = false,
  latencyMs = 0,
  page = false,
  say: print = () => {},
  onRequest: printRequest = () => {},
}) {
  const say = (/** @type {string} */ text) => print(safeLine(text));
  const onRequest = (/** @type {string} */ text) => printRequest(safeLine(text));
  if (flows !== undefined) await needsFolder(flows);
  const handlers = tasks === undefined ? {} : await readTasks(resolve(tasks));
  /** @type {[string, string]} */
  const generated = [`local-${randomBytes(4).toString("hex")}`, randomBytes(16).toString("hex")];
  const key = keys ? undefined : generated;
  const emulator = createEmulator({
    accessKeys: Object.fromEntries(keys ?? [generated]),
    quotas,
    speed,
    skipWaits,
    faults: { latencyMs },
    tasks: handlers,
    onExecutionFailed: (execution) => say(failureLine(execution)),
  });
  const unmatched = { "*": reporter(say) };
  emulator.setFallbackTasks(unmatched);
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
    const { fetch, quietly } = answering(emulator, file, life, onRequest);
    const [[id, secret]] = /** @type {[[string, string]]} */ (keys ?? [generated]);
    const files = page ? await createFiles().catch((error) => notBuilt(error, say)) : undefined;
    const options = { emulator, key: { id, secret }, speed, fetch: quietly, tasks: handlers, unmatched };
    const shown = files && createConsole(options);
    const all = files && shown ? beside(fetch, files, shown) : fetch;
    const server = await listen(all, { host: hosts[0] ?? "127.0.0.1", port, guard, onRefused });
    return {
      url: server.url,
      key,
      page: files !== undefined,
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

/**
 * Returns a handler that sends requests for the console to it, and all others to the emulator. Clients of the service
 * send their requests to `/`, where a browser gets the page.
 *
 * @param {import("./serve.js").Fetch} fetch
 * @param {Awaited<ReturnType<typeof createFiles>>} files
 * @param {ReturnType<typeof createConsole>} shown
 * @returns {import("./serve.js").Fetch}
 */
function beside(fetch, files, shown) {
  return (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (isConsolePath(pathname)) return shown.fetch(request);
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (!isRead || !files.has(pathname) || (pathname === "/" && !isNavigation(request, searchParams)))
      return fetch(request);
    return files.fetch(request);
  };
}

/**
 * True for a request of a browser for the page. A request of the service has an action, and the signature in the query
 * or in a header.
 *
 * @param {Request} request
 * @param {URLSearchParams} query
 */
function isNavigation({ headers }, query) {
  const isService =
    query.has("Action") || query.has("Signature") || headers.has("x-acs-action") || headers.has("authorization");
  return !isService && (headers.get("accept") ?? "").includes("text/html");
}

/**
 * @param {NodeJS.ErrnoException} error
 * @param {Print} say
 */
function notBuilt(error, say) {
  say(`console: the page cannot be read: ${error.message}`);
  return undefined;
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
 * @param {import("./serve.js").ServeOptions & { host: string, port: number }} options
 */
async function listen(fetch, options) {
  const { host, port } = options;
  try {
    return await serveFetch(fetch, options);
  } catch (error) {
    throw new Error(listenMessage(error, host, port));
  }
}

/**
 * Returns a handler for the tasks without another one. It prints that no handler matches and how the emulator continues.
 *
 * @param {Print} say
 * @returns {import("../local.js").TaskHandler}
 */
function reporter(say) {
  return (_, { name, action, taskToken }) => {
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
}

/**
 * Returns the line about an execution that has failed: its state, its error and the cause.
 *
 * @param {import("../local.js").ExecutionFailure} execution
 */
function failureLine({ flowName, executionName, status, state, error, cause }) {
  const where = state === undefined ? "" : ` in ${safeWord(state)}`;
  const why = [error, cause].filter((text) => text !== "").join(": ");
  return `execution ${safeWord(flowName)}/${safeWord(executionName)}: ${status}${where}${why && `, ${cut(why)}`}`;
}

/** @param {string} text */
function cut(text) {
  return text.length > MAX_CAUSE ? `${text.slice(0, MAX_CAUSE)}…` : text;
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
  /** @type {Set<string>} */
  const invalid = new Set();
  return {
    take(name, text, mode, file) {
      const known = mine.has(name);
      try {
        const changed = emulator.putFlow(name, text, { mode });
        mine.add(name);
        const repaired = invalid.delete(file);
        if (changed || !known || repaired) {
          const what = `${repaired ? "valid again, " : ""}${known ? (changed ? "changed" : "unchanged") : "loaded"}`;
          const line = `flow ${name}: ${what}${mode === "Express" ? " as Express" : ""}, ${file}`;
          for (const shown of [line, ...findings(text, mode, file)]) say(shown);
        }
      } catch (error) {
        if (error.code !== "wrong-definition") throw error;
        invalid.add(file);
        say(`flow ${name}: ${file} is invalid${known ? "; the last valid definition is kept" : ""}`);
        const found = findings(text, mode, file);
        // Without findings in the definition, the name of the flow is invalid.
        for (const line of found.length === 0 ? [`  ${file}: ${error.message}`] : found) say(line);
      }
    },
    drop(name, file) {
      invalid.delete(file);
      if (!mine.delete(name)) return;
      emulator.removeFlow(name);
      say(`flow ${name}: removed, because ${file} was removed`);
    },
  };
}
