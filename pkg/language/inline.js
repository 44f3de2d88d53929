// The module `language`, embedded in the JavaScript. It is compiled at the first call.

import { createRuntime } from "../shared/runtime.js";
import { bytes } from "../wasm/language.inline.js";
import { instantiate } from "../wasm/language.js";

export const runtime = /*#__PURE__*/ createRuntime(instantiate, () => new WebAssembly.Module(bytes()));
