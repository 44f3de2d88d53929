// The module `sign` for workerd, which does not compile bytes at run time: the module is imported.

import { provided } from "../shared/provided.js";
import { instantiate } from "../wasm/sign.js";
import module from "../wasm/sign.wasm";

export const signing = /*#__PURE__*/ provided(instantiate, () => module);
