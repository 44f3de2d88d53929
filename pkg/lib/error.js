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
      if (fields[name] === undefined) continue;
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
Object.defineProperty(CloudFlowError.prototype, "name", { value: "CloudFlowError", configurable: true, writable: true });

/**
 * What the module threw, as what the caller sees. What is the caller's own (the reason of an abort, what a callback
 * threw) arrives in an array, unseen: whatever it looks like, it goes out as it is.
 */
export function asThrown(thrown) {
  if (Array.isArray(thrown)) return thrown[0];
  return isFields(thrown) ? new CloudFlowError(thrown) : thrown;
}

/** The module stopped in the middle of a call: a bug of ours, told as one. */
export function trapped(cause) {
  return new CloudFlowError({
    kind: "internal",
    code: "internal",
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
