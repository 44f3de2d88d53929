// The module `sign` for workerd, which does not compile bytes at run time: the module is imported.

import { createRuntime } from "../shared/runtime.js";
import { instantiate } from "../wasm/sign.js";
import module from "../wasm/sign.wasm";

export const signing = /*#__PURE__*/ createRuntime(instantiate, () => module);
