// What is wrong with the options of a gateway, in Chinese: `cloudflow-wasm gateway` prints it.

/** @type {import("../../zh/translate.js").Table} */
export const GATEWAY = {
  "createGateway: the options must be an object": "createGateway：选项必须是对象",
  "`{}` is not {}; expected one of: {}": "`{}` 不是{}；可用的有：{}",
  "an option of the gateway": "网关的选项",
  "an option of `events`": "`events` 的选项",
  "an option of `limit`": "`limit` 的选项",
  "createGateway: `upstream` must be a function from `env` to client options":
    "createGateway：`upstream` 必须是函数，由 `env` 返回客户端的选项",
  "createGateway: `authorize` must be a function that returns whether the request is allowed":
    "createGateway：`authorize` 必须是函数，返回是否允许该请求",
  "createGateway: `maxWaitSeconds` must be a whole number from 0 to 60":
    "createGateway：`maxWaitSeconds` 必须是 0 到 60 之间的整数",
  "createGateway: `actions` must be an array": "createGateway：`actions` 必须是数组",
  "createGateway: `{}` is not an action that is forwarded; expected one of: {}":
    "createGateway：`{}` 不是可转发的操作；可用的有：{}",
  "createGateway: `origins` must be an array": "createGateway：`origins` 必须是数组",
  "createGateway: `{}` is not an origin; expected a text such as `https://app.example.com`":
    "createGateway：`{}` 不是源；应为文本，例如 `https://app.example.com`",
  'createGateway: `hub` must be a function from `env` to the bindings of the objects, or "memory"':
    'createGateway：`hub` 必须是函数，由 `env` 返回对象的绑定，或为 "memory"',
  "createGateway: `tickets` must be a function from `env` to the secret of the tickets":
    "createGateway：`tickets` 必须是函数，由 `env` 返回票据的密钥",
  "createGateway: `events` must be an object or false": "createGateway：`events` 必须是对象或 false",
  "createGateway: `events.{}` must be a whole number from {} to {}":
    "createGateway：`events.{}` 必须是 {} 到 {} 之间的整数",
  "createGateway: `limit` must be an object": "createGateway：`limit` 必须是对象",
  "createGateway: `limit.key` must be a function that returns the caller of a request":
    "createGateway：`limit.key` 必须是函数，返回请求的调用方",
  "createGateway: `limit.binding` must be a function from `env` to a rate-limit binding":
    "createGateway：`limit.binding` 必须是函数，由 `env` 返回限流的绑定",
  "createGateway: `limit.perMinute` must be a number from 1 to 1,000,000":
    "createGateway：`limit.perMinute` 必须是 1 到 1,000,000 之间的数",
  "createGateway: `log` must be `false` or a function of an entry":
    "createGateway：`log` 必须是 `false`，或参数为日志条目的函数",
};
