// One complete signed request, by each contender, as a function that gives a promise of it. This file
// is also bundled for workerd and Chromium, so it imports nothing of Node's.

import { AwsClient } from "aws4fetch";
import { importKey, signedRequest } from "./acs3.mjs";

export const endpoint = "https://cn-hangzhou.fnf.aliyuncs.com";
export const keyId = "LTAI0123456789ABCDEF";
export const secret = "0123456789abcdefghijklmnopqrst";
export const parameters = { FlowName: "orders", ExecutionName: "order-000017", WaitTimeSeconds: 20 };

/**
 * From the call of describeExecution to the call of `fetch`, which stays unanswered until `after`.
 *
 * @param signature "HMAC-SHA1", "ACS3-HMAC-SHA256" or undefined for an unsigned request
 */
export function oursToFetch(describeExecution, signature) {
  let unanswered = [];
  const request = { flowName: "orders", executionName: "order-000017", waitTimeSeconds: 20 };
  const credentials = signature && { accessKeyId: keyId, accessKeySecret: secret };
  const work = () =>
    new Promise((sent, failed) => {
      const fetch = (url) => {
        sent(url);
        return new Promise((_, refuse) => unanswered.push(refuse));
      };
      describeExecution(request, {
        endpoint,
        credentials,
        signature,
        fetch,
        retry: false,
        dangerouslyAllowBrowser: true,
      }).catch(failed);
    });
  // Nobody has thousands of calls in flight; their number must not be what is measured.
  work.most = 50;
  work.after = async () => {
    for (const refuse of unanswered) refuse(new TypeError("not answered"));
    unanswered = [];
    await new Promise((done) => setTimeout(done, 0));
  };
  return work;
}

export async function others() {
  const key = await importKey(secret);
  const aws = new AwsClient({ accessKeyId: keyId, secretAccessKey: secret, service: "states", region: "us-east-1" });
  const url = `${endpoint}/?${new URLSearchParams(parameters)}`;
  return {
    "Web Crypto, own signer": () => signedRequest(endpoint, keyId, key, parameters),
    aws4fetch: () => aws.sign(url),
  };
}
