// Words that stay in the page: they change with the language only.

/** @param {(key: string, ...values: any[]) => string} words */
export function createLabels(words) {
  /** @type {(() => void)[]} */
  const bound = [];
  const bind = (/** @type {() => void} */ set) => {
    set();
    bound.push(set);
  };
  return {
    /**
     * A text node with words.
     *
     * @param {string} key
     * @param {...any} values
     */
    text(key, ...values) {
      const node = document.createTextNode("");
      bind(() => {
        node.data = words(key, ...values);
      });
      return node;
    },

    /**
     * Sets an attribute to words. Returns the element.
     *
     * @template {Element} T
     * @param {T} element
     * @param {string} name
     * @param {string} key
     * @returns {T}
     */
    attribute(element, name, key) {
      bind(() => element.setAttribute(name, words(key)));
      return element;
    },

    /** Sets all words again. */
    update() {
      for (const set of bound) set();
    },
  };
}

/** @typedef {ReturnType<typeof createLabels>} Labels */
