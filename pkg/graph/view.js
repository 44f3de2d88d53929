// Zoom and pan: which part of the drawing is visible.

/** Scales, in pixels of the page per pixel of the drawing. */
const LEAST = 0.05;
const MOST = 4;
/** A drawing is not shown smaller than this at first; its top is visible then. */
const READABLE = 0.45;
const MARGIN = 12;
/** Where the buttons would lie on the drawing, it begins below them. */
const TOOLS = 290;
const BELOW_TOOLS = 60;
/** A pointer that moves less has clicked. */
const CLICK = 4;

/** The part of a drawing that is visible, and the gestures that change it. */
export class View {
  /**
   * @param {SVGSVGElement} canvas
   * @param {() => void} changed
   */
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.changed = changed;
    /** @type {SVGGElement | undefined} */
    this.world = undefined;
    this.size = { width: 0, height: 0 };
    this.frame = { width: 0, height: 0 };
    this.start = 0;
    /** The buttons are visible. */
    this.tools = true;
    this.x = 0;
    this.y = 0;
    this.scale = 1;
    /** The user has not moved the drawing: it is fitted again when the element changes its size. */
    this.untouched = true;
    /** A gesture has moved the drawing: the click at its end selects nothing. */
    this.dragged = false;
    /** @type {Map<number, { x: number, y: number }>} */
    this.pointers = new Map();
    this.listen();
  }

  /** Reads the size of the element. A hidden element has none. Reading it after a change of the drawing is slow. */
  measure() {
    this.frame = { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
  }

  /**
   * @param {SVGGElement} world
   * @param {{ width: number, height: number }} size
   * @param {number} start Where the flow begins, from the left.
   */
  open(world, size, start) {
    this.world = world;
    this.start = start;
    this.size = { width: size.width, height: size.height };
    this.apply();
  }

  /** @param {boolean} whole Shows all of the drawing, even if texts become too small to read. */
  fit(whole) {
    const { width, height } = this.frame;
    if (width === 0 || height === 0) return;
    this.scaleTo(whole, width, height, MARGIN);
    const covered = (width + this.size.width * this.scale) / 2 > width - TOOLS;
    const top = this.tools && covered ? BELOW_TOOLS : MARGIN;
    if (top > MARGIN) this.scaleTo(whole, width, height, top);
    const shown = this.size.width * this.scale;
    this.x = (width - shown) / 2;
    // Where the drawing is too wide, its start is visible.
    if (this.x < 0) this.x = Math.min(MARGIN, Math.max(width - shown - MARGIN, width / 2 - this.start * this.scale));
    this.y = Math.max(top, Math.min(24, (height - this.size.height * this.scale) / 2));
    this.untouched = true;
    this.apply();
  }

  /**
   * A long flow is shown in its whole width if its texts can be read.
   *
   * @param {boolean} whole
   * @param {number} width
   * @param {number} height
   * @param {number} top
   */
  scaleTo(whole, width, height, top) {
    const wide = (width - 2 * MARGIN) / Math.max(1, this.size.width);
    const high = (height - top - MARGIN) / Math.max(1, this.size.height);
    const all = Math.min(1, wide, high);
    this.scale = clamp(whole || all >= READABLE ? all : Math.max(READABLE, Math.min(1, wide)));
  }

  /** @param {number} factor @param {number} [x] @param {number} [y] */
  zoom(factor, x = this.frame.width / 2, y = this.frame.height / 2) {
    const scale = clamp(this.scale * factor);
    const by = scale / this.scale;
    this.x = x - (x - this.x) * by;
    this.y = y - (y - this.y) * by;
    this.scale = scale;
    this.touch();
  }

  /** @param {number} dx @param {number} dy */
  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.touch();
  }

  /**
   * Moves a place of the drawing into view, if it is not visible.
   *
   * @param {{ x: number, y: number, width: number, height: number }} place
   */
  show({ x, y, width, height }) {
    const { width: wide, height: high } = this.frame;
    if (wide === 0 || high === 0) return;
    const axis = (
      /** @type {number} */ at,
      /** @type {number} */ from,
      /** @type {number} */ length,
      /** @type {number} */ room,
    ) => {
      const [first, last] = [at + from * this.scale, at + (from + length) * this.scale];
      const edge = Math.min(40, room / 6);
      if (first >= edge && last <= room - edge) return at;
      // What is larger than the element is shown from its beginning.
      return length * this.scale > room - 2 * edge
        ? edge - from * this.scale
        : room / 2 - (from + length / 2) * this.scale;
    };
    const [left, top] = [axis(this.x, x, width, wide), axis(this.y, y, height, high)];
    if (left === this.x && top === this.y) return;
    [this.x, this.y] = [left, top];
    this.touch();
  }

  /**
   * Moves a point of the drawing to the middle.
   *
   * @param {number} x
   * @param {number} y
   */
  center(x, y) {
    this.x = this.frame.width / 2 - x * this.scale;
    this.y = this.frame.height / 2 - y * this.scale;
    this.touch();
  }

  touch() {
    this.untouched = false;
    this.apply();
  }

  apply() {
    const { width, height } = this.frame;
    const { width: w, height: h } = this.size;
    // A part of the drawing stays visible.
    const keep = (/** @type {number} */ at, /** @type {number} */ length, /** @type {number} */ room) =>
      Math.min(room - Math.min(60, room / 2), Math.max(at, Math.min(60, room / 2) - length * this.scale));
    if (width > 0) this.x = keep(this.x, w, width);
    if (height > 0) this.y = keep(this.y, h, height);
    this.world?.setAttribute("transform", `translate(${round(this.x)} ${round(this.y)}) scale(${round(this.scale)})`);
    this.changed();
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "mouse" && event.button !== 0) return;
      this.pointers.set(event.pointerId, this.at(event));
      if (this.pointers.size === 1) this.dragged = false;
    });
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of /** @type {const} */ (["pointerup", "pointercancel", "lostpointercapture"])) {
      canvas.addEventListener(name, (event) => this.pointers.delete(event.pointerId));
    }
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    const { x, y } = this.at(event);
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? this.frame.height : 1;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.zoom(Math.exp((-event.deltaY * unit) / 300), x, y);
      return;
    }
    const [dx, dy] = event.shiftKey ? [event.deltaY, event.deltaX] : [event.deltaX, event.deltaY];
    const before = [this.x, this.y];
    // The page scrolls where the drawing has been scrolled to its end.
    if (this.canScroll(dx * unit, dy * unit)) this.pan(-dx * unit, -dy * unit);
    if (before[0] !== this.x || before[1] !== this.y) event.preventDefault();
  }

  /** @param {number} dx @param {number} dy */
  canScroll(dx, dy) {
    const { width, height } = this.frame;
    const hidden = (
      /** @type {number} */ at,
      /** @type {number} */ length,
      /** @type {number} */ room,
      /** @type {number} */ by,
    ) => (by < 0 ? at < MARGIN : by > 0 && at + length * this.scale > room - MARGIN);
    return hidden(this.y, this.size.height, height, dy) || hidden(this.x, this.size.width, width, dx);
  }

  /** @param {PointerEvent} event */
  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.at(event);
    if (!this.dragged) {
      if (Math.hypot(now.x - before.x, now.y - before.y) < CLICK) return;
      this.dragged = true;
      this.canvas.setPointerCapture(event.pointerId);
    }
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.pointers.set(event.pointerId, now);
    if (other) {
      const [from, to] = [
        Math.hypot(before.x - other.x, before.y - other.y),
        Math.hypot(now.x - other.x, now.y - other.y),
      ];
      this.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
      if (from > 0 && to > 0) this.zoom(to / from, (now.x + other.x) / 2, (now.y + other.y) / 2);
    } else {
      this.pan(now.x - before.x, now.y - before.y);
    }
  }

  /** @param {MouseEvent} event */
  at(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }
}

/** @param {number} scale */
function clamp(scale) {
  return Math.min(MOST, Math.max(LEAST, scale));
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 1000) / 1000;
}
