// The module `gateway` for workerd, which does not compile bytes at run time: the module is imported.

import { createRuntime } from "../shared/runtime.js";
import { instantiate } from "../wasm/gateway.js";
import module from "../wasm/gateway.wasm";

export const runtime = /*#__PURE__*/ createRuntime(instantiate, () => module);
