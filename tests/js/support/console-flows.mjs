// Flows for the tests of the console, with the outcomes of their tasks. `NAME` is the name of the flow.

const task = (name, more = "") => `  - Type: Task
    Name: ${name}
    Action: FC:InvokeFunction
    Parameters: {resourceArn: "acs:fc:::functions/${name.toLowerCase()}", invocationType: Sync, body.$: $Input}
${more}`;

const machine = (startAt, states) => `Type: StateMachine
SpecVersion: v1
Name: NAME
StartAt: ${startAt}
States:
${states}`;

/** A task that fails twice; its error is caught. */
export const CAUGHT = machine(
  "Resize",
  `${task(
    "Resize",
    `    Retry: [{Errors: [Busy], Description: busy, IntervalSeconds: 1, MaxAttempts: 1, BackoffRate: 1}]
    Catch: [{Errors: [FnF.ALL], Description: any, Next: Original}]
    Next: Publish
`,
  )}  - {Type: Pass, Name: Original, Next: Publish}
  - {Type: Succeed, Name: Publish}
`,
);

/** A Map whose third item fails. */
export const MAP = machine(
  "Each",
  `  - Type: Map
    Name: Each
    ItemsPath: $Input.items
    MaxConcurrency: 1
    Processor:
      StartAt: Send
      States:
${task("Send", "    End: true\n").replace(/^/gm, "      ")}
    End: true
`,
);

/** A Parallel of three branches. The tasks `Toast` and `Steep` end when the test says so. */
export const PARALLEL = machine(
  "Cook",
  `  - Type: Parallel
    Name: Cook
    Branches:
      - StartAt: Boil
        States:
          - {Type: Wait, Name: Boil, Seconds: 1, Next: Steep}
${task("Steep", "    End: true\n").replace(/^(?=.)/gm, "        ")}      - StartAt: Toast
        States:
${task("Toast", "    End: true\n").replace(/^(?=.)/gm, "        ")}      - {StartAt: Lay, States: [{Type: Pass, Name: Lay, End: true}]}
    Next: Served
  - {Type: Succeed, Name: Served}
`,
);

/** A Choice between three ways. */
export const CHOICE = machine(
  "Amount",
  `  - Type: Choice
    Name: Amount
    Branches: [{Condition: $Input.amount > 1000, Next: Ask}, {Condition: $Input.amount > 100, Next: Check}]
    Default: Pay
  - {Type: Pass, Name: Ask, Next: Pay}
  - {Type: Pass, Name: Check, Next: Pay}
  - {Type: Succeed, Name: Pay}
`,
);

/** A flow that starts another one. */
export const CHILD = machine(
  "Ship",
  `  - Type: Task
    Name: Ship
    Action: FNF:StartExecution
    TaskMode: WaitForSystemCallback
    Parameters: {resourceArn: "acs:fnf:::flow/shipment", input: {parcel.$: $Input.parcel}}
    End: true
`,
);
export const SHIPMENT = machine("Load", "  - {Type: Wait, Name: Load, Seconds: 1, End: true}\n");

/** A wait. */
export const nap = (seconds) => machine("Nap", `  - {Type: Wait, Name: Nap, Seconds: ${seconds}, End: true}\n`);

/** A task without a handler. */
export const ASK = machine("Ask", task("Ask", "    End: true\n"));

/** A task. The output of the execution has 64 KiB, the maximum. */
export const LARGE = machine("Large", task("Large", "    End: true\n"));

/** A loop that ends at the limit of 5,000 events. */
export const ENDLESS = machine("Again", "  - {Type: Pass, Name: Again, Next: Again}\n");

/** 300 states: every tenth is a Choice that skips the next state. */
export const LONG = machine(
  "State-0",
  Array.from({ length: 300 }, (_, i) => {
    const name = `State-${i}`;
    if (i === 299) return `  - {Type: Succeed, Name: ${name}}\n`;
    if (i % 10 !== 5) return `  - {Type: Pass, Name: ${name}, Next: State-${i + 1}}\n`;
    const skip = `[{Condition: $Input.left == true, Next: State-${i + 2}}]`;
    return `  - {Type: Choice, Name: ${name}, Branches: ${skip}, Default: State-${i + 1}}\n`;
  }).join(""),
);

/** Names and texts from right to left. */
export const RIGHT_TO_LEFT = machine(
  "בדיקת מלאי",
  `${task("STOCK", "    End: true\n").replace("Name: STOCK", "Name: בדיקת מלאי\n    Description: בודק את המלאי (Stock) ‏2026")}`,
);

/** About 5,000 events. */
export const MANY = machine(
  "Each",
  `  - Type: Map
    Name: Each
    ItemsPath: $Input.items
    MaxConcurrency: 40
    Processor: {StartAt: Step, States: [{Type: Pass, Name: Step, End: true}]}
    End: true
`,
);

/** Markup, text from right to left, and a long name. */
export const HOSTILE = `<img src=x onerror="window.hit=1"><script>window.hit=1</script>"'&amp;\u202e\u05d0\u05d1`;
const quoted = JSON.stringify(HOSTILE);
export const MARKUP = `Type: StateMachine
SpecVersion: v1
Name: NAME
Description: ${quoted}
StartAt: ${quoted}
States:
  - Type: Task
    Name: ${quoted}
    Description: ${quoted}
    Action: FC:InvokeFunction
    Parameters: {resourceArn: "acs:fc:::functions/markup", invocationType: Sync, body.$: $Input}
    Catch: [{Errors: [${quoted}], Description: ${quoted}, Next: 税务}]
    Next: 税务
  - {Type: Fail, Name: 税务, Code: ${quoted}, Detail: ${quoted}}
`;

/**
 * Handlers of the tasks, and a function that ends a task that waits for it: `toast`, `steep`, or the second attempt of
 * `resize` if its input has `hold`.
 */
export function createTasks() {
  const gates = new Map();
  const gate = (name) => {
    if (!gates.has(name)) {
      const made = {};
      made.opened = new Promise((open) => (made.open = open));
      gates.set(name, made);
    }
    return gates.get(name);
  };
  const fail = (code, message) => {
    throw Object.assign(new Error(message), { code });
  };
  const tasks = {
    async "acs:fc:::functions/resize"(input, { attempt }) {
      if (attempt === 0) fail("Busy", "too many");
      if (JSON.stringify(input).includes('"hold"')) await gate("resize").opened;
      fail("BadImage", "no image");
    },
    "acs:fc:::functions/toast": () => gate("toast").opened.then(() => ({})),
    "acs:fc:::functions/steep": () => gate("steep").opened.then(() => ({})),
    "acs:fc:::functions/send": [
      { output: { sent: 1 } },
      { output: { sent: 2 } },
      { error: "NoAddress", cause: "invoice 3 has no address" },
    ],
    "acs:fc:::functions/large": {
      output: { text: "long text ".repeat(3000), word: "x".repeat(35_484), list: [1, { a: null }] },
    },
    "acs:fc:::functions/stock": { error: "חסר.מלאי", cause: "אין מלאי במחסן 3 (Stock)" },
    "acs:fc:::functions/markup": { output: { [HOSTILE]: HOSTILE }, delayMs: 100 },
  };
  return { tasks, release: (name) => gate(name).open() };
}
