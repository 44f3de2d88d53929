/** The same as `cloudflow-wasm`. Its modules are contained in the JavaScript under every export condition. */
export * from "./index.js";
