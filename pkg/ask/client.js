// `createClient`: all calls, bound to options. A client is a number: its shared state is in the module, which removes the
// state of clients that were not used recently.

import { inLocale } from "../shared/locale.js";
import { REQUEST } from "../shared/options.js";
import { events } from "./events.js";
import { DESCRIBE, asking, bind } from "./functions.js";
import { executions, history, list } from "./pages.js";
import { waiter } from "./wait.js";
import { watcher } from "./watch.js";

/** @param {import("../shared/runtime.js").Runtime} runtime */
export function createClients(runtime) {
  let clients = 0;
  /** @param {unknown} options */
  return function createClient(options) {
    clients += 1;
    const bound = bind(runtime, clients, options, inLocale);
    return {
      describeExecution: asking(bound, DESCRIBE, REQUEST),
      waitForExecution: waiter(bound),
      watchExecution: watcher(bound),
      getExecutionHistory: history(bound),
      executionEvents: events(bound),
      listExecutions: list(bound),
      flowExecutions: executions(bound),
    };
  };
}
