// `watchExecution`: the changes of an execution as an async iterator.

/**
 * Yields every change once, in order. `return()` and `throw()` end the request in flight. Nothing is sent before the
 * first `next()`.
 */
export function watch(send, relayed, request, read) {
  const changes = [];
  const waiting = [];
  const controller = new AbortController();
  let started = false;
  let finished = false;
  let failure;

  function start() {
    started = true;
    let options;
    let running;
    let outer;
    const onAbort = () => controller.abort(outer.reason);
    try {
      options = read();
      running = send(true, request, typeof options === "object" && options !== null ? watched(options) : options);
    } catch (error) {
      running = Promise.reject(error);
    }
    running
      .then(undefined, (error) => {
        if (!finished) failure = { error };
      })
      .finally(() => {
        outer?.removeEventListener("abort", onAbort);
        finished = true;
        settle();
      });

    function watched(options) {
      const { signal, onUpdate: told } = options;
      const onUpdate = (execution) => {
        told?.(execution);
        if (finished) return;
        changes.push(execution);
        settle();
      };
      const given = signal === undefined || signal === null ? undefined : relayed(signal);
      // What is no signal, or no function, is for the module to refuse.
      if (given !== undefined && given === signal) return options;
      outer = given;
      if (outer?.aborted) onAbort();
      else outer?.addEventListener("abort", onAbort);
      const isTold = told === undefined || told === null || typeof told === "function";
      return Object.assign(options, { signal: controller.signal, onUpdate: isTold ? onUpdate : told });
    }
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
