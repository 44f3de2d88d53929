// The module `local`, embedded in the JavaScript. It is compiled at the first call.

import { embedded } from "../shared/embedded.js";
import { bytes } from "../wasm/local.inline.js";
import { instantiate } from "../wasm/local.js";

export const runtime = /*#__PURE__*/ embedded(instantiate, bytes);
