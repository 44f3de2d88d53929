// SvelteKit: a load function of the server, a component of the page, an endpoint.

import { PROGRAM, SHOW } from "./texts.mjs";

export const sveltekit = {
  files: {
    "src/lib/program.js": PROGRAM,
    "src/lib/show.js": SHOW,
    "src/app.html": `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,">%sveltekit.head%</head>
<body><div>%sveltekit.body%</div></body></html>
`,
    "vite.config.js": `import adapter from "@sveltejs/adapter-node";
import { sveltekit } from "@sveltejs/kit/vite";
import { defineConfig } from "vite";
export default defineConfig({ plugins: [sveltekit({ adapter: adapter() })] });
`,
    "src/routes/server/+page.server.js": `import { program } from "../../lib/program.js";
export const load = async () => ({ line: await program() });
`,
    "src/routes/server/+page.svelte": `<script>
  let { data } = $props();
</script>
<p id="line">{data.line}</p>
`,
    "src/routes/client/+page.svelte": `<script>
  import { onMount } from "svelte";
  import { program } from "../../lib/program.js";
  import { show } from "../../lib/show.js";
  onMount(() => show(program()));
</script>
<p>client</p>
`,
    "src/routes/endpoint/+server.js": `import { program } from "../../lib/program.js";
export const GET = async () => new Response(await program());
`,
  },
  async prepare(project) {
    await project.npx("vite", ["build"]);
    const { url } = await project.serve(project.nodes.tools, () => ["build/index.js"], /Listening on/, {
      env: { HOST: "127.0.0.1" },
    });
    project.url = url;
  },
  versions: ["@sveltejs/kit", "svelte"],
  hosts: {
    "SvelteKit, server": ({ url, get }) => get(`${url}/server`),
    "SvelteKit, endpoint": ({ url, get }) => get(`${url}/endpoint`),
    "SvelteKit, page": ({ url, page }) => page(`${url}/client`),
    "SvelteKit, development, page": async (project) => {
      await project.stop();
      const { url } = await project.serve("vite", (port) => ["dev", "--port", port, "--host", "127.0.0.1"], /ready in/);
      return project.page(`${url}/client`);
    },
  },
};
