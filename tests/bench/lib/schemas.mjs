// What someone would write down today who checks flows with a schema validator: JSON Schemas of both
// dialects, for ajv.

const text = { type: "string" };
const name = { type: "string", minLength: 1 };
const map = { type: "object" };
const seconds = { type: "integer", minimum: 1, maximum: 86400 };
const errors = { type: "array", items: text, minItems: 1 };

function record(required, properties) {
  return { type: "object", required, properties, additionalProperties: false };
}

function byType(key, variants) {
  return {
    type: "object",
    required: [key],
    discriminator: { propertyName: key },
    oneOf: Object.entries(variants).map(([type, [required, properties]]) =>
      record([key, ...required], { ...properties, [key]: { const: type } }),
    ),
  };
}

// ---- StateMachine

const described = {
  Name: name,
  Description: text,
  InputConstructor: map,
  OutputConstructor: map,
  GlobalConstructor: map,
};
const onward = { Next: name, End: { type: "boolean" } };
const handled = {
  Retry: {
    type: "array",
    items: record(["Errors"], {
      Errors: errors,
      Description: text,
      MaxAttempts: { type: "integer", minimum: 0 },
      IntervalSeconds: seconds,
      BackoffRate: { type: "number", minimum: 1 },
      MaxBackoffSeconds: seconds,
    }),
  },
  Catch: {
    type: "array",
    items: record(["Errors", "Next"], { Errors: errors, Description: text, OutputConstructor: map, Next: name }),
  },
};
const series = {
  type: "object",
  required: ["StartAt", "States"],
  properties: { StartAt: name, States: { $ref: "#/$defs/states" } },
};

export const stateMachineSchema = {
  $id: "StateMachine",
  ...record(["Type", "SpecVersion", "Name", "StartAt", "States"], {
    Type: { const: "StateMachine" },
    SpecVersion: { const: "v1" },
    Name: name,
    Description: text,
    StartAt: name,
    Timeout: { type: "integer" },
    States: { $ref: "#/$defs/states" },
  }),
  $defs: {
    states: {
      type: "array",
      minItems: 1,
      items: byType("Type", {
        Task: [
          ["Name", "Action"],
          {
            ...described,
            ...onward,
            ...handled,
            Action: { type: "string", pattern: "^[A-Za-z]+:[A-Za-z]+$" },
            TaskMode: { enum: ["RequestComplete", "WaitForSystemCallback", "WaitForCustomCallback"] },
            Parameters: map,
            Timeout: { type: ["integer", "string"] },
          },
        ],
        Pass: [["Name"], { ...described, ...onward }],
        Wait: [
          ["Name", "Seconds"],
          { ...described, ...onward, Seconds: { type: "integer", minimum: 1, maximum: 300 } },
        ],
        Choice: [
          ["Name", "Branches", "Default"],
          {
            ...described,
            Branches: {
              type: "array",
              minItems: 1,
              items: record(["Condition", "Next"], { Condition: text, Next: name }),
            },
            Default: name,
          },
        ],
        Parallel: [
          ["Name", "Branches"],
          {
            ...described,
            ...onward,
            ...handled,
            Branches: { type: "array", minItems: 1, maxItems: 50, items: series },
          },
        ],
        Map: [
          ["Name", "ItemsPath", "Processor"],
          {
            ...described,
            ...onward,
            ...handled,
            ItemsPath: text,
            Processor: series,
            MaxConcuccency: { type: "integer" },
            MaxConcurrency: { type: "integer" },
          },
        ],
        Succeed: [["Name"], { ...described, End: { type: "boolean" } }],
        Fail: [["Name"], { ...described, End: { type: "boolean" }, Code: text, Detail: text }],
      }),
    },
  },
};

// ---- flow

const mappings = { type: "array", items: record(["target", "source"], { target: name, source: {} }) };
const mapped = { name, inputMappings: mappings, outputMappings: mappings };
const ending = { end: { type: "boolean" } };
const steps = { $ref: "#/$defs/steps" };
const arn = { type: "string", pattern: "^(acs:|!)" };

export const flowSchema = {
  $id: "flow",
  ...record(["version", "type", "steps"], {
    version: { enum: ["v1", "v1beta1"] },
    type: { const: "flow" },
    name: text,
    timeoutSeconds: { type: "integer", minimum: 1 },
    inputMappings: mappings,
    outputMappings: mappings,
    steps,
  }),
  $defs: {
    steps: {
      type: "array",
      minItems: 1,
      items: byType("type", {
        task: [
          ["name", "resourceArn"],
          {
            ...mapped,
            ...ending,
            resourceArn: arn,
            pattern: { enum: ["requestResponse", "sync", "waitForCallback"] },
            timeoutSeconds: { type: "integer", minimum: 1 },
            serviceParams: map,
            errorMappings: mappings,
            retry: {
              type: "array",
              items: record(["errors"], {
                errors,
                intervalSeconds: seconds,
                maxIntervalSeconds: seconds,
                maxAttempts: { type: "integer", minimum: 0 },
                multiplier: { type: "number", exclusiveMinimum: 0 },
              }),
            },
            catch: { type: "array", items: record(["errors", "goto"], { errors, goto: name }) },
          },
        ],
        pass: [["name"], { ...mapped, ...ending }],
        wait: [
          ["name"],
          {
            ...mapped,
            ...ending,
            duration: { type: ["integer", "string"], minimum: 0, maximum: 172800 },
            timestamp: text,
          },
        ],
        choice: [
          ["name", "choices"],
          {
            ...mapped,
            ...ending,
            choices: {
              type: "array",
              minItems: 1,
              items: record(["condition"], { condition: text, steps, goto: name }),
            },
            default: record([], { steps, goto: name }),
          },
        ],
        parallel: [
          ["name", "branches"],
          {
            ...mapped,
            ...ending,
            branches: { type: "array", minItems: 1, maxItems: 100, items: record(["steps"], { steps }) },
          },
        ],
        foreach: [
          ["name", "iterationMapping", "steps"],
          {
            ...mapped,
            ...ending,
            iterationMapping: record(["collection", "item"], { collection: text, item: name, index: name }),
            steps,
          },
        ],
        succeed: [["name"], mapped],
        fail: [["name"], { ...mapped, error: text, cause: text }],
      }),
    },
  },
};
