// The gateway: DescribeExecution for those who may ask, signed with a key they
// never see. It speaks the service's own protocol less the signature, so the
// same client asks it with `endpoint` and no `credentials`.

import { optionsOf, own } from "../ask/options.js";
import { answer, executionBody, refusal } from "./answer.js";
import { readCall } from "./call.js";
import { corsOf, preflight } from "./cors.js";
import { logger } from "./log.js";
import { refusalFor } from "./refuse.js";

const OPTIONS = ["upstream", "authorize", "origins", "maxWaitSeconds"];

/** What a held request may cost at most, unless the caller says otherwise: below the time-outs of common proxies. */
const DEFAULT_MAX_WAIT_SECONDS = 25;

/**
 * Makes `createGateway` over one build of the client: the entries differ only in
 * how the WebAssembly module is brought in.
 */
export function gatewayMaker(describeExecution) {
  const log = logger(describeExecution);
  return function createGateway(options) {
    const settings = checkedOptions(options);
    return {
      async fetch(request, env) {
        const cors = corsOf(request, settings.origins);
        if (request.method === "OPTIONS") return preflight(request, cors);
        try {
          return await serve(request, env, settings, cors, describeExecution, log);
        } catch (error) {
          if (request.signal?.aborted) return leftEarly();
          return refusal(refusalFor(error, log), cors);
        }
      },
    };
  };
}

async function serve(request, env, settings, cors, describeExecution, log) {
  if (cors.foreign) {
    return refusal({ status: 403, code: "AccessDenied", message: "This origin may not ask." }, cors);
  }
  const read = readCall(request, settings.maxWaitSeconds);
  if (read.refused) return refusal(read.refused, cors);
  const { flowName, executionName, waitTimeSeconds } = read.call;

  // Only `true` lets a caller in: an object or a text that happens to be truthy
  // is a mistake in the rule, and a mistake must not open the door.
  const allowed = await guarded("authorize", log, () => settings.authorize(request, { flowName, executionName }, env));
  if (allowed !== true) {
    return refusal({ status: 403, code: "AccessDenied", message: "You may not see this execution." }, cors);
  }

  // No retries unless asked for: the asking client repeats, and both would multiply.
  const upstream = await guarded("upstream", log, async () =>
    optionsOf({ retry: false }, await settings.upstream(env)),
  );
  try {
    const execution = await describeExecution(
      { flowName, executionName, waitTimeSeconds },
      // The signal goes through: a page that leaves ends the upstream poll too.
      Object.assign(upstream, { signal: request.signal }),
    );
    return answer(200, executionBody(execution), execution.requestId, cors);
  } catch (error) {
    if (request.signal?.aborted) return leftEarly();
    return refusal(refusalFor(error, log), cors);
  }
}

/**
 * Runs one of the owner's own functions. What it throws goes to the log of the
 * Worker, where its owner looks, and never to the caller.
 */
async function guarded(name, log, run) {
  try {
    return await run();
  } catch (error) {
    log(`\`${name}\` threw`, error);
    throw new OwnersMistake();
  }
}

/** Has no kind, so that nothing of it is told. */
class OwnersMistake extends Error {}

/** Nobody reads this; 499 is what logs commonly call it. */
function leftEarly() {
  return new Response(null, { status: 499 });
}

function checkedOptions(options) {
  const { upstream, authorize, origins = [], maxWaitSeconds = DEFAULT_MAX_WAIT_SECONDS } = own(options, OPTIONS) ?? {};
  if (typeof upstream !== "function") {
    throw new TypeError("createGateway: `upstream` must be a function from `env` to client options");
  }
  if (typeof authorize !== "function") {
    throw new TypeError("createGateway: `authorize` must be a function: who may ask is for you to decide");
  }
  if (!Number.isInteger(maxWaitSeconds) || maxWaitSeconds < 0 || maxWaitSeconds > 60) {
    throw new TypeError("createGateway: `maxWaitSeconds` must be a whole number from 0 to 60");
  }
  if (!Array.isArray(origins)) throw new TypeError("createGateway: `origins` must be an array");
  for (const origin of origins) {
    if (!isOrigin(origin)) {
      throw new TypeError(`createGateway: \`${origin}\` is not an origin, write it like \`https://app.example.com\``);
    }
  }
  return { upstream, authorize, origins: new Set(origins), maxWaitSeconds };
}

function isOrigin(text) {
  try {
    return new URL(text).origin === text;
  } catch {
    return false;
  }
}
