/** The same as `cloudflow-wasm/local`. Its modules are contained in the JavaScript under every export condition. */
export * from "../local.js";
