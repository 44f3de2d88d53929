// WebKitGTK: Debian's WebKitWebDriver and MiniBrowser on a screen of Xvfb, by the WebDriver protocol.

import { Buffer } from "node:buffer";
import { existsSync, readdirSync } from "node:fs";
import { request as send } from "node:http";
import { join } from "node:path";

import { freePort } from "../support/ports.mjs";
import { group, output, which } from "./process.mjs";

export const name = "webkit";

/** `/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser`, or the same folder below `/usr/libexec`. */
function miniBrowser() {
  const folders = ["/usr/libexec", ...inside("/usr/lib")];
  const found = folders.flatMap(inside).filter((path) => /\/webkit2gtk-4\.\d+$/.test(path));
  return found.map((folder) => join(folder, "MiniBrowser")).findLast((file) => existsSync(file));
}

function inside(folder) {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return []; // no folder
  }
}

/** Why this engine cannot be tested here. */
export function absent() {
  if (!which("WebKitWebDriver")) return "there is no `WebKitWebDriver` on the PATH (Debian: webkit2gtk-driver)";
  if (!miniBrowser()) return "there is no MiniBrowser of WebKitGTK (Debian: libwebkit2gtk-4.1-0)";
  if (!which("Xvfb")) return "there is no `Xvfb` on the PATH (Debian: xvfb)";
}

/** Code points of the keys that are no characters. */
const KEYS = {
  Backspace: "\uE003",
  Tab: "\uE004",
  Enter: "\uE007",
  Shift: "\uE008",
  Control: "\uE009",
  Alt: "\uE00A",
  Escape: "\uE00C",
  Space: " ",
  PageUp: "\uE00E",
  PageDown: "\uE00F",
  End: "\uE010",
  Home: "\uE011",
  ArrowLeft: "\uE012",
  ArrowUp: "\uE013",
  ArrowRight: "\uE014",
  ArrowDown: "\uE015",
  Delete: "\uE017",
  F2: "\uE032",
  F12: "\uE03C",
};

/** The window cannot be narrower than its tool bar. A page that should be has its width, which is at most this, in px. */
const SMALLEST = 480;

/** Size of the screen, which is larger than every page of the tests. */
const SCREEN = [2700, 2000];

export async function start() {
  const { screen, display } = await startScreen();
  let driver;
  let port;
  let now = "";
  let session;

  /** Colours come from the environment of the browser. */
  async function restart({ dark }) {
    const wanted = `${dark}`;
    if (driver && now === wanted) {
      await command("DELETE", `/session/${session}`).catch(() => {});
    } else {
      await driver?.stop();
      port = await freePort();
      driver = group("WebKitWebDriver", [`--port=${port}`], {
        env: {
          DISPLAY: display,
          GTK_THEME: dark ? "Adwaita:dark" : "Adwaita",
          // Other languages need the locales of the system.
          LC_ALL: "en_US.UTF-8",
          GDK_BACKEND: "x11",
          NO_AT_BRIDGE: "1",
          GIO_USE_VFS: "local",
          G_MESSAGES_DEBUG: undefined,
        },
      });
      now = wanted;
      await until("WebKitWebDriver does not respond", async () => {
        driver.check();
        return (await command("GET", "/status")).ready !== undefined;
      });
    }
    const options = { binary: miniBrowser(), args: ["--automation"] };
    const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": options } };
    ({ sessionId: session } = await command("POST", "/session", { capabilities }, 30_000));
    await say("POST", "/timeouts", { script: 60_000, pageLoad: 30_000, implicit: 0 });
  }

  function command(method, path, body, timeout = 70_000) {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers =
        text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
      const request = send({ host: "127.0.0.1", port, method, path, headers, agent: false }, (response) => {
        let answer = "";
        response.setEncoding("utf8").on("data", (part) => (answer += part));
        response.on("end", () => {
          try {
            const { value } = JSON.parse(answer);
            if (response.statusCode === 200) resolve(value);
            else reject(new Error(`WebDriver: ${method} ${path}: ${value?.error}: ${value?.message}`));
          } catch {
            reject(new Error(`WebDriver: ${method} ${path}: ${response.statusCode} ${answer.slice(0, 200)}`));
          }
        });
      });
      request.setTimeout(timeout, () => request.destroy(new Error(`no response in ${timeout / 1000} s`)));
      request.on("error", (error) => {
        const said = driver?.said() ?? "";
        reject(new Error(`WebDriver: ${method} ${path}: ${error.message}\n${said}`));
      });
      request.end(text);
    });
  }
  const say = (method, path, body) => command(method, `/session/${session}${path}`, body);

  const pointer = (...actions) =>
    say("POST", "/actions", {
      actions: [{ type: "pointer", id: "mouse", parameters: { pointerType: "mouse" }, actions }],
    });
  const keys = (actions) => say("POST", "/actions", { actions: [{ type: "key", id: "keys", actions }] });
  const moved = (x, y) => ({
    type: "pointerMove",
    duration: 0,
    x: Math.round(x),
    y: Math.round(y),
    origin: "viewport",
  });

  async function run(source) {
    // An expression, whose value or promise is the result.
    const script = `const done = arguments[arguments.length - 1];
(async () => (${source}))().then((value) => done({ json: JSON.stringify(value) }), (error) => done({ error: String(error?.stack ? error + "\\n" + error.stack : error) }));`;
    // As text: the driver makes `null` of `undefined`.
    const { json, error } = await say("POST", "/execute/async", { script, args: [] });
    if (error) throw new Error(error);
    return json ? JSON.parse(json) : undefined;
  }

  async function viewport(width, height) {
    // The window has a tool bar.
    let [outerWidth, outerHeight] = [width, height + 60];
    for (let i = 0; i < 4; i += 1) {
      // Without a window manager the window under the pointer has the focus, and the pointer is in the middle.
      const x = Math.round((SCREEN[0] - outerWidth) / 2);
      const y = Math.round((SCREEN[1] - outerHeight) / 2);
      await say("POST", "/window/rect", { x, y, width: outerWidth, height: outerHeight });
      const inside = () => run("[innerWidth, innerHeight]");
      let size = await inside();
      for (let wait = 0; wait < 10 && `${size}` !== `${[width, height]}`; wait += 1) {
        await new Promise((resolve) => setTimeout(resolve, 30));
        size = await inside();
      }
      if (`${size}` === `${[width, height]}`) return;
      outerWidth += width - size[0];
      outerHeight += height - size[1];
    }
    const size = await run("[innerWidth, innerHeight]");
    if (size[0] > width && size[0] <= SMALLEST) return;
    throw new Error(`the page is ${size.join(" × ")} px large, not ${width} × ${height}`);
  }

  /** A new window drops the first events of the pointer. */
  async function answersPointer() {
    await run("void addEventListener('mousemove', () => (globalThis.hasMoved = true), { once: true })");
    for (let i = 0; i < 60; i += 1) {
      await pointer(moved(5 + (i % 2), 5));
      if (await run("globalThis.hasMoved === true")) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("the window of WebKitGTK takes no events of the pointer");
  }

  return {
    name,
    hasLanguages: false,
    async renew({ width, height, dark }) {
      await restart({ dark });
      await viewport(width, height);
      await answersPointer();
      let at = [0, 0];
      return {
        // The driver has no log. A page that loads `recorder.js` keeps its errors.
        problems: () => run("globalThis.recordedProblems?.splice(0) ?? []"),
        open: (url) => say("POST", "/url", { url }),
        run,
        viewport,
        picture: async () => Buffer.from(await say("GET", "/screenshot"), "base64"),
        move: (x, y) => pointer(moved(...(at = [x, y]))),
        down: () => pointer(moved(...at), { type: "pointerDown", button: 0 }),
        up: () => pointer(moved(...at), { type: "pointerUp", button: 0 }),
        type: (text) =>
          keys(
            [...text].flatMap((character) => {
              const value = character === "\n" ? KEYS.Enter : character;
              return [
                { type: "keyDown", value },
                { type: "keyUp", value },
              ];
            }),
          ),
        press: (names) => {
          const values = names.map((key) => KEYS[key] ?? key);
          return keys([
            ...values.map((value) => ({ type: "keyDown", value })),
            ...values.toReversed().map((value) => ({ type: "keyUp", value })),
          ]);
        },
      };
    },
    async close() {
      if (session) await command("DELETE", `/session/${session}`, undefined, 5000).catch(() => {});
      await driver?.stop();
      await screen.stop();
    },
  };
}

/** Xvfb selects a free display. */
async function startScreen() {
  let display;
  const screen = group(
    "Xvfb",
    ["-displayfd", "1", "-screen", "0", `${SCREEN.join("x")}x24`, "-nolisten", "tcp", "-noreset"],
    {
      hear(line) {
        if (/^\d+$/.test(line)) display = `:${line}`;
      },
    },
  );
  await until("Xvfb does not start", async () => {
    screen.check();
    return display !== undefined;
  });
  // With Shift, the key Tab is another key, `ISO_Left_Tab`, which the driver does not know.
  await until("Xvfb does not take a keyboard map", async () => {
    screen.check();
    const map = output("xkbcomp", [display, "-"]).replaceAll("ISO_Left_Tab", "Tab");
    output("xkbcomp", ["-", display], map);
    return true;
  });
  return { screen, display };
}

async function until(failure, condition, ms = 20_000) {
  const end = Date.now() + ms;
  let last;
  while (Date.now() < end) {
    try {
      if (await condition()) return;
    } catch (error) {
      if (/cannot start/.test(error.message)) throw error;
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${failure} within ${ms / 1000} s: ${last?.message ?? ""}`);
}
