// Prints where the bytes of WebAssembly modules are: by source module and by function.
//
//     node where.mjs <save.json> <base.json or -> <functions> <name>=<file.wasm>...
//
// A file has its names. A function that the compiler inlined counts for its caller. "gzip" is what the compressed code
// of a module loses without the source module. The numbers are saved, and compared with those of another commit.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { gzipSync } from "node:zlib";

const [save, base, functions, ...files] = process.argv.slice(2);
const before = existsSync(base) ? JSON.parse(readFileSync(base, "utf8")) : {};
const gzip = (bytes) => gzipSync(bytes, { level: 9 }).length;

/** Reads a module: the bodies of its functions with their names, and the sizes of its sections. */
function read(bytes) {
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const text = () => {
    const length = number();
    at += length;
    return bytes.toString("utf8", at - length, at);
  };
  const [names, bodies, sections] = [new Map(), [], { code: 0, data: 0, other: 0 }];
  let imports = 0;
  while (at < bytes.length) {
    const id = bytes[at++];
    const end = number() + at;
    const size = end - at;
    if (id === 0 && text() === "name") {
      while (at < end) {
        const kind = bytes[at++];
        const next = number() + at;
        if (kind === 1) for (let left = number(); left > 0; left -= 1) names.set(number(), text());
        at = next;
      }
    } else if (id === 2) {
      for (let left = number(); left > 0; left -= 1) {
        text();
        text();
        const kind = bytes[at++];
        if (kind !== 0) throw new Error("an import is not a function");
        number();
        imports += 1;
      }
      sections.other += size;
    } else if (id === 10) {
      for (let left = number(); left > 0; left -= 1) {
        const length = number();
        bodies.push(bytes.subarray(at, at + length));
        at += length;
      }
      sections.code += size;
    } else if (id !== 0) sections[id === 11 ? "data" : "other"] += size;
    at = end;
  }
  return { sections, functions: bodies.map((body, i) => ({ body, name: names.get(imports + i) ?? "without a name" })) };
}

/** The crate of a function; in the crates of this repository also the file or folder of the module. */
function sourceOf(name) {
  const [, crate, path] = /^[<&*]*(?:mut |dyn |impl )?([a-z_0-9]+)(?:\[[0-9a-f]+\])?((?:::\w+)*)/.exec(name) ?? [];
  // The shim of an export has no path.
  if (!path) return "exports and shims";
  const [, module, inner] = path.split("::");
  if (!crate.startsWith("cloudflow_")) return crate;
  const folder = crate.slice("cloudflow_".length);
  return [folder, module, inner]
    .filter((part) => /^[a-z]/.test(part ?? ""))
    .slice(0, 2)
    .join("::");
}

const change = (now, then) => (then === undefined ? "" : now === then ? "=" : `${now > then ? "+" : ""}${now - then}`);

const saved = {};
for (const file of files) {
  const [name, path] = file.split("=");
  const module = read(readFileSync(path));
  /** @type {Map<string, typeof module.functions>} */
  const groups = new Map();
  for (const one of module.functions) {
    const source = sourceOf(one.name);
    groups.set(source, [...(groups.get(source) ?? []), one]);
  }
  const all = gzip(Buffer.concat(module.functions.map(({ body }) => body)));
  const sources = [...groups].map(([source, members]) => {
    const without = module.functions.filter((one) => !members.includes(one)).map(({ body }) => body);
    return {
      source,
      raw: members.reduce((sum, { body }) => sum + body.length, 0),
      gzip: all - gzip(Buffer.concat(without)),
      count: members.length,
    };
  });
  sources.sort((a, b) => b.raw - a.raw);
  const then = before[name] ?? {};
  saved[name] = {
    sections: module.sections,
    sources: Object.fromEntries(sources.map(({ source, raw, gzip }) => [source, [raw, gzip]])),
  };
  console.log(`\n${name}.wasm`);
  for (const [section, size] of Object.entries(module.sections))
    console.log(
      `  ${String(size).padStart(8)}  ${change(size, then.sections?.[section]).padStart(8)}  section ${section}`,
    );
  console.log(`  ${"raw".padStart(8)}  ${"change".padStart(8)} ${"gzip".padStart(7)}  functions of`);
  for (const { source, raw, gzip, count } of sources) {
    const changed = change(raw, then.sources && (then.sources[source]?.[0] ?? 0)).padStart(8);
    console.log(`  ${String(raw).padStart(8)}  ${changed} ${String(gzip).padStart(7)}  ${source} (${count})`);
  }
  for (const [source, [raw]] of Object.entries(then.sources ?? {}))
    if (!groups.has(source)) console.log(`  ${"0".padStart(8)}  ${String(-raw).padStart(8)}          ${source}`);
  console.log(`  ${"raw".padStart(8)}  function`);
  for (const { name, body } of module.functions.toSorted((a, b) => b.body.length - a.body.length).slice(0, functions))
    console.log(
      `  ${String(body.length).padStart(8)}  ${name.replace(/\[[0-9a-f]+\]|::h[0-9a-f]{16}$/g, "").slice(0, 120)}`,
    );
}
mkdirSync(dirname(save), { recursive: true });
writeFileSync(save, JSON.stringify(saved));
