// The definition of an open text, as the adapters hold it.

import { openFlow } from "../editor.js";
import * as codes from "../shared/codes.js";

/** @import { OpenFlow, ValidateOptions } from "../editor.js" */

/** The end of every text. */
const END = 0xffffffff;

/**
 * A definition that is opened when it is first asked, and again after the module was lost or the text was too long.
 * Edits never fail, so that an editor does not fail because of them.
 */
export class Followed {
  #options;
  /** @type {OpenFlow | undefined} */
  #flow;
  #isTooLong = false;

  /** @param {ValidateOptions} options */
  constructor(options) {
    // Wrong options are an error of the call that has them.
    openFlow("", options).close();
    this.#options = options;
  }

  /** @param {number} start @param {number} end @param {string} text */
  edit(start, end, text) {
    this.#isTooLong = false;
    try {
      this.#flow?.edit(start, end, text);
    } catch {
      this.close();
    }
  }

  /** @param {string} text */
  replace(text) {
    this.edit(0, END, text);
  }

  /**
   * Answers with the definition. Returns `null` for a text that is too long.
   *
   * @template T
   * @param {() => string} text the current text
   * @param {(flow: OpenFlow) => T} answer
   * @returns {T | null}
   */
  ask(text, answer) {
    if (this.#isTooLong) return null;
    try {
      this.#flow ??= openFlow(text(), this.#options);
    } catch (error) {
      this.#isTooLong = error.code === codes.outOfRange;
      if (this.#isTooLong) return null;
      throw error;
    }
    try {
      return answer(this.#flow);
    } catch (error) {
      if (error.code !== codes.internal) throw error;
      this.#flow = openFlow(text(), this.#options);
      return answer(this.#flow);
    }
  }

  close() {
    this.#flow?.close();
    this.#flow = undefined;
  }
}
