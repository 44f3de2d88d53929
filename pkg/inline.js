// Entry "cloudflow-wasm/inline": the modules are embedded under every condition.

export * from "./index.js";
