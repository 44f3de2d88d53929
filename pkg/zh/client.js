// Messages of the client: `crates/service`, `src`, `pkg/ask`, `pkg/shared`.
// The English template is the key. A hole is `{}`, or `{0}` if the order differs.

/** @type {import("./translate.js").Table} */
export const CLIENT = {
  "{} in this environment; for jsdom, docs/integration.md has a configuration":
    "此环境中{}；docs/integration.md 有用于 jsdom 的配置",
  "every visitor can read a long-lived secret in a browser: use a gateway, temporary credentials with a `securityToken`, or `dangerouslyAllowBrowser`":
    "浏览器中的长期密钥会被每个访问者读取：请使用网关、带 `securityToken` 的临时凭证，或 `dangerouslyAllowBrowser`",
  "the host forbids WebAssembly: a Content-Security-Policy needs `'wasm-unsafe-eval'` in the directive `script-src`, a Worker of an edge runtime must be bundled with the condition `workerd`":
    "宿主禁止 WebAssembly：Content-Security-Policy 的指令 `script-src` 需要 `'wasm-unsafe-eval'`，边缘运行时的 Worker 必须以条件 `workerd` 打包",
  "a module of {}": "{} 的模块",
  "the imported instance has trapped; a WebAssembly.Module can be instantiated again":
    "导入的实例发生陷阱；传入 WebAssembly.Module 则可以再次实例化",
  "call `await init({ {} })` of {} before a function that uses this module":
    "请先调用 {1} 的 `await init({ {0} })`，再调用使用此模块的函数",
  "`init` takes `{ {} }`, each a WebAssembly.Module, its bytes, a Response or a URL":
    "`init` 接受 `{ {} }`，各为 WebAssembly.Module、其字节、Response 或 URL",
  "the module could not be loaded: {}": "无法加载模块：{}",
  "the module could not be loaded from `{}`: {}": "无法从 `{}` 加载模块：{}",
  '`locale` must be `en`, or `zh` after `import "cloudflow-wasm/zh"`':
    '`locale` 必须是 `en`，或在 `import "cloudflow-wasm/zh"` 之后是 `zh`',
  "the function `credentials` failed: {}": "函数 `credentials` 失败：{}",
  "`fetch` must return a `Response`": "`fetch` 必须返回 `Response`",
  "the response is larger than 8 MiB, more than the service sends": "响应超过 8 MiB，服务不会发送这样的响应",
  "`{}` is missing": "缺少 `{}`",
  "`expiration` must be an RFC 3339 time like `2019-01-01T01:01:01Z`":
    "`expiration` 必须是 RFC 3339 时间，例如 `2019-01-01T01:01:01Z`",
  "`{}` is not encrypted: use `https` with a long-lived secret, or set `allowInsecureHttp` in a trusted network":
    "`{}` 未加密：使用长期密钥时请用 `https`，或在可信网络中设置 `allowInsecureHttp`",
  "no response from {}": "{}没有响应",
  "{} did not respond in time": "{}未及时响应",
  "the time given by `timeoutMs` is over": "`timeoutMs` 给定的时间已用完",
  "the call ended in an impossible state": "调用以不可能的状态结束",
  "; a browser gives no details if the endpoint does not allow this origin (CORS): use a gateway":
    "；端点不允许此源（CORS）时，浏览器不提供详细信息：请使用网关",
  "; the endpoint is `{}`": "；端点是 `{}`",
  "; the resource is `acs:fnf:{}:{}:flow/{}`": "；资源是 `acs:fnf:{}:{}:flow/{}`",
  "{} (and {} more)": "{}（另有 {} 个问题）",
  "the endpoint is a path, which works in a page only: add the host": "端点是路径，这只能在网页中使用：请加上主机",
  "`signal` must be an `AbortSignal`": "`signal` 必须是 `AbortSignal`",
  "`region` or `endpoint` is missing": "缺少 `region` 或 `endpoint`",
  "`signature` must be `HMAC-SHA1` or `ACS3-HMAC-SHA256`": "`signature` 必须是 `HMAC-SHA1` 或 `ACS3-HMAC-SHA256`",
  "`ACS3-HMAC-SHA256` signs the host: the endpoint must have one": "`ACS3-HMAC-SHA256` 对主机签名：端点必须带有主机",
  "`{}` is set by the signature": "`{}` 由签名设置",
  "this is not a valid name of a header": "这不是有效的头部名称",
  "the value of `{}` has a character that is not valid in a header": "`{}` 的值含有头部中无效的字符",
  "the body is larger than 8 MiB, more than the service sends": "响应体超过 8 MiB，服务不会发送这样的响应",
  "the body is empty; an execution is a JSON object": "响应体为空；执行是 JSON 对象",
  "the body is XML or HTML, not JSON: a proxy may have sent it": "响应体是 XML 或 HTML，不是 JSON：可能由代理发送",
  "the body is not JSON": "响应体不是 JSON",
  "`{}` is empty": "`{}` 为空",
  "`{}` has a blank, a line break or another character that is not valid in a key: copy the key again":
    "`{}` 含有空格、换行或密钥中无效的其他字符：请重新复制密钥",
  "an execution is a JSON object, not {}": "执行是 JSON 对象，不能是{}",
  "this is not an execution but the error `{}` of the service: {}": "这不是执行，而是服务的错误 `{}`：{}",
  "an execution": "执行",
  "the text in `{}` is not JSON": "`{}` 中的文本不是 JSON",
  ": the nearest is `{}`": "：最接近的是 `{}`",
  "the response has no `{}`{}": "响应中没有 `{}` {}",
  "the status `{}` is unknown; the nearest is `{}`": "未知的执行状态 `{}`；最接近的是 `{}`",
  "the status is empty: the execution is treated as not ended": "执行状态为空：视为执行尚未结束",
  "the status `{}` is unknown: the execution is treated as not ended": "未知的执行状态 `{}`：视为执行尚未结束",
  "`{}` must be an RFC 3339 time like `2019-01-01T01:01:01.001Z`, not `{}`":
    "`{}` 必须是 RFC 3339 时间，例如 `2019-01-01T01:01:01.001Z`，不能是 `{}`",
  "`{}` must be a text with JSON, not {}": "`{}` 必须是 JSON 文本，不能是{}",
  "an environment variable": "环境变量",
  "the variable has no `Name`": "此变量没有 `Name`",
  "the endpoint redirects to another address, and redirects are not followed: set `endpoint` to the final address":
    "端点重定向到另一个地址，而重定向不会被跟随：请将 `endpoint` 设为最终地址",
  "the response is JSON but not an object: {}": "响应是 JSON，但不是对象：{}",
  "the response is empty: an execution was expected": "响应为空：应为执行",
  "the service answered `{}`": "服务返回 `{}`",
  "the response has the HTTP status {} without an error code of the service":
    "响应的 HTTP 状态码为 {}，没有服务的错误码",
  "the response begins as JSON but is not complete: it was probably cut off": "响应以 JSON 开头但不完整：可能被截断",
  "the request": "请求",
  "`{}` must be an RFC 3339 time like `2019-01-01T01:01:01.001Z`":
    "`{}` 必须是 RFC 3339 时间，例如 `2019-01-01T01:01:01.001Z`",
  "`{}` must be one of {}": "`{}` 必须是 {} 之一",
  "a page": "分页结果",
  "the response has no `{}`": "响应中没有 `{}`",
  "an entry": "条目",
  "the entry has no `{}`": "条目中没有 `{}`",
  "`{}` has a line break or another control character": "`{}` 含有换行或其他控制字符",
  "`{}` is not a region id{}": "`{}` 不是地域 ID{}",
  "the endpoint {}; a valid one is `https://cn-hangzhou.fnf.aliyuncs.com`":
    "端点{}；有效的端点如 `https://cn-hangzhou.fnf.aliyuncs.com`",
  "has a character that must be encoded in a URL": "含有在 URL 中必须编码的字符",
  "must not have a query or a fragment": "不能有查询参数或片段",
  "must begin with `https://`, `http://` or one `/`": "必须以 `https://`、`http://` 或单个 `/` 开头",
  "must begin with `https://` or `http://`": "必须以 `https://` 或 `http://` 开头",
  "must not have a user name or a password": "不能含有用户名或密码",
  "has no valid host": "没有有效的主机",
  "has no valid port": "没有有效的端口",
  "the call has ended, or was lost with its instance": "调用已结束，或已随其实例丢失",
  "the bytes of `body` cannot be decoded": "`body` 的字节无法解码",
  "`body` must be a text, bytes or an object, not {}": "`body` 必须是文本、字节或对象，不能是{}",
  "`{}` must be a string, not {}": "`{}` 必须是字符串，不能是{}",
  "a string": "字符串",
  "an array": "数组",
  "the flow is closed, or was lost with its instance": "流程已关闭，或已随其实例丢失",
  "`text` must have at most {} characters": "`text` 最多 {} 个字符",
  "`now` must be a time in Unix milliseconds": "`now` 必须是以毫秒为单位的 Unix 时间",
  "the nonce needs 16 random bytes": "nonce 需要 16 个随机字节",
  "the emulator's options: {}": "模拟器的选项：{}",
  "the emulator is closed, or was lost with its instance": "模拟器已关闭，或已随其实例丢失",
  "the simulation's options: {}": "模拟运行的选项：{}",
  "the simulation is over, or was lost with its instance": "模拟运行已结束，或已随其实例丢失",
  "the WebAssembly module of cloudflow-wasm has trapped; this call is lost, the next call uses a new instance":
    "cloudflow-wasm 的 WebAssembly 模块发生陷阱；此次调用已丢失，下次调用使用新的实例",
  "the host cannot start the WebAssembly module: {}": "宿主无法启动 WebAssembly 模块：{}",
  "`{}` is another WebAssembly module: pass cloudflow-wasm/{}.wasm":
    "`{}` 是另一个 WebAssembly 模块：请传入 cloudflow-wasm/{}.wasm",
  "`{}` is a module of another version: pass cloudflow-wasm/{}.wasm of the version that has this `init`":
    "`{}` 是另一个版本的模块：请传入与此 `init` 同版本的 cloudflow-wasm/{}.wasm",
  "`{}` is not {}; expected one of: {}": "`{}` 不是{}；可用的有：{}",
  "`follow` must be `true` or `false`": "`follow` 必须是 `true` 或 `false`",
  "a field of the request": "请求的字段",
  "the event stream is silent": "事件流没有数据",
  "the event stream ended at once": "事件流立即结束",
  "an event has more than {} characters": "事件超过 {} 个字符",
  "`transport` must be `sse`, `poll` or `auto`, not `{}`": "`transport` 必须是 `sse`、`poll` 或 `auto`，不能是 `{}`",
  "`transport` must not be `sse` with `credentials`: only a gateway sends events, and its calls are not signed":
    "使用 `credentials` 时，`transport` 不能是 `sse`：只有网关发送事件，而对网关的调用没有签名",
  "`events` must be a list of events, or a response of GetExecutionHistory":
    "`events` 必须是事件的列表，或 GetExecutionHistory 的响应",
  "a web page": "网页",
  "a text that is not JSON": "不是 JSON 的文本",
  "the response (HTTP status {}) is {}, not JSON of the service: this endpoint is another server":
    "响应（HTTP 状态码 {}）是{}，不是服务的 JSON：此端点是其他服务器",
  "the response (HTTP status {}) is {}, `{}`, not JSON of the service: this endpoint is another server":
    "响应（HTTP 状态码 {}）是{} `{}`，不是服务的 JSON：此端点是其他服务器",
  "the response is not a page of a list: {}": "响应不是列表的分页结果：{}",
  "the response is not an execution: {}": "响应不是执行：{}",
  "; before that: {}": "；在此之前：{}",
  "; it is {} minutes behind the service's": "；它比服务的时钟慢 {} 分钟",
  "; it is {} minutes ahead of the service's": "；它比服务的时钟快 {} 分钟",
  " (it needs the permission `{}`)": "（需要权限 `{}`）",
  "no response from {}: {}": "{}没有响应：{}",
  "the service answered `{}`: {}": "服务返回 `{}`：{}",
  "the response has the HTTP status {} without an error code of the service: {}":
    "响应的 HTTP 状态码为 {}，没有服务的错误码：{}",
};

/**
 * What to do about a refusal of the service: the end of its message, after a semicolon.
 *
 * @type {import("./translate.js").Table}
 */
export const ADVICE = {
  "check the name of the flow, the account and the region": "请检查流程名称、账号和地域",
  "check the name of the execution; the service may not know it right after its start and long after its end":
    "请检查执行名称；执行刚启动时或结束很久之后，服务可能查不到它",
  "check `accessKeyId`: it is unknown or disabled, or belongs to another site of the vendor":
    "请检查 `accessKeyId`：它不存在、已禁用，或属于阿里云的其他站点",
  "check `accessKeySecret`: it does not belong to this `accessKeyId`":
    "请检查 `accessKeySecret`：它与此 `accessKeyId` 不匹配",
  "check `securityToken`: a temporary key needs the token that was issued with it":
    "请检查 `securityToken`：临时密钥需要与它一起签发的令牌",
  "get new temporary credentials, or pass a function as `credentials`, which is called when they expire":
    "请获取新的临时凭证，或将 `credentials` 设为函数，凭证过期时会调用它",
  "ask for a RAM policy that allows `fnf:{}` on this flow": "请申请允许对此流程执行 `fnf:{}` 的 RAM 权限策略",
  "activate CloudFlow for this account, in its console: no RAM policy helps before the product is activated":
    "请在控制台为此账号开通云工作流：开通之前，RAM 权限策略不起作用",
  "names have 1 to 128 letters, digits, `_` and `-`, the first a letter or `_`; a wait has 0 to 60 seconds":
    "名称为 1 到 128 个字母、数字、`_` 和 `-`，首字符为字母或 `_`；等待时间为 0 到 60 秒",
  "correct the clock of this machine: the service accepts a difference of about 15 minutes":
    "请校正本机时钟：服务允许约 15 分钟的误差",
  "send fewer requests: the limit of an account is 5 per second; a longer `waitTimeSeconds` reduces them":
    "请减少请求：每个账号每秒最多 5 次；增大 `waitTimeSeconds` 可减少请求",
  "check `endpoint`: it may belong to another product or another version of the API":
    "请检查 `endpoint`：它可能属于其他产品，或 API 的其他版本",
  "try again later": "请稍后重试",
};
