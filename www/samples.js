// Sample flows of both dialects, each with a wait of 5 s, and one with errors.

export const samples = [
  {
    title: "StateMachine: a wait of 5 s",
    flowName: "brew",
    input: '{"drink": "tea"}',
    text: `Type: StateMachine
SpecVersion: v1
Name: brew
StartAt: Boil
States:
  - Type: Pass
    Name: Boil
    Next: Steep
  - Type: Wait
    Name: Steep
    Seconds: 5
    Next: Served
  - Type: Succeed
    Name: Served
`,
  },
  {
    title: "flow: a wait of 5 s",
    flowName: "parcel",
    input: '{"parcel": 42}',
    text: `version: v1
type: flow
steps:
  - type: pass
    name: pack
    outputMappings:
      - target: parcel
        source: $input.parcel
  - type: wait
    name: hold
    duration: 5
  - type: succeed
    name: sent
`,
  },
  {
    title: "StateMachine: ends with an error",
    flowName: "till",
    input: "{}",
    text: `Type: StateMachine
SpecVersion: v1
Name: till
StartAt: Count
States:
  - Type: Wait
    Name: Count
    Seconds: 5
    Next: Short
  - Type: Fail
    Name: Short
    Code: TillShort
    Detail: two coins are missing
`,
  },
  {
    title: "StateMachine: with errors in the definition",
    flowName: "brew",
    input: "{}",
    text: `Type: StateMachine
SpecVersion: v1
Name: brew
StartAt: Boil
States:
  - Type: Pass
    Name: Boil
    Next: Steeep
  - Type: Wait
    Name: Steep
    Second: 5
    Next: Served
  - Type: Succeed
    Name: Served
`,
  },
];
