// Starts a page while its modules load.

import { modules } from "../console/app/ready.js";
import { load } from "./modules.js";

/**
 * @param {Record<string, URL>} urls
 * @param {() => Promise<unknown>} main imports the page, which waits for `modules.ready` before it calls the package
 */
export async function startPage(urls, main) {
  modules.ready = load(urls);
  try {
    await Promise.all([modules.ready, main()]);
  } catch (error) {
    const text = document.createElement("p");
    text.setAttribute("role", "alert");
    text.textContent = `The page could not be loaded, please reload it. 页面无法加载，请刷新。 (${error?.message ?? error})`;
    document.body.prepend(text);
    throw error;
  }
}
