// The browser of the tests: the Chromium that CHROMIUM names.

import { chromium } from "playwright-core";

/** Starts it without a window, and without a word to anyone outside; `more` are further arguments. */
export function launch(more = []) {
  const executablePath = process.env.CHROMIUM;
  if (!executablePath) throw new Error("CHROMIUM does not name a browser; `cargo xtask test` sets it");
  return chromium.launch({
    executablePath,
    args: [
      "--headless",
      // Chromium refuses its sandbox to root, and this opens pages of ours only.
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...more,
    ],
  });
}
