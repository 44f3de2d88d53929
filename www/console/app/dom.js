// Elements of the page. Texts become text nodes: nothing is ever parsed as HTML.

/** The elements with listeners, or with such an element in them. */
const listening = new WeakSet();

/**
 * Creates an element.
 *
 * `properties`: `class`, `dataset` (object), `on` (object of listeners), `style` (object of CSS properties and custom
 * properties); names with `-`, and `role`, `for` and `list`, become attributes; all others become properties. Children
 * are nodes, texts, or `undefined` and `false`, which are left out.
 *
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Node | string | number | undefined | false | (Node | string)[])} children
 * @returns {any}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (name === "class") element.className = value;
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name === "on")
      for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
    else if (name === "style") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
    else if (name.includes("-") || ATTRIBUTES.has(name))
      element.setAttribute(name, value === true ? "" : String(value));
    else Object.assign(element, { [name]: value });
  }
  const shown = children.flat().filter((child) => child !== undefined && child !== false);
  element.append(.../** @type {(Node | string)[]} */ (shown));
  if (properties.on || shown.some((child) => child instanceof Node && listening.has(child))) listening.add(element);
  return element;
}

const ATTRIBUTES = new Set(["role", "for", "list"]);

/**
 * Sets the children of an element. If all are equal, they stay: a press of the pointer ends on the node on which it
 * began. New elements with listeners differ from all others.
 *
 * @param {Element} parent
 * @param {...(Node | string)} children
 */
export function fill(parent, ...children) {
  const wanted = children
    .filter((child) => child !== "")
    .map((child) => (typeof child === "string" ? document.createTextNode(child) : child));
  const { childNodes } = parent;
  const isSame = wanted.length === childNodes.length && wanted.every((node, at) => isEqual(node, childNodes[at]));
  if (!isSame) parent.replaceChildren(...wanted);
}

/** @param {Node} node @param {Node} known */
const isEqual = (node, known) => node === known || (!listening.has(node) && node.isEqualNode(known));

/**
 * Sets the text of an element. Its text node stays: WebKit sends no `click` if another node is under the pointer when it
 * is released.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent === text) return;
  const { firstChild } = element;
  if (firstChild instanceof Text && firstChild.nextSibling === null) firstChild.data = text;
  else element.textContent = text;
}
