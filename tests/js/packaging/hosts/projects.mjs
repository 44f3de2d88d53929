// All projects with their hosts, in the order of the table.

import { angular } from "./angular.mjs";
import { astro } from "./astro.mjs";
import { browsers } from "./browsers.mjs";
import { bundled } from "./bundled.mjs";
import { cloudflare, wrangler } from "./cloudflare.mjs";
import { jestProject } from "./jest.mjs";
import { next } from "./next.mjs";
import { nuxt } from "./nuxt.mjs";
import { reactRouter } from "./react-router.mjs";
import { node, runtimes } from "./runtimes.mjs";
import { sveltekit } from "./sveltekit.mjs";
import { typescript } from "./typescript.mjs";
import { vite7, vite8 } from "./vite.mjs";
import { vitestProject } from "./vitest.mjs";

/**
 * A project installs its packages once. `prepare` builds what its hosts share. The key is the folder of the lock file,
 * if there is one. A host is a function that returns the line of the program, or an object with further fields:
 * `setting`, `fails` (see `result.mjs`), `versions`, and `quick` for the hosts of each run of the tests.
 */
export const PROJECTS = {
  node,
  runtimes,
  jest: jestProject,
  vitest: vitestProject,
  vite8,
  vite7,
  bundled,
  next,
  sveltekit,
  astro,
  nuxt,
  "react-router": reactRouter,
  angular,
  wrangler,
  cloudflare,
  browsers,
  typescript,
};
