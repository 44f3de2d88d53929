// The configuration of `cloudflow-wasm gateway`.

import { options } from "./options.js";

export default { ...options, hub: "memory" };
