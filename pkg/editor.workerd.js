// Entry "cloudflow-wasm/editor" for workerd.

import { createOpenFlow } from "./editor/flow.js";
import { runtime } from "./editor/workerd.js";

export { TOKEN_KINDS } from "./editor/kinds.js";
export { CloudFlowError } from "./shared/error.js";

export const openFlow = /*#__PURE__*/ createOpenFlow(runtime);
