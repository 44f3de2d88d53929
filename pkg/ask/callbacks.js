// What callbacks of the caller return. The error of an async callback ends the call, as an exception of another one does.

/**
 * @typedef {object} Callbacks
 * @property {(result: unknown) => void} follow takes what a callback returned
 * @property {() => void} check throws the error of a callback that has failed
 * @property {boolean} busy a callback has not finished, or has failed
 * @property {boolean} failed
 * @property {() => void} wake called when a callback has finished or failed
 */

/** @returns {Callbacks} */
export function followCallbacks() {
  /** @type {{ error: unknown } | undefined} */
  let failure;
  let open = 0;
  /** @type {Callbacks} */
  const callbacks = {
    follow(result) {
      if (typeof (/** @type {any} */ (result)?.then) !== "function") return;
      open += 1;
      const end = () => {
        open -= 1;
        callbacks.wake();
      };
      Promise.resolve(result).then(end, (error) => {
        failure ??= { error };
        end();
      });
    },
    check() {
      if (failure) throw failure.error;
    },
    get busy() {
      return open > 0 || failure !== undefined;
    },
    get failed() {
      return failure !== undefined;
    },
    wake() {},
  };
  return callbacks;
}
