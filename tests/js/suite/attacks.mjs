// Attacks on "cloudflow-wasm/local": flows that would block the event loop, requests that are too large, handlers that
// throw unreadable values, one signal for many calls.

import { assert } from "../harness.mjs";

const LOOP =
  "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: a}\n  - {type: choice, name: b, choices: [{condition: '1 == 1', goto: a}]}\n";
const EACH =
  "version: v1\ntype: flow\nsteps:\n  - type: foreach\n    name: e\n    iterationMapping: {collection: $.list, item: i}\n    steps: [{type: pass, name: p}]\n";
const TASK =
  "version: v1\ntype: flow\nsteps:\n  - {type: task, name: t, resourceArn: 'acs:fc:::services/s/functions/f'}\n";
const numbers = (count) => Array.from({ length: count }, (_, i) => i);

/** False in Firefox, where the body of a request cannot be a stream: it would be the text `[object ReadableStream]`. */
const hasRequestStreams = () =>
  !new Request("http://localhost/", { method: "POST", body: new ReadableStream(), duplex: "half" }).headers.has(
    "content-type",
  );

export const tests = {
  "other requests are answered while a flow runs": async ({ local }) => {
    const emulator = local.createEmulator();
    const send = sender(local, emulator);
    emulator.putFlow("each", EACH);
    const input = JSON.stringify({ list: numbers(10_000) });
    // In a Worker, a start is answered after its work, because a Worker ends with its response.
    const start = send("StartExecution", { FlowName: "each", ExecutionName: "e", Input: input });
    const order = [];
    const poll = start.then(({ body }) => {
      assert.equal(body.Status, "");
      return send("DescribeExecution", { FlowName: "each", ExecutionName: "e", WaitTimeSeconds: 60 });
    });
    poll.then(() => order.push("the long one"));
    for (let i = 0; i < 3; i += 1) {
      assert.equal((await send("ListFlows")).status, 200);
      order.push("another");
      await pause();
    }
    assert.equal((await poll).body.Status, "Failed");
    assert.deepEqual(order, ["another", "another", "another", "the long one"]);
    const history = await send("GetExecutionHistory", {
      FlowName: "each",
      ExecutionName: "e",
      Limit: 1000,
      NextToken: 4990,
    });
    assert.ok(
      history.body.Events.at(-1).EventDetail.includes("Local.HistoryLimitExceeded"),
      history.body.Events.at(-1).EventDetail,
    );
    emulator.close();
  },

  "a simulation without end can be aborted, and timers run meanwhile": async ({ local }) => {
    const retries = `Type: StateMachine
SpecVersion: v1
Name: f
StartAt: A
States:
  - Type: Task
    Name: A
    Action: FC:InvokeFunction
    TaskMode: RequestComplete
    Parameters:
      resourceArn: acs:fc:::functions/f
      body: {n.$: "get(arrayUnique($Input.list), 100000)"}
    Retry:
      - {Errors: [FnF.ALL], Description: all, MaxAttempts: 4000, IntervalSeconds: 1}
    End: true
`;
    const list = numbers(9_000);
    for (const flow of [LOOP, EACH, retries]) {
      const controller = new AbortController();
      let ticks = 0;
      const tick = () => {
        ticks += 1;
        if (ticks === 3) controller.abort("enough");
        else setTimeout(tick);
      };
      setTimeout(tick);
      await assert.rejects(local.simulateFlow(flow, { input: { list }, signal: controller.signal }), (reason) =>
        assert.equal(reason, "enough"),
      );
    }
  },

  "the time and the memory of an expression are limited": async ({ local }) => {
    const flow = (expression) => `Type: StateMachine
SpecVersion: v1
Name: f
StartAt: A
States:
  - {Type: Pass, Name: A, OutputConstructor: {r.$: "${expression}"}, End: true}
`;
    const grown = (one) => Array.from({ length: 9 }).reduce((inner) => one.replaceAll("_", inner), "$Input.text");
    const cases = [
      ["regexMatchString($Input.pattern, $Input.text)", { text: "x".repeat(3000), pattern: "^(x{0,1000}){0,100}$" }],
      [
        "regexMatchString($Input.pattern, $Input.text)",
        { text: "x".repeat(30000), pattern: `(${"x*|".repeat(5000)}y)z` },
      ],
      [`length(${grown("format('{}{}{}', _, _, _)").slice(0, 60_000)})`, { text: "x".repeat(50_000) }],
      [
        "length(format('{}{}{}{}{}{}{}{}', format('{}{}{}{}{}{}{}{}', $Input.text, $Input.text, $Input.text, $Input.text, $Input.text, $Input.text, $Input.text, $Input.text), $Input.text))",
        { text: "x".repeat(60_000) },
      ],
    ];
    for (const [expression, input] of cases.slice(0, 2)) {
      const { error, cause } = await local.simulateFlow(flow(expression), { input });
      assert.equal(error, "Local.ExpressionError", cause);
    }
    for (const [expression, input] of cases.slice(2)) {
      const { status, error } = await local.simulateFlow(flow(expression), { input });
      assert.ok(status === "Succeeded" || ["Local.ExpressionError", "Local.InvalidDefinition"].includes(error), error);
    }
    const unique = await local.simulateFlow(flow("length(arrayUnique($Input.list))"), {
      input: { list: numbers(12_000) },
    });
    assert.deepEqual(unique.output, { r: 12_000 });
  },

  "an invalid result or error of a handler fails its task only": async ({ local }) => {
    const revoked = () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    };
    const trap = () => {
      throw new Error("read");
    };
    const hostile = [
      {
        get code() {
          return trap();
        },
        get message() {
          return trap();
        },
      },
      {
        code: "Odd",
        get message() {
          return trap();
        },
      },
      { message: { toString: trap } },
      { message: Symbol("s") },
      { toString: trap, [Symbol.toPrimitive]: trap },
      new Proxy({}, { get: trap, has: trap, getPrototypeOf: trap, ownKeys: trap }),
      new Proxy(() => {}, { get: trap }),
      revoked(),
      Object.create(null),
      undefined,
      null,
      Symbol("s"),
      () => {},
      1n,
      "text",
      NaN,
      [],
      { code: 17, message: 18 },
      { code: "c".repeat(100_000), message: "m".repeat(100_000) },
      { code: "\ud800", message: "\udfff" },
    ];
    const given = [
      () => 1n,
      () => ({ n: 1n }),
      () => ({ toJSON: trap }),
      () => ({
        get x() {
          return trap();
        },
      }),
      () => new Proxy({}, { ownKeys: trap }),
      () => revoked(),
      () => ({
        get then() {
          return trap();
        },
      }),
      () => ({ then: trap }),
      () => ({ then: (_, reject) => reject(hostile[0]) }),
      () => {
        const cyclic = {};
        cyclic.self = cyclic;
        return cyclic;
      },
      () => "x".repeat(700_000),
    ];
    const handlers = [
      ...hostile.flatMap((thrown) => [
        () => {
          throw thrown;
        },
        async () => {
          throw thrown;
        },
        () => Promise.reject(thrown),
      ]),
      ...given,
    ];
    const emulator = local.createEmulator({
      tasks: { "*": (input) => handlers[input.n](input) },
    });
    const send = sender(local, emulator);
    emulator.putFlow("f", TASK);
    for (const [n, handler] of handlers.entries()) {
      const result = await local.simulateFlow(TASK, { tasks: { "*": handler } });
      assert.equal(result.status, "Failed", `simulated, ${n}`);
      assert.ok(
        result.error === "Local.TaskThrew" ||
          ["Odd", "Local.DataLimitExceeded"].includes(result.error) ||
          result.error.length <= 128,
        result.error,
      );
      assert.ok(result.cause.length <= 4096, `a cause of ${result.cause.length}`);
      await send("StartExecution", { FlowName: "f", ExecutionName: `e${n}`, Input: JSON.stringify({ n }) });
      const { body } = await send("DescribeExecution", { FlowName: "f", ExecutionName: `e${n}`, WaitTimeSeconds: 20 });
      assert.equal(body.Status, "Failed", `emulated, ${n}`);
    }
    assert.equal((await send("ListFlows")).status, 200);
    emulator.close();
  },

  "any number of calls add one listener to a signal": async ({ local }) => {
    const warnings = [];
    const warn = (warning) => warnings.push(warning);
    globalThis.process?.on?.("warning", warn);
    const controller = new AbortController();
    const { signal } = controller;
    let listeners = 0;
    let most = 0;
    const count = (name, change) => {
      const original = signal[name];
      signal[name] = (type, ...rest) => {
        if (type === "abort") listeners += change;
        most = Math.max(most, listeners);
        return original.call(signal, type, ...rest);
      };
    };
    count("addEventListener", 1);
    count("removeEventListener", -1);
    const tasks = { "*": () => new Promise(() => {}) };
    const runs = Array.from({ length: 200 }, () => local.simulateFlow(TASK, { tasks, signal }));
    const emulator = local.createEmulator();
    emulator.putFlow("nap", "version: v1\ntype: flow\nsteps:\n  - {type: wait, name: nap, duration: 1000}\n");
    const send = sender(local, emulator);
    await send("StartExecution", { FlowName: "nap", ExecutionName: "e" });
    const held = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const request = await local.signRequest("DescribeExecution", {
          FlowName: "nap",
          ExecutionName: "e",
          WaitTimeSeconds: 60,
        });
        const init = {
          method: "POST",
          headers: Object.fromEntries(request.headers),
          body: await request.text(),
          signal,
        };
        return { answer: emulator.fetch(request.url, init) };
      }),
    );
    await pause(50);
    assert.ok(most <= 1, `${most} listeners`);
    const rejected = (promise) => assert.rejects(promise, (reason) => assert.equal(reason, "enough"));
    const all = [...runs, ...held.map(({ answer }) => answer)].map(rejected);
    controller.abort("enough");
    await Promise.all(all);
    // A call that ends leaves no listener.
    const calm = new AbortController();
    let left = 0;
    const { addEventListener, removeEventListener } = calm.signal;
    calm.signal.addEventListener = (...args) => {
      left += 1;
      return addEventListener.apply(calm.signal, args);
    };
    calm.signal.removeEventListener = (...args) => {
      left -= 1;
      return removeEventListener.apply(calm.signal, args);
    };
    for (let i = 0; i < 20; i += 1) await local.simulateFlow(LOOP.replace("1 == 1", "1 == 2"), { signal: calm.signal });
    assert.equal(left, 0);
    const signed = await Promise.all(
      Array.from({ length: 1600 }, () => local.signRequest("ListFlows", {}, { signal: calm.signal })),
    );
    assert.equal(signed.length, 1600);
    await pause(10);
    globalThis.process?.off?.("warning", warn);
    assert.deepEqual(
      warnings.map(({ name }) => name),
      [],
    );
    emulator.close();
  },

  "a request that is too large is not read completely": async ({ local }) => {
    const emulator = local.createEmulator();
    if (hasRequestStreams()) {
      let pulled = 0;
      const endless = new ReadableStream({
        pull(controller) {
          pulled += 1;
          if (pulled > 1000) controller.close();
          else controller.enqueue(new Uint8Array(64 * 1024));
        },
      });
      const response = await emulator.fetch(
        new Request("http://localhost/?Action=ListFlows", { method: "POST", body: endless, duplex: "half" }),
      );
      assert.equal(response.status, 413);
      assert.equal((await response.json()).Code, "EntityTooLarge");
      assert.ok(pulled < 100, `${pulled} parts`);
    }
    for (const request of [
      new Request("http://localhost/", { method: "POST", body: new Uint8Array(20_000_000) }),
      new Request(`http://localhost/?a=${"b".repeat(1_200_000)}`),
      new Request("http://localhost/", { method: "POST", headers: { "x-large": "v".repeat(1_200_000) } }),
    ]) {
      assert.equal((await emulator.fetch(request)).status, 413);
    }
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const many = new Request("http://localhost/", { method: "POST", headers: form, body: "a=&".repeat(300_000) });
    assert.equal((await emulator.fetch(many)).status, 400);
    emulator.close();
  },

  "a wrong secret with a large definition gets SignatureNotMatch": async ({ local }) => {
    const emulator = local.createEmulator();
    const parameters = { Name: "f", Definition: `# ${"流".repeat(100_000)}`, Description: "d", Type: "FDL" };
    const response = await emulator.fetch(
      await local.signRequest("CreateFlow", parameters, { accessKeySecret: "wrong" }),
    );
    assert.equal(response.status, 403);
    assert.equal((await response.json()).Code, "SignatureNotMatch");
    assert.ok(response.headers.get("x-emulator-string-to-sign").length <= 4096, "a header that clients take");
    emulator.close();
  },

  "texts over the limit are refused by their length": async ({ local }) => {
    const long = "x".repeat(64 * 1024 * 1024);
    const emulator = local.createEmulator();
    assert.throws(
      () => emulator.putFlow("f", long),
      (error) => assert.equal(error.code, "wrong-definition"),
    );
    assert.throws(
      () => emulator.putFlow(long, LOOP),
      (error) => assert.equal(error.code, "wrong-definition"),
    );
    assert.throws(
      () => emulator.restore(long),
      (error) => assert.equal(error.code, "wrong-state"),
    );
    assert.throws(
      () => emulator.restore(17),
      (error) => assert.equal(error.code, "wrong-state"),
    );
    for (const result of [await local.simulateFlow(long), await local.simulateFlow(LOOP, { flows: { other: long } })]) {
      assert.equal(result.error, "Local.InvalidDefinition");
    }
    assert.equal((await local.simulateFlow(LOOP, { input: { long } })).error, "Local.DataLimitExceeded");
    assert.throws(
      () => local.simulateState(long, { state: "s" }),
      (error) => assert.equal(error.code, "wrong-definition"),
    );
    const migrated = local.migrateFlow(long);
    assert.equal(migrated.text, null);
    assert.equal(migrated.diagnostics[0].severity, "error");
    emulator.close();
  },
};

function sender(local, emulator) {
  return async (action, parameters) => {
    const response = await emulator.fetch(await local.signRequest(action, parameters));
    return { status: response.status, body: await response.json() };
  };
}

function pause(ms = 0) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
