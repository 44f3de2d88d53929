// One complete signed request: date, nonce, canonical form, signature, address. Ours is timed from
// the call of describeExecution to its call of `fetch`, checks of the arguments included. A second
// row goes on to the answer, which comes at once. All threads count: Web Crypto works on others.

import { makeResponse } from "../lib/flows.mjs";
import { allThreads, compare, median, times } from "../lib/measure.mjs";
import { callApiToSocket, officialSigners } from "../lib/official.mjs";
import { effort, finish, loadOurs, present, report } from "../lib/part.mjs";
import { responseSchema } from "../lib/response-schema.mjs";
import { endpoint, keyId, others, oursToFetch, parameters, secret } from "../lib/signers.mjs";
import { importKey, signedRequest } from "../lib/acs3.mjs";

const ours = await loadOurs();
const raw = {};
const options = { ...effort, async: true, clock: allThreads };

const official = officialSigners();
const toFetch = await compare(
  present({
    "ours, HMAC-SHA1": ours && oursToFetch(ours.describeExecution, "HMAC-SHA1"),
    "ours, ACS3": ours && oursToFetch(ours.describeExecution, "ACS3-HMAC-SHA256"),
    "ours, unsigned": ours && oursToFetch(ours.describeExecution, undefined),
    ...official,
    "official callApi to its socket": callApiToSocket(),
    ...(await others()),
  }),
  options,
);
raw["to fetch"] = toFetch;
for (const [signature, name] of [
  ["HMAC-SHA1", "HMAC-SHA1"],
  ["ACS3", "ACS3-HMAC-SHA256"],
]) {
  const mine = toFetch[`ours, ${signature}`];
  const unsigned = toFetch["ours, unsigned"];
  const signing = mine && Math.max(0, median(mine.rounds.map((us, round) => us - unsigned.rounds[round])));
  const rivals = [
    `official openapi-core, ${signature}`,
    ...(signature === "ACS3" ? ["Web Crypto, own signer"] : []),
    "aws4fetch",
  ];
  report({
    what: `one signed request, ${name}${mine ? ` (of it signing: ${signing.toFixed(1)} us)` : ""}`,
    ours: mine?.us,
    unit: "us",
    peers: Object.fromEntries(rivals.map((rival) => [rival, toFetch[rival].us])),
    times: mine && Object.fromEntries(rivals.map((rival) => [rival, times(toFetch[rival], mine)])),
    goal: "",
    met: null,
  });
}

// The fair pair: both from the call to the hand-over of the signed request.
const callApi = toFetch["official callApi to its socket"];
const handedOver = toFetch["ours, HMAC-SHA1"];
report({
  what: "one signed request, from the call to the hand-over",
  ours: handedOver?.us,
  unit: "us",
  peers: { "official callApi to its socket": callApi.us },
  times: handedOver && { "official callApi to its socket": times(callApi, handedOver) },
  goal: "<= callApi, <= 20 us in Node 24",
  met: handedOver
    ? times(callApi, handedOver) >= 1 && (!process.version.startsWith("v24.") || handedOver.us <= 20)
    : null,
});

const body = makeResponse("small");
const answer = async () => new Response(body, { headers: { "content-type": "application/json" } });
const key = await importKey(secret);
const byHand = async () => {
  const { url, headers } = await signedRequest(endpoint, keyId, key, parameters);
  const response = await answer(url, { headers });
  if (!response.ok) throw new Error("refused");
  return responseSchema.parse(await response.json());
};
const request = { flowName: "orders", executionName: "order-000017", waitTimeSeconds: 20 };
const credentials = { accessKeyId: keyId, accessKeySecret: secret };
const whole = await compare(
  present({
    ours:
      ours &&
      (() => ours.describeExecution(request, { endpoint, credentials, fetch: answer, dangerouslyAllowBrowser: true })),
    "Web Crypto, own signer + zod": byHand,
  }),
  options,
);
raw["with the answer"] = whole;
report({
  what: "describeExecution, answered at once with 0.6 KB",
  ours: whole.ours?.us,
  unit: "us",
  peers: { "Web Crypto, own signer + zod": whole["Web Crypto, own signer + zod"].us },
  times: whole.ours && { "Web Crypto, own signer + zod": times(whole["Web Crypto, own signer + zod"], whole.ours) },
});
finish(raw);
