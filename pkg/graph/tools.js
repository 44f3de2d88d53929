// The buttons, the search field and the announcements.

/** @import { Words } from "./words.js" */

/**
 * @typedef {object} Actions
 * @property {(factor: number) => void} zoom
 * @property {() => void} fit
 * @property {(text: string) => void} search
 * @property {() => void} next Shows the next state that was found.
 */

export class Tools {
  /** @param {Actions} actions */
  constructor(actions) {
    this.root = document.createElement("div");
    this.root.className = "tools";
    this.root.setAttribute("part", "tools");
    this.input = document.createElement("input");
    this.input.type = "search";
    this.input.autocomplete = "off";
    this.input.spellcheck = false;
    this.input.addEventListener("input", () => actions.search(this.input.value));
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) actions.next();
      else if (event.key === "Escape" && this.input.value !== "") {
        this.input.value = "";
        actions.search("");
      } else return;
      event.preventDefault();
    });
    this.zoomOut = button("−", () => actions.zoom(0.8));
    this.zoomIn = button("+", () => actions.zoom(1.25));
    this.fit = button("⤢", () => actions.fit());
    this.root.append(this.input, this.zoomOut, this.zoomIn, this.fit);
    this.live = document.createElement("div");
    this.live.className = "hidden";
    this.live.setAttribute("role", "status");
  }

  /** @param {Words} words */
  translate(words) {
    for (const [element, text] of /** @type {const} */ ([
      [this.input, words.search],
      [this.zoomOut, words.zoomOut],
      [this.zoomIn, words.zoomIn],
      [this.fit, words.fit],
    ])) {
      element.setAttribute("aria-label", text);
      element.title = text;
    }
    this.input.placeholder = words.search;
  }

  /** @param {string} text */
  say(text) {
    this.live.textContent = text;
  }

  focusSearch() {
    this.input.focus();
    this.input.select();
  }
}

/** @param {string} text @param {() => void} action */
function button(text, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", action);
  return made;
}
