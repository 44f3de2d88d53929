// The gateway: forwards calls of authorized callers that read executions, and signs them with its own credentials. It
// implements the protocol of the service without the signature. The client uses it with `endpoint` and without `credentials`.
//
// With a hub, all callers of an execution share one upstream poll: `hub/watch.js` waits in the request, `hub/object.js`
// remembers.

import { optionsOf } from "../ask/options.js";
import { isObject, wrongOptions } from "../shared/options.js";
import { answer, executionBody, pageBody, refusal } from "./answer.js";
import { ACTIONS, notGet, readCall, readEvents } from "./call.js";
import { corsHeaders, corsOf, preflight } from "./cors.js";
import { describe } from "./describe.js";
import { events } from "./events.js";
import { PATIENCE_MS, history, placeOf } from "./history.js";
import { cloudflareClasses } from "./hub/cloudflare.js";
import { DESCRIBE, EVENTS, LIST } from "./hub/effects.js";
import { machinesOf } from "./hub/machines.js";
import { objectsOf } from "./hub/names.js";
import { observed, upstreamOf } from "./hub/upstream.js";
import { permitOf } from "./hub/watch.js";
import { createLimit } from "./limit.js";
import { callLogger, logger } from "./log.js";
import { createMetrics } from "./metrics.js";
import { checkedOptions } from "./options.js";
import { LOGGED, refusalFor } from "./refuse.js";
import { busy } from "./respond.js";
import { createTickets, serveTicket } from "./ticket.js";

/**
 * The functions that forward, by action.
 *
 * @typedef {Record<import("../gateway.js").GatewayAction, (request: any, options: any) => Promise<any>>} Forward
 */

/** @typedef {import("./log.js").Log} Log */

/** @typedef {import("./options.js").Settings} Settings */

/** @typedef {import("./cors.js").Cors} Cors */

/**
 * What a request that uses the hub is served with.
 *
 * @typedef {object} Served
 * @property {import("./hub/machines.js").Machines} machines
 * @property {import("./hub/names.js").Objects} objects
 * @property {import("./hub/upstream.js").Upstream} upstream
 * @property {Log} log
 * @property {Cors} cors
 * @property {AbortSignal | undefined} signal
 * @property {(work: Promise<unknown>) => void} waitUntil
 * @property {Metrics} metrics
 */

/** @typedef {ReturnType<typeof createMetrics>} Metrics */

/** What a page may use to follow an execution; the client of this package reads it. */
const TRANSPORTS = "sse, poll";

/** Time limits of the own poll of an object: for a permit, and for the call. */
const OWN_PERMIT_MS = 20_000;
const OWN_CALL_MS = 20_000;

/**
 * Returns `createGateway` for one build of the client. The entries differ only in how the WebAssembly module is loaded.
 *
 * @param {Forward} forward
 * @param {import("../shared/runtime.js").Runtime} runtime
 * @param {typeof import("./hub/memory.js").memoryHub} [memoryHub] absent in Workers: their isolates share no memory
 * @returns {typeof import("../gateway.js").createGateway}
 */
export function createGatewayFactory(forward, runtime, memoryHub) {
  const log = logger(forward.DescribeExecution);
  const machines = machinesOf(runtime);
  let isLogged = false;
  return function createGateway(options) {
    const settings = checkedOptions(options);
    if (settings.hub === "memory" && !memoryHub) {
      throw wrongOptions(
        'createGateway: the hub "memory" is for one process; a Worker needs the bindings of the objects',
      );
    }
    const metrics = createMetrics();
    const limit = createLimit(settings.limit, { log });
    const tickets = settings.tickets && createTickets(settings.tickets);
    const callLog = callLogger(forward.DescribeExecution, settings.log);
    /** The environment of the last request, for objects in memory. @type {any} */
    let lastEnv;
    /** @type {import("./hub/names.js").Bindings | undefined} */
    let memory;

    /** @type {import("./hub/upstream.js").Observe} */
    const observe = (entry) => {
      const { action, code, ms } = entry;
      metrics.count("upstream_calls_total", { action, code: code || "ok" });
      metrics.observe("upstream_seconds", { action }, ms / 1000);
      callLog({ ...entry, attempt: 1 });
    };

    /** The client options of a call: they are only valid for one. @param {any} env */
    const upstreamOptions = (env) =>
      // Retries are off by default: the calling client retries, and the two retry counts would multiply.
      guarded("upstream", log, async () => optionsOf({ retry: false }, await settings.upstream(env)));

    /**
     * @param {any} env
     * @returns {Promise<import("./hub/names.js").Bindings | undefined>}
     */
    const bindingsOf = async (env) => {
      const { hub } = settings;
      if (hub === "memory") {
        lastEnv = env;
        memory ??= memoryHub?.(machines, (names) => ownPoll(lastEnv)(names));
        return memory;
      }
      const bindings = hub && (await guarded("hub", log, () => hub(env)));
      if (bindings !== undefined && !isUnbound(bindings)) return checkedBindings(bindings, log);
      // It is no error: a page or a test reports errors.
      if (!isLogged && settings.log !== false) {
        console.warn("cloudflow-wasm/gateway: there is no hub: each request polls the service");
      }
      isLogged = true;
      return undefined;
    };

    /** @type {(env: any) => import("./hub/object.js").OwnPoll} */
    const ownPoll = (env) => async (names) => {
      const bindings = await bindingsOf(env);
      if (bindings === undefined) return undefined;
      const { flow, execution } = names;
      const objects = objectsOf(bindings, await upstreamOptions(env), metrics, flow, execution);
      if (!(await permitOf(objects, DESCRIBE, OWN_PERMIT_MS))) return undefined;
      const upstream = upstreamOf(forward, () => upstreamOptions(env), log, observe, { flow, execution });
      const { value, fault } = await upstream.describe(0, OWN_CALL_MS);
      if (value) return { header: `report 0 ${value.hash} ${value.rank}`, body: value.body };
      if (fault.throttled) await permitOf(objects, DESCRIBE, 0, undefined, Math.max(0, fault.retryAfter));
      return { header: `fault 0 describe ${fault.status} ${fault.retryable ? 0 : 1}`, body: fault.body };
    };

    /**
     * @param {Request} request
     * @param {any} env
     * @param {any} context
     * @param {Cors} cors
     */
    async function serve(request, env, context, cors) {
      if (cors.foreign) {
        return refusal(
          { status: 403, code: "AccessDenied", message: "Requests of this origin are not allowed." },
          cors,
        );
      }
      if (request.headers.get("upgrade")) {
        return refusal({ status: 400, code: "InvalidArgument", message: "WebSockets are not supported." }, cors);
      }
      const limited = await guarded("limit", log, () => limit?.(request, env));
      if (limited) {
        metrics.count("limited_total");
        return refusal(limited, cors);
      }
      const bindings = await bindingsOf(env);
      if (bindings && settings.events) cors.transports = TRANSPORTS;
      const { pathname } = new URL(request.url);
      if (pathname.endsWith("/events")) return stream(request, env, context, cors, bindings);
      if (pathname.endsWith("/ticket")) return ticket(request, env, cors);
      if (pathname.endsWith("/metrics")) return exposition(request, env, cors, bindings);

      const read = readCall(request, settings.actions, settings.maxWaitSeconds);
      if (read.refused) return refusal(read.refused, cors);
      const { action, parameters } = read.call;
      const { flowName, executionName = "" } = parameters;
      const refused = await refusedCall(request, { flowName, executionName, action }, env, cors);
      if (refused) return refused;

      /**
       * @param {any} [changed]
       * @param {(pauseMs: number) => Promise<unknown>} [throttled]
       */
      const direct = (changed, throttled) =>
        forwarded(request, env, action, { ...parameters, ...changed }, cors, throttled);
      if (!bindings) return direct();
      const served = await servedBy(request, env, context, cors, bindings, flowName, executionName);
      const { objects, signal } = served;
      if (action === "DescribeExecution") {
        const alone = (/** @type {number} */ waitTimeSeconds) => direct({ waitTimeSeconds }, async () => {});
        return describe(served, parameters.waitTimeSeconds, alone);
      }
      const place = action === "GetExecutionHistory" ? placeOf(parameters.nextToken) : undefined;
      const bucket = action === "GetExecutionHistory" ? EVENTS : LIST;
      try {
        if (place !== undefined) return await history(served, place, parameters.limit);
        if (!(await permitOf(objects, bucket, PATIENCE_MS, signal))) return busy(cors, PATIENCE_MS);
      } catch (error) {
        log("the hub cannot be reached; this request calls the service", error);
        // The service does not know the tokens of the hub.
        if (place) return busy(cors);
      }
      return direct({}, (pauseMs) => permitOf(objects, bucket, 0, signal, pauseMs).catch(() => false));
    }

    /**
     * The response to a caller that is not allowed. Only `true` is accepted. Another truthy value is a bug in
     * `authorize`, which must not grant access.
     *
     * @param {Request} request
     * @param {import("../gateway.js").GatewayCall} call
     * @param {any} env
     * @param {Cors} cors
     */
    async function refusedCall(request, call, env, cors) {
      const allowed = await guarded("authorize", log, () => settings.authorize(request, call, env));
      if (allowed === true) return undefined;
      const { executionName, action } = call;
      const list = action === "Metrics" ? "the metrics" : "the executions of this flow";
      const what = executionName ? "this execution" : list;
      return refusal({ status: 403, code: "AccessDenied", message: `You are not authorized to read ${what}.` }, cors);
    }

    /**
     * `GET /events`.
     *
     * @param {Request} request
     * @param {any} env
     * @param {any} context
     * @param {Cors} cors
     * @param {import("./hub/names.js").Bindings | undefined} bindings
     */
    async function stream(request, env, context, cors, bindings) {
      if (!bindings || !settings.events) {
        const message = "This gateway has no stream of events.";
        return refusal({ status: 404, code: "ActionNotSupported", message }, cors);
      }
      const read = readEvents(request, settings.actions);
      if (read.refused) return refusal(read.refused, cors);
      const { flowName, executionName, history, ticket } = read.call;
      const reference = { flowName, executionName };
      /** @type {import("../gateway.js").GatewayAction[]} */
      const actions = history ? ["DescribeExecution", "GetExecutionHistory"] : ["DescribeExecution"];
      /** @type {import("./ticket.js").Ticket | undefined} */
      let valid;
      for (const action of actions) {
        if (ticket === undefined) {
          const refused = await refusedCall(request, { ...reference, action }, env, cors);
          if (refused) return refused;
        } else {
          valid = await guarded("tickets", log, () => tickets?.verify(env, ticket, reference, action));
          if (!valid) return refusedTicket(cors);
        }
      }
      const served = await servedBy(request, env, context, cors, bindings, flowName, executionName);
      if (valid) {
        const { nonce, expires } = valid;
        // The object of the execution remembers it for all Workers.
        const { status } = await served.objects.hub("ticket", { nonce, expires });
        if (status !== 204) return refusedTicket(cors);
        metrics.count("tickets_total", { result: "spent" });
      }
      return events(served, { history, lastEventId: request.headers.get("last-event-id") }, settings.events);
    }

    /** @param {Cors} cors */
    function refusedTicket(cors) {
      metrics.count("tickets_total", { result: "refused" });
      return refusal({ status: 403, code: "AccessDenied", message: "The ticket is not valid." }, cors);
    }

    /**
     * `POST /ticket`.
     *
     * @param {Request} request
     * @param {any} env
     * @param {Cors} cors
     */
    async function ticket(request, env, cors) {
      const { body, refused } = await guarded("tickets", log, () =>
        serveTicket(request, env, tickets, settings.actions, async (call) => {
          const asked = /** @type {import("../gateway.js").GatewayCall} */ (call);
          return (await refusedCall(request, asked, env, cors)) === undefined;
        }),
      );
      if (refused) return refusal(refused, cors);
      metrics.count("tickets_total", { result: "issued" });
      return answer(200, body, undefined, cors);
    }

    /**
     * `GET /metrics`.
     *
     * @param {Request} request
     * @param {any} env
     * @param {Cors} cors
     * @param {import("./hub/names.js").Bindings | undefined} bindings
     */
    async function exposition(request, env, cors, bindings) {
      if (request.method !== "GET") return refusal(notGet(), cors);
      const refused = await refusedCall(request, { flowName: "", executionName: "", action: "Metrics" }, env, cors);
      if (refused) return refused;
      const text = bindings
        ? await objectsOf(bindings, await upstreamOptions(env), metrics, "", "").metrics()
        : metrics.text();
      const headers = corsHeaders(cors);
      headers.set("content-type", "text/plain; version=0.0.4");
      headers.set("x-content-type-options", "nosniff");
      return new Response(text, { headers });
    }

    /**
     * @param {Request} request
     * @param {any} env
     * @param {any} context
     * @param {Cors} cors
     * @param {import("./hub/names.js").Bindings} bindings
     * @param {string} flow
     * @param {string} execution
     * @returns {Promise<Served>}
     */
    async function servedBy(request, env, context, cors, bindings, flow, execution) {
      return {
        machines,
        objects: objectsOf(bindings, await upstreamOptions(env), metrics, flow, execution),
        upstream: upstreamOf(forward, () => upstreamOptions(env), log, observe, { flow, execution }),
        log,
        cors,
        metrics,
        signal: request.signal ?? undefined,
        waitUntil: (work) => context?.waitUntil?.(work),
      };
    }

    /**
     * Answers with a call of the service for this request only.
     *
     * @param {Request} request
     * @param {any} env
     * @param {import("../gateway.js").GatewayAction} action
     * @param {Record<string, any>} parameters
     * @param {Cors} cors
     * @param {(pauseMs: number) => Promise<unknown>} [throttled] is told of 429, which is answered with 503 then
     */
    async function forwarded(request, env, action, parameters, cors, throttled) {
      const upstream = await upstreamOptions(env);
      const { flowName: flow, executionName: execution = "" } = parameters;
      const noted = observed(observe, action, { flow, execution });
      try {
        const result = await forward[action](
          parameters,
          // When the caller disconnects, the request to the service is aborted.
          Object.assign(upstream, { signal: request.signal }),
        );
        noted(200, "", result.requestId);
        const body = action === "DescribeExecution" ? executionBody(result) : pageBody(result);
        return answer(200, body, result.requestId, cors);
      } catch (/** @type {any} */ error) {
        if (request.signal?.aborted) return clientClosed();
        const refused = refusalFor(error, log);
        if (error?.attempts > 0) noted(error.status ?? 0, refused.code, refused.requestId);
        if (!throttled || refused.status !== 429) return refusal(refused, cors);
        const pauseMs = Number(refused.headers?.["x-acs-retry-after"] ?? 0);
        await throttled(pauseMs);
        return busy(cors, Math.max(pauseMs, 1000));
      }
    }

    return {
      async fetch(request, env, context) {
        const cors = corsOf(request, settings.origins);
        if (request.method === "OPTIONS") return preflight(request, cors, tickets ? "GET, POST" : "GET");
        /** @type {Response} */
        let response;
        try {
          response = await serve(request, env, context, cors);
        } catch (error) {
          response = request.signal?.aborted ? clientClosed() : refusal(refusalFor(error, log), cors);
        }
        if (response.status >= 400 && request.signal?.aborted) response = clientClosed();
        metrics.count("requests_total", { endpoint: endpointOf(request), status: response.status });
        return response;
      },
      ...cloudflareClasses(machines, ownPoll),
    };
  };
}

/**
 * The name of an endpoint in the metrics.
 *
 * @param {Request} request
 */
function endpointOf({ url }) {
  const { pathname, searchParams } = new URL(url);
  const name = /\/(events|ticket|metrics)$/.exec(pathname)?.[1];
  const action = searchParams.get("Action") ?? "";
  return name ?? (ACTIONS.includes(/** @type {any} */ (action)) ? action : "other");
}

/**
 * True for `{ executions: env.HUB, account: env.BUDGET }` of a Worker without the bindings in its configuration.
 *
 * @param {any} bindings
 */
function isUnbound(bindings) {
  return (
    isObject(bindings) &&
    "executions" in bindings &&
    bindings.executions === undefined &&
    bindings.account === undefined
  );
}

/**
 * @param {any} bindings
 * @param {Log} log
 */
function checkedBindings(bindings, log) {
  const { executions, account, name } = isObject(bindings) ? bindings : {};
  const isNamespace = (/** @type {any} */ given) =>
    typeof given?.idFromName === "function" && typeof given?.get === "function";
  if (isNamespace(executions) && isNamespace(account) && (name === undefined || typeof name === "string")) {
    return bindings;
  }
  log("`hub` must return `{ executions, account }`, the bindings of the classes ExecutionHub and AccountBudget");
  throw new OptionFailure();
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

/** The log has its details, the response has none. */
class OptionFailure extends Error {
  kind = LOGGED;
}

/** The response for a disconnected client. It is not delivered; 499 is the usual status in logs. */
function clientClosed() {
  return new Response(null, { status: 499 });
}
