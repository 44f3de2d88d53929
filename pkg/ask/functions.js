// The functions that ask the service, and the reader of its answers. The module converts all values.

import { readText } from "./body.js";
import { shownTexts } from "../shared/error.js";
import { credentialsOf, optionsOf, requestOf } from "./options.js";
import { relays } from "./signals.js";
import { watch } from "./watch.js";

/** What the module borrows for a call. */
const FACADE = Object.freeze({ keys: credentialsOf, read: readText, texts: shownTexts });

const redactors = new WeakMap();

/** For the gateway: `(text) => text` of the instance that is behind a `describeExecution`. */
export const redactorOf = (describeExecution) => redactors.get(describeExecution);

export function createAsk(runtime) {
  // A client is a number, and nothing happens before its first call. What its calls share stands in the
  // module, which forgets the clients that were not used for long.
  let clients = 0;
  const relayed = relays();

  const asker = (client, bound) => {
    const send = (untilDone, request, options) => {
      if (options?.signal) options.signal = relayed(options.signal);
      return runtime.start("askExecution", requestOf(request), options, client, untilDone, FACADE);
    };
    const ask = (untilDone) => (request, call) => {
      try {
        return send(untilDone, request, optionsOf(bound, call));
      } catch (error) {
        // What a getter of the caller threw.
        return Promise.reject(error);
      }
    };
    return {
      describeExecution: ask(false),
      waitForExecution: ask(true),
      watchExecution: (request, call) => watch(send, relayed, request, () => optionsOf(bound, call)),
    };
  };

  // Client 0 is none: each of these calls stands alone.
  const alone = asker(0);
  redactors.set(alone.describeExecution, (text) => runtime.call("redact", text));
  return {
    ...alone,
    createClient(options) {
      clients += 1;
      return asker(clients, options);
    },
    parseExecution: (body) => runtime.call("parseExecution", body),
  };
}
