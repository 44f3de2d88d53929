/** The same as `cloudflow-wasm/editor`. Its modules are contained in the JavaScript under every export condition. */
export * from "../editor.js";
