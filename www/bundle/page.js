// Starts a page. Its modules are loaded when they are needed, and not before the page is drawn: on a slow network they
// would delay its scripts.

import { afterFrame, modules } from "../console/app/ready.js";
import { loadSettings } from "../console/app/settings.js";
import { loadWords } from "../console/words/words.js";
import { load } from "./modules.js";

/** The module that the page can be used without. */
const OPTIONAL = "editor";

/**
 * @param {Record<string, URL>} urls the modules by name
 * @param {() => Promise<unknown>} main imports the page, which waits for `modules.ready` before it calls the package
 */
export async function startPage(urls, main) {
  /** @type {Map<string, Promise<void>>} */
  const loading = new Map();
  /** @type {() => void} */
  let begin = () => {};
  const drawn = new Promise((resolve) => {
    begin = () => resolve(undefined);
  });

  /** @param {string} name */
  async function ready(name) {
    await drawn;
    try {
      await load({ [name]: urls[name] });
    } catch (error) {
      // The next call tries again.
      loading.delete(name);
      if (name !== OPTIONAL) report(error);
      throw error;
    }
  }

  modules.ready = (name) => {
    const known = loading.get(name) ?? ready(name);
    loading.set(name, known);
    return known;
  };
  try {
    // Both at the same time: the page waits for its words.
    await Promise.all([loadWords(loadSettings().lang), main()]);
  } catch (error) {
    report(error);
    throw error;
  }
  await afterFrame();
  begin();
}

/** @param {any} error */
function report(error) {
  const id = "load-problem";
  document.getElementById(id)?.remove();
  const text = document.createElement("p");
  text.id = id;
  text.setAttribute("role", "alert");
  text.textContent = `The page could not be loaded, please reload it. 页面无法加载，请刷新。 (${error?.message ?? error})`;
  document.body.prepend(text);
}
