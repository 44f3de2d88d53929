// Entry "cloudflow-wasm/editor".

import { createOpenFlow } from "./editor/flow.js";
import { runtime } from "./editor/inline.js";

export { TOKEN_KINDS } from "./editor/kinds.js";
export { CloudFlowError } from "./shared/error.js";

export const openFlow = /*#__PURE__*/ createOpenFlow(runtime);
