// The codes of the errors that JavaScript itself throws. docs/errors.md documents every code; a test compares them.
//
// `import * as codes`: a bundle contains the codes that it uses. An object would keep all of them.

export const badEndpoint = "bad-endpoint";
export const emulatorClosed = "emulator-closed";
export const flowClosed = "flow-closed";
export const internal = "internal";
export const moduleNotLoaded = "module-not-loaded";
export const moduleOfAnotherBuild = "module-of-another-build";
export const notAModule = "not-a-module";
export const notAText = "not-a-text";
export const notInitialized = "not-initialized";
export const outOfRange = "out-of-range";
export const wasmBlocked = "wasm-blocked";
export const wrongDefinition = "wrong-definition";
export const wrongOptions = "wrong-options";
export const wrongState = "wrong-state";
