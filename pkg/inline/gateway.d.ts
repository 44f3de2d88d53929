/** The same as `cloudflow-wasm/gateway`. Its modules are contained in the JavaScript under every export condition. */
export * from "../gateway.js";
