// Values of options.

/**
 * @param {number} min
 * @param {number} max
 */
export function wholeNumber(min, max) {
  return (/** @type {string} */ text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new Error(`Expected a whole number from ${min} to ${max}`);
  };
}
