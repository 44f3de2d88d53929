// The keys of the element.

/** @import { Arrow } from "./navigate.js" */

/**
 * What keys can do.
 *
 * @typedef {object} Actions
 * @property {(x: number, y: number) => void} pan
 * @property {(factor: number) => void} zoom
 * @property {() => void} fit
 * @property {() => void} search
 * @property {(id: string, arrow: Arrow) => void} move
 * @property {(end: "first" | "last") => void} jump
 * @property {(id: string) => void} choose Selects a state, or opens the selected one.
 * @property {() => void} clear
 * @property {(id: string) => void} toggle
 */

const PAN = 60;
/** The way of the drawing for each arrow. */
const ARROWS = { ArrowUp: [0, PAN], ArrowDown: [0, -PAN], ArrowLeft: [PAN, 0], ArrowRight: [-PAN, 0] };

/**
 * Does what the key means. `id` is the focused state.
 *
 * @param {KeyboardEvent} event
 * @param {string | undefined} id
 * @param {Actions} actions
 */
export function handleKey(event, id, actions) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof Element && event.target.localName === "input") return;
  if (ofView(event, actions) || (id !== undefined && ofState(event.key, id, actions))) event.preventDefault();
}

/** @param {KeyboardEvent} event @param {Actions} actions */
function ofView({ key, shiftKey }, actions) {
  if (shiftKey && isArrow(key)) actions.pan(ARROWS[key][0], ARROWS[key][1]);
  else if (key === "+" || key === "=") actions.zoom(1.25);
  else if (key === "-") actions.zoom(0.8);
  else if (key === "0") actions.fit();
  else if (key === "/") actions.search();
  else return false;
  return true;
}

/** @param {string} key @param {string} id @param {Actions} actions */
function ofState(key, id, actions) {
  if (isArrow(key)) actions.move(id, key);
  else if (key === "Home") actions.jump("first");
  else if (key === "End") actions.jump("last");
  else if (key === "Enter" || key === " ") actions.choose(id);
  else if (key === "Escape") actions.clear();
  else if (key === "c") actions.toggle(id);
  else return false;
  return true;
}

/** @param {string} key @returns {key is Arrow} */
function isArrow(key) {
  return Object.hasOwn(ARROWS, key);
}
