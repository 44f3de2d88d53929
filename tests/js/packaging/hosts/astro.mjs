// Astro: a static page that is rendered at build time, and a script of the page.

import { PROGRAM, SHOW } from "./texts.mjs";

export const astro = {
  files: {
    "src/program.js": PROGRAM,
    "src/show.js": SHOW,
    "astro.config.mjs": `import { defineConfig } from "astro/config";
export default defineConfig({});
`,
    "src/pages/server.astro": `---
import { program } from "../program.js";
const line = await program();
---
<html lang="en"><head><title>server</title></head><body><p id="line">{line}</p></body></html>
`,
    "src/pages/client.astro": `<html lang="en"><head><title>client</title><link rel="icon" href="data:," /></head><body>
<script>
  import { program } from "../program.js";
  import { show } from "../show.js";
  show(program());
</script>
</body></html>
`,
  },
  async prepare(project) {
    await project.npx("astro", ["build"]);
    project.url = await project.static({ "/": project.file("dist") });
  },
  versions: ["astro"],
  hosts: {
    "Astro, build time": ({ url, get }) => get(`${url}/server/`),
    "Astro, page": ({ url, page }) => page(`${url}/client/`),
    "Astro, development, page": async (project) => {
      const { url } = await project.serve(
        "astro",
        (port) => ["dev", "--port", port, "--host", "127.0.0.1"],
        /ready in/,
      );
      return project.page(`${url}/client/`);
    },
  },
};
