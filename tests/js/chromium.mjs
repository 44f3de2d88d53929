// Starts the browser of the tests: the Chromium in the environment variable CHROMIUM, or on the PATH.

import { chromium } from "playwright-core";
import { which } from "./engines/process.mjs";

/** The file of the browser, if there is one. */
export const program = () => process.env.CHROMIUM || which("chromium") || which("google-chrome");

/** Starts it headless and without background requests. `more` are further arguments. */
export function launch(more = []) {
  const executablePath = program();
  if (!executablePath) throw new Error("there is no `chromium` on the PATH, and CHROMIUM does not name a browser");
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
