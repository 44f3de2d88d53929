// Next with Turbopack: components of the server and of the page, routes in Node and on the edge.

import { PROGRAM, SHOW } from "./texts.mjs";

export const next = {
  files: {
    "program.mjs": PROGRAM,
    "show.mjs": SHOW,
    "next.config.mjs": "export default {};\n",
    "app/layout.jsx": `export default function Layout({ children }) {
  return <html lang="en"><head><link rel="icon" href="data:," /></head><body>{children}</body></html>;
}
`,
    "app/server/page.jsx": `import { program } from "../../program.mjs";
export const dynamic = "force-dynamic";
export default async function Page() {
  return <p id="line">{await program()}</p>;
}
`,
    "app/client/page.jsx": `"use client";
import { useEffect } from "react";
import { program } from "../../program.mjs";
import { show } from "../../show.mjs";
export default function Page() {
  useEffect(() => show(program()), []);
  return <p>client</p>;
}
`,
    "app/node/route.js": `import { program } from "../../program.mjs";
export const dynamic = "force-dynamic";
export const GET = async () => new Response(await program());
`,
    "app/edge/route.js": `import { program } from "../../program.mjs";
export const runtime = "edge";
export const GET = async () => new Response(await program());
`,
  },
  async prepare(project) {
    await project.npx("next", ["build"]);
    const { url } = await project.serve("next", (port) => ["start", "-p", port, "-H", "127.0.0.1"], /Ready in/);
    project.url = url;
  },
  versions: ["next", "react"],
  hosts: {
    "Next, server component": ({ url, get }) => get(`${url}/server`),
    "Next, client component": ({ url, page }) => page(`${url}/client`),
    "Next, route in Node": ({ url, get }) => get(`${url}/node`),
    "Next, route on the edge": ({ url, get }) => get(`${url}/edge`),
    "Next, development, server component": async (project) => {
      await project.stop();
      const { url } = await project.serve("next", (port) => ["dev", "-p", port, "-H", "127.0.0.1"], /Ready in/);
      project.url = url;
      return project.get(`${url}/server`);
    },
    "Next, development, client component": ({ url, page }) => page(`${url}/client`),
  },
};
