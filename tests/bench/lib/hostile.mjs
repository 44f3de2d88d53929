// Texts made to be slow: a little piece again and again, as long as is asked for. Each once took, or
// could take, more than linear time somewhere: in the reader, the model, the checks, the places.

const machine = "Type: StateMachine\nName: m\nSpecVersion: v1\nStartAt: A\nStates:\n";
const choice = `${machine}  - Type: Choice\n    Name: A\n    Default: A\n    Branches:\n      - Next: A\n        Condition: `;
const task = `${machine}  - Type: Task\n    Name: A\n    Action: ECS:DescribeInstances\n    End: true\n`;
const pass = `${machine}  - Type: Pass\n    Name: A\n    End: true\n`;
const step = "version: v1\ntype: flow\nsteps:\n  - type: pass\n    name: a\n";

/** `head`, then `piece` (a text, or made from its number) up to `length` characters, then `tail`. */
const repeat =
  (head, piece, tail = "") =>
  (length) => {
    const parts = [head];
    for (let size = head.length, n = 0; size < length; n += 1) {
      const part = typeof piece === "string" ? piece : piece(n);
      parts.push(part);
      size += part.length;
    }
    return parts.join("") + tail;
  };

/** Name → (length) → text. */
export const hostile = {
  "open brackets": repeat("", "["),
  "open brackets, line by line": repeat("", "- [a, b\n"),
  "open quotes, line by line": repeat("", "- 'a\n- \"b\n"),
  "quotes in an open bracket": repeat("[", "'a\n\"b\n"),
  "quotes and nothing else": repeat("", "'"),
  "a quote, then empty lines": repeat("a: 'x\n", "\n"),
  "a line of colons": repeat("a", ": a"),
  "lines without a colon": repeat("a: b\n", "abc\n"),
  tabs: repeat("", "\ta: b\n"),
  "bad indents": repeat("a:\n      b: c\n", (n) => `${" ".repeat(1 + (n % 5))}x${n}: y\n`),
  "the same key": repeat("", "a: b\n"),
  keys: repeat("", (n) => `k${n}: 1\n`),
  tags: repeat("!a [!a [!a [!a [!a [!a [", "!b c, ", "]]]]]]"),
  "kinds of tags": repeat("", (n) => `%TAG !h${n}! tag:x\n`, "--- !h1!x a\n"),
  anchors: repeat("", (n) => `- &a${n} b\n- *a${n >> 1}\n`),
  "open placeholders": repeat("a: ", "{{ "),
  "a plain text of many lines": repeat("a: b\n", "  c: d\n"),
  "bad escapes": repeat('a: "', "\\q", '"\n'),
  "an incomplete line of states": repeat("{Type: StateMachine, Name: m, States: [", "{Type: Task},", ' "'),
  "an incomplete line of branches": repeat(
    "{Type: StateMachine, Name: m, States: [{Type: Parallel, Name: A, Branches: [",
    "{States: []},",
    ' "',
  ),
  "states that lead nowhere": repeat(machine, (n) => `  - {Type: Pass, Name: A${n}, Next: B${n}}\n`),
  "states of one name": repeat(machine, "  - {Type: Pass, Name: A, Next: A}\n"),
  "types that do not exist": repeat(machine, (n) => `  - {Type: Pss${n}, Name: A${n}, End: true}\n`),
  "keys said in two ways": repeat(`${machine}  - Type: Map\n    Name: A\n`, (n) =>
    n % 2 ? `    z${n}: 1\n    MaxConcurrency: 1\n` : `    z${n}: 1\n    MaxConcuccency: 1\n`,
  ),
  "a condition full of mistakes": repeat(`${choice}"\\u0031 && `, "1 && ", '1"\n'),
  "a folded condition full of mistakes": repeat(`${choice}>-\n          1`, " &&\n          1", "\n"),
  "a condition of variables that do not exist": repeat(`${choice}"\\u0024a && `, "$a && ", '$b"\n'),
  "a condition of calls": repeat(`${choice}f(`, "g(), ", "1)\n"),
  "a condition of parentheses": repeat(`${choice}'`, "(", "'\n"),
  "the same option": repeat(
    `${machine}  - Type: Choice\n    Name: A\n    Default: A\n    Branches:\n`,
    "      - {Condition: $Input.a > 1, Next: A}\n",
  ),
  "names of errors": repeat(
    `${task}    Catch:\n      - Next: A\n        Description: a\n        Errors:\n`,
    (n) => `          - FC.Resource${n % 50}\n`,
  ),
  "constants that look computed": repeat(`${pass}    InputConstructor:\n`, (n) => `      a${n}: $Input.a\n`),
  "keys made twice": repeat(`${pass}    InputConstructor:\n`, (n) => `      a${n}: 1\n      a${n}.$: $Input.a\n`),
  "references to absent local data": repeat(
    `${step}    inputMappings:\n`,
    (n) => `      - {target: a${n}, source: $local.a${n}}\n`,
  ),
  "targets made twice": repeat(
    `${step}    outputMappings:\n`,
    (n) => `      - {target: a${n % 7}, source: $input.a${n}}\n`,
  ),
};
