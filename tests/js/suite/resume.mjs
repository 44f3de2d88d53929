// A long-running page: offline and online again, in the background, system sleep. One test switches the network of the
// browser off. The other tests use virtual time.

import { assert } from "../harness.mjs";
import { virtually } from "../support/clock.mjs";
import { CALL, DONE, never, pause, plain, rejection, RUNNING, scripted, withGlobals } from "../support/doubles.mjs";

const base = { endpoint: "https://service.example", dangerouslyAllowBrowser: true };
/** Holds a response for the requested time. */
const obedient = (url) => held(Number(new URL(url).searchParams.get("WaitTimeSeconds") ?? 0))();
const held =
  (seconds, body = RUNNING) =>
  () =>
    new Promise((resolve) => setTimeout(() => resolve(plain(body)), seconds * 1000));

export const tests = {
  "offline, no request is sent; online, requests are spread over time": ({ cloudflow }) =>
    inPage((page) =>
      virtually(async (time) => {
        const dead = () => Promise.reject(new TypeError("Failed to fetch"));
        const fetch = scripted((...call) => (page.online ? obedient(...call) : dead()));
        const client = cloudflow.createClient({ ...base, fetch });
        const controllers = Array.from({ length: 30 }, () => new AbortController());
        const ends = controllers.map(({ signal }) =>
          rejection(client.waitForExecution(CALL, { signal, onUpdate() {} })),
        );
        await time.pass(90_000);
        page.go({ online: false });
        const before = fetch.seen.length;
        await time.pass(25_000);
        const tried = fetch.seen.length - before;
        await time.pass(600_000);
        const offline = fetch.seen.length - before;
        assert.ok(tried <= 30, `${tried} at first`);
        assert.ok(offline <= 30 * 11, `${offline} in ten minutes without a network: one a minute at most`);
        page.go({ online: true });
        const back = fetch.seen.length;
        await time.pass(1100);
        const resumed = fetch.seen.slice(back).map(({ at }) => at);
        assert.equal(resumed.length, 30, "everybody is back within a second");
        assert.ok(Math.max(...resumed) - Math.min(...resumed) > 200, "not all in one moment");
        await time.pass(18_000);
        assert.equal(fetch.seen.length, back + 30, "and once each");
        for (const controller of controllers) controller.abort("over");
        for (const end of ends) assert.equal(await time.until(end, 0), "over");
        assert.equal(page.listening(), 0);
      }),
    ),

  "a wait that begins offline waits for the network; describeExecution does not": ({ cloudflow }) =>
    inPage((page) =>
      virtually(async (time) => {
        page.go({ online: false });
        const fetch = scripted(() => (page.online ? plain(DONE) : Promise.reject(new TypeError("Failed to fetch"))));
        const waiting = cloudflow.waitForExecution(CALL, { ...base, fetch });
        await time.pass(600_000);
        page.go({ online: true });
        assert.equal((await time.until(waiting, 2000)).done, true);
        page.go({ online: false });
        const error = await time.until(rejection(cloudflow.describeExecution(CALL, { ...base, fetch })), 60_000);
        assert.deepEqual([error.kind, error.retryable], ["network", true]);
        const left = new AbortController();
        const aborted = rejection(cloudflow.waitForExecution(CALL, { ...base, fetch, signal: left.signal }));
        await time.pass(10_000);
        left.abort("left");
        assert.equal(await time.until(aborted, 0), "left");
        assert.equal(page.listening(), 0);
      }),
    ),

  "a page that becomes visible is updated soon, and once": ({ cloudflow }) =>
    inPage((page) =>
      virtually(async (time) => {
        const fetch = scripted(plain("", 503, {}), plain("", 503), plain("", 503), never);
        // The pause is random from 0 on: one of 1,000 runs has a pause of less than the 1.1 s below.
        const retry = { maxAttempts: 9, baseDelayMs: 3_600_000, maxDelayMs: 3_600_000 };
        const end = new AbortController();
        const waiting = rejection(cloudflow.waitForExecution(CALL, { ...base, fetch, retry, signal: end.signal }));
        await time.settle();
        for (let look = 1; look <= 3; look += 1) {
          page.go({ visible: false });
          await time.pass(10);
          assert.equal(fetch.seen.length, look, "going away is no reason to ask");
          page.go({ visible: true });
          page.go({ visible: true });
          await time.pass(1100);
          assert.equal(fetch.seen.length, look + 1);
        }
        // A request in flight is not repeated.
        page.go({ visible: false });
        page.go({ visible: true });
        await time.pass(1100);
        assert.equal(fetch.seen.length, 4);
        assert.equal(fetch.seen[3].signal.aborted, false);
        end.abort("over");
        assert.equal(await time.until(waiting, 0), "over");
        assert.equal(page.listening(), 0);
      }),
    ),

  "a request is sent immediately after the machine wakes up": ({ cloudflow }) =>
    virtually(async (time) => {
      // The monotonic clock of some hosts stops while the machine sleeps.
      for (const steady of [true, false]) {
        const fetch = scripted(held(20), never, plain(DONE));
        const waiting = cloudflow.waitForExecution(CALL, { ...base, fetch });
        await time.pass(25_000);
        assert.equal(fetch.seen.length, 2);
        await time.suspend(8 * 3_600_000, { steady });
        const execution = await time.until(waiting, 11_100);
        assert.deepEqual([execution.status, fetch.seen.length], ["Succeeded", 3]);
        assert.ok(fetch.seen[1].signal.aborted, "what was open before is given up");
        assert.equal(time.timers(), 0);
      }
    }),

  "a deadline includes the sleep of the machine": ({ cloudflow }) =>
    virtually(async (time) => {
      const fetch = scripted(never);
      const waiting = rejection(cloudflow.waitForExecution(CALL, { ...base, fetch, timeoutMs: 60_000 }));
      await time.pass(5000);
      await time.suspend(3_600_000);
      assert.equal((await time.until(waiting, 1100)).kind, "timeout");
    }),

  "incomplete globals cause no error": async ({ cloudflow, runtime }) => {
    if (runtime === "browser") return;
    const odd = [
      undefined,
      null,
      {},
      { onLine: "yes" },
      { onLine: true },
      { onLine: false },
      {
        get onLine() {
          throw new Error("no");
        },
      },
    ];
    for (const navigator of odd) {
      for (const document of [undefined, null, {}, 5]) {
        await withGlobals({ navigator, document }, async () => {
          const execution = await cloudflow.waitForExecution(CALL, { ...base, fetch: scripted(held(0.001, DONE)) });
          assert.equal(execution.done, true);
        });
      }
    }
  },

  "a watch in a browser continues after the network was down": async ({ cloudflow, local, service, setOffline }) => {
    if (!setOffline) return;
    const names = { FlowName: `offline-${Date.now()}`, ExecutionName: "e" };
    const send = async (action, parameters) =>
      assert.ok((await fetch(await local.signRequest(action, parameters, { endpoint: service }))).ok, action);
    const definition = `Type: StateMachine\nSpecVersion: v1\nName: ${names.FlowName}\nStartAt: Nap\nStates:\n  - Type: Wait\n    Name: Nap\n    Seconds: 3\n    End: true\n`;
    await send("CreateFlow", { Name: names.FlowName, Definition: definition, Description: "naps", Type: "FDL" });
    await send("StartExecution", names);
    const credentials = { accessKeyId: "emulator", accessKeySecret: "emulator-secret" };
    const client = cloudflow.createClient({
      endpoint: service,
      credentials,
      dangerouslyAllowBrowser: true,
      retry: { maxAttempts: 2, baseDelayMs: 10 },
    });
    const ref = { flowName: names.FlowName, executionName: "e" };
    const statuses = [];
    let failed;
    const watching = (async () => {
      for await (const { status } of client.watchExecution(ref, { waitTimeSeconds: 1 })) statuses.push(status);
    })().catch((error) => (failed = error));
    await pause(300);
    await setOffline(true);
    let begun;
    let began;
    try {
      assert.equal(navigator.onLine, false);
      assert.equal((await rejection(client.describeExecution(ref))).kind, "network");
      begun = client.waitForExecution(ref);
      // A request in flight may still be answered when the network goes down. Later requests fail.
      await pause(3500);
      assert.deepEqual([statuses, failed], [["Running"], undefined], "it waits for the network");
      began = performance.now();
    } finally {
      await setOffline(false);
    }
    await watching;
    assert.equal((await begun).done, true);
    assert.deepEqual([statuses, failed], [["Running", "Succeeded"], undefined]);
    assert.ok(performance.now() - began < 10_000, `${performance.now() - began} ms`);
  },
};

/**
 * The parts of a page that the client uses. `go` changes its state and fires the event. In the browser, the events are
 * those of the real window and document.
 */
async function inPage(body) {
  const listeners = new Set();
  const counted = (target) => {
    const add = target.addEventListener.bind(target);
    const remove = target.removeEventListener.bind(target);
    return {
      addEventListener(event, listener) {
        listeners.add(`${event}${number(listener)}`);
        add(event, listener);
      },
      removeEventListener(event, listener) {
        listeners.delete(`${event}${number(listener)}`);
        remove(event, listener);
      },
    };
  };
  const [window, document] = globalThis.document ? [globalThis, globalThis.document] : [new Target(), new Target()];
  const page = {
    online: true,
    visible: true,
    listening: () => listeners.size,
    go({ online = page.online, visible = page.visible }) {
      const [tellOnline, tellVisible] = [online !== page.online, visible !== page.visible];
      Object.assign(page, { online, visible });
      if (tellOnline) window.dispatchEvent(new Event(online ? "online" : "offline"));
      if (tellVisible) document.dispatchEvent(new Event("visibilitychange"));
    },
  };
  const state = {
    get onLine() {
      return page.online;
    },
  };
  const sight = {
    get visibilityState() {
      return page.visible ? "visible" : "hidden";
    },
  };
  const doubles = { ...counted(window), navigator: state };
  if (!globalThis.document)
    return withGlobals({ ...doubles, document: Object.assign(Object.create(sight), counted(document)) }, () =>
      body(page),
    );
  // The document cannot be replaced.
  const own = { ...Object.getOwnPropertyDescriptors(counted(document)), ...Object.getOwnPropertyDescriptors(sight) };
  Object.defineProperties(document, own);
  try {
    return await withGlobals(doubles, () => body(page));
  } finally {
    for (const name of Object.keys(own)) delete document[name];
  }
}

/** An event target without the listener warnings of Node's EventTarget. */
class Target {
  #listeners = [];
  addEventListener(event, listener) {
    this.#listeners.push({ event, listener });
  }
  removeEventListener(event, listener) {
    this.#listeners = this.#listeners.filter((known) => known.event !== event || known.listener !== listener);
  }
  dispatchEvent(event) {
    for (const known of [...this.#listeners]) if (known.event === event.type) known.listener(event);
  }
}

const numbers = new WeakMap();

function number(listener) {
  if (!numbers.has(listener)) numbers.set(listener, (number.last = (number.last ?? 0) + 1));
  return numbers.get(listener);
}
