// A list of which only the rows in view have elements. All rows have the same height.

import { h } from "../app/dom.js";

const OVERSCAN = 6;
/** Rows that are printed. */
const MOST_PRINTED = 2000;

/**
 * @typedef {object} VirtualList
 * @property {HTMLElement} body the element whose children are the rows; it is as high as all rows
 * @property {(count: number) => void} setCount
 * @property {(height: number) => void} setRowHeight
 * @property {() => void} refresh draws the rows in view again
 * @property {() => void} layout draws the rows that came into view
 * @property {(index: number, block?: "nearest" | "center") => void} reveal scrolls a row into view
 * @property {(index: number) => void} setActive the row of the keyboard, which the scroller names while it is in view; -1
 *   for none
 * @property {(top: number) => void} scrollTo
 * @property {(index: number) => HTMLElement | undefined} rowAt the element of a row in view
 * @property {(draw: (row: HTMLElement, index: number) => void) => void} each calls a function for each row in view
 * @property {() => boolean} isAtEnd
 * @property {() => number} pageSize
 * @property {() => void} destroy
 */

/**
 * @param {HTMLElement} scroller the element that scrolls
 * @param {object} options
 * @param {() => HTMLElement} options.create makes the element of a row
 * @param {(row: HTMLElement, index: number) => void} options.draw fills the element of a row
 * @param {number} options.rowHeight px
 * @param {() => number} [options.head] height of what covers the rows at the top, in px
 * @returns {VirtualList}
 */
export function createVirtualList(scroller, { create, draw, rowHeight, head = () => 0 }) {
  const body = h("div", { class: "rows", role: "rowgroup" });
  let count = 0;
  let height = rowHeight;
  let view = 0;
  /** `scrollTop`, which is slow to read after a change. */
  let top = 0;
  let isPrinting = false;
  /** @type {Map<number, HTMLElement>} */
  let shown = new Map();

  function layout() {
    const first = isPrinting ? 0 : Math.max(0, Math.floor(top / height) - OVERSCAN);
    const last = Math.min(count, isPrinting ? MOST_PRINTED : Math.ceil((top + view) / height) + OVERSCAN);
    /** @type {Map<number, HTMLElement>} */
    const next = new Map();
    const free = [];
    for (const [index, row] of shown) {
      if (index >= first && index < last) next.set(index, row);
      else free.push(row);
    }
    for (const row of free) row.remove();
    // The elements are in the order of the rows: a screen reader reads them in this order.
    let following = body.firstChild;
    for (let index = first; index < last; index += 1) {
      const kept = next.get(index);
      if (kept) {
        following = kept.nextSibling;
        continue;
      }
      const row = free.pop() ?? create();
      row.style.setProperty("transform", `translateY(${index * height}px)`);
      draw(row, index);
      next.set(index, row);
      body.insertBefore(row, following);
    }
    shown = next;
    nameActive();
  }

  let active = -1;

  /** A row without an element has no id that could be named. */
  function nameActive() {
    const id = shown.get(active)?.id ?? "";
    if (id === "") scroller.removeAttribute("aria-activedescendant");
    else if (scroller.getAttribute("aria-activedescendant") !== id) scroller.setAttribute("aria-activedescendant", id);
  }

  function refresh() {
    for (const [index, row] of shown) if (index < count) draw(row, index);
    layout();
  }

  const sizes = new ResizeObserver(() => {
    view = scroller.clientHeight;
    layout();
  });
  sizes.observe(scroller);
  const onScroll = () => {
    top = scroller.scrollTop;
    layout();
  };
  scroller.addEventListener("scroll", onScroll, { passive: true });

  /** A printed page has all rows. @param {Event} event */
  function onPrint({ type }) {
    isPrinting = type === "beforeprint";
    layout();
  }
  addEventListener("beforeprint", onPrint);
  addEventListener("afterprint", onPrint);

  /** @param {number} next */
  function scrollTo(next) {
    scroller.scrollTop = next;
    onScroll();
  }

  return {
    body,
    setCount(next) {
      if (next === count) return;
      count = next;
      body.style.setProperty("block-size", `${count * height}px`);
      layout();
    },
    setRowHeight(next) {
      if (next === height) return;
      height = next;
      body.style.setProperty("block-size", `${count * height}px`);
      for (const [index, row] of shown) row.style.setProperty("transform", `translateY(${index * height}px)`);
      layout();
    },
    refresh,
    layout,
    reveal(index, block = "nearest") {
      if (index < 0 || index >= count) return;
      if (view === 0) view = scroller.clientHeight;
      const room = view - head();
      const at = index * height;
      if (at >= top && at + height <= top + room) return;
      scrollTo(block === "center" ? at - (room - height) / 2 : at < top ? at : at + height - room);
    },
    setActive(index) {
      active = index;
      nameActive();
    },
    scrollTo,
    rowAt: (index) => shown.get(index),
    each(visit) {
      for (const [index, row] of shown) visit(row, index);
    },
    isAtEnd: () => top + view - head() >= (count - 1) * height,
    pageSize: () => Math.max(1, Math.floor((view - head()) / height) - 1),
    destroy() {
      sizes.disconnect();
      removeEventListener("beforeprint", onPrint);
      removeEventListener("afterprint", onPrint);
      scroller.removeEventListener("scroll", onScroll);
    },
  };
}
