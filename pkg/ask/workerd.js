// The module `ask` for workerd, which does not compile bytes at run time: the module is imported.

import { provided } from "../shared/provided.js";
import { instantiate } from "../wasm/ask.js";
import module from "../wasm/ask.wasm";

export const runtime = /*#__PURE__*/ provided(instantiate, () => module);
