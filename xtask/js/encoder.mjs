// Measures the two ways to copy a text of 64 KB into the memory of the module: by character, as the glue of
// wasm-bindgen does it, and with `encodeInto`. xtask/src/glue.rs states the result.
//
//     node xtask/js/encoder.mjs

const encoder = new TextEncoder();
const text = "  - Type: Pass\n    Name: abc\n".repeat(2400).slice(0, 65_536);
const memory = new Uint8Array(3 * text.length);

function byCharacter() {
  let offset = 0;
  for (; offset < text.length; offset++) {
    const code = text.charCodeAt(offset);
    if (code > 0x7f) break;
    memory[offset] = code;
  }
  return offset;
}

const encodeInto = () => encoder.encodeInto(text, memory).written;

for (const way of [byCharacter, encodeInto]) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 400; round++) {
    const begin = performance.now();
    for (let i = 0; i < 20; i++) way();
    best = Math.min(best, (performance.now() - begin) / 20);
  }
  console.log(`${way.name}: ${(1000 * best).toFixed(1)} us`);
}
