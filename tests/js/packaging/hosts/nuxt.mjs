// Nuxt: a page, rendered on the server and in the browser, and a route of Nitro, in Node and for Cloudflare.

import { join } from "node:path";
import { ROOT } from "./project.mjs";
import { PROGRAM, SHOW } from "./texts.mjs";

/** What the starter of Cloudflare for Nuxt has: Nitro writes the configuration of wrangler. */
const CLOUDFLARE = "cloudflare: { deployConfig: true, nodeCompat: true }";

/** Builds with a preset of Nitro. */
const build = async (project, preset, config = "") => {
  project.write(
    "nuxt.config.ts",
    `export default defineNuxtConfig({ compatibilityDate: "2026-04-01", devtools: { enabled: false }${config} });\n`,
  );
  await project.npx("nuxt", ["build"], { env: { NITRO_PRESET: preset } });
};

const wrangler = async (project) => {
  await project.stop();
  const command = [join(ROOT, "node_modules/wrangler/bin/wrangler.js"), "dev", "--inspector-port", "0", "--port"];
  const { url } = await project.serve(project.nodes.tools, (port) => [...command, port], /Ready on/, {
    env: { WRANGLER_LOG_PATH: project.file("log") },
  });
  return url;
};

export const nuxt = {
  files: {
    "shared/program.js": PROGRAM,
    "shared/show.js": SHOW,
    "app/app.vue": `<template><NuxtPage /></template>\n`,
    "app/pages/server.vue": `<script setup>
import { program } from "#shared/program.js";
const { data } = await useAsyncData("line", () => program());
</script>
<template><p id="line">{{ data }}</p></template>
`,
    "app/pages/client.vue": `<script setup>
import { onMounted } from "vue";
import { program } from "#shared/program.js";
import { show } from "#shared/show.js";
useHead({ link: [{ rel: "icon", href: "data:," }] });
onMounted(() => show(program()));
</script>
<template><p>client</p></template>
`,
    "server/api/line.get.js": `import { program } from "#shared/program.js";
export default defineEventHandler(() => program());
`,
  },
  async prepare(project) {
    await build(project, "node_server");
    const { url } = await project.serve(project.nodes.tools, () => [".output/server/index.mjs"], /Listening on/, {
      env: { HOST: "127.0.0.1" },
    });
    project.url = url;
  },
  versions: ["nuxt", "nitropack"],
  hosts: {
    "Nuxt, server": ({ url, get }) => get(`${url}/server`),
    "Nuxt, page": ({ url, page }) => page(`${url}/client`),
    "Nitro, Node": ({ url, get }) => get(`${url}/api/line`),
    "Nitro, cloudflare_module": {
      async run(project) {
        await project.stop();
        await build(project, "cloudflare_module", `, nitro: { ${CLOUDFLARE}, experimental: { wasm: true } }`);
        return project.get(`${await wrangler(project)}/api/line`);
      },
      setting: "[`experimental: { wasm: true }`](integration.md#workers) of Nitro",
    },
  },
};
