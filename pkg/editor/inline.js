// The module `editor`, embedded in the JavaScript. It is compiled at the first call.

import { embedded } from "../shared/embedded.js";
import { bytes } from "../wasm/editor.inline.js";
import { instantiate } from "../wasm/editor.js";

export const runtime = /*#__PURE__*/ embedded(instantiate, bytes);
