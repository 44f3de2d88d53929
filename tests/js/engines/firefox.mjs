// Firefox, by puppeteer-core over WebDriver BiDi.

import { launch } from "puppeteer-core";

import { which } from "./process.mjs";

export const name = "firefox";

const program = () => process.env.FIREFOX || which("firefox-esr") || which("firefox");

/** Why this engine cannot be tested here. */
export const absent = () =>
  program() ? undefined : "there is no `firefox-esr` on the PATH, and the environment variable FIREFOX is not set";

export async function start() {
  let browser;
  let now = "";
  let context;

  /** Colours and language are preferences, which a running browser does not change. */
  async function restart({ dark, lang }) {
    const wanted = `${dark} ${lang}`;
    if (now === wanted && browser.connected) return;
    await browser?.close();
    context = undefined;
    browser = await launch({
      browser: "firefox",
      executablePath: program(),
      headless: true,
      defaultViewport: null,
      timeout: 60_000,
      protocolTimeout: 60_000,
      extraPrefsFirefox: {
        "layout.css.prefers-color-scheme.content-override": dark ? 0 : 1,
        "intl.accept_languages": lang,
        // Nothing in the background.
        "app.update.enabled": false,
        "network.captive-portal-service.enabled": false,
        "network.connectivity-service.enabled": false,
        "datareporting.policy.dataSubmissionEnabled": false,
      },
    });
    now = wanted;
  }

  return {
    name,
    async renew({ width, height, dark, lang, touch }) {
      await restart({ dark, lang });
      await context?.close();
      context = await browser.createBrowserContext();
      const page = await context.newPage();
      await page.setViewport({ width, height, hasTouch: touch });
      const problems = [];
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
      return {
        problems: () => problems.splice(0),
        open: (url) => page.goto(url, { waitUntil: "load" }),
        run: (source) => page.evaluate(source),
        viewport: (width, height) => page.setViewport({ width, height, hasTouch: touch }),
        picture: () => page.screenshot(),
        move: (x, y) => page.mouse.move(x, y),
        down: () => page.mouse.down(),
        up: () => page.mouse.up(),
        wheel: (x, y, by) => page.mouse.move(x, y).then(() => page.mouse.wheel({ deltaY: by })),
        type: (text) => page.keyboard.type(text),
        async press(keys) {
          const modifiers = keys.slice(0, -1);
          for (const key of modifiers) await page.keyboard.down(key);
          await page.keyboard.press(keys.at(-1));
          for (const key of modifiers.reverse()) await page.keyboard.up(key);
        },
        setOffline: (offline) => page.setOfflineMode(offline),
      };
    },
    close: async () => browser?.close(),
  };
}
