// The functions of ".", over a runtime. They convert nothing: the module does.

export function createFunctions(runtime) {
  // A client is a number, and nothing happens before its first call. What its calls share stands in the
  // module, which forgets the clients that were not used for long.
  let clients = 0;

  const asker = (client) => {
    const ask = (untilDone) => (request, options) => runtime.start("askExecution", request, options, client, untilDone);
    const [describeExecution, waitForExecution] = [ask(false), ask(true)];
    const watchExecution = (request, options) => watch(waitForExecution, request, options);
    return { describeExecution, waitForExecution, watchExecution };
  };

  return {
    // Client 0 is none: each of these calls stands alone.
    ...asker(0),
    createClient(options) {
      clients += 1;
      const bound = (ask) => (request, call) => ask(request, { ...options, ...call });
      const { describeExecution, waitForExecution, watchExecution } = asker(clients);
      return {
        describeExecution: bound(describeExecution),
        waitForExecution: bound(waitForExecution),
        watchExecution: bound(watchExecution),
      };
    },
    parseExecution: (body) => runtime.call("parseExecution", body),
    validateExecution: (body) => runtime.call("validateExecution", body),
    parseFlow: (text) => runtime.call("parseFlow", text),
    validateFlow: (text, options) => runtime.call("validateFlow", text, options),
    flowGraph: (text) => runtime.call("flowGraph", text),
    flowToMermaid: (text) => runtime.call("flowToMermaid", text),
  };
}

// Every change once, in order; leaving the loop ends the request in flight. Nothing is sent before
// the first `next()`.
function watch(waitForExecution, request, options) {
  const changes = [];
  const waiting = [];
  const controller = new AbortController();
  let started = false;
  let finished = false;
  let failure;

  function start() {
    started = true;
    const outer = options?.signal;
    const onAbort = () => controller.abort(outer.reason);
    if (outer?.aborted) onAbort();
    else outer?.addEventListener("abort", onAbort);
    const onUpdate = (execution) => {
      options?.onUpdate?.(execution);
      if (finished) return;
      changes.push(execution);
      settle();
    };
    waitForExecution(request, { ...options, signal: controller.signal, onUpdate })
      .then(undefined, (error) => {
        if (!finished) failure = { error };
      })
      .finally(() => {
        outer?.removeEventListener("abort", onAbort);
        finished = true;
        settle();
      });
  }

  function settle() {
    while (waiting.length > 0 && (changes.length > 0 || finished)) {
      const { resolve, reject } = waiting.shift();
      if (changes.length > 0) resolve({ value: changes.shift(), done: false });
      else if (failure) {
        reject(failure.error);
        failure = undefined;
      } else resolve({ value: undefined, done: true });
    }
  }

  function leave() {
    finished = true;
    failure = undefined;
    changes.length = 0;
    if (started) controller.abort();
    settle();
  }

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        if (!started && !finished) start();
        settle();
      });
    },
    return(value) {
      leave();
      return Promise.resolve({ value, done: true });
    },
    throw(error) {
      leave();
      return Promise.reject(error);
    },
  };
}
