// What goes wrong, as one class. The fields are documented in index.d.ts.

const optional = ["status", "requestId", "diagnostics", "cause"];

export class CloudFlowError extends Error {
  constructor(fields) {
    super(fields.message);
    this.kind = fields.kind;
    this.code = fields.code;
    this.retryable = fields.retryable ?? false;
    this.attempts = fields.attempts ?? 0;
    for (const name of optional) {
      if (!Object.hasOwn(fields, name) || fields[name] === undefined) continue;
      // A cause is for debuggers, not for JSON: it may be a response or an error of the host.
      Object.defineProperty(this, name, {
        value: fields[name],
        enumerable: name !== "cause",
        configurable: true,
        writable: true,
      });
    }
  }

  toJSON() {
    return { name: this.name, message: this.message, ...this };
  }
}
// On the prototype, so that it is not an own field of every error.
Object.defineProperty(CloudFlowError.prototype, "name", {
  value: "CloudFlowError",
  configurable: true,
  writable: true,
});

/** The codes of the errors that JavaScript itself throws. docs/errors.md documents every code; a test compares them. */
export const codes = Object.freeze({
  internal: "internal",
  moduleNotLoaded: "module-not-loaded",
  notAModule: "not-a-module",
  notInitialized: "not-initialized",
  outOfRange: "out-of-range",
  wrongDefinition: "wrong-definition",
  wrongOptions: "wrong-options",
  wrongState: "wrong-state",
});

/** What the service itself said, and the pause it asked for, of the errors that were made of a refusal. */
const refusals = new WeakMap();

/** For the gateway: `{ said, retryAfter }` of an error of the service, without secrets. */
export const refusalIn = (error) => refusals.get(error);

/** How much of an error is looked at: values, and characters. */
const MAX_VALUES = 1000;
const MAX_CHARACTERS = 65_536;

/**
 * Every text that an error shows: its own, those of its causes and of the errors it holds. Absent where it cannot be
 * read as a whole.
 */
export function shownTexts(error) {
  const texts = [];
  const seen = new Set();
  const queue = [error];
  for (let at = 0; at < queue.length; at += 1) {
    if (at === MAX_VALUES) return undefined;
    const value = queue[at];
    if (typeof value === "string") texts.push(value);
    if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) continue;
    seen.add(value);
    try {
      const names = new Set(["name", "message", "stack", "code", "cause", "errors", ...Reflect.ownKeys(value)]);
      for (const name of names) queue.push(name, value[name]);
    } catch {
      return undefined;
    }
  }
  const all = texts.join("\n");
  return all.length > MAX_CHARACTERS ? undefined : all;
}

/**
 * What the module threw, as what the caller sees. What is the caller's own (the reason of an abort, what a callback
 * threw) arrives in an array, unseen: whatever it looks like, it goes out as it is.
 */
export function asThrown(thrown) {
  if (Array.isArray(thrown)) return thrown[0];
  if (!isFields(thrown)) return thrown;
  const error = new CloudFlowError(thrown);
  if (Object.hasOwn(thrown, "said")) refusals.set(error, { said: thrown.said, retryAfter: thrown.retryAfter });
  return error;
}

/** The module stopped in the middle of a call: a bug of ours, told as one. */
export function trapped(cause) {
  return new CloudFlowError({
    kind: "internal",
    code: codes.internal,
    message: "cloudflow-wasm stopped unexpectedly; this call is lost, the next one starts afresh",
    cause,
  });
}

function isFields(thrown) {
  return (
    typeof thrown === "object" &&
    thrown !== null &&
    Object.getPrototypeOf(thrown) === Object.prototype &&
    typeof thrown.kind === "string" &&
    typeof thrown.code === "string" &&
    typeof thrown.message === "string"
  );
}
