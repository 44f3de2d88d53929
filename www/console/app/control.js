// The control server at `control/`: flows, starts, stops and answers to tasks.

import { ConsoleError } from "./problem.js";

/**
 * What the control server offers, and its clock.
 *
 * @typedef {object} Capabilities
 * @property {boolean} flows
 * @property {boolean} start
 * @property {boolean} stop
 * @property {boolean} mocks
 */

export const NO_CAPABILITIES = Object.freeze({ flows: false, start: false, stop: false, mocks: false });

/**
 * Creates the calls of the control server.
 *
 * @param {string | URL} base
 * @param {(input: string, init?: RequestInit) => Promise<Response>} send
 */
export function createControl(base, send) {
  /**
   * Sends one request to the control server.
   *
   * @param {string} path
   * @param {{ method?: string, body?: unknown, signal?: AbortSignal }} [options]
   */
  async function control(path, { method = "GET", body, signal } = {}) {
    /** @type {RequestInit} */
    const init = { method, cache: "no-store" };
    if (signal) init.signal = signal;
    if (method !== "GET") {
      init.headers = { "content-type": "application/json" };
      init.body = JSON.stringify(body ?? {});
    }
    let response;
    let text;
    try {
      response = await send(new URL(`control/${path}`, base).href, init);
      text = await response.text();
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ConsoleError({ kind: "network", code: "no-response", message: String(error?.message ?? error) });
    }
    return answerOf(response, text);
  }

  return {
    /**
     * What the control server offers. Without one, nothing. `isKept` is false if it forgets everything when the page is
     * closed. `clock` has its clock minus that of this machine, and its
     * speed.
     *
     * @returns {Promise<{ capabilities: Capabilities, isKept: boolean, clock?: { offset: number, speed: number } }>}
     */
    async capabilities() {
      const began = Date.now();
      let answer;
      try {
        answer = await control("");
      } catch (error) {
        // A gateway without a control server refuses the path in one way or another.
        if (error.status < 500) return { capabilities: NO_CAPABILITIES, isKept: true };
        throw error;
      }
      const { flows, start, stop, mocks, now, speed, isKept: kept } = answer;
      const capabilities = { flows: !!flows, start: !!start, stop: !!stop, mocks: !!mocks };
      const isKept = kept !== false;
      if (typeof now !== "number") return { capabilities, isKept };
      const offset = now - (began + Date.now()) / 2;
      return { capabilities, isKept, clock: { offset, speed: typeof speed === "number" && speed > 0 ? speed : 1 } };
    },

    /** @param {{ limit?: number, nextToken?: string }} [page] */
    flows: ({ limit = 50, nextToken } = {}) => control(`flows?${query({ limit, nextToken })}`),
    /** @param {string} name */
    flow: (name) => control(`flows/${encodeURIComponent(name)}`),
    /** @param {string} name @param {{ definition: string, mode?: string }} flow */
    putFlow: (name, flow) => control(`flows/${encodeURIComponent(name)}`, { method: "PUT", body: flow }),
    /** @param {{ flowName: string, executionName?: string, input?: string, definition?: string, mode?: string }} body */
    start: (body) => control("executions", { method: "POST", body }),
    /** @param {{ flowName: string, executionName: string, error?: string, cause?: string }} body */
    stop: (body) => control("stop", { method: "POST", body }),
    /** @param {string[]} actions */
    tasks: (actions) => control(`tasks?${new URLSearchParams(actions.map((action) => ["action", action]))}`),
    answers: () => control("answers"),
    /** @param {string} action @param {object[] | null} mocks `null` removes the answer */
    putAnswer: (action, mocks) => control("answers", { method: "PUT", body: { action, mocks } }),
  };
}

/** @param {Record<string, string | number | undefined>} parameters */
function query(parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
}

/**
 * The value of a response of the control server. Throws `ConsoleError` for an error.
 *
 * @param {Response} response
 * @param {string} text
 */
function answerOf(response, text) {
  const { status } = response;
  let value;
  try {
    value = text === "" ? {} : JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (response.ok && value !== null && typeof value === "object") return value;
  if (response.ok) throw new ConsoleError({ kind: "response", code: "not-json", message: "", status });
  const { Code, Message, RequestId } = value ?? {};
  const isService = typeof Code === "string";
  // A proxy answers in place of a server that does not run.
  const kind = isService ? "service" : [502, 503, 504].includes(status) ? "network" : "response";
  throw new ConsoleError({
    kind,
    code: isService ? Code : "not-from-service",
    message: typeof Message === "string" ? Message : "",
    status,
    ...(typeof RequestId === "string" && { requestId: RequestId }),
  });
}
