// Starts a page after the modules of its synchronous functions are loaded.

import { load, loaded } from "./modules.js";

/**
 * @param {Record<string, URL>} urls
 * @param {() => Promise<unknown>} main imports the page
 */
export async function startPage(urls, main) {
  try {
    load(urls);
    // All functions of the client are asynchronous: they wait for their module themselves.
    await Promise.all(Object.keys(urls).map((name) => name === "ask" || loaded(name)));
    await main();
  } catch (error) {
    const text = document.createElement("p");
    text.setAttribute("role", "alert");
    text.textContent = `The page could not be loaded, please reload it. 页面无法加载，请刷新。 (${error?.message ?? error})`;
    document.body.append(text);
    throw error;
  }
}
