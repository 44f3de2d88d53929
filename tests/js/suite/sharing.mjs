// The state that the calls of one client share: credentials, clock offset, quota, duration of long polls. In virtual
// time, partly with the emulator.

import { assert } from "../harness.mjs";
import { virtually } from "../support/clock.mjs";
import { CALL, DONE, KEYS, never, plain, rejection, RUNNING, scripted } from "../support/doubles.mjs";

const base = { endpoint: "https://service.example", dangerouslyAllowBrowser: true };
const EXPIRED = plain({ Code: "InvalidSecurityToken.Expired", Message: "old" }, 400);

const definition = `Type: StateMachine
SpecVersion: v1
Name: f
StartAt: Nap
States:
  - Type: Wait
    Name: Nap
    Seconds.$: $Input.seconds
    End: true
`;

export const tests = {
  "a credentials function is called once for all calls, and again after the expiry": ({ cloudflow }) =>
    virtually(async (time) => {
      let asked = 0;
      const credentials = async () => {
        asked += 1;
        await new Promise((resolve) => setTimeout(resolve, 500));
        return { ...KEYS, securityToken: `token-${asked}`, expiration: new Date(Date.now() + 3_600_000).toISOString() };
      };
      const fetch = scripted(plain(DONE));
      const client = cloudflow.createClient({ ...base, fetch, credentials });
      const many = () => time.until(Promise.all(Array.from({ length: 20 }, () => client.describeExecution(CALL))));
      await many();
      assert.equal(asked, 1);
      await time.pass(1_800_000);
      await many();
      assert.equal(asked, 1);
      await time.pass(1_790_000);
      await many();
      assert.equal(asked, 2);
      assert.deepEqual(
        new Set(fetch.seen.map(({ query }) => query.get("SecurityToken"))),
        new Set(["token-1", "token-2"]),
      );
    }),

  "an expired token is refreshed once for all calls that used it": ({ cloudflow }) =>
    virtually(async (time) => {
      let asked = 0;
      const credentials = () => ({ ...KEYS, securityToken: `token-${(asked += 1)}` });
      const fetch = scripted((url) => (url.includes("token-1") ? EXPIRED : plain(DONE)));
      const client = cloudflow.createClient({ ...base, fetch, credentials });
      const executions = await time.until(Promise.all(Array.from({ length: 20 }, () => client.waitForExecution(CALL))));
      assert.ok(executions.every(({ done }) => done));
      assert.equal(asked, 2);
      assert.equal(fetch.seen.length, 40);
    }),

  "an error of a credentials function is reported, and the next call runs the function again": ({ cloudflow }) =>
    virtually(async (time) => {
      const mine = new Error("the vault is closed");
      const failing = [
        () => {
          throw mine;
        },
        () => Promise.reject(mine),
        () => ({ then: (_, reject) => reject(mine) }),
      ];
      for (const fails of failing) {
        let closed = true;
        const fetch = scripted(plain(DONE));
        const client = cloudflow.createClient({ ...base, fetch, credentials: () => (closed ? fails() : KEYS) });
        const ends = [1, 2, 3].map(() => rejection(client.describeExecution(CALL)));
        for (const end of ends) {
          const error = await time.until(end, 0);
          assert.deepEqual([error.kind, error.code, error.attempts], ["credentials", "credentials-failed", 0]);
          assert.equal(error.cause, mine);
        }
        assert.equal(fetch.seen.length, 0);
        closed = false;
        assert.equal((await time.until(client.describeExecution(CALL))).done, true);
      }
      for (const given of [undefined, null, "keys", 5, {}, { accessKeyId: "a" }, { ...KEYS, accessKeySecret: 5 }]) {
        const error = await time.until(
          rejection(
            cloudflow.describeExecution(CALL, { ...base, fetch: scripted(plain(DONE)), credentials: () => given }),
          ),
          0,
        );
        assert.ok(error.name === "CloudFlowError" && !error.retryable, `${error}`);
        assert.ok(!String(error).includes("very-"), `${error}`);
      }
    }),

  "a credentials function that never settles is limited by the timeout": ({ cloudflow }) =>
    virtually(async (time) => {
      const fetch = scripted(plain(DONE));
      const error = await time.until(
        rejection(cloudflow.describeExecution(CALL, { ...base, fetch, credentials: never, timeoutMs: 3000 })),
        3100,
      );
      assert.equal(error.kind, "timeout");
      assert.equal(time.timers(), 0);
    }),

  "a wrong clock is detected once for all calls": ({ cloudflow, local }) =>
    virtually(async (time) => {
      for (const hours of [-5, 5]) {
        const there = () => Date.now() + hours * 3_600_000;
        const clock = {
          now: there,
          setTimeout: (...rest) => setTimeout(...rest),
          clearTimeout: (timer) => clearTimeout(timer),
        };
        const { client, seen, close } = await emulated(cloudflow, local, time, { clock }, { 0: 5 });
        for (let i = 0; i < 3; i += 1)
          await time.until(client.describeExecution({ flowName: "f", executionName: "e0" }));
        assert.deepEqual(
          seen.map(({ status }) => status),
          [403, 200, 200, 200],
        );
        close();
      }
    }),

  "each change is reported once, to the iterator and to the callback": ({ cloudflow, local }) =>
    virtually(async (time) => {
      const { client, close } = await emulated(cloudflow, local, time, {}, { 0: 130 });
      const [iterated, reported] = [[], []];
      const watching = (async () => {
        const onUpdate = ({ status }) => reported.push(status);
        for await (const { status } of client.watchExecution({ flowName: "f", executionName: "e0" }, { onUpdate }))
          iterated.push(status);
      })();
      await time.until(watching, 140_000);
      assert.deepEqual(iterated, ["Running", "Succeeded"]);
      assert.deepEqual(reported, iterated);
      close();
      // The same execution, with another request id and another order of fields: not a change.
      const again = { Status: "Running", ...RUNNING, RequestId: "other" };
      const fetch = scripted(
        plain(RUNNING),
        plain(again),
        plain({ ...again, Input: "{}" }),
        plain(again),
        plain(DONE),
        plain(DONE),
      );
      const all = [];
      await time.until(
        (async () => {
          for await (const { input } of cloudflow.watchExecution(CALL, { ...base, fetch })) all.push(input);
        })(),
      );
      assert.deepEqual(all, [undefined, "{}", undefined, undefined]);
    }),

  "fifty watchers of one client stay within the quota and report every end": ({ cloudflow, local }) =>
    virtually(async (time) => {
      const lives = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [i, 5 + i]));
      const { client, seen, close } = await emulated(cloudflow, local, time, { quotas: true }, lives);
      const ends = Object.keys(lives).map(async (i) => {
        const statuses = [];
        for await (const { status } of client.watchExecution({ flowName: "f", executionName: `e${i}` }))
          statuses.push(status);
        return statuses;
      });
      for (const statuses of await time.until(Promise.all(ends), 120_000))
        assert.deepEqual(statuses, ["Running", "Succeeded"]);
      assert.deepEqual(
        seen.filter(({ status }) => status !== 200),
        [],
      );
      const most = Math.max(
        ...seen.map(({ at }) => seen.filter((other) => other.at >= at && other.at < at + 1000).length),
      );
      assert.ok(most <= 50, `${most} requests in one second`);
      assert.ok(seen.length <= 50 + (time.now() / 1000) * 5, `${seen.length} requests in ${time.now()} ms`);
      close();
    }),

  "a proxy that ends long polls is detected, and the wait is shortened": ({ cloudflow }) =>
    virtually(async (time) => {
      const page = plain("<html><title>504 Gateway Time-out</title></html>", 504);
      const cuts = {
        "the connection ends": () => Promise.reject(new TypeError("terminated")),
        "a page of HTML": () => page,
      };
      for (const [name, cut] of Object.entries(cuts)) {
        const waits = [];
        let broken = 0;
        const fetch = async (url) => {
          const wait = Number(new URL(url).searchParams.get("WaitTimeSeconds") ?? 0);
          waits.push(wait);
          await new Promise((resolve) => setTimeout(resolve, Math.min(wait, 30) * 1000));
          if (wait <= 30) return plain(RUNNING);
          broken += 1;
          return cut();
        };
        const end = new AbortController();
        const client = cloudflow.createClient({ ...base, fetch });
        const watching = rejection(client.waitForExecution(CALL, { waitTimeSeconds: 60, signal: end.signal }));
        await time.pass(3_600_000);
        assert.ok(waits[0] === 60 && waits[1] === 60 && waits[2] <= 30, `${name}: ${waits.slice(0, 9)}`);
        assert.ok(broken <= 6, `${name}: ${broken} broken in an hour`);
        assert.ok(waits.length < 180, `${name}: ${waits.length} requests in an hour`);
        // Later calls use the shortened wait.
        const before = broken;
        const other = rejection(client.describeExecution({ ...CALL, waitTimeSeconds: 60 }, { signal: end.signal }));
        await time.pass(1000);
        assert.ok(waits.at(-1) <= 45 && broken === before, `${name}: ${waits.at(-1)} s`);
        end.abort("enough");
        await time.until(Promise.all([watching, other]), 0);
      }
    }),

  "calls without a client and other clients do not use it": ({ cloudflow }) =>
    virtually(async (time) => {
      let asked = 0;
      const credentials = () => {
        asked += 1;
        return KEYS;
      };
      const options = { ...base, fetch: scripted(plain(DONE)), credentials };
      for (let i = 0; i < 3; i += 1) await time.until(cloudflow.describeExecution(CALL, options));
      assert.equal(asked, 3);
      for (let i = 0; i < 3; i += 1) await time.until(cloudflow.createClient(options).describeExecution(CALL));
      assert.equal(asked, 6);
    }),
};

/** The emulator on the simulated clock, with executions of the given duration, and a client. */
async function emulated(cloudflow, local, time, options, lives) {
  const emulator = local.createEmulator(options);
  const send = async (action, parameters) => {
    const now = options.clock?.now() ?? Date.now();
    const response = await emulator.fetch(await local.signRequest(action, parameters, { now }));
    if (!response.ok) throw new Error(`${action}: ${await response.text()}`);
  };
  // No timer is pending, but signatures need turns of the host.
  await send("CreateFlow", { Name: "f", Definition: definition, Description: "naps", Type: "FDL" });
  for (const [i, seconds] of Object.entries(lives)) {
    await send("StartExecution", { FlowName: "f", ExecutionName: `e${i}`, Input: JSON.stringify({ seconds }) });
  }
  const seen = [];
  const fetch = async (url, init) => {
    const request = { at: time.now() };
    seen.push(request);
    const response = await emulator.fetch(url, init);
    request.status = response.status;
    return response;
  };
  const credentials = { accessKeyId: "emulator", accessKeySecret: "emulator-secret" };
  const client = cloudflow.createClient({
    endpoint: "http://localhost",
    fetch,
    credentials,
    dangerouslyAllowBrowser: true,
  });
  return { client, seen, close: () => emulator.close() };
}
