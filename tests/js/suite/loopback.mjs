// The client with the `fetch` of the runtime and real sockets: the emulator on loopback, with fault injection. In the
// browser the page has another origin.

import { assert } from "../harness.mjs";
import { pause, rejection } from "../support/doubles.mjs";

const credentials = { accessKeyId: "emulator", accessKeySecret: "emulator-secret" };
const quick = { baseDelayMs: 5, maxDelayMs: 20 };

const definition = (name) => `Type: StateMachine
SpecVersion: v1
Name: ${name}
StartAt: Nap
States:
  - Type: Wait
    Name: Nap
    Seconds.$: $Input.seconds
    End: true
`;

export const tests = {
  "an execution is described, waited for and watched": async (environment) => {
    const { client, ref } = await started(environment, 1);
    assert.equal((await client.describeExecution(ref)).status, "Running");
    const statuses = [];
    const watching = (async () => {
      for await (const { status } of client.watchExecution(ref)) statuses.push(status);
    })();
    const execution = await client.waitForExecution(ref);
    await watching;
    assert.deepEqual([execution.status, execution.done], ["Succeeded", true]);
    assert.deepEqual(statuses, ["Running", "Succeeded"]);
    // The header form needs a preflight, which a page of another origin is not granted.
    const signature = environment.runtime === "browser" ? "HMAC-SHA1" : "ACS3-HMAC-SHA256";
    assert.equal((await client.describeExecution(ref, { signature })).status, "Succeeded");
  },

  "the end is reported in spite of network faults": async (environment) => {
    const { client, ref, way, log } = await started(environment, 2);
    const steps = ["drop", "truncate", "html502", "html504", "busy", "throttled", "cut30", "ok"];
    const endpoint = way(steps.join(","));
    const execution = await client.waitForExecution(ref, {
      endpoint,
      retry: { ...quick, maxAttempts: 9 },
      timeoutMs: 30_000,
    });
    assert.equal(execution.status, "Succeeded");
    const taken = (await log(endpoint)).map(({ step }) => step);
    // A browser may repeat a request itself after the connection closed without a response.
    assert.deepEqual([...new Set(taken)], steps);
  },

  "a permanent fault is reported by one error": async (environment) => {
    const { client, ref, way } = await started(environment, 300);
    const ends = {
      drop: "network",
      truncate: "network",
      html502: "response",
      html504: "response",
      busy: "service",
      throttled: "service",
      cut30: "network",
    };
    for (const [step, kind] of Object.entries(ends)) {
      const more = { endpoint: way(step), retry: { ...quick, maxAttempts: 2 } };
      const error = await rejection(client.describeExecution({ ...ref, waitTimeSeconds: 20 }, more));
      assert.deepEqual(
        [error.name, error.kind, error.retryable, error.attempts],
        ["CloudFlowError", kind, true, 2],
        `${step}: ${error}`,
      );
      // Deno quotes the URL in its errors.
      const shown = `${error} ${error.stack} ${error.cause}`;
      assert.ok(!/Signature=[\w%]{20}/.test(shown) && !shown.includes("emulator-secret"), shown);
    }
  },

  "a timeout ends the request on the wire": async (environment) => {
    const { client, ref, way, ended } = await started(environment, 300);
    for (const step of ["hold", "stall"]) {
      const endpoint = way(step);
      const error = await rejection(client.describeExecution(ref, { endpoint, timeoutMs: 150 }));
      assert.equal(error.kind, "timeout", step);
      assert.equal(await ended(endpoint), "gone", step);
    }
  },

  "an abort with any reason ends the request on the wire": async (environment) => {
    const { client, ref, way, ended } = await started(environment, 300);
    const frozen = Object.freeze(new Error("frozen"));
    for (const [step, reason] of [
      ["hold", "user left"],
      ["stall", frozen],
      ["ok", { mine: true }],
      ["hold", undefined],
      ["stall", 0],
    ]) {
      const endpoint = way(step);
      const controller = new AbortController();
      const call = rejection(client.waitForExecution(ref, { endpoint, signal: controller.signal }));
      await pause(100);
      const began = performance.now();
      controller.abort(reason);
      assert.equal(await call, controller.signal.reason, step);
      assert.ok(performance.now() - began < 5000, `${step}: before the hold ends`);
      if (reason !== undefined) assert.equal(controller.signal.reason, reason);
      assert.equal(await ended(endpoint), "gone", `${step}, seen by the service`);
    }
  },

  "leaving the loop ends the request on the wire": async (environment) => {
    const { client, ref, way, ended } = await started(environment, 300);
    const mine = new Error("mine");
    const ways = {
      async break(watching) {
        for await (const { status } of watching) if (status === "Running") break;
      },
      async throw(watching) {
        const loop = async () => {
          for await (const { status } of watching) if (status === "Running") throw mine;
        };
        assert.equal(await rejection(loop()), mine);
      },
      async return(watching) {
        await watching.next();
        const waits = watching.next();
        await pause(50);
        assert.deepEqual(await watching.return("over"), { value: "over", done: true });
        assert.deepEqual(await waits, { value: undefined, done: true });
      },
      async "throw()"(watching) {
        await watching.next();
        const waits = watching.next();
        await pause(50);
        assert.equal(await rejection(watching.throw(mine)), mine);
        assert.deepEqual(await waits, { value: undefined, done: true });
      },
      async abort(watching, controller) {
        await watching.next();
        const waits = rejection(watching.next());
        await pause(50);
        controller.abort("enough");
        assert.equal(await waits, "enough");
      },
    };
    for (const [name, leave] of Object.entries(ways)) {
      const endpoint = way("ok");
      const controller = new AbortController();
      const watching = client.watchExecution(ref, { endpoint, signal: controller.signal });
      await leave(watching, controller);
      assert.deepEqual(await watching.next(), { value: undefined, done: true }, name);
      // The first answer is not held. The loop may be left before the second request is sent.
      assert.ok(["gone", "answered"].includes(await ended(endpoint)), name);
      if (name !== "break" && name !== "throw") assert.equal(await ended(endpoint), "gone", name);
    }
  },
};

let made = 0;

/** Creates a flow and an execution with the given duration. Returns addresses through the faulty proxy. */
async function started({ cloudflow, local, service, runtime }, seconds) {
  made += 1;
  // Two runtimes may share one service.
  const names = { FlowName: `f-${runtime}-${made}-${Date.now()}`, ExecutionName: "e" };
  const send = async (action, parameters) => {
    const response = await fetch(await local.signRequest(action, parameters, { endpoint: service }));
    if (!response.ok) throw new Error(`${action}: ${await response.text()}`);
    await response.text();
  };
  await send("CreateFlow", {
    Name: names.FlowName,
    Definition: definition(names.FlowName),
    Description: "naps",
    Type: "FDL",
  });
  await send("StartExecution", { ...names, Input: JSON.stringify({ seconds }) });
  const client = cloudflow.createClient({ endpoint: service, credentials, dangerouslyAllowBrowser: true });
  const ref = { flowName: names.FlowName, executionName: "e" };
  const way = (steps) => `${service}/${crypto.randomUUID()}/${steps}`;
  const log = async (endpoint) => {
    const [, id] = new URL(endpoint).pathname.split("/");
    return (await fetch(`${service}/log/${id}`)).json();
  };
  /** Waits until the last request through this address has ended. Returns how it ended. */
  const ended = async (endpoint) => {
    for (let tries = 0; tries < 100; tries += 1) {
      const end = (await log(endpoint)).at(-1)?.ended;
      if (end) return end;
      await pause(20);
    }
    return "open";
  };
  return { client, ref, way, log, ended };
}
