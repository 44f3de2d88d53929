// Elements of the page. Texts become text nodes: nothing is ever parsed as HTML.

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
  return element;
}

const ATTRIBUTES = new Set(["role", "for", "list"]);

/**
 * Replaces the children of an element.
 *
 * @param {Element} parent
 * @param {...(Node | string)} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren(...children);
}
