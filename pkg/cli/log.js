// Handles requests to the emulator, and prints a line for each one.

import { validateFlow } from "../language.js";
import { safeWord } from "./line.js";

/** Maximum number of parameters, and maximum length, of a form. The emulator refuses larger ones unread. */
const MAX_PARAMETERS = 1024;
const MAX_FORM = 1024 * 1024;

/** @typedef {import("../local.js").Emulator} Emulator */

/** @typedef {(line: string) => void} Print */

/**
 * The operations of the console that change something. Its other requests are frequent, and have no line.
 */
const CHANGES = new Set(["CreateFlow", "UpdateFlow", "StartExecution", "StopExecution"]);

/**
 * Returns a function that handles requests and prints a line for each one, and one that prints a line for changes only.
 * The warnings about an accepted definition follow its line.
 *
 * @param {Emulator} emulator
 * @param {import("./state.js").StateFile | undefined} file
 * @param {{ stopping: boolean }} life
 * @param {Print} onRequest
 * @returns {{ fetch: (request: Request) => Promise<Response>, quietly: (request: Request) => Promise<Response> }}
 */
export function answering(emulator, file, life, onRequest) {
  /** @param {Request} request @param {boolean} quiet */
  async function answer(request, quiet) {
    const began = performance.now();
    const { what, action, definition, mode, name } = await subject(request);
    const print = quiet && !CHANGES.has(action) ? () => {} : onRequest;
    const log = (/** @type {string | number} */ outcome) =>
      print(`${new Date().toISOString()} ${what} ${outcome} ${Math.round(performance.now() - began)} ms`);
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
        for (const line of definition === null ? [] : findings(definition, mode, safeWord(name))) print(line);
        return response;
      }
      const body = await response.text();
      log(`${response.status} ${safeWord(codeOf(body))}`);
      return new Response(body, { status: response.status, headers: response.headers });
    } catch (error) {
      log(request.signal.aborted ? "the client has disconnected" : "connection closed");
      throw error;
    }
  }
  return { fetch: (request) => answer(request, false), quietly: (request) => answer(request, true) };
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
  return {
    what,
    action,
    name,
    mode,
    definition: action === "CreateFlow" || action === "UpdateFlow" ? of("Definition") : null,
  };
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

/**
 * Returns the log lines of the findings about a definition: its errors, or the warnings of a valid one.
 *
 * @param {string} text
 * @param {"Standard" | "Express" | undefined} mode
 * @param {string} source the file or the flow that contains it
 */
export function findings(text, mode, source) {
  const { valid, diagnostics } = validateFlow(text, { mode });
  const shown = diagnostics.filter(({ severity }) => severity === (valid ? "warning" : "error"));
  return shown.map(({ range, code, message }) => {
    const at = range ? `:${range.start.line}:${range.start.column}` : "";
    return `  ${source}${at} ${code}: ${valid ? "warning: " : ""}${message}`;
  });
}
