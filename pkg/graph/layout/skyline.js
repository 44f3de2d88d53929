// How far a strip reaches to one side, by height.

/** Greatest values of a step function over intervals, in logarithmic time (a segment tree). */
export class Skyline {
  /** @param {number[]} heights All ends of intervals that will be used. */
  constructor(heights) {
    const sorted = Float64Array.from(heights).sort();
    this.heights = sorted.filter((y, i) => i === 0 || y !== sorted[i - 1]);
    this.size = 1;
    while (this.size < this.heights.length) this.size *= 2;
    /** Greatest value below a node, and the value that holds for all of it. */
    this.most = new Float64Array(2 * this.size);
    this.all = new Float64Array(2 * this.size);
  }

  /** The greatest value of all. */
  get extent() {
    return this.most[1];
  }

  /**
   * Raises the function to `value` in an interval.
   *
   * @param {number} from
   * @param {number} to
   * @param {number} value
   */
  raise(from, to, value) {
    this.walk(1, 0, this.size, this.find(from), this.find(to), value);
  }

  /**
   * The greatest value in an interval.
   *
   * @param {number} from
   * @param {number} to
   */
  over(from, to) {
    return this.read(1, 0, this.size, this.find(from), this.find(to));
  }

  /**
   * Index of the first height that is not less than `y`.
   *
   * @param {number} y
   */
  find(y) {
    let [low, high] = [0, this.heights.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.heights[middle] < y) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // The depth of the recursion is the logarithm of the number of heights.

  /** @param {number} node @param {number} low @param {number} high @param {number} from @param {number} to @param {number} value */
  walk(node, low, high, from, to, value) {
    if (to <= low || high <= from || value <= this.all[node]) return;
    this.most[node] = Math.max(this.most[node], value);
    if (from <= low && high <= to) {
      this.all[node] = value;
      return;
    }
    const middle = (low + high) >> 1;
    this.walk(2 * node, low, middle, from, to, value);
    this.walk(2 * node + 1, middle, high, from, to, value);
  }

  /** @param {number} node @param {number} low @param {number} high @param {number} from @param {number} to @returns {number} */
  read(node, low, high, from, to) {
    if (to <= low || high <= from) return 0;
    if (from <= low && high <= to) return this.most[node];
    const middle = (low + high) >> 1;
    const left = this.read(2 * node, low, middle, from, to);
    const right = this.read(2 * node + 1, middle, high, from, to);
    return Math.max(this.all[node], left, right);
  }
}
