// The shape of `pkg/wasm/ask.js` and the glue of the other modules, for `tsc --checkJs`.
// `cargo xtask lint` copies it next to them; it is not part of the package.

/** Functions of one instance of a module, by name. */
export type Functions = Record<string, (...args: any[]) => any>;

/** The content of the section `build` of the module. */
export const build: string;

/** Makes an instance with state of its own. */
export function instantiate(module: WebAssembly.Module): Functions;
