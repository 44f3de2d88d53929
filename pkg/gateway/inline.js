// The module `gateway`, embedded in the JavaScript. It is compiled at the first call.

import { createRuntime } from "../shared/runtime.js";
import { bytes } from "../wasm/gateway.inline.js";
import { instantiate } from "../wasm/gateway.js";

export const runtime = /*#__PURE__*/ createRuntime(instantiate, () => new WebAssembly.Module(bytes()));
