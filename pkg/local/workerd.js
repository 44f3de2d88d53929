// The module `local` for workerd, which does not compile bytes at run time: the module is imported.

import { provided } from "../shared/provided.js";
import { instantiate } from "../wasm/local.js";
import module from "../wasm/local.wasm";

export const runtime = /*#__PURE__*/ provided(instantiate, () => module);
