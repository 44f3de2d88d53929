// The module `ask` for workerd, which does not compile bytes at run time: the module is imported.

import { createRuntime } from "../shared/runtime.js";
import { instantiate } from "../wasm/ask.js";
import module from "../wasm/ask.wasm";

export const runtime = /*#__PURE__*/ createRuntime(instantiate, () => module);
