// node --expose-gc tests/bench/memory.mjs [CALLS]
//
// Memory over many calls of the client, 1,000,000 by default: calls without and with a client, answered calls, failed
// ones, and aborted ones. Prints the heap of JavaScript after a collection and the memory of the module. Fails if either
// grows after the first tenth. Not a part of `cargo xtask bench`: it takes some minutes.

const calls = Number(process.argv[2] ?? 1_000_000);
const CONCURRENT = 50;
/** Noise of the heap after a collection. */
const MAX_HEAP_GROWTH = 1 << 20;

/** @type {WebAssembly.Memory | undefined} */
let memory;
WebAssembly.Instance = class extends WebAssembly.Instance {
  constructor(...args) {
    super(...args);
    memory = this.exports.memory;
  }
};

const { createClient, describeExecution } = await import("../../pkg/dist/index.js");

const body = JSON.stringify({
  RequestId: "r",
  FlowName: "orders",
  Name: "order-000017",
  Status: "Running",
  FlowDefinition: "type: flow",
});
const answers = [
  async () => new Response(body),
  async () => new Response('{"Code":"FlowNotExists","Message":"no"}', { status: 404 }),
  () => Promise.reject(new TypeError("fetch failed")),
  (_, { signal }) => new Promise((_, refuse) => signal.addEventListener("abort", () => refuse(new Error("aborted")))),
];
const options = {
  endpoint: "https://cn-hangzhou.fnf.aliyuncs.com",
  credentials: { accessKeyId: "LTAI0123456789ABCDEF", accessKeySecret: "0123456789abcdefghijklmnopqrst" },
  retry: false,
};
const request = { flowName: "orders", executionName: "order-000017" };
const client = createClient({ ...options, credentials: undefined });

async function some(count) {
  for (let done = 0; done < count; done += CONCURRENT) {
    const controller = new AbortController();
    const call = (_, at) => {
      const own = { fetch: answers[at % answers.length], signal: controller.signal };
      const call = at % 3 ? describeExecution(request, { ...options, ...own }) : client.describeExecution(request, own);
      return call.catch(() => {});
    };
    const ending = Array.from({ length: CONCURRENT }, call);
    await new Promise((later) => setImmediate(later));
    controller.abort();
    await Promise.all(ending);
  }
}

const look = () => {
  globalThis.gc();
  return { heap: process.memoryUsage().heapUsed, module: memory.buffer.byteLength };
};

const looks = [];
for (let part = 1; part <= 10; part += 1) {
  await some(calls / 10);
  const now = look();
  looks.push(now);
  console.log(
    `${((calls / 10) * part).toLocaleString("en")} calls: heap ${(now.heap / 2 ** 20).toFixed(2)} MiB, module ${(now.module / 1024).toFixed(0)} KiB`,
  );
}
const [first, last] = [looks[0], looks.at(-1)];
if (last.heap > first.heap + MAX_HEAP_GROWTH || last.module > first.module) {
  console.error("the memory grows");
  process.exitCode = 1;
}
