// The module `editor`, embedded in the JavaScript. It is compiled at the first call.

import { createRuntime } from "../shared/runtime.js";
import { bytes } from "../wasm/editor.inline.js";
import { instantiate } from "../wasm/editor.js";

export const runtime = /*#__PURE__*/ createRuntime(instantiate, () => new WebAssembly.Module(bytes()));
