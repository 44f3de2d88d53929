// A JSON value as a tree: lazy, with search, copy and download.

import { h } from "../app/dom.js";
import {
  childEntries,
  isBranch,
  isInexact,
  jsonText,
  keysOf,
  kindOf,
  leafText,
  parseJson,
  pathText,
  preview,
  searchJson,
  sizeOf,
} from "./json-model.js";

/** @typedef {import("./json-model.js").Entry} Entry */

/** Characters of a text that are shown at first. */
const TEXT = 1000;
const PREVIEW = 60;
/** Values with a longer text have a search. */
const SEARCH_FROM = 160;
/** Lines that are opened at first. */
const OPEN_LINES = 24;
const TYPING_MS = 120;

/**
 * @param {object} options
 * @param {any} [options.value]
 * @param {string} [options.text] the value as text, which may be no JSON
 * @param {string} options.label name of the value
 * @param {string} options.fileName for the download
 * @param {(key: string, ...values: any[]) => string} options.words
 * @param {(text: string) => void} options.announce
 */
export function createJsonTree({ value: given, text, label, fileName, words: allWords, announce }) {
  const words = (/** @type {string} */ key, /** @type {any[]} */ ...values) =>
    allWords(`selection.json_${key}`, ...values);
  const parsed = text === undefined ? { value: given } : parseJson(text);
  const isText = parsed === undefined;
  const value = parsed ? parsed.value : text;
  /** @type {WeakMap<Element, Entry & { item: HTMLElement, depth: number }>} */
  const entries = new WeakMap();
  /** @type {(string | number)[][]} */
  let found = [];
  let foundAt = -1;
  /** @type {Element | undefined} */
  let marked;
  let typing = /** @type {any} */ (0);

  const tree = h("ul", { class: "json", role: "tree", "aria-label": label });
  const root = createItem({ value }, 1, 1, 1);
  root.tabIndex = 0;
  tree.append(root);
  openFirst();
  let current = root;
  tree.addEventListener("click", onClick);
  tree.addEventListener("keydown", onKey);
  tree.addEventListener("focusin", (/** @type {FocusEvent} */ event) => {
    const item = /** @type {Element} */ (event.target).closest("[role=treeitem]");
    if (item) setCurrent(/** @type {HTMLElement} */ (item));
  });

  const search = h("input", {
    type: "search",
    autocomplete: "off",
    spellcheck: false,
    placeholder: words("search"),
    "aria-label": words("searchIn", label),
    on: { input: onSearch, keydown: onSearchKey },
  });
  const result = h("span", { class: "count", role: "status" });
  const button = (/** @type {string} */ key, /** @type {() => void} */ click) =>
    h(
      "button",
      { type: "button", dataset: { do: key }, "aria-label": words("of", words(key), label), on: { click } },
      words(key),
    );
  const isLarge = isBranch(value) && preview(value, SEARCH_FROM).length > SEARCH_FROM;
  const bar = h(
    "div",
    { class: "json-bar" },
    isLarge && search,
    isLarge && result,
    button("copy", () => copy(valueText(entries.get(current)?.value), "copied")),
    isBranch(value) && button("copyPath", () => copy(pathText(pathOf(current)), "copiedPath")),
    button("download", download),
  );
  const note = isText && text !== "" ? h("p", { class: "quiet" }, words("notJson")) : undefined;

  /** @param {any} one */
  const valueText = (one) =>
    one === value && text !== undefined ? text : typeof one === "string" ? one : jsonText(one);

  /**
   * @param {Entry} entry
   * @param {number} depth
   * @param {number} position
   * @param {number} size
   * @returns {any}
   */
  function createItem(entry, depth, position, size) {
    const item = h("li", {
      role: "treeitem",
      tabIndex: -1,
      "aria-level": depth,
      "aria-posinset": position,
      "aria-setsize": size,
    });
    entries.set(item, { ...entry, item, depth });
    const isRange = entry.from !== undefined;
    const canOpen = isRange || (isBranch(entry.value) && sizeOf(entry.value) > 0);
    if (canOpen) item.setAttribute("aria-expanded", "false");
    item.append(
      h("div", { class: "json-line" }, h("span", { class: "toggle", "aria-hidden": "true" }), ...lineOf(entry)),
    );
    return item;
  }

  /** @param {Entry} entry @returns {Node[]} */
  function lineOf({ key, value: one, from, to }) {
    if (from !== undefined) return [h("span", { class: "range" }, `[${from} … ${/** @type {number} */ (to) - 1}]`)];
    /** @type {Node[]} */
    const parts = [];
    if (key !== undefined) {
      parts.push(
        h("bdi", { class: typeof key === "number" ? "index" : "key" }, String(key)),
        h("span", { class: "colon" }, ": "),
      );
    }
    const kind = kindOf(one);
    if (isBranch(one)) {
      const count = sizeOf(one);
      parts.push(h("span", { class: "size" }, kind === "array" ? `[${count || ""}]` : `{${count || ""}}`));
      if (count > 0) parts.push(h("bdi", { class: "preview", "aria-hidden": "true" }, preview(one, PREVIEW)));
      return parts;
    }
    const all = leafText(one);
    const shown = all.length > TEXT ? all.slice(0, TEXT) : all;
    const leaf = h(
      "bdi",
      { class: `leaf ${kind}`, dir: "auto" },
      kind === "string" && !isText ? `"${shown}${all === shown ? '"' : ""}` : shown,
    );
    parts.push(leaf);
    if (isInexact(one)) {
      leaf.classList.add("inexact");
      leaf.title = words("inexact");
    }
    if (all !== shown) {
      const more = h("button", { type: "button", class: "all", tabIndex: -1 }, words("all", all.length));
      more.addEventListener("click", () => {
        leaf.textContent = isText ? all : `"${all}"`;
        more.remove();
      });
      parts.push(h("span", {}, "… "), more);
    }
    return parts;
  }

  /** Opens the nodes at the top, level by level. */
  function openFirst() {
    const todo = [root];
    let lines = 1;
    for (let item = todo.shift(); item; item = todo.shift()) {
      const { value: one, from } = /** @type {Entry} */ (entries.get(item));
      if (from !== undefined || (item !== root && lines + sizeOf(one) > OPEN_LINES)) continue;
      open(item);
      const children = [...(item.children[1]?.children ?? [])];
      lines += children.length;
      if (children.length <= OPEN_LINES) todo.push(...children);
    }
  }

  /** @param {any} item */
  function open(item) {
    const state = item.getAttribute("aria-expanded");
    if (state === null) return;
    if (state === "false") {
      item.setAttribute("aria-expanded", "true");
      let group = item.children[1];
      if (!group) {
        const { depth, ...entry } = /** @type {any} */ (entries.get(item));
        const children = childEntries(entry);
        group = h("ul", { role: "group" });
        group.append(...children.map((child, at) => createItem(child, depth + 1, at + 1, children.length)));
        item.append(group);
      }
      group.hidden = false;
    }
  }

  /** @param {any} item */
  function close(item) {
    if (item.getAttribute("aria-expanded") !== "true") return;
    item.setAttribute("aria-expanded", "false");
    item.children[1].hidden = true;
    if (item !== current && item.contains(current)) setCurrent(item);
  }

  /** @param {any} item */
  const toggle = (item) => (item.getAttribute("aria-expanded") === "true" ? close(item) : open(item));
  /** @param {Element} item @returns {any} */
  const parentOf = (item) => item.parentElement?.closest("[role=treeitem]");

  /** @param {HTMLElement} item */
  function setCurrent(item) {
    if (item === current) return;
    current.tabIndex = -1;
    current = item;
    current.tabIndex = 0;
  }

  /** @param {any} item */
  function focus(item) {
    if (!item) return;
    setCurrent(item);
    item.focus({ preventScroll: true });
    item.firstChild.scrollIntoView({ block: "nearest" });
  }

  /** @param {Element} item @returns {(string | number)[]} */
  function pathOf(item) {
    const path = [];
    for (let at = item; at; at = parentOf(at)) {
      const key = entries.get(at)?.key;
      if (key !== undefined) path.unshift(key);
    }
    return path;
  }

  /** @param {any} item */
  function lastOf(item) {
    let last = item;
    while (last.getAttribute("aria-expanded") === "true") last = last.children[1].lastElementChild;
    return last;
  }

  /** @param {any} item */
  function nextOf(item) {
    if (item.getAttribute("aria-expanded") === "true") return item.children[1].firstElementChild;
    for (let at = item; at && at !== root; at = parentOf(at)) if (at.nextElementSibling) return at.nextElementSibling;
    return undefined;
  }

  /** @param {any} item */
  function previousOf(item) {
    if (item === root) return undefined;
    return item.previousElementSibling ? lastOf(item.previousElementSibling) : parentOf(item);
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const item = /** @type {any} */ (/** @type {Element} */ (event.target).closest("[role=treeitem]"));
    if (!item) return;
    const isOpen = item.getAttribute("aria-expanded") === "true";
    const { key } = event;
    if (key === "ArrowDown") focus(nextOf(item));
    else if (key === "ArrowUp") focus(previousOf(item));
    else if (key === "ArrowRight") isOpen ? focus(nextOf(item)) : open(item);
    else if (key === "ArrowLeft") isOpen ? close(item) : focus(parentOf(item));
    else if (key === "Home") focus(root);
    else if (key === "End") focus(lastOf(root));
    else if (key === "*") for (const one of [...(parentOf(item)?.children[1].children ?? [root])]) open(one);
    else if (key === "Enter" || key === " ") {
      const more = item.querySelector(":scope > .json-line > .all");
      if (more) more.click();
      else toggle(item);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {MouseEvent} event */
  function onClick(event) {
    const target = /** @type {Element} */ (event.target);
    const item = /** @type {any} */ (target.closest("[role=treeitem]"));
    if (!item) return;
    // The user may select a text to copy it.
    if (!String(getSelection())) {
      focus(item);
      if (!target.closest(".leaf, .all")) toggle(item);
    }
  }

  function onSearch() {
    clearTimeout(typing);
    typing = setTimeout(() => {
      found = searchJson(value, search.value.trim());
      foundAt = -1;
      if (found.length > 0) showFound(1);
      else mark(undefined);
      showResult();
    }, TYPING_MS);
  }

  /** @param {KeyboardEvent} event */
  function onSearchKey(event) {
    if (event.key === "Enter") {
      showFound(event.shiftKey ? -1 : 1);
      event.preventDefault();
    } else if (event.key === "ArrowDown") {
      focus(marked ?? root);
      event.preventDefault();
    }
  }

  function showResult() {
    result.textContent =
      search.value.trim() === ""
        ? ""
        : found.length === 0
          ? words("notFound")
          : words("found", foundAt + 1, found.length);
  }

  /** @param {number} by */
  function showFound(by) {
    if (found.length === 0) return;
    foundAt = (foundAt + by + found.length) % found.length;
    mark(reveal(found[foundAt]));
    showResult();
  }

  /** @param {any} item */
  function mark(item) {
    marked?.classList.remove("found");
    marked = item;
    if (!item) return;
    item.classList.add("found");
    setCurrent(item);
    item.firstChild.scrollIntoView({ block: "nearest" });
  }

  /** Opens the nodes on a path. @param {readonly (string | number)[]} path */
  function reveal(path) {
    let item = root;
    let at = value;
    for (const key of path) {
      const place = typeof key === "number" ? key : keysOf(at).indexOf(key);
      open(item);
      for (;;) {
        const child = [...item.children[1].children].find((one) => {
          const { from, to, key: own } = /** @type {Entry} */ (entries.get(one));
          return from === undefined ? own === key : place >= from && place < /** @type {number} */ (to);
        });
        if (!child) return item;
        item = child;
        if (entries.get(child)?.from === undefined) break;
        open(item);
      }
      at = at[key];
    }
    return item;
  }

  /** @param {string} copied @param {string} said */
  async function copy(copied, said) {
    try {
      await navigator.clipboard.writeText(copied);
      announce(words(said));
    } catch {
      announce(words(copyByCommand(copied) ? said : "notCopied"));
    }
  }

  function download() {
    const isJson = !isText;
    const blob = new Blob([text ?? jsonText(value)], { type: isJson ? "application/json" : "text/plain" });
    saveFile(blob, `${fileName}.${isJson ? "json" : "txt"}`);
  }

  return {
    element: h("div", { class: "json-view" }, bar, note ?? false, tree),
    focus: () => focus(root),
    destroy: () => clearTimeout(typing),
  };
}

/** A page without a secure context has no clipboard. @param {string} text */
function copyByCommand(text) {
  const area = h("textarea", { class: "off-screen", value: text, "aria-hidden": "true" });
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus();
  return done;
}

/**
 * Offers a file for download.
 *
 * @param {Blob} blob
 * @param {string} name
 */
export function saveFile(blob, name) {
  const href = URL.createObjectURL(blob);
  const link = h("a", { href, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}
