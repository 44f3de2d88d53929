// The module `gateway`, embedded in the JavaScript. It is compiled at the first call.

import { embedded } from "../shared/embedded.js";
import { bytes } from "../wasm/gateway.inline.js";
import { instantiate } from "../wasm/gateway.js";

export const runtime = /*#__PURE__*/ embedded(instantiate, bytes);
