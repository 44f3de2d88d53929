// Starts the browser of the tests: the Chromium in the environment variable CHROMIUM.

import { chromium } from "playwright-core";

/** Starts it headless and without background requests. `more` are further arguments. */
export function launch(more = []) {
  const executablePath = process.env.CHROMIUM;
  if (!executablePath) throw new Error("CHROMIUM does not name a browser; `cargo xtask test` sets it");
  return chromium.launch({
    executablePath,
    args: [
      "--headless",
      // Chromium has no sandbox for root. The tests open only pages of this repository.
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
