// An open document: its text, the places in it, and the definition.

import { openFlow } from "../../editor.js";
import { isInPair } from "../../editor/protocol.js";

/** @import { OpenFlow, ValidateOptions } from "../../editor.js" */
/** @typedef {{ line: number, character: number }} Place from 0, in UTF-16 units */

export class Document {
  #text;
  /** The offsets of the lines. */
  #starts;
  /** The line that was found last. */
  #line = 0;
  /** @type {OpenFlow | undefined} */
  #flow;

  /**
   * @param {{ uri: string, version: number, text: string }} item
   * @param {ValidateOptions} options
   * @param {(text: string) => boolean} isFlow
   */
  constructor({ uri, version, text }, options, isFlow) {
    this.uri = uri;
    this.version = version;
    this.options = options;
    this.isFlow = isFlow;
    this.#text = text;
    this.#starts = [0, ...startsIn(text)];
  }

  get text() {
    return this.#text;
  }

  /** Whether the document is a definition. Once it is one, it stays one, also while it is broken. */
  get isServed() {
    return this.#flow !== undefined;
  }

  /**
   * Answers with the definition. If the module was lost, it is started again.
   *
   * @template T
   * @param {(flow: OpenFlow) => T} answer
   * @returns {T | null}
   */
  ask(answer) {
    if (this.#flow === undefined) return null;
    try {
      return answer(this.#flow);
    } catch (error) {
      if (error.code !== "internal") throw error;
      this.#flow = openFlow(this.#text, this.options);
      return answer(this.#flow);
    }
  }

  /** @param {string} text */
  replace(text) {
    this.#text = text;
    this.#starts = [0, ...startsIn(text)];
    this.#follow((flow) => flow.edit(0, 0xffffffff, text));
  }

  /** @param {number} start @param {number} end @param {string} text */
  edit(start, end, text) {
    const before = this.#text;
    this.#text = before.slice(0, start) + text + before.slice(end);
    // A CR and an LF may be joined or separated.
    const isJoint =
      before[start - 1] === "\r" || (before[end] === "\n" && (before[end - 1] === "\r" || /\r$/.test(text)));
    if (isJoint) this.#starts = [0, ...startsIn(this.#text)];
    else {
      const [first, last] = [this.#lineOf(start) + 1, this.#lineOf(end) + 1];
      const by = text.length - (end - start);
      const added = startsIn(text).map((at) => at + start);
      const after = this.#starts.slice(last);
      this.#starts = this.#starts.slice(0, first).concat(added, by === 0 ? after : after.map((at) => at + by));
    }
    const isDivided = isInPair(this.#text.charAt(start - 1), this.#text.charAt(start + text.length));
    if (isDivided) this.#follow((flow) => flow.edit(0, 0xffffffff, this.#text));
    else this.#follow((flow) => flow.edit(start, end, text));
  }

  /**
   * The offset of a place. A place past the end of its line is the end of the line.
   *
   * @param {Place} place
   */
  offset({ line, character }) {
    const start = this.#starts[line];
    if (start === undefined) return this.#text.length;
    let end = this.#starts[line + 1] ?? this.#text.length;
    while (end > start && /[\r\n]/.test(this.#text[end - 1] ?? "")) end -= 1;
    return Math.min(start + character, end);
  }

  /** @param {number} offset @returns {Place} */
  place(offset) {
    const line = this.#lineOf(offset);
    return { line, character: offset - (this.#starts[line] ?? 0) };
  }

  close() {
    this.#flow?.close();
    this.#flow = undefined;
  }

  /** Serves the document if its text is a definition. Throws if the text is too long. */
  open() {
    if (this.isFlow(this.#text)) this.#flow = openFlow(this.#text, this.options);
  }

  /** @param {(flow: OpenFlow) => void} edit */
  #follow(edit) {
    if (this.#flow === undefined) return this.open();
    try {
      edit(this.#flow);
    } catch (error) {
      // A text that is too long is not served.
      this.close();
      if (error.code !== "internal") throw error;
      this.open();
    }
  }

  /** @param {number} offset */
  #lineOf(offset) {
    // Most answers ask for places in the order of the text.
    for (const line of [this.#line, this.#line + 1]) {
      const [start = Infinity, end = Infinity] = [this.#starts[line], this.#starts[line + 1]];
      if (start <= offset && offset < end) {
        this.#line = line;
        return line;
      }
    }
    let [low, high] = [0, this.#starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (/** @type {number} */ (this.#starts[middle]) <= offset) low = middle;
      else high = middle;
    }
    this.#line = low;
    return low;
  }
}

/** @param {string} text */
function startsIn(text) {
  const found = [];
  for (const match of text.matchAll(/\r\n|\r|\n/g)) found.push(match.index + match[0].length);
  return found;
}
