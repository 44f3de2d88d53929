// The documented long poll: the service holds the answer for as long as it was asked to, up to 60 s.
// All clients wait at the same time.

import { AwsClient } from "aws4fetch";
import { openapiClient, openapiCore } from "../lib/official.mjs";
import { finish, loadOurs, quick, report } from "../lib/part.mjs";
import { ok, service } from "../lib/service.mjs";
import { keyId, secret } from "../lib/signers.mjs";

const ours = await loadOurs();
const raw = {};

for (const held of quick ? [5] : [8, 60]) {
  const { host, close } = await service((response) => setTimeout(ok, held * 1000, response));
  const waitTimeSeconds = Math.min(60, held + 2);
  const query = { FlowName: "orders", ExecutionName: "order-000017", WaitTimeSeconds: waitTimeSeconds };
  const credentials = { accessKeyId: keyId, accessKeySecret: secret };
  const aws = new AwsClient({ accessKeyId: keyId, secretAccessKey: secret, service: "states", region: "us-east-1" });
  const clients = {
    ...(ours && {
      ours: () =>
        ours.describeExecution(
          { flowName: "orders", executionName: "order-000017", waitTimeSeconds },
          { endpoint: `http://${host}`, credentials, dangerouslyAllowBrowser: true },
        ),
    }),
    "official openapi-core": () => openapiCore(host)(query),
    "official openapi-client": () => openapiClient(host)(query),
    aws4fetch: () => aws.fetch(`http://${host}/?${new URLSearchParams(query)}`),
  };
  const outcomes = await Promise.all(
    Object.entries(clients).map(async ([name, call]) => {
      const start = performance.now();
      const end = await call().then(
        () => "answered",
        (error) => `fails (${error.code ?? error.name})`,
      );
      return [name, { end, seconds: (performance.now() - start) / 1000 }];
    }),
  );
  close();
  raw[`${held} s`] = Object.fromEntries(outcomes);
  const { ours: mine, ...peers } = Object.fromEntries(
    outcomes.map(([name, { end, seconds }]) => [name, `${end} at ${seconds.toFixed(1)} s`]),
  );
  report({
    what: `long poll held for ${held} s`,
    ours: mine,
    unit: "text",
    peers,
    goal: "answered",
    met: ours ? raw[`${held} s`].ours.end === "answered" : null,
  });
}
finish(raw);
