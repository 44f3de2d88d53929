// Chromium, by playwright-core.

import { launch, program } from "../chromium.mjs";

export const name = "chromium";

/** Why this engine cannot be tested here. */
export const absent = () =>
  program() ? undefined : "there is no `chromium` on the PATH, and the environment variable CHROMIUM is not set";

export async function start() {
  const browser = await launch();
  let context;
  return {
    name,
    /** A page without stored data, in place of the one before it. */
    async renew({ width, height, dark, lang, touch }) {
      await context?.close();
      const colorScheme = dark ? "dark" : "light";
      context = await browser.newContext({ viewport: { width, height }, colorScheme, locale: lang, hasTouch: touch });
      const page = await context.newPage();
      const problems = [];
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
      return {
        problems: () => problems.splice(0),
        open: (url) => page.goto(url, { waitUntil: "load" }),
        run: (source) => page.evaluate(source),
        viewport: (width, height) => page.setViewportSize({ width, height }),
        colors: (dark) => page.emulateMedia({ colorScheme: dark ? "dark" : "light" }),
        picture: () => page.screenshot(),
        move: (x, y) => page.mouse.move(x, y),
        down: () => page.mouse.down(),
        up: () => page.mouse.up(),
        wheel: (x, y, by) => page.mouse.move(x, y).then(() => page.mouse.wheel(0, by)),
        type: (text) => page.keyboard.type(text),
        press: (keys) => page.keyboard.press(keys.join("+")),
        setOffline: (offline) => context.setOffline(offline),
      };
    },
    close: () => browser.close(),
  };
}
