// The frames of the Language Server Protocol: a header with `Content-Length`, an empty line, and a text in JSON.

/** Limit of a message, in bytes. */
const MAX_LENGTH = 128 * 1024 * 1024;

/** Limit of a header, in bytes. */
const MAX_HEADER = 4096;

/** @param {object} message */
export function frame(message) {
  const text = JSON.stringify(message);
  return `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

/** Reads frames from parts of any size. After something that is not a frame, it continues with the next header. */
export class FrameReader {
  #header = "";
  /** @type {Uint8Array[]} */
  #parts = [];
  /** The bytes of the text that are missing. */
  #missing = 0;
  #isBody = false;
  #isSkipped = false;

  /**
   * Adds a part. Yields the messages that are complete, or what is wrong.
   *
   * @param {Uint8Array} part
   * @returns {Generator<{ message: unknown } | { problem: string }>}
   */
  *read(part) {
    for (let at = 0; at < part.length || (this.#isBody && this.#missing === 0); ) {
      if (this.#isBody) {
        const taken = part.subarray(at, at + this.#missing);
        if (!this.#isSkipped) this.#parts.push(taken);
        this.#missing -= taken.length;
        at += taken.length;
        if (this.#missing === 0) yield this.#body();
      } else {
        const before = this.#header.length;
        const bytes = part.subarray(at, at + MAX_HEADER);
        const text = this.#header + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
        const end = text.indexOf("\r\n\r\n");
        if (end >= 0) {
          at += end + 4 - before;
          const problem = this.#begin(text.slice(0, end));
          if (problem) yield { problem };
        } else {
          at += bytes.length;
          this.#header = text;
          if (text.length <= MAX_HEADER) continue;
          yield { problem: `no header ends within ${MAX_HEADER} bytes` };
          // The end may be the start of a header.
          this.#header = text.slice(-64);
        }
      }
    }
  }

  /** True between two frames. */
  get isBetween() {
    return !this.#isBody && this.#header === "";
  }

  /** @param {string} header */
  #begin(header) {
    this.#header = "";
    // Something else may precede the name.
    const length = Number([...header.matchAll(/Content-Length:[ \t]*(\d{1,15})[ \t]*(?=\r|\n|$)/gi)].at(-1)?.[1]);
    if (Number.isNaN(length)) return "a header without `Content-Length`";
    this.#isBody = true;
    this.#isSkipped = length > MAX_LENGTH;
    this.#missing = length;
    return this.#isSkipped ? `a message of ${length} bytes; the most is ${MAX_LENGTH}` : undefined;
  }

  /** @returns {{ message: unknown } | { problem: string }} */
  #body() {
    const text = Buffer.concat(this.#parts).toString("utf8");
    const wasSkipped = this.#isSkipped;
    this.#parts = [];
    this.#isBody = this.#isSkipped = false;
    if (wasSkipped) return { problem: "the message was skipped" };
    try {
      return { message: JSON.parse(text) };
    } catch (error) {
      return { problem: `not a message in JSON: ${error.message}` };
    }
  }
}
