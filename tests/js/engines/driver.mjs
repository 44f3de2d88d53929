// One interface to three browser engines, for tests of pages.
//
//     const engine = await startEngine("firefox");
//     const page = await engine.page({ width: 390, height: 844, dark: true, lang: "zh-CN" });
//     await page.open(url);
//     await page.click("button :: Start");
//     await page.waitForText("#status", /Failed/);
//     await engine.close();
//
// A selector is CSS. ` >>> ` enters a shadow root, and ` :: text` at its end selects by the accessible name or the text:
// the whole text, or a part of it. Invisible elements do not count, except in `count`, `attribute` and `exists`.

import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import * as chromium from "./chromium.mjs";
import * as firefox from "./firefox.mjs";
import * as webkit from "./webkit.mjs";

const ENGINES = { chromium, firefox, webkit };

/** Time after which a condition fails, in ms. */
const TIMEOUT = 20_000;

/** Names of the engines; the environment variable ENGINES selects some: `ENGINES=firefox,webkit`. */
export function engineNames() {
  const wanted = process.env.ENGINES?.split(",").filter(Boolean) ?? Object.keys(ENGINES);
  for (const name of wanted)
    if (!(name in ENGINES))
      throw new Error(`ENGINES names \`${name}\`; the engines are ${Object.keys(ENGINES).join(", ")}`);
  return wanted;
}

/** Why an engine cannot be tested here, or `undefined`. In CI (`CI=true`) it is an error. */
export function whyAbsent(name) {
  const reason = ENGINES[name].absent();
  if (reason && process.env.CI === "true") throw new Error(`${name}: ${reason}`);
  return reason && `${name}: ${reason}`;
}

/** Starts a browser. */
export async function startEngine(name) {
  const engine = await ENGINES[name].start();
  return {
    name,
    /** False if the engine ignores the option `lang`. */
    hasLanguages: engine.hasLanguages ?? true,
    /** A page without stored data. It replaces the page before it. */
    async page({ width = 1280, height = 900, dark = false, lang = "en-US", touch = false } = {}) {
      return new Page(name, await engine.renew({ width, height, dark, lang, touch }));
    },
    close: () => engine.close(),
  };
}

class Page {
  #tab;

  constructor(engine, tab) {
    this.engine = engine;
    this.#tab = tab;
  }

  /** Errors of the page since the last call: uncaught ones and those on its console. */
  async problems() {
    // A browser reports an error response of the service as an error of the page, an icon that the policy of the page
    // forbids, and observers that are called again in the next frame.
    return (await this.#tab.problems()).filter(
      (text) =>
        !/Failed to load resource|^(Error: )?Cross-Origin Request Blocked|\/favicon\.ico|ResizeObserver loop/.test(
          text,
        ),
    );
  }

  async open(url) {
    await this.#tab.open(url);
  }

  /** Calls a function in the page. Arguments and result are JSON values. */
  evaluate(action, ...args) {
    return this.#tab.run(`(${action})(${args.map((arg) => JSON.stringify(arg) ?? "undefined").join(", ")})`);
  }

  /** Runs a script, such as a library. */
  async addScript(text) {
    await this.#tab.run(`(() => { ${text}\n })()`);
  }

  /** Waits until a function returns a truthy value in the page, and returns it. */
  async waitFor(condition, ...args) {
    return this.until(String(condition), () => this.evaluate(condition, ...args));
  }

  /** Waits until an action of the test returns a truthy value. */
  async until(what, action, timeout = TIMEOUT) {
    const end = Date.now() + timeout;
    let last;
    for (let pause = 20; ; pause = Math.min(pause * 1.5, 150)) {
      try {
        const value = await action();
        if (value) return value;
        last = undefined;
      } catch (error) {
        last = error;
      }
      if (Date.now() > end) break;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    const why = last ? `\n${last.message}` : "";
    throw new Error(`${this.engine}: not within ${timeout / 1000} s: ${what}${why}`);
  }

  /** Waits until the visible text of an element matches. Returns the text. */
  async waitForText(selector, wanted) {
    let text;
    const fits = () => (wanted instanceof RegExp ? wanted.test(text) : text.includes(wanted));
    try {
      return await this.until(`${selector}: ${wanted}`, async () => {
        text = await this.text(selector);
        return fits() && text;
      });
    } catch (error) {
      throw new Error(`${error.message}\nthe text is: ${text?.slice(0, 2000)}`);
    }
  }

  /** Waits until an element is visible. */
  async waitForElement(selector) {
    await this.until(`${selector} is visible`, () => this.isVisible(selector));
  }

  /** Text of all visible elements of a selector. */
  async text(selector) {
    return this.evaluate(
      `(selector) => { ${FIND}
      return find(selector).map((element) => element.innerText ?? element.textContent).join("\\n"); }`,
      selector,
    );
  }

  async attribute(selector, name) {
    return this.evaluate(
      `(selector, name) => { ${FIND}
      return find(selector, true)[0]?.getAttribute(name); }`,
      selector,
      name,
    );
  }

  /** Value of a field. */
  async value(selector) {
    return this.evaluate(`(selector) => { ${FIND} return find(selector, true)[0]?.value; }`, selector);
  }

  async count(selector) {
    return this.evaluate(`(selector) => { ${FIND} return find(selector, true).length; }`, selector);
  }

  async isVisible(selector) {
    return this.evaluate(`(selector) => { ${FIND} return find(selector).length > 0; }`, selector);
  }

  /** Rectangle of the first visible element. */
  async box(selector) {
    return this.evaluate(
      `(selector) => { ${FIND}
      const [element] = find(selector);
      if (!element) return;
      const { x, y, width, height } = element.getBoundingClientRect();
      return { x, y, width, height }; }`,
      selector,
    );
  }

  /** Moves the focus to an element. */
  async focus(selector) {
    await this.waitForElement(selector);
    await this.evaluate(`(selector) => { ${FIND} find(selector)[0].focus(); }`, selector);
  }

  /** Name of the focused element, also in a shadow root: `aria-label`, `data-id`, `id` or text. */
  async focused() {
    return this.evaluate(`() => { ${FIND}
      let at = document.activeElement;
      while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
      return at && at !== document.body ? at.getAttribute("data-id") || at.id || nameOf(at).slice(0, 60) : ""; }`);
  }

  /** Clicks the middle of an element that is visible, enabled, at rest and not covered. */
  async click(selector) {
    let why;
    const [x, y] = await this.until(`${selector} can be clicked`, async () => {
      const found = await this.evaluate(`(selector) => { ${FIND} return target(selector); }`, selector);
      why = found.why;
      return found.at;
    }).catch((error) => {
      throw new Error(`${error.message}\n${why ?? ""}`);
    });
    await this.clickAt(x, y);
  }

  async clickAt(x, y) {
    await this.#tab.move(x, y);
    await this.#tab.down();
    await this.#tab.up();
  }

  /** Drags the pointer along points. */
  async drag(...points) {
    const [[x, y], ...rest] = points;
    await this.#tab.move(x, y);
    await this.#tab.down();
    for (const [toX, toY] of rest) await this.#tab.move(toX, toY);
    await this.#tab.up();
  }

  /** Types into the focused element. */
  type(text) {
    return this.#tab.type(text);
  }

  /** Presses a key, also with modifiers: `Shift+Tab`. */
  press(keys) {
    return this.#tab.press(keys === "+" ? ["+"] : keys.split("+"));
  }

  /** Replaces the text of a field by typing. */
  async fill(selector, text) {
    await this.focus(selector);
    await this.press("Control+a");
    await this.press("Delete");
    if (text) await this.type(text);
  }

  /** Selects an option of a `<select>` by its value or its text. */
  async select(selector, wanted) {
    await this.waitForElement(selector);
    await this.evaluate(
      `(selector, wanted) => { ${FIND}
      const [element] = find(selector);
      const option = [...element.options].find(({ value, text }) => value === wanted || text.includes(wanted));
      if (!option) throw new Error(\`\${selector} has no option \${wanted}: \${[...element.options].map(({ text }) => text)}\`);
      element.value = option.value;
      element.dispatchEvent(new Event("input", { bubbles: true }));
      element.dispatchEvent(new Event("change", { bubbles: true })); }`,
      selector,
      wanted,
    );
  }

  /** Sets the size of the page. */
  viewport(width, height) {
    return this.#tab.viewport(width, height);
  }

  /** Takes a picture of the visible part. */
  async screenshot(file) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, await this.#tab.picture());
  }

  /** True if the engine can separate a page from the network. */
  get hasOffline() {
    return this.#tab.setOffline !== undefined;
  }

  setOffline(offline) {
    return this.#tab.setOffline(offline);
  }
}

/** Functions for the page. */
const FIND = String.raw`
  function nameOf(element) {
    const by = element.getAttribute("aria-labelledby");
    const label = element.getAttribute("aria-label") ?? (by && by.split(" ").map((id) => element.getRootNode().getElementById(id)?.textContent).join(" "));
    const labels = element.labels?.length ? [...element.labels].map((one) => one.textContent).join(" ") : undefined;
    return (label || (element.innerText ?? element.textContent) || labels || element.title || "").replace(/\s+/g, " ").trim();
  }
  function isVisible(element) {
    const style = getComputedStyle(element);
    return style.visibility === "visible" && element.getClientRects().length > 0;
  }
  function find(selector, invisible = false) {
    const [path, wanted] = selector.split(" :: ");
    let found = [document];
    for (const part of path.split(" >>> "))
      found = found.flatMap((root) => [...(root.shadowRoot ?? root).querySelectorAll(part)]);
    if (!invisible) found = found.filter(isVisible);
    if (wanted === undefined) return found;
    const same = found.filter((element) => nameOf(element) === wanted || element.innerText?.trim() === wanted);
    return same.length > 0 ? same : found.filter((element) => nameOf(element).includes(wanted) || element.textContent.includes(wanted));
  }
  async function target(selector) {
    const [element] = find(selector);
    if (!element) return { why: "no such visible element" };
    if (element.disabled || element.getAttribute("aria-disabled") === "true") return { why: "it is disabled" };
    const place = () => {
      const { x, y, width, height } = element.getBoundingClientRect();
      return [x + width / 2, y + height / 2];
    };
    const outside = ([x, y]) => x < 0 || y < 0 || x >= innerWidth || y >= innerHeight;
    const up = (node) => node.parentNode ?? node.host;
    const hitAt = (at) => {
      let hit = document.elementFromPoint(...at);
      for (let inner; (inner = hit?.shadowRoot?.elementFromPoint(...at)) && inner !== hit; ) hit = inner;
      return hit;
    };
    const isHit = (hit) => {
      for (let node = hit; node; node = up(node)) if (node === element) return true;
      return [...(element.labels ?? [])].some((label) => label.contains(hit));
    };
    // A container may hide it, too.
    if (outside(place()) || !isHit(hitAt(place()))) element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const first = place();
    await new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); setTimeout(resolve, 100); });
    const at = place();
    if (String(first) !== String(at)) return { why: "it moves" };
    if (outside(at)) return { why: "it is outside of the page: " + at };
    const hit = hitAt(at);
    if (isHit(hit)) return { at };
    return { why: "it is covered by " + (hit ? hit.outerHTML.slice(0, 200) : "nothing") };
  }
`;
