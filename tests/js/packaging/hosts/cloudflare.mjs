// Workers: wrangler, the plugin of Vite, the pool of Vitest.

import { join } from "node:path";
import { ROOT } from "./project.mjs";
import { PROGRAM } from "./texts.mjs";

const WORKER = `import { program } from "./program.mjs";
export default {
  async fetch() {
    return new Response(await program());
  },
};
`;

const FILES = {
  "src/program.mjs": PROGRAM,
  "src/worker.js": WORKER,
  "wrangler.jsonc": `{ "name": "host", "main": "src/worker.js", "compatibility_date": "2026-04-01" }\n`,
  "vite.config.mjs": `import { cloudflare } from "@cloudflare/vite-plugin";
import { defineConfig } from "vite";
export default defineConfig({ plugins: [cloudflare()] });
`,
  "vitest.config.mjs": `import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
export default defineConfig({ plugins: [cloudflareTest({ wrangler: { configPath: "./wrangler.jsonc" } })] });
`,
  "src/worker.test.js": `import { exports } from "cloudflare:workers";
import { expect, it } from "vitest";
import { program } from "./program.mjs";
it("runs in the test", async () => {
  const line = await program();
  console.log(\`LINE \${line}\`);
  expect(line).toBeTruthy();
});
`,
};

const env = ({ file }) => ({ WRANGLER_LOG_PATH: file("log") });

export const wrangler = {
  files: FILES,
  hosts: {
    "wrangler dev": {
      quick: true,
      async run(project) {
        const command = [join(ROOT, "node_modules/wrangler/bin/wrangler.js"), "dev", "--inspector-port", "0", "--port"];
        const more = { env: env(project) };
        const { url } = await project.serve(process.execPath, (port) => [...command, port], /Ready on/, more);
        return project.get(url);
      },
      versions: [({ version }) => `wrangler ${version("wrangler", join(ROOT, "node_modules"))}`],
    },
  },
};

export const cloudflare = {
  files: FILES,
  versions: ["@cloudflare/vite-plugin", "vite"],
  hosts: {
    "@cloudflare/vite-plugin, build": async (project) => {
      await project.npx("vite", ["build"], { env: env(project) });
      const { url } = await project.serve(
        "vite",
        (port) => ["preview", "--port", port, "--host", "127.0.0.1"],
        /Local:/,
        { env: env(project) },
      );
      return project.get(url);
    },
    "@cloudflare/vite-plugin, development": async (project) => {
      await project.stop();
      const { url } = await project.serve(
        "vite",
        (port) => ["dev", "--port", port, "--host", "127.0.0.1"],
        /ready in/,
        {
          env: env(project),
        },
      );
      return project.get(url);
    },
    "vitest-pool-workers": {
      async run(project) {
        await project.stop();
        const output = await project.npx("vitest", ["run"], { env: env(project) });
        const [, line = output] = /^LINE (.*)$/m.exec(output) ?? [];
        return line;
      },
      versions: ["@cloudflare/vitest-pool-workers", "vitest"],
    },
  },
};
