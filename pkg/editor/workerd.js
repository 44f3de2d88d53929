// The module `editor` for workerd, which does not compile bytes at run time: the module is imported.

import { provided } from "../shared/provided.js";
import { instantiate } from "../wasm/editor.js";
import module from "../wasm/editor.wasm";

export const runtime = /*#__PURE__*/ provided(instantiate, () => module);
