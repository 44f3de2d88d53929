// The shape of `pkg/wasm/core.inline.js` and `pkg/wasm/local.inline.js`; see glue.d.ts.

/** The bytes of the module. */
export function bytes(): Uint8Array<ArrayBuffer>;
