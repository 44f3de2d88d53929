// The same 24 mistakes made one at a time in a sound flow of each dialect, and, where the mistake
// exists there, in Amazon States Language written as YAML.
//
// A mistake is an edit: `[from, to]`, where `from` occurs once in the valid flow. A `¦` in `to` marks
// a place that a message may rightly start at; where a key is missing that is the start of the
// mapping without it or its name. The marks are taken out before the flow is used.

const mark = "¦";

export const sound = {
  StateMachine: `Type: StateMachine
SpecVersion: v1
Name: orders
StartAt: Check
States:
  - Type: Task
    Name: Check
    Action: FC:InvokeFunction
    TaskMode: RequestComplete
    Parameters:
      resourceArn: acs:fc:cn-hangzhou:100000000001:services/shop/functions/check
      invocationType: Sync
      body:
        id.$: $Input.order.id
    Timeout: 30
    Retry:
      - Errors: [FC.ResourceThrottled]
        Description: busy
        IntervalSeconds: 2
        MaxAttempts: 4
        BackoffRate: 1.5
    Catch:
      - Errors: [FnF.ALL]
        Description: nothing more to try
        Next: GiveUp
    Next: Route
  - Type: Choice
    Name: Route
    Branches:
      - Condition: $Input.count > 3
        Next: Pause
    Default: Both
  - Type: Wait
    Name: Pause
    Seconds: 20
    Next: Both
  - Type: Parallel
    Name: Both
    Branches:
      - StartAt: Bill
        States:
          - Type: Pass
            Name: Bill
            OutputConstructor:
              paid: true
            End: true
      - StartAt: Pack
        States:
          - Type: Pass
            Name: Pack
            Next: Ship
          - Type: Pass
            Name: Ship
            End: true
    Next: Tell
  - Type: Pass
    Name: Tell
    OutputConstructor:
      text.$: $Input.Branch0.paid
    Next: Done
  - Type: Succeed
    Name: Done
  - Type: Fail
    Name: GiveUp
    Code: OrderFailed
    Detail: see the log
`,
  flow: `version: v1
type: flow
steps:
  - type: task
    name: check
    resourceArn: acs:fc:cn-hangzhou:100000000001:services/shop/functions/check
    pattern: requestResponse
    timeoutSeconds: 30
    inputMappings:
      - target: id
        source: $input.order.id
    retry:
      - errors: [FC.ResourceThrottled]
        intervalSeconds: 2
        maxAttempts: 4
        multiplier: 1.5
    catch:
      - errors: [FnF.ALL]
        goto: giveUp
  - type: choice
    name: route
    inputMappings:
      - target: count
        source: $local.count
    choices:
      - condition: $.count > 3
        goto: pause
    default:
      goto: both
  - type: wait
    name: pause
    duration: 20
  - type: parallel
    name: both
    branches:
      - steps:
          - type: pass
            name: bill
            outputMappings:
              - target: paid
                source: true
      - steps:
          - type: pass
            name: pack
          - type: pass
            name: ship
    outputMappings:
      - target: paid
        source: $local[0].paid
  - type: pass
    name: tell
    outputMappings:
      - target: text
        source: $input.paid
  - type: succeed
    name: done
  - type: fail
    name: giveUp
    error: OrderFailed
    cause: see the log
`,
  asl: `StartAt: Check
Version: "1.0"
States:
  Check:
    Type: Task
    Resource: arn:aws:lambda:us-east-1:100000000001:function:check
    Parameters:
      id.$: $.order.id
    TimeoutSeconds: 30
    Retry:
      - ErrorEquals: [Lambda.TooManyRequestsException]
        IntervalSeconds: 2
        MaxAttempts: 4
        BackoffRate: 1.5
    Catch:
      - ErrorEquals: [States.ALL]
        Next: GiveUp
    Next: Route
  Route:
    Type: Choice
    Choices:
      - Variable: $.count
        NumericGreaterThan: 3
        Next: Pause
    Default: Both
  Pause:
    Type: Wait
    Seconds: 20
    Next: Both
  Both:
    Type: Parallel
    Branches:
      - StartAt: Bill
        States:
          Bill:
            Type: Pass
            Result:
              paid: true
            End: true
      - StartAt: Pack
        States:
          Pack:
            Type: Pass
            Next: Ship
          Ship:
            Type: Pass
            End: true
    Next: Tell
  Tell:
    Type: Pass
    Next: Done
  Done:
    Type: Succeed
  GiveUp:
    Type: Fail
    Error: OrderFailed
    Cause: see the log
`,
};

const seeded = [
  {
    name: "an indentation that fits no level",
    StateMachine: ["    TaskMode: RequestComplete\n", "¦   ¦TaskMode: RequestComplete\n"],
    flow: ["    pattern: requestResponse\n", "¦   ¦pattern: requestResponse\n"],
    asl: ["    TimeoutSeconds: 30\n", "¦   ¦TimeoutSeconds: 30\n"],
  },
  {
    name: "a quote that is not closed",
    StateMachine: ["    Detail: see the log\n", '    Detail: ¦"see the log\n'],
    flow: ["    cause: see the log\n", '    cause: ¦"see the log\n'],
    asl: ["    Cause: see the log\n", '    Cause: ¦"see the log\n'],
  },
  {
    name: "a tab as indentation",
    StateMachine: ["    Seconds: 20\n", "¦\t¦Seconds: 20\n"],
    flow: ["    duration: 20\n", "¦\t¦duration: 20\n"],
    asl: ["    Seconds: 20\n", "¦\t¦Seconds: 20\n"],
  },
  {
    name: "a list that is not closed",
    StateMachine: ["[FC.ResourceThrottled]\n        Desc", "¦[FC.ResourceThrottled\n        ¦Desc"],
    flow: ["[FC.ResourceThrottled]\n        int", "¦[FC.ResourceThrottled\n        ¦int"],
    asl: ["[Lambda.TooManyRequestsException]\n        Int", "¦[Lambda.TooManyRequestsException\n        ¦Int"],
  },
  {
    name: "a key given twice",
    StateMachine: ["    Timeout: 30\n", "    Timeout: 30\n    ¦Timeout: 60\n"],
    flow: ["    timeoutSeconds: 30\n", "    timeoutSeconds: 30\n    ¦timeoutSeconds: 60\n"],
    asl: ["    TimeoutSeconds: 30\n", "    TimeoutSeconds: 30\n    ¦TimeoutSeconds: 60\n"],
  },
  {
    name: "a required key of the document is missing",
    StateMachine: ["StartAt: Check\nStates:\n  - Type: Task", "States:\n  - Type: Task", "start"],
    flow: ["version: v1\n", "", "start"],
    asl: ["StartAt: Check\nVersion", "¦Version"],
  },
  {
    name: "a version that does not exist",
    StateMachine: ["SpecVersion: v1", "SpecVersion: ¦v9"],
    flow: ["version: v1", "version: ¦v9"],
    asl: ['Version: "1.0"', 'Version: ¦"9.0"'],
  },
  {
    name: "a type that does not exist",
    StateMachine: ["  - Type: Wait\n", "  - Type: ¦Wiat\n"],
    flow: ["  - type: wait\n", "  - type: ¦wiat\n"],
    asl: ["    Type: Wait\n", "    Type: ¦Wiat\n"],
  },
  {
    name: "what a task calls is missing",
    StateMachine: [
      "  - Type: Task\n    Name: Check\n    Action: FC:InvokeFunction\n",
      "  - ¦Type: ¦Task\n    Name: ¦Check\n",
    ],
    flow: [
      "  - type: task\n    name: check\n    resourceArn: acs:fc:cn-hangzhou:100000000001:services/shop/functions/check\n",
      "  - ¦type: ¦task\n    name: ¦check\n",
    ],
    asl: [
      "  Check:\n    Type: Task\n    Resource: arn:aws:lambda:us-east-1:100000000001:function:check\n",
      "  ¦Check:\n    ¦Type: ¦Task\n",
    ],
  },
  {
    name: "what a choice asks is missing",
    StateMachine: ["      - Condition: $Input.count > 3\n        Next: Pause\n", "      - ¦Next: Pause\n"],
    flow: ["      - condition: $.count > 3\n        goto: pause\n", "      - ¦goto: pause\n"],
    asl: ["      - Variable: $.count\n        NumericGreaterThan: 3\n", "      - ¦NumericGreaterThan: 3\n"],
  },
  {
    name: "a misspelt key",
    StateMachine: ["    Timeout: 30\n", "    ¦Timeuot: 30\n"],
    flow: ["    timeoutSeconds: 30\n", "    ¦timeoutSecond: 30\n"],
    asl: ["    TimeoutSeconds: 30\n", "    ¦TimeoutSecond: 30\n"],
  },
  {
    name: "a key that this type does not have",
    StateMachine: ["    Seconds: 20\n", "    Seconds: 20\n    ¦Action: FC:InvokeFunction\n"],
    flow: ["    duration: 20\n", "    duration: 20\n    ¦pattern: sync\n"],
    asl: [
      "    Seconds: 20\n",
      "    Seconds: 20\n    ¦Resource: arn:aws:lambda:us-east-1:100000000001:function:check\n",
    ],
  },
  {
    name: "a text where a number belongs",
    StateMachine: ["        MaxAttempts: 4\n", "        MaxAttempts: ¦many\n"],
    flow: ["        maxAttempts: 4\n", "        maxAttempts: ¦many\n"],
    asl: ["        MaxAttempts: 4\n", "        MaxAttempts: ¦many\n"],
  },
  {
    name: "a mapping where a list belongs",
    StateMachine: [
      "    Catch:\n      - Errors: [FnF.ALL]\n        Description: nothing more to try\n        Next: GiveUp\n",
      "    Catch:\n      ¦Errors: [FnF.ALL]\n      Description: nothing more to try\n      Next: GiveUp\n",
    ],
    flow: [
      "    catch:\n      - errors: [FnF.ALL]\n        goto: giveUp\n",
      "    catch:\n      ¦errors: [FnF.ALL]\n      goto: giveUp\n",
    ],
    asl: [
      "    Catch:\n      - ErrorEquals: [States.ALL]\n        Next: GiveUp\n",
      "    Catch:\n      ¦ErrorEquals: [States.ALL]\n      Next: GiveUp\n",
    ],
    // The states that only this list led to are a consequence, not a mistake of their own.
    also: {
      StateMachine: ["    Default: Both\n", "    Default: GiveUp\n"],
      flow: ["    default:\n      goto: both\n", "    default:\n      goto: giveUp\n"],
      asl: ["    Default: Both\n", "    Default: GiveUp\n"],
    },
  },
  {
    name: "a number out of range",
    StateMachine: ["    Seconds: 20\n", "    Seconds: ¦301\n"],
    flow: ["    duration: 20\n", "    duration: ¦172801\n"],
    asl: ["    Seconds: 20\n", "    Seconds: ¦-1\n"],
  },
  {
    name: "a value that is none of the allowed ones",
    StateMachine: ["    TaskMode: RequestComplete\n", "    TaskMode: ¦RequestCompleted\n"],
    flow: ["    pattern: requestResponse\n", "    pattern: ¦requestRespond\n"],
  },
  {
    name: "a step to a name that does not exist",
    StateMachine: ["    Next: Route\n", "    Next: ¦Rout\n"],
    flow: ["        goto: pause\n", "        goto: ¦paus\n"],
    asl: ["    Next: Route\n", "    Next: ¦Rout\n"],
  },
  {
    name: "an error handled at a name that does not exist",
    StateMachine: ["        Next: GiveUp\n", "        Next: ¦GiveUpp\n"],
    flow: ["        goto: giveUp\n", "        goto: ¦giveUpp\n"],
    asl: ["        Next: GiveUp\n", "        Next: ¦GiveUpp\n"],
    also: {
      StateMachine: ["    Default: Both\n", "    Default: GiveUp\n"],
      flow: ["    default:\n      goto: both\n", "    default:\n      goto: giveUp\n"],
      asl: ["    Default: Both\n", "    Default: GiveUp\n"],
    },
  },
  {
    name: "a step into another scope",
    StateMachine: ["    Default: Both\n", "    Default: ¦Ship\n"],
    flow: ["    default:\n      goto: both\n", "    default:\n      goto: ¦ship\n"],
    asl: ["    Default: Both\n", "    Default: ¦Ship\n"],
  },
  {
    name: "a name used twice",
    StateMachine: ["    Name: Done\n", "    Name: Done\n  - Type: Succeed\n    Name: ¦Done\n"],
    flow: ["    name: done\n", "    name: done\n  - type: succeed\n    name: ¦done\n"],
    asl: ["  Done:\n    Type: Succeed\n", "  Done:\n    Type: Succeed\n  ¦Done:\n    Type: Succeed\n"],
  },
  {
    name: "a state that nothing leads to",
    StateMachine: ["  - Type: Succeed\n", "  - ¦Type: ¦Pass\n    Name: ¦Lost\n    Next: Done\n  - Type: Succeed\n"],
    flow: ["  - type: fail\n", "  - ¦type: ¦pass\n    name: ¦lost\n    end: true\n  - type: fail\n"],
    asl: ["  Done:\n    Type: Succeed\n", "  ¦Lost:\n    ¦Type: Pass\n    Next: Done\n  Done:\n    Type: Succeed\n"],
  },
  {
    name: "two ways out where one is meant",
    StateMachine: [
      "    Next: Tell\n",
      "    ¦Next: ¦Tell\n    ¦End: ¦true\n",
      { extra: ["  - Type: Parallel\n    Name: Both\n", "  - ¦Type: ¦Parallel\n    Name: ¦Both\n"] },
    ],
    flow: [
      "    duration: 20\n",
      '    ¦duration: ¦20\n    ¦timestamp: ¦"2030-01-01T00:00:00Z"\n',
      { extra: ["  - type: wait\n    name: pause\n", "  - ¦type: ¦wait\n    name: ¦pause\n"] },
    ],
    asl: [
      "    Next: Tell\n",
      "    ¦Next: ¦Tell\n    ¦End: ¦true\n",
      { extra: ["  Both:\n    Type: Parallel\n", "  ¦Both:\n    ¦Type: ¦Parallel\n"] },
    ],
  },
  {
    name: "a condition that is no expression",
    StateMachine: ["Condition: $Input.count > 3\n", "Condition: ¦$Input.count >¦ ¦\n"],
    flow: ["condition: $.count > 3\n", "condition: ¦$.count >¦ ¦\n"],
  },
  {
    name: "a reference that is none",
    StateMachine: ["id.$: $Input.order.id\n", "id.$: ¦$Inptu.order.id\n"],
    flow: ["source: $input.order.id\n", "source: ¦$inptu.order.id\n"],
    asl: ["id.$: $.order.id\n", "id.$: ¦order.id\n"],
  },
];

/**
 * The mistakes of one language, ready to be checked.
 *
 * @returns [{ name, text, places: [{ line, column }] }]
 */
export function mistakes(language) {
  return seeded
    .filter((mistake) => mistake[language])
    .map((mistake) => {
      const [from, to, option] = mistake[language];
      let text = replaceOnce(sound[language], from, to);
      if (mistake.also) text = replaceOnce(text, ...mistake.also[language]);
      if (option?.extra) text = replaceOnce(text, ...option.extra);
      return { name: mistake.name, ...unmark(option === "start" ? mark + text : text) };
    });
}

function replaceOnce(text, from, to) {
  const [before, after, ...more] = text.split(from);
  if (after === undefined || more.length > 0)
    throw new Error(`occurs ${more.length ? "more than once" : "nowhere"}: ${from}`);
  return before + to + after;
}

function unmark(marked) {
  const places = [];
  let text = "";
  for (const char of marked) {
    if (char !== mark) text += char;
    else places.push({ line: text.split("\n").length, column: text.length - text.lastIndexOf("\n") });
  }
  return { text, places };
}
