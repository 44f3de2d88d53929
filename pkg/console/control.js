// The server side of the console: a gateway for reading executions, and the control protocol for everything else. The
// page has no key: both sign their requests here. The local server, the demo and the playground use this module.
//
// - `api/`: the gateway of "cloudflow-wasm/gateway"
// - `control/`: flows, starts, stops and answers to tasks

import { createGateway } from "../gateway.js";
import { signRequest } from "../local.js";
import { createAnswers } from "./answers.js";
import { Refusal, bodyOf, invalid, randomDigits, refusalOf, reply, textField } from "./reply.js";

/** Maximum number of actions in one question about their handlers. */
const MAX_ACTIONS = 1000;

/** The requests for the emulator do not leave the process. */
const ENDPOINT = "http://localhost";

/** @typedef {(request: Request) => Promise<Response>} Fetch */

/**
 * @typedef {object} ConsoleOptions
 * @property {import("../local.js").Emulator} emulator
 * @property {{ id: string, secret: string }} key an AccessKey pair of the emulator
 * @property {number} [speed] the option `speed` of the emulator
 * @property {Fetch} [fetch] sends a signed request to the emulator; default `emulator.fetch`
 * @property {import("../local.js").TaskHandlers} [tasks] the option `tasks` of the emulator
 * @property {import("../local.js").TaskHandlers} [unmatched] handlers for the tasks that have neither a handler in
 *   `tasks` nor an answer of the page
 * @property {Record<string, any>} [answers] answers of an earlier run, by action
 * @property {(answers: Record<string, any>) => void} [onAnswers] called after a change of the answers
 * @property {boolean} [isKept] false: flows and executions end with the page, which says so
 */

/**
 * A request of the page in its parts. `name` is the last part of the path, if the route has one.
 *
 * @typedef {{ request: Request, query: URLSearchParams, name: string }} Asked
 */

/**
 * Creates the server side. `fetch` answers requests for the paths `/api/` and `/control/`, and never rejects.
 *
 * @param {ConsoleOptions} options
 * @returns {{ fetch: Fetch }}
 */
export function createConsole({
  emulator,
  key,
  speed = 1,
  fetch = emulator.fetch,
  tasks = {},
  unmatched = {},
  answers: earlier,
  onAnswers,
  isKept = true,
}) {
  const credentials = { accessKeyId: key.id, accessKeySecret: key.secret };
  const gateway = createGateway({
    // The emulator is in this process: the key reaches no page, although the process can be a Worker of a page.
    upstream: () => ({ endpoint: ENDPOINT, fetch: send, credentials, dangerouslyAllowBrowser: true }),
    authorize: () => true,
    actions: ["DescribeExecution", "GetExecutionHistory", "ListExecutions"],
    // Without a hub: each response shows the emulator as it is now, also after a deleted flow was created again.
    log: false,
  });
  const answers = createAnswers({ emulator, tasks, unmatched, answers: earlier, onChange: onAnswers });

  /** @param {RequestInfo | URL} input @param {RequestInit} [init] */
  function send(input, init) {
    return fetch(new Request(input, init));
  }

  /**
   * Sends a signed request. Returns the body of the response, or throws the refusal of the emulator.
   *
   * @param {string} action
   * @param {Record<string, string | undefined>} parameters
   * @returns {Promise<Record<string, any>>}
   */
  async function ask(action, parameters) {
    const response = await fetch(await signRequest(action, parameters, { endpoint: ENDPOINT, ...credentials }));
    const body = await response.json();
    if (response.ok) return body;
    throw new Refusal(response.status, body.Code ?? "", body.Message ?? "", { requestId: body.RequestId });
  }

  /**
   * Creates a flow, or changes its definition if it differs.
   *
   * @param {string} name
   * @param {string} definition
   * @param {string | undefined} mode
   */
  async function putFlow(name, definition, mode) {
    const known = await ask("DescribeFlow", { Name: name }).catch((error) => {
      if (error.code === "FlowNotExists") return undefined;
      throw error;
    });
    if (known === undefined) {
      const flow = { Name: name, Definition: definition, Description: "from the console", Type: "FDL" };
      return flowOf(await ask("CreateFlow", { ...flow, ExecutionMode: mode }));
    }
    if (mode !== undefined && mode !== known.ExecutionMode)
      throw invalid(`the flow \`${name}\` has the mode \`${known.ExecutionMode}\`, which cannot be changed`);
    if (definition === known.Definition) return flowOf(known);
    return flowOf(await ask("UpdateFlow", { Name: name, Definition: definition }));
  }

  /**
   * True if the emulator performs the task by starting a flow of its account.
   *
   * @param {string} action
   */
  async function startsFlow(action) {
    const [, name] = /^acs:fnf:[^:]*:[^:]*:flow\/([^/]+)/i.exec(action) ?? [];
    if (name === undefined) return false;
    return ask("DescribeFlow", { Name: name }).then(
      () => true,
      () => false,
    );
  }

  /** @type {Record<string, Record<string, (asked: Asked) => unknown>>} */
  const routes = {
    "": {
      GET: () => ({ flows: true, start: true, stop: true, mocks: true, now: emulator.now(), speed, isKept }),
    },
    flows: {
      async GET({ query }) {
        const page = parameters(query, ["limit", "nextToken"]);
        const { Flows = [], NextToken } = await ask("ListFlows", { Limit: page.limit, NextToken: page.nextToken });
        return {
          flows: Flows.map((/** @type {any} */ flow) => ({
            name: flow.Name,
            mode: flow.ExecutionMode,
            createdTime: flow.CreatedTime,
            lastModifiedTime: flow.LastModifiedTime,
          })),
          ...(NextToken && { nextToken: NextToken }),
        };
      },
    },
    "flows/*": {
      GET: async ({ name }) => flowOf(await ask("DescribeFlow", { Name: name })),
      async PUT({ request, name }) {
        const body = await bodyOf(request, ["definition", "mode"]);
        return putFlow(name, textField(body, "definition", true), modeField(body));
      },
    },
    executions: {
      async POST({ request }) {
        const body = await bodyOf(request, ["flowName", "executionName", "input", "definition", "mode"]);
        const flowName = textField(body, "flowName", true);
        const executionName = textField(body, "executionName") || newName(emulator.now());
        const input = textField(body, "input") || undefined;
        const definition = textField(body, "definition");
        const mode = modeField(body);
        if (definition === "") throw invalid("`definition` is empty");
        if (definition !== undefined) await putFlow(flowName, definition, mode);
        await ask("StartExecution", { FlowName: flowName, ExecutionName: executionName, Input: input });
        return { flowName, executionName };
      },
    },
    stop: {
      async POST({ request }) {
        const body = await bodyOf(request, ["flowName", "executionName", "error", "cause"]);
        const flowName = textField(body, "flowName", true);
        const executionName = textField(body, "executionName", true);
        await ask("StopExecution", {
          FlowName: flowName,
          ExecutionName: executionName,
          Error: textField(body, "error"),
          Cause: textField(body, "cause"),
        });
        return { flowName, executionName };
      },
    },
    tasks: {
      async GET({ query }) {
        const unknown = [...query.keys()].find((name) => name !== "action");
        if (unknown !== undefined) throw invalid(`\`${unknown.slice(0, 100)}\` is not a parameter of this request`);
        const actions = query.getAll("action");
        if (actions.length > MAX_ACTIONS) throw invalid(`there are more than ${MAX_ACTIONS} actions`);
        const tasks = [];
        for (const action of actions) {
          const handler = (await startsFlow(action)) ? "flow" : answers.handler(action);
          tasks.push({ action, handler });
        }
        return { tasks };
      },
    },
    answers: {
      GET: () => ({ answers: answers.all() }),
      async PUT({ request }) {
        const body = await bodyOf(request, ["action", "mocks"]);
        const action = textField(body, "action", true);
        if (body.mocks === undefined) throw invalid("`mocks` is missing: expected a list of mocks, or null");
        answers.set(action, body.mocks);
        return { answers: answers.all() };
      },
    },
  };

  /** @param {Request} request @param {string} path below `/control/` */
  async function control(request, path) {
    refuseForeign(request);
    const [first = "", second, ...rest] = path.split("/");
    const name = second === undefined ? "" : decoded(second);
    const route = rest.length > 0 ? undefined : second === undefined ? first : `${first}/*`;
    const methods = route !== undefined && Object.hasOwn(routes, route) ? routes[route] : undefined;
    if (methods === undefined || (second !== undefined && name === ""))
      throw new Refusal(404, "Local.NoSuchPath", "the console has no such path");
    const handle = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
    if (handle === undefined) {
      const allow = Object.keys(methods).join(", ");
      const message = `the method must be one of: ${allow}`;
      throw new Refusal(405, "UnsupportedHTTPMethod", message, { headers: { allow } });
    }
    return reply(await handle({ request, name, query: new URL(request.url).searchParams }));
  }

  return {
    async fetch(request) {
      try {
        const { pathname } = new URL(request.url);
        if (pathname === "/api/") {
          refuseForeign(request);
          return await gateway.fetch(request, undefined);
        }
        if (pathname.startsWith("/control/")) return await control(request, pathname.slice("/control/".length));
        throw new Refusal(404, "Local.NoSuchPath", "the console has no such path");
      } catch (error) {
        return refusalOf(error);
      }
    },
  };
}

/**
 * True for a path that `fetch` of a console answers.
 *
 * @param {string} pathname
 */
export function isConsolePath(pathname) {
  return /^\/(api|control)(\/|$)/.test(pathname);
}

/**
 * Refuses a request of a page of another origin, also of an origin that may use the server with its own key.
 *
 * @param {Request} request
 */
function refuseForeign(request) {
  const origin = request.headers.get("origin");
  const site = request.headers.get("sec-fetch-site");
  const isOwn = origin === null || origin === new URL(request.url).origin;
  if (isOwn && (site === null || site === "same-origin" || site === "none")) return;
  throw new Refusal(403, "Local.OriginRefused", "only the page of the console may send this request");
}

/** @param {Record<string, any>} flow the description of a flow by the service */
function flowOf({ Name, Definition, ExecutionMode }) {
  return { name: Name, definition: Definition, mode: ExecutionMode };
}

/**
 * Returns the parameters of a query, each at most once.
 *
 * @param {URLSearchParams} query
 * @param {string[]} names
 * @returns {Record<string, string | undefined>}
 */
function parameters(query, names) {
  /** @type {Record<string, string | undefined>} */
  const found = Object.create(null);
  for (const [name, value] of query) {
    if (!names.includes(name))
      throw invalid(`\`${name.slice(0, 100)}\` is not a parameter of this request; expected: ${names.join(", ")}`);
    if (name in found) throw invalid(`\`${name}\` is specified more than once`);
    found[name] = value;
  }
  return found;
}

/** @param {Record<string, any>} body */
function modeField(body) {
  const mode = textField(body, "mode");
  if (mode === undefined || mode === "Standard" || mode === "Express") return mode;
  throw invalid("`mode` must be `Standard` or `Express`");
}

/** @param {string} part of a path */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid("the path of the request is not percent-encoded UTF-8");
  }
}

/**
 * Returns a name for an execution, from the time and random digits.
 *
 * @param {number} now
 */
function newName(now) {
  const time = new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  return `run-${time}-${randomDigits(8)}`;
}
