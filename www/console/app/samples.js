// Sample flows of both dialects. `answers` are the mocks of their tasks, `flows` further flows that they start.

/**
 * @typedef {object} Sample
 * @property {string} id the key of the title in the section `samples` of the words
 * @property {string} flowName
 * @property {string} input
 * @property {string} text
 * @property {Record<string, object[]>} [answers]
 * @property {Record<string, string>} [flows]
 */

/** @type {Sample[]} */
export const samples = [
  {
    id: "order",
    flowName: "order",
    input: '{"order": 7, "items": ["tea", "cup"], "total": 42}',
    text: `Type: StateMachine
SpecVersion: v1
Name: order
StartAt: Check
States:
  - Type: Choice
    Name: Check
    Branches:
      - Condition: $Input.total > 1000
        Next: Approve
    Default: Charge
  - Type: Task
    Name: Approve
    Action: FC:InvokeFunction
    Parameters:
      resourceArn: acs:fc:::functions/approve
      invocationType: Sync
      body.$: $Input
    Next: Charge
  - Type: Task
    Name: Charge
    Action: FC:InvokeFunction
    Parameters:
      resourceArn: acs:fc:::functions/charge
      invocationType: Sync
      body.$: $Input
    Retry:
      - Errors: [Busy]
        Description: the bank is busy
        IntervalSeconds: 2
        MaxAttempts: 3
        BackoffRate: 1
    OutputConstructor:
      items.$: $Input.items
      receipt.$: $Output.Body.receipt
    Next: Deliver
  - Type: Parallel
    Name: Deliver
    Branches:
      - StartAt: Pack
        States:
          - Type: Task
            Name: Pack
            Action: FC:InvokeFunction
            Parameters:
              resourceArn: acs:fc:::functions/pack
              invocationType: Sync
              body.$: $Input
            End: true
      - StartAt: Notify
        States:
          - Type: Pass
            Name: Notify
            End: true
    End: true
`,
    answers: {
      "acs:fc:::functions/approve": [{ output: { approved: true }, delayMs: 500 }],
      "acs:fc:::functions/charge": [
        { error: "Busy", cause: "try again later", delayMs: 700 },
        { output: { receipt: "R-7" }, delayMs: 900 },
      ],
      "acs:fc:::functions/pack": [{ output: { parcel: "P-1" }, delayMs: 5000 }],
    },
  },
  {
    id: "fails",
    flowName: "till",
    input: '{"till": 3}',
    text: `Type: StateMachine
SpecVersion: v1
Name: till
StartAt: Count
States:
  - Type: Task
    Name: Count
    Action: FC:InvokeFunction
    Parameters:
      resourceArn: acs:fc:::functions/count
      invocationType: Sync
      body.$: $Input
    Retry:
      - Errors: [CounterBusy]
        Description: someone else counts
        IntervalSeconds: 1
        MaxAttempts: 2
        BackoffRate: 2
    Next: Close
  - Type: Succeed
    Name: Close
`,
    answers: {
      "acs:fc:::functions/count": [
        { error: "CounterBusy", cause: "the drawer is open", delayMs: 400 },
        { error: "CounterBusy", cause: "the drawer is still open", delayMs: 400 },
        { error: "TillShort", cause: "two coins are missing in till 3", delayMs: 400 },
      ],
    },
  },
  {
    id: "caught",
    flowName: "resize",
    input: '{"key": "photo.png"}',
    text: `Type: StateMachine
SpecVersion: v1
Name: resize
StartAt: Resize
States:
  - Type: Task
    Name: Resize
    Action: FC:InvokeFunction
    Parameters:
      resourceArn: acs:fc:::functions/resize
      invocationType: Sync
      body.$: $Input
    Retry:
      - Errors: [FC.ResourceThrottled]
        Description: throttled
        IntervalSeconds: 2
        MaxAttempts: 2
        BackoffRate: 2
    Catch:
      - Errors: [FnF.ALL]
        Description: anything else
        OutputConstructor:
          reason.$: $Context.Current.Error.Code
          detail.$: $Context.Current.Error.Detail
        Next: Original
    Next: Publish
  - Type: Pass
    Name: Original
    Next: Publish
  - Type: Succeed
    Name: Publish
`,
    answers: {
      "acs:fc:::functions/resize": [
        { error: "FC.ResourceThrottled", cause: "too many calls", delayMs: 300 },
        { error: "FC.ResourceThrottled", cause: "too many calls", delayMs: 300 },
        { error: "BadImage", cause: "photo.png is no image", delayMs: 300 },
      ],
    },
  },
  {
    id: "map",
    flowName: "invoices",
    input: '{"invoices": [{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}]}',
    text: `Type: StateMachine
SpecVersion: v1
Name: invoices
StartAt: Each
States:
  - Type: Map
    Name: Each
    ItemsPath: $Input.invoices
    MaxConcurrency: 2
    Processor:
      StartAt: Send
      States:
        - Type: Task
          Name: Send
          Action: FC:InvokeFunction
          Parameters:
            resourceArn: acs:fc:::functions/send
            invocationType: Sync
            body.$: $Input
          End: true
    End: true
`,
    answers: {
      "acs:fc:::functions/send": [
        { output: { sent: 1 }, delayMs: 1500 },
        { output: { sent: 2 }, delayMs: 2500 },
        { error: "NoAddress", cause: "invoice 3 has no address", delayMs: 1500 },
        { output: { sent: 4 }, delayMs: 3000 },
      ],
    },
  },
  {
    id: "parallel",
    flowName: "breakfast",
    input: '{"guests": 2}',
    text: `Type: StateMachine
SpecVersion: v1
Name: breakfast
StartAt: Cook
States:
  - Type: Parallel
    Name: Cook
    Branches:
      - StartAt: Boil
        States:
          - Type: Wait
            Name: Boil
            Seconds: 2
            Next: Steep
          - Type: Wait
            Name: Steep
            Seconds: 10
            End: true
      - StartAt: Toast
        States:
          - Type: Wait
            Name: Toast
            Seconds: 3
            End: true
      - StartAt: Lay
        States:
          - Type: Pass
            Name: Lay
            End: true
    Next: Served
  - Type: Succeed
    Name: Served
`,
  },
  {
    id: "choice",
    flowName: "refund",
    input: '{"amount": 120}',
    text: `Type: StateMachine
SpecVersion: v1
Name: refund
StartAt: Amount
States:
  - Type: Choice
    Name: Amount
    Branches:
      - Condition: $Input.amount > 1000
        Next: Ask
      - Condition: $Input.amount > 100
        Next: Check
    Default: Pay
  - Type: Wait
    Name: Ask
    Seconds: 5
    Next: Pay
  - Type: Wait
    Name: Check
    Seconds: 2
    Next: Pay
  - Type: Succeed
    Name: Pay
`,
  },
  {
    id: "child",
    flowName: "parcel",
    input: '{"parcel": 42}',
    text: `Type: StateMachine
SpecVersion: v1
Name: parcel
StartAt: Label
States:
  - Type: Pass
    Name: Label
    Next: Ship
  - Type: Task
    Name: Ship
    Action: FNF:StartExecution
    TaskMode: WaitForSystemCallback
    Parameters:
      resourceArn: acs:fnf:::flow/shipment
      input:
        parcel.$: $Input.parcel
    Next: Done
  - Type: Succeed
    Name: Done
`,
    flows: {
      shipment: `Type: StateMachine
SpecVersion: v1
Name: shipment
StartAt: Load
States:
  - Type: Wait
    Name: Load
    Seconds: 3
    Next: Drive
  - Type: Succeed
    Name: Drive
`,
    },
  },
  {
    id: "flow",
    flowName: "report",
    input: '{"names": ["Ann", "Bo", "Cy"], "ready": true}',
    text: `version: v1
type: flow
steps:
  - type: choice
    name: isReady
    choices:
      - condition: $.ready == true
        goto: each
    default:
      goto: late
  - type: foreach
    name: each
    iterationMapping:
      collection: $.names
      item: name
    steps:
      - type: task
        name: greet
        resourceArn: acs:fc:::services/mail/functions/greet
        retry:
          - errors: [MailBusy]
            intervalSeconds: 1
            maxAttempts: 2
  - type: wait
    name: hold
    duration: 3
  - type: succeed
    name: sent
  - type: fail
    name: late
    error: ReportLate
    cause: the report was not ready
`,
    answers: {
      "acs:fc:::services/mail/functions/greet": [
        { error: "MailBusy", cause: "the queue is full", delayMs: 200 },
        { output: { sent: true }, delayMs: 600 },
      ],
    },
  },
  {
    id: "findings",
    flowName: "brew",
    input: '{"drink": "tea"}',
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
