// `fetch` over messages to a Worker thread. `answerMessages` is the other side.
//
// page to Worker: { id, path, method, headers, body }, { id, abort: true }
// Worker to page: { id, status, headers, body }, { id, error }

/** Methods whose requests have no body, and statuses whose responses have none. */
const BODYLESS = ["GET", "HEAD"];
const WITHOUT_BODY = [204, 205, 304];

/**
 * Returns a function with the arguments of `fetch`, for addresses below `base`.
 *
 * @param {Worker} worker
 * @param {string} base
 * @returns {typeof fetch}
 */
export function createChannel(worker, base) {
  /** @type {Map<number, { resolve: (response: Response) => void, reject: (error: unknown) => void }>} */
  const waiting = new Map();
  let last = 0;
  /** @type {Error | undefined} */
  let broken;

  worker.addEventListener("message", ({ data: { id, error, status, headers, body } }) => {
    const { resolve, reject } = waiting.get(id) ?? {};
    if (error !== undefined) reject?.(new TypeError(error));
    else resolve?.(new Response(WITHOUT_BODY.includes(status) ? null : body, { status, headers }));
  });
  worker.addEventListener("error", ({ message }) => {
    broken = new TypeError(`the emulator has stopped: ${message || "its script could not be loaded"}`);
    for (const { reject } of [...waiting.values()]) reject(broken);
  });

  return async (input, init) => {
    const request = new Request(input, init);
    const { signal } = init ?? request;
    signal?.throwIfAborted();
    if (broken) throw broken;
    if (!request.url.startsWith(base)) throw new TypeError(`${request.url} is not an address of the emulator`);
    const body = BODYLESS.includes(request.method) ? undefined : await request.arrayBuffer();
    signal?.throwIfAborted();
    last += 1;
    const id = last;
    return new Promise((resolve, reject) => {
      const abort = () => {
        worker.postMessage({ id, abort: true });
        entry.reject(signal?.reason);
      };
      const over = (/** @type {(value: any) => void} */ settle) => (/** @type {any} */ value) => {
        waiting.delete(id);
        signal?.removeEventListener("abort", abort);
        settle(value);
      };
      const entry = { resolve: over(resolve), reject: over(reject) };
      waiting.set(id, entry);
      signal?.addEventListener("abort", abort);
      const path = request.url.slice(base.length);
      worker.postMessage({ id, path, method: request.method, headers: [...request.headers], body });
    });
  };
}

/**
 * Answers the messages of a channel.
 *
 * @param {(request: Request) => Promise<Response>} answer
 */
export function answerMessages(answer) {
  /** @type {Map<number, AbortController>} */
  const open = new Map();

  addEventListener("message", async ({ data: { id, abort, path, method, headers, body } }) => {
    if (abort) {
      open.get(id)?.abort();
      return;
    }
    const controller = new AbortController();
    open.set(id, controller);
    try {
      const request = new Request(`http://localhost/${path}`, { method, headers, body, signal: controller.signal });
      const response = await answer(request);
      const bytes = await response.arrayBuffer();
      const message = { id, status: response.status, headers: [...response.headers], body: bytes };
      postMessage(message, { transfer: [bytes] });
    } catch (error) {
      postMessage({ id, error: String(error?.message ?? error) });
    } finally {
      open.delete(id);
    }
  });
}
