// The service on this machine, as a server: the emulator behind an address, flows out of a folder, the
// state in a file, one line for each request.

import { randomBytes } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { validateFlow } from "../../index.js";
import { createEmulator } from "../../local.js";
import { createGuard } from "../guard.js";
import { serveFetch } from "../serve.js";
import { createFolder } from "./folder.js";
import { safeLine, safeWord } from "./line.js";
import { openStateFile } from "./state.js";

/** How long a stop waits for answers to get out. */
const GRACE = 2000;

/** What the emulator refuses before it reads a form. */
const MOST_PARAMETERS = 1024;
const LARGEST_FORM = 1024 * 1024;

/**
 * Starts it. What cannot be started rejects, with a message for whoever started it.
 *
 * @param flows the folder of definitions
 * @param state the state file
 * @param tasks the file of handlers or mocks
 * @param keys pairs of AccessKey ID and secret; without any, one is made up, and `key` of the result tells it
 * @param hosts the first is the address to listen on; each is a name that is accepted in `Host`
 * @param origins origins of pages that may use the server
 * @param say (line) => void, for what is not about a request
 * @param onRequest (line) => void
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
  const say = (text) => print(safeLine(text));
  const onRequest = (text) => printRequest(safeLine(text));
  if (flows !== undefined) await needsFolder(flows);
  const handlers = withDefault(tasks === undefined ? {} : await readTasks(resolve(tasks)), say);
  const key = keys ? undefined : [`local-${randomBytes(4).toString("hex")}`, randomBytes(16).toString("hex")];
  const emulator = createEmulator({
    accessKeys: Object.fromEntries(keys ?? [key]),
    quotas,
    faults: { latencyMs },
    tasks: handlers,
  });
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
        host: (name) => `; --host ${name} accepts it, behind the address to listen on`,
        origin: (name = "ORIGIN") => `; --allow-origin ${name} allows it`,
      },
    });
    const onRefused = ({ method, code, message }) =>
      onRequest(`${new Date().toISOString()} ${safeWord(method)} 403 ${code} ${message}`);
    const server = await listen(logged(emulator, file, life, onRequest), { host: hosts[0], port, guard, onRefused });
    return {
      url: server.url,
      key,
      /** Answers what is held, and ends. False where the state could not be written. */
      async close() {
        life.stopping = true;
        emulator.answerHeld();
        await server.close(GRACE);
        await stop();
        return wrote;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function needsFolder(flows) {
  const stats = await stat(flows).catch((error) => error);
  if (stats instanceof Error) {
    throw new Error(
      stats.code === "ENOENT" ? `there is no folder \`${flows}\`` : `\`${flows}\` cannot be read: ${stats.message}`,
    );
  }
  if (!stats.isDirectory()) throw new Error(`\`${flows}\` is a file; --flows takes the folder with the definitions`);
}

async function listen(fetch, options) {
  const { host, port } = options;
  try {
    return await serveFetch(fetch, options);
  } catch (error) {
    const reasons = {
      EADDRINUSE: `port ${port} of ${host} is in use: give another with --port, or 0 for any that is free`,
      EACCES: `port ${port} is not for everyone: give one from 1024 on with --port`,
      EADDRNOTAVAIL: `this machine has no address \`${host}\``,
      ENOTFOUND: `this machine knows no host \`${host}\``,
    };
    throw new Error(reasons[error.code] ?? `cannot listen on ${host}, port ${port}: ${error.message}`);
  }
}

/** Handlers out of a module, or mocks out of a JSON file. */
async function readTasks(file) {
  const wrong = (why) => new Error(`the tasks of ${file}: ${why}`);
  if (extname(file) === ".json") {
    const text = await readFile(file, "utf8").catch((error) => {
      throw wrong(error.message);
    });
    try {
      return JSON.parse(text);
    } catch (error) {
      throw wrong(`it is not JSON: ${error.message}`);
    }
  }
  if (![".mjs", ".js"].includes(extname(file))) throw wrong("a module (.mjs, .js) or mocks (.json) are expected");
  const module = await import(pathToFileURL(file)).catch((error) => {
    throw wrong(error.message);
  });
  if (typeof module.default !== "object" || module.default === null)
    throw wrong("it has no default export with handlers");
  return module.default;
}

/** What the emulator does with a task that nobody is for, said aloud: it is the first thing one stumbles over. */
function withDefault(handlers, say) {
  if (typeof handlers !== "object" || handlers === null || Array.isArray(handlers) || Object.hasOwn(handlers, "*"))
    return handlers;
  const unmatched = (_, { name, action, taskToken }) => {
    if (taskToken !== undefined) {
      say(`task ${safeWord(name)}: nothing is for \`${safeWord(action)}\`; it waits until its token is reported`);
      return {};
    }
    say(`task ${safeWord(name)}: nothing is for \`${safeWord(action)}\`; it fails as Local.NoTaskHandler`);
    throw Object.assign(new Error(`nothing in --tasks is for \`${action}\` of \`${name}\``), {
      code: "Local.NoTaskHandler",
    });
  };
  return { ...handlers, "*": unmatched };
}

/** How a folder's files become flows. What is broken is shown, and the last good definition stays. */
function into(emulator, say) {
  const mine = new Set();
  return {
    take(name, text, mode, file) {
      const known = mine.has(name);
      try {
        const changed = emulator.putFlow(name, text, { mode });
        mine.add(name);
        if (changed || !known)
          say(`flow ${name}: ${known ? "changed" : "loaded"}${mode === "Express" ? " as Express" : ""}, ${file}`);
      } catch (error) {
        if (error.code !== "wrong-definition") throw error;
        say(`flow ${name}: ${file} is refused${known ? "; the last good definition stays" : ""}`);
        const found = validateFlow(text, { mode }).diagnostics.filter(({ severity }) => severity === "error");
        // The name of the file is not part of the definition's own checks.
        if (found.length === 0) say(`  ${file}: ${error.message}`);
        for (const { range, code, message } of found) {
          const at = range ? `:${range.start.line}:${range.start.column}` : "";
          say(`  ${file}${at} ${code}: ${message}`);
        }
      }
    },
    drop(name, file) {
      if (!mine.delete(name)) return;
      emulator.removeFlow(name);
      say(`flow ${name}: removed with ${file}`);
    },
  };
}

function logged(emulator, file, life, onRequest) {
  return async (request) => {
    const began = performance.now();
    const what = await subject(request);
    const log = (outcome) =>
      onRequest(`${new Date().toISOString()} ${what} ${outcome} ${Math.round(performance.now() - began)} ms`);
    const unavailable = (why, message) => {
      log(`503 ${why}`);
      const body = JSON.stringify({ RequestId: crypto.randomUUID(), Code: "ServiceUnavailable", Message: message });
      return new Response(body, { status: 503, headers: { "content-type": "application/json;charset=utf-8" } });
    };
    if (life.stopping) return unavailable("stopping", "the server stops");
    try {
      const response = await emulator.fetch(request);
      try {
        // What an answer tells is in the file first.
        await file?.commit();
      } catch (error) {
        return unavailable("unwritten", `the state file cannot be written: ${error.message}`);
      }
      if (response.status < 400) {
        log(response.status);
        return response;
      }
      const body = await response.text();
      log(`${response.status} ${safeWord(codeOf(body))}`);
      return new Response(body, { status: response.status, headers: response.headers });
    } catch (error) {
      log(request.signal.aborted ? "the client has gone" : "cut");
      throw error;
    }
  };
}

/** What a request is about, out of its parameters: never a signature, a token or a key. */
async function subject(request) {
  const query = new URL(request.url).searchParams;
  const kind = request.headers.get("content-type") ?? "";
  const form = kind.startsWith("application/x-www-form-urlencoded") ? formOf(await request.clone().text()) : query;
  const of = (name) => query.get(name) ?? form.get(name);
  const acs3 = request.headers.get("authorization")?.startsWith("ACS3");
  const action = (acs3 ? request.headers.get("x-acs-action") : query.get("Action")) ?? request.method;
  const names = [of("FlowName") ?? of("Name"), of("ExecutionName")].filter((name) => name);
  return [action, names.join("/")]
    .filter((part) => part)
    .map(safeWord)
    .join(" ");
}

/** The parameters of a form. Of one that is refused unread, none: nobody has signed it yet. */
function formOf(text) {
  let count = 0;
  for (let at = 0; at >= 0 && count <= MOST_PARAMETERS; at = text.indexOf("&", at + 1)) count += 1;
  return new URLSearchParams(count > MOST_PARAMETERS || text.length > LARGEST_FORM ? "" : text);
}

function codeOf(body) {
  try {
    return JSON.parse(body).Code ?? "";
  } catch {
    return "";
  }
}
