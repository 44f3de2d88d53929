// Which changes were made to the text since it was given away to be checked.

/** Number of texts that are remembered. Results of older ones are not used. */
const MAX_VERSIONS = 200;

/**
 * Remembers the texts of an editor, each with the changes that lead to it.
 *
 * @template {{ compose(other: Changes): Changes }} Changes
 */
export class Versions {
  /** @type {{ text: string, changes: Changes | undefined }[]} */
  #known;

  /** @param {string} text */
  constructor(text) {
    this.#known = [{ text, changes: undefined }];
  }

  /** The newest text. */
  get text() {
    return this.#known[this.#known.length - 1].text;
  }

  /**
   * @param {string} text
   * @param {Changes} changes from the text before to this one
   */
  add(text, changes) {
    this.#known.push({ text, changes });
    if (this.#known.length > MAX_VERSIONS) this.#known.shift();
  }

  /**
   * The changes from a text to the newest one: `null` if there are none, `undefined` if the text is unknown. Older
   * texts are forgotten.
   *
   * @param {string} text
   * @returns {Changes | null | undefined}
   */
  since(text) {
    // The newest one first: the same text may have been there before.
    const at = this.#known.findLastIndex((known) => known.text === text);
    if (at < 0) return undefined;
    this.#known.splice(0, at);
    /** @type {Changes | null} */
    let all = null;
    for (const { changes } of this.#known.slice(1)) {
      if (changes) all = all ? all.compose(changes) : changes;
    }
    return all;
  }
}
