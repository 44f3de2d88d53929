// Vitest in Node, in jsdom and in a browser.

import { program as chromium } from "../../chromium.mjs";
import { PROGRAM } from "./texts.mjs";

const vitest = (args) => async (project) => {
  const output = await project.npx("vitest", ["run", "--reporter=verbose", ...args]);
  const [, line = output] = /^LINE (.*)$/m.exec(output) ?? [];
  return line;
};

export const vitestProject = {
  files: {
    "program.mjs": PROGRAM,
    "program.test.js": `import { expect, test } from "vitest";
import { program } from "./program.mjs";
test("program", async () => {
  const line = await program();
  console.log(\`LINE \${line}\`);
  expect(line).toBeTruthy();
});
`,
    "browser.config.mjs": `import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
const launchOptions = { executablePath: ${JSON.stringify(chromium())}, args: ["--no-sandbox"] };
export default defineConfig({
  test: {
    browser: { enabled: true, headless: true, provider: playwright({ launchOptions }), instances: [{ browser: "chromium" }] },
  },
});
`,
  },
  versions: ["vitest"],
  hosts: {
    "Vitest, Node": vitest([]),
    "Vitest, jsdom": { run: vitest(["--environment=jsdom"]), versions: ["vitest", "jsdom"] },
    "Vitest, browser": {
      run: vitest(["--config=browser.config.mjs"]),
      versions: ["vitest", "@vitest/browser-playwright"],
    },
  },
};
