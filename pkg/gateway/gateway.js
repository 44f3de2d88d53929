// The gateway: forwards calls of authorized callers that read executions, and signs them with its own credentials. It
// implements the protocol of the service without the signature. The client uses it with `endpoint` and without `credentials`.

import { optionsOf } from "../ask/options.js";
import { GATEWAY, checkNames, isObject, own, wrongOptions } from "../shared/options.js";
import { answer, executionBody, pageBody, refusal } from "./answer.js";
import { ACTIONS, readCall } from "./call.js";
import { corsOf, preflight } from "./cors.js";
import { logger } from "./log.js";
import { refusalFor } from "./refuse.js";

/**
 * The functions that forward, by action.
 *
 * @typedef {Record<import("../gateway.js").GatewayAction, (request: any, options: any) => Promise<any>>} Forward
 */

/** @typedef {import("./log.js").Log} Log */

/** @typedef {ReturnType<typeof checkedOptions>} Settings */

/** Default of `maxWaitSeconds`: below the timeouts of common proxies. */
const DEFAULT_MAX_WAIT_SECONDS = 25;

/**
 * Returns `createGateway` for one build of the client. The entries differ only in how the WebAssembly module is loaded.
 *
 * @param {Forward} forward
 * @returns {typeof import("../gateway.js").createGateway}
 */
export function createGatewayFactory(forward) {
  const log = logger(forward.DescribeExecution);
  return function createGateway(options) {
    const settings = checkedOptions(options);
    return {
      async fetch(request, env) {
        const cors = corsOf(request, settings.origins);
        if (request.method === "OPTIONS") return preflight(request, cors);
        try {
          return await serve(request, env, settings, cors, forward, log);
        } catch (error) {
          if (request.signal?.aborted) return clientClosed();
          return refusal(refusalFor(error, log), cors);
        }
      },
    };
  };
}

/**
 * @param {Request} request
 * @param {any} env
 * @param {Settings} settings
 * @param {import("./cors.js").Cors} cors
 * @param {Forward} forward
 * @param {Log} log
 */
async function serve(request, env, settings, cors, forward, log) {
  if (cors.foreign) {
    return refusal({ status: 403, code: "AccessDenied", message: "Requests of this origin are not allowed." }, cors);
  }
  const read = readCall(request, settings.actions, settings.maxWaitSeconds);
  if (read.refused) return refusal(read.refused, cors);
  const { action, parameters } = read.call;
  const { flowName, executionName = "" } = parameters;

  // Only `true` is accepted. Another truthy value is a bug in `authorize`, which must not grant access.
  const allowed = await guarded("authorize", log, () =>
    settings.authorize(request, { flowName, executionName, action }, env),
  );
  if (allowed !== true) {
    const what = executionName ? "this execution" : "the executions of this flow";
    return refusal({ status: 403, code: "AccessDenied", message: `You are not authorized to read ${what}.` }, cors);
  }

  // Retries are off by default: the calling client retries, and the two retry counts would multiply.
  const upstream = await guarded("upstream", log, async () =>
    optionsOf({ retry: false }, await settings.upstream(env)),
  );
  try {
    const result = await forward[action](
      parameters,
      // When the caller disconnects, the request to the service is aborted.
      Object.assign(upstream, { signal: request.signal }),
    );
    const body = action === "DescribeExecution" ? executionBody(result) : pageBody(result);
    return answer(200, body, result.requestId, cors);
  } catch (error) {
    if (request.signal?.aborted) return clientClosed();
    return refusal(refusalFor(error, log), cors);
  }
}

/**
 * Runs a function of the options. Its errors are logged and are not visible to the caller.
 *
 * @template T
 * @param {string} name
 * @param {Log} log
 * @param {() => T | Promise<T>} run
 */
async function guarded(name, log, run) {
  try {
    return await run();
  } catch (error) {
    log(`\`${name}\` threw`, error);
    throw new OptionFailure();
  }
}

/** Has no `kind`, so that the response contains no details. */
class OptionFailure extends Error {}

/** The response for a disconnected client. It is not delivered; 499 is the usual status in logs. */
function clientClosed() {
  return new Response(null, { status: 499 });
}

/**
 * @param {import("../gateway.js").GatewayOptions<any>} options
 */
function checkedOptions(options) {
  if (!isObject(options)) throw wrongOptions("createGateway: the options must be an object");
  /** @type {Partial<import("../gateway.js").GatewayOptions<any>>} */
  const read = own(options, GATEWAY);
  checkNames(read, GATEWAY, "an option of the gateway");
  const {
    upstream,
    authorize,
    actions = ["DescribeExecution"],
    origins = [],
    maxWaitSeconds = DEFAULT_MAX_WAIT_SECONDS,
  } = read;
  if (typeof upstream !== "function") {
    throw wrongOptions("createGateway: `upstream` must be a function from `env` to client options");
  }
  if (typeof authorize !== "function") {
    throw wrongOptions("createGateway: `authorize` must be a function that returns whether the request is allowed");
  }
  if (!Number.isInteger(maxWaitSeconds) || maxWaitSeconds < 0 || maxWaitSeconds > 60) {
    throw wrongOptions("createGateway: `maxWaitSeconds` must be a whole number from 0 to 60");
  }
  if (!Array.isArray(actions)) throw wrongOptions("createGateway: `actions` must be an array");
  for (const action of actions) {
    if (!ACTIONS.includes(action)) {
      throw wrongOptions(
        `createGateway: \`${typeof action === "string" ? action : typeof action}\` is not an action that is forwarded; expected one of: ${ACTIONS.join(", ")}`,
      );
    }
  }
  if (!Array.isArray(origins)) throw wrongOptions("createGateway: `origins` must be an array");
  for (const origin of origins) {
    if (!isOrigin(origin)) {
      throw wrongOptions(
        `createGateway: \`${typeof origin === "string" ? origin : typeof origin}\` is not an origin; expected a text such as \`https://app.example.com\``,
      );
    }
  }
  return {
    upstream,
    authorize,
    actions: new Set(/** @type {string[]} */ (actions)),
    origins: new Set(origins),
    maxWaitSeconds,
  };
}

/** @param {string} text */
function isOrigin(text) {
  try {
    return new URL(text).origin === text;
  } catch {
    return false;
  }
}
