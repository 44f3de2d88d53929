// The module `ask`, embedded in the JavaScript. It is compiled at the first call.

import { embedded } from "../shared/embedded.js";
import { bytes } from "../wasm/ask.inline.js";
import { instantiate } from "../wasm/ask.js";

export const runtime = /*#__PURE__*/ embedded(instantiate, bytes);
