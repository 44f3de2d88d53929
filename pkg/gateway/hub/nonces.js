// The spent tickets of all objects in one process. An object that stores nothing else is dropped, and must not forget them.

/** Maximum number of spent tickets. */
const MAX_SPENT = 100_000;

export function createNonces(maxSpent = MAX_SPENT) {
  /** Expiry by nonce. @type {Map<string, number>} */
  const spent = new Map();
  return {
    /**
     * Returns false if the nonce was used before. When the memory is full of nonces that are still valid, it refuses
     * further ones.
     *
     * @param {string} nonce
     * @param {number} expires
     * @param {number} now
     */
    use(nonce, expires, now) {
      // All tickets are valid for the same time: the first entries expire first.
      for (const [old, end] of spent) {
        if (end > now) break;
        spent.delete(old);
      }
      if (spent.has(nonce) || spent.size >= maxSpent) return false;
      spent.set(nonce, expires);
      return true;
    },
  };
}
