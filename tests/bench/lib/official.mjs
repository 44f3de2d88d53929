// The vendor's SDK, called as its own generated clients call it.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const key = { accessKeyId: "LTAI0123456789ABCDEF", accessKeySecret: "0123456789abcdefghijklmnopqrst" };
const operation = {
  action: "DescribeExecution",
  version: "2019-03-15",
  protocol: "HTTPS",
  pathname: "/",
  method: "GET",
  authType: "AK",
  style: "RPC",
  reqBodyType: "formData",
  bodyType: "json",
};

/** @alicloud/openapi-core: a function of the query, to a promise of the answer. */
export function openapiCore(endpoint) {
  const core = require("@alicloud/openapi-core");
  const { RuntimeOptions } = require("@darabonba/typescript");
  const client = new core.default(new core.$OpenApiUtil.Config({ ...key, endpoint, protocol: "HTTP" }));
  return (query) =>
    client.callApi(
      new core.$OpenApiUtil.Params(operation),
      new core.$OpenApiUtil.OpenApiRequest({ query: core.OpenApiUtil.query(query) }),
      new RuntimeOptions({}),
    );
}

/** @alicloud/openapi-client, the generation before. */
export function openapiClient(endpoint) {
  const api = require("@alicloud/openapi-client");
  const { RuntimeOptions } = require("@alicloud/tea-util");
  const client = new api.default(new api.Config({ ...key, endpoint, protocol: "HTTP" }));
  return (query) => {
    const strings = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)]));
    return client.callApi(
      new api.Params(operation),
      new api.OpenApiRequest({ query: strings }),
      new RuntimeOptions({}),
    );
  };
}

/**
 * `callApi` of openapi-core from the call to the hand-over of the signed request to Node's agent, which would open the
 * socket: the counterpart of our call of `fetch`. Node's agents of this process send nothing any more.
 */
export function callApiToSocket() {
  const call = openapiCore("cn-hangzhou.fnf.aliyuncs.com");
  let sent;
  require("node:http").Agent.prototype.addRequest = () => sent();
  return () =>
    new Promise((done, failed) => {
      sent = done;
      call({ FlowName: "orders", ExecutionName: "order-000017", WaitTimeSeconds: 20 }).catch(failed);
    });
}

/** What openapi-core does for one request before it is sent: headers, nonce, date, signature. */
export function officialSigners() {
  const { OpenApiUtil } = require("@alicloud/openapi-core");
  const { Request } = require("@darabonba/typescript");
  const host = "cn-hangzhou.fnf.aliyuncs.com";
  const headers = () => ({
    host,
    "x-acs-version": operation.version,
    "x-acs-action": operation.action,
    "user-agent": OpenApiUtil.getUserAgent(""),
  });
  const query = () => OpenApiUtil.query({ FlowName: "orders", ExecutionName: "order-000017", WaitTimeSeconds: 20 });
  return {
    "official openapi-core, ACS3": () => {
      const algorithm = "ACS3-HMAC-SHA256";
      const request = new Request();
      request.method = "GET";
      request.pathname = "/";
      request.query = query();
      request.headers = {
        ...headers(),
        "x-acs-date": OpenApiUtil.getTimestamp(),
        "x-acs-signature-nonce": OpenApiUtil.getNonce(),
        accept: "application/json",
      };
      const hash = OpenApiUtil.hash(Buffer.from(""), algorithm).toString("hex");
      request.headers["x-acs-content-sha256"] = hash;
      request.headers.Authorization = OpenApiUtil.getAuthorization(
        request,
        algorithm,
        hash,
        key.accessKeyId,
        key.accessKeySecret,
      );
      return request;
    },
    "official openapi-core, HMAC-SHA1": () => {
      const request = new Request();
      request.method = "GET";
      request.pathname = "/";
      request.headers = headers();
      request.query = {
        Action: operation.action,
        Format: "json",
        Version: operation.version,
        Timestamp: OpenApiUtil.getTimestamp(),
        SignatureNonce: OpenApiUtil.getNonce(),
        SignatureMethod: "HMAC-SHA1",
        SignatureVersion: "1.0",
        AccessKeyId: key.accessKeyId,
        ...query(),
      };
      request.query.Signature = OpenApiUtil.getRPCSignature(request.query, request.method, key.accessKeySecret);
      return request;
    },
  };
}
