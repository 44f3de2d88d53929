// The options of `createGateway`.

import { GATEWAY, GATEWAY_EVENTS, checkNames, isObject, own, wrongOptions } from "../shared/options.js";
import { ACTIONS } from "./call.js";

/** Default of `maxWaitSeconds`: below the timeouts of common proxies. */
const DEFAULT_MAX_WAIT_SECONDS = 25;

/** @typedef {ReturnType<typeof checkedOptions>} Settings */

/**
 * @param {import("../gateway.js").GatewayOptions<any>} options
 */
export function checkedOptions(options) {
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
    hub,
    events = {},
    limit,
    tickets,
    log,
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
  if (hub !== undefined && hub !== "memory" && typeof hub !== "function") {
    throw wrongOptions(
      'createGateway: `hub` must be a function from `env` to the bindings of the objects, or "memory"',
    );
  }
  if (tickets !== undefined && typeof tickets !== "function") {
    throw wrongOptions("createGateway: `tickets` must be a function from `env` to the secret of the tickets");
  }
  return {
    upstream,
    authorize,
    actions: new Set(/** @type {string[]} */ (actions)),
    origins: new Set(origins),
    maxWaitSeconds,
    hub,
    events: checkedEvents(events),
    limit,
    tickets,
    log,
  };
}

/**
 * @param {unknown} events
 */
function checkedEvents(events) {
  if (events === false) return undefined;
  if (!isObject(events)) throw wrongOptions("createGateway: `events` must be an object or false");
  const read = own(events, GATEWAY_EVENTS);
  checkNames(read, GATEWAY_EVENTS, "an option of `events`");
  const { maxSeconds = 900, heartbeatSeconds = 15 } = read;
  for (const [name, value, least, most] of /** @type {const} */ ([
    ["maxSeconds", maxSeconds, 1, 86_400],
    ["heartbeatSeconds", heartbeatSeconds, 1, 3600],
  ])) {
    if (!Number.isInteger(value) || value < least || value > most) {
      throw wrongOptions(`createGateway: \`events.${name}\` must be a whole number from ${least} to ${most}`);
    }
  }
  return { maxSeconds, heartbeatSeconds };
}

/** @param {string} text */
function isOrigin(text) {
  try {
    return new URL(text).origin === text;
  } catch {
    return false;
  }
}
