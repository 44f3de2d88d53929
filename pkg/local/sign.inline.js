// The module `sign`, embedded in the JavaScript. It is compiled at the first call.

import { embedded } from "../shared/embedded.js";
import { bytes } from "../wasm/sign.inline.js";
import { instantiate } from "../wasm/sign.js";

export const signing = /*#__PURE__*/ embedded(instantiate, bytes);
