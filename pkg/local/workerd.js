// The module `local` for workerd, which does not compile bytes at run time: the module is imported.

import { createRuntime } from "../shared/runtime.js";
import { instantiate } from "../wasm/local.js";
import module from "../wasm/local.wasm";

export const runtime = /*#__PURE__*/ createRuntime(instantiate, () => module);
