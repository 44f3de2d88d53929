// The inputs, made by rule, so that anyone measures the same bytes: a line of states about orders,
// each named from its number, in both dialects of CloudFlow and in Amazon States Language; and
// responses of DescribeExecution that carry such a flow.

const verbs = ["accept", "check", "charge", "pack", "label", "ship", "bill", "notify", "audit", "close"];
const things = ["order", "basket", "coupon", "parcel", "invoice", "refund", "address", "stock", "ticket", "report"];
const kinds = ["task", "pass", "task", "choice", "task", "wait", "task", "parallel", "task", "map", "pass", "task"];

/** The numbers of a plain xorshift generator: the same ones for the same seed. */
export function numbers(seed) {
  let x = seed | 0 || 1;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

const nameOf = (i) => `${verbs[(i * 7) % 10]}_${things[(i * 3 + (i >> 3)) % 10]}_${i}`;

/** What state `i` is; all three printers print this. The first one of a flow is `isFirst`. */
function stateAt(i, lean, isFirst = i === 0) {
  const draw = numbers(Math.imul(i + 1, 0x9e3779b1));
  for (let skipped = 0; skipped < 4; skipped += 1) draw(2); // the first numbers still look like the seed
  const drawn = lean ? (i % 8 ? "pass" : "choice") : kinds[draw(kinds.length)];
  const kind = isFirst ? "task" : drawn; // the first one can fail: every flow has a way to GiveUp
  return {
    kind,
    name: nameOf(i),
    retry: kind === "task" && (isFirst || draw(5) < 3),
    comment: draw(4) === 0,
    chinese: draw(9) === 0,
    ways: 2 + draw(2),
    seconds: 1 + draw(200),
    bare: lean,
    inner: kind === "parallel" ? 2 : kind === "map" ? 1 : 0,
  };
}

const statesIn = (state) => 1 + state.inner * 2;

/**
 * The longest flow of at most the given number of bytes, or one of at least the given number of states.
 *
 * @param dialect "StateMachine", "flow" or "asl"
 * @param until { bytes } or { states }; `lean: true` makes every state a pass or a choice, so that
 *   100,000 of them are a few megabytes; `first` is the number of the first state, 0 by default
 */
export function makeFlow(dialect, until) {
  const printer = printers[dialect];
  const first = until.first ?? 0;
  const parts = [printer.head(nameOf(first))];
  let bytes = Buffer.byteLength(parts[0] + printer.tail);
  let states = 2;
  for (let i = first; ; i += 1) {
    const state = stateAt(i, until.lean, i === first);
    const text = printer.state(state, nameOf(i + 1));
    bytes += Buffer.byteLength(text);
    states += statesIn(state);
    parts.push(text);
    const next = stateAt(i + 1, until.lean);
    const full = until.bytes
      ? bytes + Buffer.byteLength(printer.state(next, nameOf(i + 2))) > until.bytes
      : states >= until.states;
    if (!full) continue;
    parts[parts.length - 1] = printer.state(state, "Done");
    return { text: parts.join("") + printer.tail, states };
  }
}

// ---- StateMachine ------------------------------------------------------------------------------

const machine = {
  head: (first) => `# made by rule
Type: StateMachine
SpecVersion: v1
Name: orders
Description: |
  Takes an order from the basket
  to the door.
StartAt: ${first}
States:
`,
  tail: `  - Type: Succeed
    Name: Done
  - Type: Fail
    Name: GiveUp
    Code: OrderFailed
    Detail: "see the log"
`,
  state: (state, next) => indent("  ", machineState(state, next)),
};

function machineState(s, next) {
  const lines = [
    `- Type: ${{ task: "Task", pass: "Pass", choice: "Choice", wait: "Wait", parallel: "Parallel", map: "Map" }[s.kind]}`,
    `  Name: ${s.name}`,
  ];
  if (s.comment && !s.bare) lines.push("  # one call, one reply");
  if (s.chinese && !s.bare) lines.push('  Description: "处理订单并返回结果"');
  if (s.kind === "task") lines.push(...machineTask(s));
  if (s.kind === "pass" && !s.bare)
    lines.push("  OutputConstructor:", '    note: "on its way, soon"', "    count.$: $Input.count");
  if (s.kind === "wait") lines.push(`  Seconds: ${s.seconds}`);
  if (s.kind === "choice") {
    lines.push("  Branches:");
    for (let way = 0; way < s.ways; way += 1) {
      lines.push(
        `    - Condition: $Input.state == "open" && $Input.count > ${way}`,
        `      Next: ${way ? next : "Done"}`,
      );
    }
    lines.push(`  Default: ${next}`);
    return lines;
  }
  if (s.kind === "parallel") {
    lines.push("  Branches:");
    for (let branch = 0; branch < s.inner; branch += 1) {
      const [first, ...rest] = machineSeries(`${s.name}_${branch}`);
      lines.push(`    - ${first}`, ...rest.map((line) => `      ${line}`));
    }
  }
  if (s.kind === "map") {
    lines.push(
      "  ItemsPath: $Input.lines",
      "  Processor:",
      ...machineSeries(`${s.name}_each`).map((line) => `    ${line}`),
    );
  }
  if (s.retry) {
    lines.push(
      "  Retry:",
      "    - Errors: [FC.ResourceThrottled, FnF.TaskTimeout]",
      "      Description: 'busy, not broken'",
      "      IntervalSeconds: 2",
      "      MaxAttempts: 4",
      "      BackoffRate: 1.5",
      "  Catch:",
      "    - Errors:",
      "        - FnF.ALL",
      "      Description: 'nothing more to try'",
      "      Next: GiveUp",
    );
  }
  lines.push(`  Next: ${next}`);
  return lines;
}

function machineTask(s) {
  return [
    "  Action: FC:InvokeFunction",
    "  TaskMode: RequestComplete",
    "  Parameters:",
    `    resourceArn: acs:fc:cn-hangzhou:100000000001:services/shop/functions/${s.name}`,
    "    invocationType: Sync",
    "    body:",
    "      id.$: $Input.order.id",
    `      size: ${s.name.length}`,
    "  OutputConstructor:",
    "    reply.$: $Output.Body.reply",
    "    orderId.$: $Input.order.id",
  ];
}

function machineSeries(stem) {
  return [
    `StartAt: ${stem}_a`,
    "States:",
    "  - Type: Pass",
    `    Name: ${stem}_a`,
    "    OutputConstructor:",
    "      sku.$: $Input.sku",
    `    Next: ${stem}_b`,
    "  - Type: Pass",
    `    Name: ${stem}_b`,
    "    End: true",
  ];
}

// ---- flow --------------------------------------------------------------------------------------

const flow = {
  head: () => `# made by rule
version: v1
type: flow
steps:
`,
  tail: `  - type: succeed
    name: Done
  - type: fail
    name: GiveUp
    error: OrderFailed
    cause: "see the log"
`,
  state: (state, next) => indent("  ", flowStep(state, next)),
};

function flowStep(s, next) {
  const lines = [`- type: ${s.kind === "map" ? "foreach" : s.kind}`, `  name: ${s.name}`];
  if (s.comment && !s.bare) lines.push("  # one call, one reply");
  if (s.kind === "task") {
    lines.push(
      `  resourceArn: acs:fc:cn-hangzhou:100000000001:services/shop/functions/${s.name}`,
      "  timeoutSeconds: 60",
      "  inputMappings:",
      "    - target: id",
      "      source: $input.order.id",
      "  outputMappings:",
      "    - target: reply",
      "      source: $local.reply",
    );
    if (s.retry) {
      lines.push(
        "  retry:",
        "    - errors: [FC.ResourceThrottled, FnF.TaskTimeout]",
        "      intervalSeconds: 2",
        "      maxAttempts: 4",
        "      multiplier: 1.5",
        "  catch:",
        "    - errors:",
        "        - FnF.ALL",
        "      goto: GiveUp",
      );
    }
  }
  if (s.kind === "pass" && !s.bare) {
    lines.push(
      "  outputMappings:",
      "    - target: note",
      `      source: ${s.chinese ? '"订单已发货"' : '"on its way, soon"'}`,
    );
  }
  if (s.kind === "wait") lines.push(`  duration: ${s.seconds}`);
  if (s.kind === "choice") {
    lines.push("  inputMappings:", "    - target: state", "      source: $local.state", "  choices:");
    for (let way = 0; way < s.ways; way += 1) {
      lines.push(`    - condition: $.state == "open${way}"`, `      goto: ${way ? next : "Done"}`);
    }
    lines.push("  default:", `    goto: ${next}`);
  }
  if (s.kind === "parallel") {
    lines.push("  branches:");
    for (let branch = 0; branch < s.inner; branch += 1) {
      lines.push("    - steps:", ...indented("        ", flowSeries(`${s.name}_${branch}`)));
    }
    lines.push("  outputMappings:", "    - target: all", '      source: "$local[*].sku"');
  }
  if (s.kind === "map") {
    lines.push("  iterationMapping:", "    collection: $.lines", "    item: line", "  steps:");
    lines.push(...indented("    ", flowSeries(`${s.name}_each`)));
    lines.push("  outputMappings:", "    - target: all", '      source: "$local[*].sku"');
  }
  return lines;
}

function flowSeries(stem) {
  return [
    "- type: pass",
    `  name: ${stem}_a`,
    "  outputMappings:",
    "    - target: sku",
    "      source: $input.sku",
    "- type: pass",
    `  name: ${stem}_b`,
  ];
}

// ---- Amazon States Language, as JSON, for the validators made for it ---------------------------

const asl = {
  head: (first) => `{"Comment":"made by rule","StartAt":${JSON.stringify(first)},"States":{`,
  tail: `"Done":{"Type":"Succeed"},"GiveUp":{"Type":"Fail","Error":"OrderFailed","Cause":"see the log"}}}`,
  state: (s, next) => `${JSON.stringify(s.name)}:${JSON.stringify(aslState(s, next))},`,
};

function aslState(s, next) {
  if (s.kind === "task") {
    return {
      Type: "Task",
      Resource: `arn:aws:lambda:us-east-1:100000000001:function:${s.name}`,
      Parameters: { "id.$": "$.order.id", size: s.name.length },
      ...(s.retry && {
        Retry: [
          {
            ErrorEquals: ["Lambda.TooManyRequestsException", "States.Timeout"],
            IntervalSeconds: 2,
            MaxAttempts: 4,
            BackoffRate: 1.5,
          },
        ],
        Catch: [{ ErrorEquals: ["States.ALL"], Next: "GiveUp" }],
      }),
      Next: next,
    };
  }
  if (s.kind === "pass") return { Type: "Pass", Result: { note: "on its way, soon" }, Next: next };
  if (s.kind === "wait") return { Type: "Wait", Seconds: s.seconds, Next: next };
  if (s.kind === "choice") {
    const ways = Array.from({ length: s.ways }, (_, way) => ({
      Variable: "$.count",
      NumericGreaterThan: way,
      Next: way ? next : "Done",
    }));
    return { Type: "Choice", Choices: ways, Default: next };
  }
  const series = (stem) => ({
    StartAt: `${stem}_a`,
    States: { [`${stem}_a`]: { Type: "Pass", Next: `${stem}_b` }, [`${stem}_b`]: { Type: "Pass", End: true } },
  });
  if (s.kind === "map")
    return { Type: "Map", ItemsPath: "$.lines", ItemProcessor: series(`${s.name}_each`), Next: next };
  return {
    Type: "Parallel",
    Branches: Array.from({ length: s.inner }, (_, branch) => series(`${s.name}_${branch}`)),
    Next: next,
  };
}

const printers = { StateMachine: machine, flow, asl };

const indented = (by, lines) => lines.map((line) => by + line);
const indent = (by, lines) => `${indented(by, lines).join("\n")}\n`;

// ---- Responses ---------------------------------------------------------------------------------

/** What the service answers: 0.6 KB ("small") or about 148 KB ("large"). */
export function makeResponse(size) {
  const large = size === "large";
  const flowDefinition = large
    ? makeFlow("StateMachine", { bytes: 65536 }).text
    : "Type: StateMachine\nSpecVersion: v1\nName: orders\nStartAt: only\nStates:\n  - Type: Pass\n    Name: only\n    End: true\n";
  const variables = large
    ? Array.from({ length: 24 }, (_, i) => ({ Name: `SETTING_${i}`, Value: `value of ${i}` }))
    : [
        { Name: "stage", Value: "test" },
        { Name: "region", Value: "cn-hangzhou" },
      ];
  const answer = {
    Status: large ? "Running" : "Succeeded",
    StoppedTime: large ? "" : "2026-01-01T08:00:05.250Z",
    RequestId: "5D2F8E4A-93C1-4B7E-8A60-2C9E1F7B3D55",
    StartedTime: "2026-01-01T08:00:00.000Z",
    FlowDefinition: flowDefinition,
    Output: large ? lines(32768, 11) : '{"paid":true}',
    FlowName: "orders",
    Name: "order-000017",
    Input: large ? lines(32768, 23) : '{"order":{"id":17}}',
    Environment: { Variables: variables },
  };
  return JSON.stringify(answer, null, large ? 0 : 2);
}

function lines(bytes, seed) {
  const draw = numbers(seed);
  const out = [];
  for (let size = 0; size < bytes; ) {
    const line = {
      id: draw(1e9),
      sku: nameOf(draw(1000)),
      quantity: 1 + draw(9),
      price: draw(100000) / 100,
      note: '易碎 "handle with care"',
    };
    out.push(line);
    size += Buffer.byteLength(JSON.stringify(line)) + 1;
  }
  return JSON.stringify({ lines: out });
}
