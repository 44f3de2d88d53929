// React Router as a framework: a loader of the server, and a component of the page.

import { PROGRAM, SHOW } from "./texts.mjs";

export const reactRouter = {
  files: {
    "app/program.js": PROGRAM,
    "app/show.js": SHOW,
    "vite.config.js": `import { reactRouter } from "@react-router/dev/vite";
import { defineConfig } from "vite";
export default defineConfig({ plugins: [reactRouter()] });
`,
    "react-router.config.js": "export default { ssr: true };\n",
    "app/routes.js": `import { route } from "@react-router/dev/routes";
export default [route("server", "./server.jsx"), route("client", "./client.jsx"), route("resource", "./resource.js")];
`,
    "app/root.jsx": `import { Outlet, Scripts } from "react-router";
export default function Root() {
  return <html lang="en"><head><link rel="icon" href="data:," /></head><body><Outlet /><Scripts /></body></html>;
}
`,
    "app/server.jsx": `import { useLoaderData } from "react-router";
import { program } from "./program.js";
export const loader = async () => ({ line: await program() });
export default function Page() {
  return <p id="line">{useLoaderData().line}</p>;
}
`,
    "app/client.jsx": `import { useEffect } from "react";
import { program } from "./program.js";
import { show } from "./show.js";
export default function Page() {
  useEffect(() => show(program()), []);
  return <p>client</p>;
}
`,
    "app/resource.js": `import { program } from "./program.js";
export const loader = async () => new Response(await program());
`,
  },
  async prepare(project) {
    await project.npx("react-router", ["build"]);
    const { url } = await project.serve("react-router-serve", () => ["./build/server/index.js"], /http:\/\//, {
      env: { HOST: "127.0.0.1" },
    });
    project.url = url;
  },
  versions: ["react-router", "react"],
  hosts: {
    "React Router, loader": ({ url, get }) => get(`${url}/server`),
    "React Router, resource": ({ url, get }) => get(`${url}/resource`),
    "React Router, page": ({ url, page }) => page(`${url}/client`),
    "React Router, development, page": async (project) => {
      await project.stop();
      const { url } = await project.serve(
        "react-router",
        (port) => ["dev", "--port", port, "--host", "127.0.0.1"],
        /Local:/,
      );
      return project.page(`${url}/client`);
    },
  },
};
