// The official client against the emulator over HTTP: the core of all product SDKs of Alibaba Cloud for Node, with its
// generic call, with both signature algorithms.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import OpenApi, * as openApi from "@alicloud/openapi-client";
import * as util from "@alicloud/tea-util";
import { createEmulator } from "../../pkg/dist/local.js";
import { serveFetch } from "../../pkg/cli/serve.js";
import { manualClock } from "./support/clock.mjs";

// The packages are CommonJS. The place of the class depends on the runtime's conversion.
const Client = OpenApi.default ?? OpenApi;
const { Config, OpenApiRequest, Params } = openApi.Config ? openApi : OpenApi;
const { RuntimeOptions } = util.RuntimeOptions ? util : util.default;

const definition = `Type: StateMachine
SpecVersion: v1
Name: orders
StartAt: Nap
States:
  - Type: Wait
    Name: Nap
    Seconds: 1
    Next: Done
  - Type: Pass
    Name: Done
    OutputConstructor:
      greeting.$: format("你好 {}", $Input.name)
    End: true
`;

const clock = manualClock();
let emulator;
let server;
let seen = [];

before(async () => {
  emulator = createEmulator({ accessKeys: { testid: "test/secret+=" }, clock });
  server = await serveFetch((request) => {
    seen.push(request);
    return emulator.fetch(request);
  });
});

after(async () => {
  await server.close();
  emulator.close();
});

for (const [name, signatureAlgorithm] of [
  ["RPC V1", "v2"],
  ["ACS3-HMAC-SHA256", undefined],
]) {
  test(`the official client creates, starts, waits, reads and stops, signing with ${name}`, async () => {
    const call = caller(server.url, { signatureAlgorithm });
    seen = [];
    const flow = { Name: "orders", Definition: definition, Description: "a test, with 文字", Type: "FDL" };
    const created = await call("CreateFlow", "POST", { body: flow });
    assert.equal(created.Name, "orders");
    assert.equal(created.Definition, definition);

    const one = { FlowName: "orders", ExecutionName: "run-1" };
    const started = await call("StartExecution", "POST", { body: { ...one, Input: '{"name": "流 & a+b"}' } });
    assert.equal(started.Status, "", "it answers before the execution has run");

    let isHeld = true;
    const poll = call("DescribeExecution", "GET", { query: { ...one, WaitTimeSeconds: 20 } });
    const over = () => (isHeld = false);
    poll.then(over, over);
    // The clock of the emulator does not advance, so the execution is running.
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.ok(isHeld, "the poll is held while the execution runs");
    clock.pass(1000);
    const ended = await poll;
    assert.equal(ended.Status, "Succeeded");
    assert.deepEqual(JSON.parse(ended.Output), { greeting: "你好 流 & a+b" });
    assert.equal(ended.Input, '{"name": "流 & a+b"}');

    const history = await call("GetExecutionHistory", "GET", { query: { ...one, Limit: 3 } });
    assert.deepEqual(
      history.Events.map((event) => event.Type),
      ["ExecutionStarted", "StepEntered", "StepStarted"],
    );
    const rest = await call("GetExecutionHistory", "GET", { query: { ...one, NextToken: history.NextToken } });
    assert.equal(rest.Events.at(-1).Type, "ExecutionSucceeded");

    const two = { FlowName: "orders", ExecutionName: "run-2" };
    await call("StartExecution", "POST", { body: two });
    const stopped = await call("StopExecution", "POST", { body: { ...two, Error: "Mine", Cause: "by hand" } });
    assert.equal(stopped.Status, "Stopped");
    const listed = await call("ListExecutions", "GET", { query: { FlowName: "orders" } });
    assert.deepEqual(
      listed.Executions.map((execution) => [execution.Name, execution.Status]),
      [
        ["run-2", "Stopped"],
        ["run-1", "Succeeded"],
      ],
    );
    await call("DeleteFlow", "POST", { body: { Name: "orders" } });

    const acs3 = seen.every((request) => request.headers.get("authorization")?.startsWith("ACS3-HMAC-SHA256 "));
    assert.equal(acs3, signatureAlgorithm === undefined, "the signature that was asked for");
  });

  test(`the official client with a wrong secret gets SignatureNotMatch, signing with ${name}`, async () => {
    const call = caller(server.url, { signatureAlgorithm, accessKeySecret: "another" });
    await assert.rejects(call("ListFlows", "GET", {}), (error) => {
      assert.equal(error.code, "SignatureNotMatch");
      assert.match(error.message, /does not match the signature you provided/);
      return true;
    });
  });

  test(`the official client reports the codes of the service, signing with ${name}`, async () => {
    const call = caller(server.url, { signatureAlgorithm });
    const query = { FlowName: "nowhere", ExecutionName: "x" };
    await assert.rejects(call("DescribeExecution", "GET", { query }), { code: "FlowNotExists" });
    await assert.rejects(call("MakeCoffee", "GET", {}), { code: "ActionNotSupported" });
    const stranger = caller(server.url, { signatureAlgorithm, accessKeyId: "nobody" });
    await assert.rejects(stranger("ListFlows", "GET", {}), { code: "InvalidAccessKeyID" });
  });
}

/** The generic call of the product SDK, with its method and its places of parameters. */
function caller(url, { signatureAlgorithm, accessKeyId = "testid", accessKeySecret = "test/secret+=" }) {
  const client = new Client(
    new Config({
      accessKeyId,
      accessKeySecret,
      endpoint: new URL(url).host,
      protocol: "http",
      ...(signatureAlgorithm && { signatureAlgorithm }),
    }),
  );
  return async (action, method, { query, body }) => {
    const params = new Params({
      action,
      version: "2019-03-15",
      protocol: "HTTP",
      pathname: "/",
      method,
      authType: "AK",
      style: "RPC",
      reqBodyType: "formData",
      bodyType: "json",
    });
    // The default of the client would time out a long poll after 3 s.
    const runtime = new RuntimeOptions({ readTimeout: 30_000, connectTimeout: 5000, autoretry: false });
    const answer = await client.callApi(params, new OpenApiRequest({ query, body }), runtime);
    assert.equal(answer.statusCode, 200);
    assert.ok(answer.body.RequestId);
    return answer.body;
  };
}
