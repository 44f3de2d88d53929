// The flows of the soak test: a few seconds to some minutes, different ends.

/** Seconds of the waits of a flow, and the status at its end. */
const KINDS = [
  { seconds: [5, 10], expected: "Succeeded" },
  { seconds: [20, 1, 30, 2], expected: "Succeeded" },
  { seconds: [60, 60, 45], expected: "Succeeded" },
  { seconds: [30, 150], expected: "Succeeded" },
  { seconds: [15, 40], expected: "Failed" },
  { seconds: [90], expected: "Failed" },
];

/**
 * Returns flows with names of a generation. A generation is deleted with its executions when all of these have ended, so
 * that the state of the emulator does not grow.
 */
export function flowsOf(generation) {
  return KINDS.map(({ seconds, expected }, kind) => ({
    name: `soak-${generation}-${kind}`,
    expected,
    // Two minutes above the waits: restarts of the emulator, pauses of the retries.
    timeoutMs: (seconds.reduce((sum, one) => sum + one, 0) + 180) * 1000,
    definition: definitionOf(`soak-${generation}-${kind}`, seconds, expected),
  }));
}

function definitionOf(name, seconds, expected) {
  const states = seconds.map((one, index) => [
    `  - {Type: Wait, Name: nap-${index}, Seconds: ${one}, Next: both-${index}}`,
    `  - Type: Parallel`,
    `    Name: both-${index}`,
    `    Next: ${index + 1 < seconds.length ? `nap-${index + 1}` : "end"}`,
    `    Branches:`,
    `      - {StartAt: left, States: [{Type: Pass, Name: left, End: true}]}`,
    `      - {StartAt: right, States: [{Type: Pass, Name: right, End: true}]}`,
  ]);
  const end =
    expected === "Failed" ? "{Type: Fail, Name: end, Code: Soak, Detail: expected}" : "{Type: Succeed, Name: end}";
  return [
    "Type: StateMachine",
    "SpecVersion: v1",
    `Name: ${name}`,
    "StartAt: nap-0",
    "States:",
    ...states.flat(),
    `  - ${end}`,
    "",
  ].join("\n");
}
