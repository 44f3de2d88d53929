// The module `language` for workerd, which does not compile bytes at run time: the module is imported.

import { provided } from "../shared/provided.js";
import { instantiate } from "../wasm/language.js";
import module from "../wasm/language.wasm";

export const runtime = /*#__PURE__*/ provided(instantiate, () => module);
