// The long texts of the help in Chinese. The English template is the key.

/**
 * Notes of commands.
 *
 * @type {import("../../zh/translate.js").Table}
 */
export const NOTES = {
  [`Findings with the severity \`info\` do not count, and warnings count above --max-warnings (default 0).

NAME.express.yaml is a flow in the mode Express. A file of a folder or a pattern that is neither a definition nor a
template with one is skipped. A file that is named is a definition, unless --ignore-unknown is used.`]: `级别为 \`info\` 的诊断不计入结果，警告数超过 --max-warnings（默认 0）时计入。

NAME.express.yaml 是快速模式的流程。目录或模式中既不是定义、也不是含有定义的模板的文件会被跳过。直接指定的文件视为定义，除非使用 --ignore-unknown。`,
  [`A definition with syntax errors is reported and never changed.

A definition in a template keeps its layout if it is not written line by line there: in quotes, as a folded text, or with
directives of the template. Such a definition is reported on the standard error, and does not count.`]: `有语法错误的定义只报告，不修改。

模板中的定义如果不是逐行写出（在引号中、为折叠文本，或含有模板的指令），则保持其版式。这样的定义报告到标准错误，不计入结果。`,
  [`A test file names its \`flow\` and lists \`tests\`. A test has a name, an \`input\`, \`mocks\` of tasks, and expectations:
\`status\`, \`output\` or \`outputIncludes\`, \`error\`, \`cause\`, \`path\`, \`attempts\`. A test with the key \`state\` runs
one state alone. docs/flow-tests.md of the package's repository describes the format.`]: `测试文件用 \`flow\` 指定流程，用 \`tests\` 列出测试。测试有名称、\`input\`、任务的 \`mocks\` 和期望：\`status\`、\`output\` 或 \`outputIncludes\`、\`error\`、\`cause\`、\`path\`、\`attempts\`。带有键 \`state\` 的测试单独运行一个状态。软件包仓库中的 docs/flow-tests.md 说明了格式。`,
  [`Credentials come from ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and
ALIBABA_CLOUD_SECURITY_TOKEN, otherwise from the profile of ~/.aliyun/config.json that --profile or ALIBABA_CLOUD_PROFILE
names, otherwise from its current profile (modes AK and StsToken). The region comes from --region,
ALIBABA_CLOUD_REGION_ID or the profile. With --endpoint and without credentials, requests are not signed: for a gateway,
which gets the token of CLOUDFLOW_GATEWAY_TOKEN. If this variable is set, requests to an --endpoint are never signed.`]: `凭证来自 ALIBABA_CLOUD_ACCESS_KEY_ID、ALIBABA_CLOUD_ACCESS_KEY_SECRET 和 ALIBABA_CLOUD_SECURITY_TOKEN，否则来自 ~/.aliyun/config.json 中由 --profile 或 ALIBABA_CLOUD_PROFILE 指定的配置，否则来自其当前配置（模式 AK 和 StsToken）。地域来自 --region、ALIBABA_CLOUD_REGION_ID 或该配置。使用 --endpoint 且没有凭证时，请求不签名：用于网关，网关收到 CLOUDFLOW_GATEWAY_TOKEN 的令牌。如果设置了此变量，发往 --endpoint 的请求始终不签名。`,
  [`The execution is never changed.

{}`]: `不会改变执行。

{}`,
};

/**
 * The help of the command and of the servers: templates of `form`.
 *
 * @type {import("../../zh/translate.js").Table}
 */
export const HELPS = {
  [`cloudflow-wasm: tools for flows of Alibaba Cloud CloudFlow

usage: cloudflow-wasm <command> [arguments]

{}

examples:
{}

{}
`]: `cloudflow-wasm：阿里云云工作流（CloudFlow）流程的工具

用法：cloudflow-wasm <command> [arguments]

{}

示例：
{}

{}
`,
  [`cloudflow-wasm gateway: holds the key of Alibaba Cloud CloudFlow, and forwards the calls that read executions

  cloudflow-wasm gateway [--config FILE] [--port N] [--host H] [--trust-proxy] [--drain SECONDS]
  cloudflow-wasm gateway init [DIR] [--force]

  --config FILE    module whose default export is the options of \`createGateway\`, or a gateway (default gateway.mjs);
                   its \`env\` has the environment variables
  --port N         port to listen on (default 8788); 0 selects a free port
  --host H         address to listen on (default 127.0.0.1: only this machine); 0.0.0.0 or :: for all addresses
  --trust-proxy    use the headers X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host of the proxy in front of the
                   server; without this option they are removed, because any client can send them
  --drain SECONDS  time after SIGTERM in which the server still accepts requests and /healthz already answers 503, so
                   that a load balancer stops sending requests (0 to 300, default 0)
  --force          let \`init\` overwrite files
  --help           print this text
  --version        print the version of the package
  --locale L       language of the messages: en or zh

The server keeps what it knows of the executions in memory: all watchers of an execution share one upstream poll. It
answers /healthz with 200. At SIGTERM or SIGINT it answers held requests, ends its streams, and exits with 0.

\`gateway init\` writes a project for Cloudflare Workers to DIR (default: the current folder).

Examples:

  cat > gateway.mjs <<"END"
  import { bearer } from "cloudflow-wasm/gateway/auth";
  export default {
    upstream: (env) => ({
      region: "cn-hangzhou",
      credentials: { accessKeyId: env.ACCESS_KEY_ID, accessKeySecret: env.ACCESS_KEY_SECRET },
    }),
    authorize: bearer((env) => env.GATEWAY_TOKEN),
  };
  END
  npx cloudflow-wasm gateway --port 8788
  npx cloudflow-wasm gateway --config gateway.mjs --host :: --trust-proxy --drain 10
  npx cloudflow-wasm gateway init my-gateway

Exit codes:

{}
`]: `cloudflow-wasm gateway：保管阿里云云工作流（CloudFlow）的密钥，并转发读取执行的调用

  cloudflow-wasm gateway [--config FILE] [--port N] [--host H] [--trust-proxy] [--drain SECONDS]
  cloudflow-wasm gateway init [DIR] [--force]

  --config FILE    模块，其默认导出是 \`createGateway\` 的选项或一个网关（默认 gateway.mjs）；其 \`env\` 中有环境变量
  --port N         监听的端口（默认 8788）；0 选择空闲端口
  --host H         监听的地址（默认 127.0.0.1：仅本机）；0.0.0.0 或 :: 表示所有地址
  --trust-proxy    使用服务器前面的代理设置的请求头 X-Forwarded-For、X-Forwarded-Proto 和 X-Forwarded-Host；
                   不使用此选项时会删除它们，因为任何客户端都能发送它们
  --drain SECONDS  收到 SIGTERM 后仍接受请求的时间，此时 /healthz 已返回 503，以便负载均衡停止发送请求
                   （0 到 300，默认 0）
  --force          允许 \`init\` 覆盖文件
  --help           输出此说明
  --version        输出软件包的版本
  --locale L       消息的语言：en 或 zh

服务器在内存中保存它所知的执行：一个执行的所有监听方共用一次上游轮询。/healthz 返回 200。收到 SIGTERM 或
SIGINT 时，它响应被挂起的请求，结束其事件流，并以 0 退出。

\`gateway init\` 把用于 Cloudflare Workers 的项目写入 DIR（默认：当前目录）。

示例：

  cat > gateway.mjs <<"END"
  import { bearer } from "cloudflow-wasm/gateway/auth";
  export default {
    upstream: (env) => ({
      region: "cn-hangzhou",
      credentials: { accessKeyId: env.ACCESS_KEY_ID, accessKeySecret: env.ACCESS_KEY_SECRET },
    }),
    authorize: bearer((env) => env.GATEWAY_TOKEN),
  };
  END
  npx cloudflow-wasm gateway --port 8788
  npx cloudflow-wasm gateway --config gateway.mjs --host :: --trust-proxy --drain 10
  npx cloudflow-wasm gateway init my-gateway

退出码：

{}
`,
  [`cloudflow-wasm local: emulator of Alibaba Cloud CloudFlow as an HTTP server, with a console in the browser

  cloudflow-wasm local [--flows DIR] [--tasks FILE] [--state FILE] [--port N] [--host H] [--key ID:SECRET]
                       [--speed N] [--skip-waits] [--no-console]

  --flows DIR      folder of definitions; each *.yaml and *.yml file is a flow with the name of the file;
                   NAME.express.yaml is an Express flow; changed files are loaded again; the findings of an
                   invalid definition are printed, and the last valid definition is kept
  --tasks FILE     task handlers: a module (.mjs, .js) with handlers as default export, or mocks (.json);
                   a task without a handler gets the answer that was set in the console; without one, it fails with
                   Local.NoTaskHandler, or waits for the report of its task token
  --state FILE     file for flows and executions; it survives a restart and a kill of the server; only one
                   server at a time can use it
  --port N         port to listen on (default 8791); 0 selects a free port
  --host H         address to listen on (default 127.0.0.1: only this machine); if specified again: further
                   names that are accepted in the header Host, in addition to localhost and IP addresses
  --allow-origin O origin of a web page that may use the server, such as http://localhost:3000; may be
                   repeated; default: only pages of the server's own origin
  --key ID:SECRET  accepted AccessKey pair; may be repeated; default: the environment variable
                   {}; if it is not set, a pair is generated and printed
  --speed N        speed of the clock of the flows, 1 to 1000000 (default 1): with 60, a wait of one minute takes
                   one second; pauses before retries and timeouts are shortened alike; requests and handlers
                   take their normal time
  --skip-waits     let the clock of the flows jump to the next wait, pause or timeout that ends, except while a
                   handler runs or a task waits for the report of its task token
  --console        serve the console also if other machines can reach the server; the console needs no key: everyone
                   who can connect to the server can use it
  --no-console     do not serve the console
  --quotas         apply the rate limits of the service: 429 above them
  --latency MS     delay of every response in ms
  --quiet          do not print a line for each request
  --help           print this text
  --version        print the version of the package
  --locale L       language of the messages: en or zh

Examples:
  # the flows of a folder, with a console
  cloudflow-wasm local --flows flows
  # with task handlers, and no waits
  cloudflow-wasm local --flows flows --tasks tasks.mjs --skip-waits
  # executions survive a restart
  cloudflow-wasm local --flows flows --state state.jsonl --port 8791
  # for other machines, in a container
  cloudflow-wasm local --host :: --key dev:dev-secret --no-console

Exit codes:
{}

\`cloudflow-wasm gateway --help\` describes the gateway.
`]: `cloudflow-wasm local：以 HTTP 服务器运行阿里云云工作流（CloudFlow）的模拟器，并在浏览器中提供控制台

  cloudflow-wasm local [--flows DIR] [--tasks FILE] [--state FILE] [--port N] [--host H] [--key ID:SECRET]
                       [--speed N] [--skip-waits] [--no-console]

  --flows DIR      定义所在的目录；每个 *.yaml 和 *.yml 文件是一个以文件名命名的流程；NAME.express.yaml 是快速模式的
                   流程；更改的文件会重新加载；定义无效时输出诊断，并保留最后一个有效的定义
  --tasks FILE     任务的处理函数：默认导出处理函数的模块（.mjs、.js），或 mock（.json）；没有处理函数的任务使用
                   在控制台中设置的结果；没有设置时以 Local.NoTaskHandler 失败，或等待用任务令牌汇报
  --state FILE     保存流程和执行的文件；服务器重启或被终止后仍然有效；同一时间只有一个服务器可以使用它
  --port N         监听的端口（默认 8791）；0 选择空闲端口
  --host H         监听的地址（默认 127.0.0.1：仅本机）；再次指定时：除 localhost 和 IP 地址外，
                   请求头 Host 中还接受的名称
  --allow-origin O 可以使用服务器的网页的源，例如 http://localhost:3000；可重复；默认：仅与服务器同源的网页
  --key ID:SECRET  接受的 AccessKey；可重复；默认：环境变量 {}；未设置时生成一对并输出
  --speed N        流程时钟的速度，1 到 1000000（默认 1）：为 60 时，等待一分钟只需一秒；重试前的停顿和超时同样缩短；
                   请求和处理函数按正常时间运行
  --skip-waits     流程的时钟跳到下一个结束的等待、停顿或超时，除非有处理函数在运行，或有任务在等待用任务令牌汇报
  --console        即使其他机器可以访问服务器，也提供控制台；控制台不需要密钥：能连接服务器的人都可以使用
  --no-console     不提供控制台
  --quotas         应用服务的限流：超过时返回 429
  --latency MS     每个响应的延迟，单位为毫秒
  --quiet          不为每个请求输出一行
  --help           输出此说明
  --version        输出软件包的版本
  --locale L       消息的语言：en 或 zh

示例：
  # 运行一个目录中的流程，并提供控制台
  cloudflow-wasm local --flows flows
  # 使用处理函数，并跳过等待
  cloudflow-wasm local --flows flows --tasks tasks.mjs --skip-waits
  # 重启后保留执行
  cloudflow-wasm local --flows flows --state state.jsonl --port 8791
  # 在容器中运行，供其他机器访问
  cloudflow-wasm local --host :: --key dev:dev-secret --no-console

退出码：
{}

\`cloudflow-wasm gateway --help\` 说明网关。
`,
};
