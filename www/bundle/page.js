// Starts a page after its modules are loaded.

import { load } from "./modules.js";

/**
 * @param {Record<string, URL>} urls
 * @param {() => Promise<unknown>} main imports the page
 */
export async function startPage(urls, main) {
  try {
    await load(urls);
    await main();
  } catch (error) {
    const text = document.createElement("p");
    text.setAttribute("role", "alert");
    text.textContent = `The page could not be loaded, please reload it. 页面无法加载，请刷新。 (${error?.message ?? error})`;
    document.body.append(text);
    throw error;
  }
}
