// The module `language`, embedded in the JavaScript. It is compiled at the first call.

import { embedded } from "../shared/embedded.js";
import { bytes } from "../wasm/language.inline.js";
import { instantiate } from "../wasm/language.js";

export const runtime = /*#__PURE__*/ embedded(instantiate, bytes);
