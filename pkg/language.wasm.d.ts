// What an import of the file returns depends on the host: a module, or its URL. `init` accepts both.

import type { ModuleSource } from "./slim.js";

declare const source: ModuleSource;
export default source;
