// The state that an arrow key leads to.

/** @import { GraphLayout, LayoutPlace } from "../graph.js" */

/** @typedef {"ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight"} Arrow */

/** Ways between the states of a layout, for keys. */
export class Ways {
  /** @param {GraphLayout} layout */
  constructor(layout) {
    /** @type {Map<string, LayoutPlace>} */
    this.places = new Map();
    for (const { id, x, y, width, height } of layout.nodes) this.places.set(id, { x, y, width, height });
    // A box is where its header is.
    for (const { id, x, y, width, header } of layout.boxes) this.places.set(id, { x, y, width, height: header });
    /** @type {Map<string, string[]>} */
    this.down = new Map();
    /** @type {Map<string, string[]>} */
    this.up = new Map();
    /** The first state in a box. @type {Map<string, string>} */
    this.into = new Map();
    for (const { from, to, loop } of layout.lines) {
      if (loop) continue;
      const [a, b] = [ownerOf(from), ownerOf(to)];
      // The line to the end of a branch leads to its box, which is above.
      if (a === b || to.endsWith("#out")) continue;
      if (a !== from && from.endsWith("#in") && !this.into.has(a)) this.into.set(a, b);
      this.connect(a, b);
    }
  }

  /** @param {string} from @param {string} to */
  connect(from, to) {
    if (!this.places.has(from) || !this.places.has(to)) return;
    list(this.down, from).push(to);
    list(this.up, to).push(from);
  }

  /**
   * Follows a line in that direction; where there is none, it is the nearest state.
   *
   * @param {string} id
   * @param {Arrow} arrow
   */
  from(id, arrow) {
    const here = this.places.get(id);
    if (!here) return undefined;
    if (arrow === "ArrowDown" && this.into.has(id)) return this.into.get(id);
    const linked = this.linked(here, id, arrow);
    if (linked.length > 0) return closest(here, linked, this.places);
    return this.nearest(here, id, arrow);
  }

  /**
   * States at the other end of a line, in the direction of the key.
   *
   * @param {LayoutPlace} here
   * @param {string} id
   * @param {Arrow} arrow
   */
  linked(here, id, arrow) {
    const [down, up] = [this.down.get(id) ?? [], this.up.get(id) ?? []];
    if (arrow === "ArrowDown") return down;
    if (arrow === "ArrowUp") return up;
    const side = arrow === "ArrowRight" ? 1 : -1;
    return [...down, ...up].filter((other) => {
      const place = this.places.get(other);
      return place && side * (middle(place).x - middle(here).x) > (place.width + here.width) / 2;
    });
  }

  /**
   * @param {LayoutPlace} here
   * @param {string} id
   * @param {Arrow} arrow
   */
  nearest(here, id, arrow) {
    const upright = arrow === "ArrowUp" || arrow === "ArrowDown";
    const sign = arrow === "ArrowDown" || arrow === "ArrowRight" ? 1 : -1;
    let best = { id: /** @type {string | undefined} */ (undefined), cost: Number.POSITIVE_INFINITY };
    for (const [other, place] of this.places) {
      if (other === id) continue;
      const dx = middle(place).x - middle(here).x;
      const dy = middle(place).y - middle(here).y;
      const ahead = sign * (upright ? dy : dx);
      const aside = Math.abs(upright ? dx : dy);
      // Within 45 degrees, or level with this state.
      const level = upright ? aside < here.width / 2 : aside < here.height;
      if (ahead <= 1 || (!level && aside > ahead)) continue;
      const cost = ahead + 2 * aside;
      if (cost < best.cost) best = { id: other, cost };
    }
    return best.id;
  }
}

/**
 * The state of a point at the beginning or at the end of a branch.
 *
 * @param {string} end
 */
function ownerOf(end) {
  return end.replace(/\|\d+#(in|out)$/, "").replace(/#(from|to)$/, "");
}

/**
 * The one whose middle is the least far to the side.
 *
 * @param {LayoutPlace} here
 * @param {string[]} ids
 * @param {Map<string, LayoutPlace>} places
 */
function closest(here, ids, places) {
  const aside = (/** @type {string} */ id) => {
    const place = places.get(id);
    return place ? Math.abs(middle(place).x - middle(here).x) : Number.POSITIVE_INFINITY;
  };
  return ids.reduce((best, id) => (aside(id) < aside(best) ? id : best));
}

/** @param {LayoutPlace} place */
function middle({ x, y, width, height }) {
  return { x: x + width / 2, y: y + height / 2 };
}

/** @param {Map<string, string[]>} map @param {string} key */
function list(map, key) {
  let found = map.get(key);
  if (!found) map.set(key, (found = []));
  return found;
}
