//! Builds the WebAssembly modules, their glue and their inlined bytes into `pkg/wasm/`.

use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs};

use wasm_bindgen_cli_support::{Bindgen, Output};

use crate::command::{run, say};
use crate::fingerprint::{Fingerprint, is_remembered, remember};
use crate::glue::{self, Renamed};
use crate::toolchain::{self, Toolchain};
use crate::{Outcome, bundle, console, inline, npm, paths, sizes, traps};

/// The modules. Each is the root crate with the feature of the same name.
pub const MODULES: [&str; 5] = ["ask", "editor", "gateway", "language", "local"];

/// The steps after rustc that can be left out with `--without`, to measure what they save.
const STEPS: [&str; 3] = ["encoder", "names", "traps"];

/// The features that rustc uses for wasm32 by default must be named for wasm-opt.
const WASM_OPT: [&str; 9] = [
    // The fastest level: it costs 0.1 % of the size of `-Oz`.
    "-O3",
    // A function with one caller stays a function: 1.6 KB less of `ask`, 2.5 KB less of `language` (gzip -9), at the
    // same speed.
    "--one-caller-inline-max-function-size=0",
    // No value is in the first KB: the stack ends there.
    "--low-memory-unused",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// The gateway signs at most five calls per second and account. SHA-1 for size saves 0.3 KB of its Worker (gzip -9).
const SMALL_HASHES: [&str; 2] = ["--config", "profile.release.package.sha1.opt-level=\"z\""];

/// No function is inlined after rustc: 1.8 KB less of `editor` (gzip -9), whose answers stay within their limit.
const SMALL_CALLS: [&str; 2] = ["--always-inline-max-function-size=0", "--flexible-inline-max-function-size=0"];

/// The language service reads a text within its limit of 5 ms in either way. Its reader for size saves bytes of the module.
const SMALL_READER: [&str; 2] = ["--config", "profile.release.package.cloudflow-reader.opt-level=\"z\""];

/// What to build.
#[derive(Default)]
pub struct Options {
    /// [`STEPS`] to leave out. The next build without this option builds again.
    without: Vec<String>,
    /// [`MODULES`] to build; all if empty.
    only: Vec<String>,
}

/// Reads `--without STEP` and `--only MODULE` (any number of times).
pub fn options(options: &[String]) -> Outcome<Options> {
    let mut read = Options::default();
    let mut options = options.iter();
    while let Some(option) = options.next() {
        let (what, known, names) = match option.as_str() {
            "--without" => ("step", &STEPS[..], &mut read.without),
            "--only" => ("module", &MODULES[..], &mut read.only),
            _ => return Err(format!("`{option}` is not an option of build; `--without STEP` and `--only MODULE` are")),
        };
        let name = options.next().ok_or_else(|| format!("`{option}` needs the name of a {what}"))?;
        if !known.contains(&name.as_str()) {
            return Err(format!("`{name}` is not a {what}; {} are", known.join(", ")));
        }
        names.push(name.clone());
    }
    Ok(read)
}

/// Builds what is not up to date, with the console, and prints the table of sizes.
pub fn build() -> Outcome<()> {
    build_with(&Options::default())
}

/// As [`build`], with options.
pub fn build_with(Options { without, only }: &Options) -> Outcome<()> {
    npm::install()?;
    let toolchain = toolchain::find()?;
    let inputs = format!("{}{}", inputs(&toolchain)?, without.concat());
    for module in MODULES.iter().filter(|module| only.is_empty() || only.iter().any(|name| name == *module)) {
        let files = ["js", "wasm", "inline.js"].map(|end| file(module, end));
        let memory = format!("built-{module}");
        if files.iter().all(|file| file.exists()) && is_remembered(&memory, &inputs) {
            say(&format!("{module}: up to date"));
            continue;
        }
        let start = Instant::now();
        say(&format!("{module}: building"));
        build_one(module, &toolchain, without)?;
        remember(&memory, &inputs)?;
        say(&format!("{module}: built in {:.1} s", start.elapsed().as_secs_f64()));
    }
    if only.is_empty() {
        console::bundle()?;
        bundle::build()?;
    }
    sizes::print()
}

/// All inputs of the files in `pkg/wasm/`.
fn inputs(toolchain: &Toolchain) -> Outcome<String> {
    let mut state = Fingerprint::new();
    state.bytes(toolchain.identity()?.as_bytes());
    state.bytes(env::var("RUSTFLAGS").unwrap_or_default().as_bytes());
    for path in ["Cargo.toml", "Cargo.lock", ".cargo", "src", "crates", "xtask/js/inline.mjs", "package-lock.json"] {
        state.path(&paths::root().join(path))?;
    }
    for name in ["wasm", "glue", "traps", "inline", "toolchain", "debian"] {
        state.path(&paths::root().join(format!("xtask/src/{name}.rs")))?;
    }
    Ok(state.text())
}

fn build_one(module: &str, toolchain: &Toolchain, without: &[String]) -> Outcome<()> {
    let target = paths::target().join("wasm");
    run(toolchain
        .cargo_build()
        .args(["--no-default-features", "--features", module])
        .args(match module {
            "gateway" => &SMALL_HASHES[..],
            "editor" => &SMALL_READER,
            _ => &[],
        })
        .arg("--target-dir")
        .arg(&target))?;

    let raw = target.join("wasm32-unknown-unknown/release/cloudflow_wasm.wasm");
    let work = paths::memory().join(module);
    let glue = bind(&raw, &work, without)?;
    let bound = work.join(format!("{}_bg.wasm", glue::STEM));

    fs::create_dir_all(paths::pkg_wasm()).map_err(|e| format!("{}: {e}", paths::pkg_wasm().display()))?;
    let wasm = file(module, "wasm");
    let (named, opt) = (named(module), npm::file("binaryen/bin/wasm-opt"));
    let small = if module == "editor" { &SMALL_CALLS[..] } else { &[] };
    run(npm::node()?.arg(opt).args(WASM_OPT).args(small).arg("--debuginfo").arg(&bound).arg("-o").arg(&named))?;
    let bytes = fs::read(&named).map_err(|e| format!("{}: {e}", named.display()))?;
    let mut bytes = without_names(&bytes)?;
    write(&wasm, &bytes)?;
    inline::write(&wasm, &file(module, "inline.js"))?;

    // The JavaScript and the module of two builds do not fit: `init` of the slim entry compares their marks.
    let mut state = Fingerprint::new();
    state.bytes(&bytes);
    state.bytes(glue.as_bytes());
    let mark: String = state.text().chars().take(16).collect();
    bytes.extend(section("build", mark.as_bytes()));
    write(&wasm, &bytes)?;
    let glue =
        format!("{glue}\n/** The content of the section `build` of the module. */\nexport const build = \"{mark}\";\n");
    write(&file(module, "js"), glue.as_bytes())
}

/// `wasm-bindgen --target web`, then panics without a message, short names on both sides, and the factory.
fn bind(raw: &Path, to: &Path, without: &[String]) -> Outcome<String> {
    let has = |step: &str| !without.iter().any(|name| name == step);
    let failed = |e: &dyn std::fmt::Display| format!("wasm-bindgen: {e:#}");
    let mut bindgen = Bindgen::new();
    bindgen.input_path(raw).out_name(glue::STEM).typescript(false).omit_default_module_path(true);
    bindgen.remove_producers_section(true);
    bindgen.web(true).map_err(|e| failed(&e))?;
    let mut output = bindgen.generate_output().map_err(|e| failed(&e))?;
    if output.snippets().values().any(|snippets| !snippets.is_empty())
        || !output.local_modules().is_empty()
        || !output.npm_dependencies().is_empty()
    {
        return Err("JavaScript snippets in Rust are not packed; write them into pkg/".to_owned());
    }

    // A toolchain with other names of these functions costs bytes only. The build fails so that it is noticed.
    if has("traps") && traps::plant(&mut output) < 10 {
        return Err("fewer than 10 functions that panic have a known name; see xtask/src/traps.rs".to_owned());
    }
    let names = if has("names") { short_names(&mut output) } else { Vec::new() };
    output.emit(to).map_err(|e| failed(&e))?;
    let glue = to.join(glue::STEM).with_extension("js");
    let glue = fs::read_to_string(&glue).map_err(|e| format!("{}: {e}", glue.display()))?;
    glue::factory(&glue::rename(&glue, &names)?, has("encoder"))
}

/// Replaces the names of imports and exports. Each contains a hash of 16 digits, in the module and in the glue, which
/// no compression makes shorter: 2,855 bytes with gzip -9 in a bundle of `describeExecution` (`cargo xtask build --only
/// ask --without names`).
fn short_names(output: &mut Output) -> Vec<Renamed> {
    let mut names = Vec::new();
    for import in output.wasm_mut().imports.iter_mut() {
        let to = format!("i{}", names.len());
        names.push(Renamed { from: std::mem::replace(&mut import.name, to.clone()), to });
    }
    let imports = names.len();
    for export in output.wasm_mut().exports.iter_mut() {
        if export.name.starts_with("wasm_bindgen_") {
            let to = format!("e{}", names.len() - imports);
            names.push(Renamed { from: std::mem::replace(&mut export.name, to.clone()), to });
        }
    }
    names
}

/// The module with the names of its functions, for `cargo xtask sizes`.
pub fn named(module: &str) -> PathBuf {
    paths::memory().join(module).join("named.wasm")
}

/// Removes the custom sections of a module: the names.
fn without_names(module: &[u8]) -> Outcome<Vec<u8>> {
    let broken = || "wasm-opt wrote a module whose sections cannot be read".to_owned();
    let (head, mut rest) = module.split_at_checked(8).ok_or_else(broken)?;
    let mut out = head.to_vec();
    while let Some(id) = rest.first() {
        // The size of a section has up to five bytes of seven bits.
        let (mut at, mut size) = (1, 0_usize);
        loop {
            let byte = usize::from(*rest.get(at).filter(|_| at <= 5).ok_or_else(broken)?);
            size |= (byte & 127) << (7 * (at - 1));
            at += 1;
            if byte < 128 {
                break;
            }
        }
        let (section, after) = rest.split_at_checked(at + size).ok_or_else(broken)?;
        if *id != 0 {
            out.extend_from_slice(section);
        }
        rest = after;
    }
    Ok(out)
}

/// A custom section. Name and content have less than 100 bytes together, so that its size is one byte.
fn section(name: &str, content: &[u8]) -> Vec<u8> {
    let sizes = [0, (1 + name.len() + content.len()) as u8, name.len() as u8];
    [&sizes[..], name.as_bytes(), content].concat()
}

fn file(module: &str, end: &str) -> PathBuf {
    paths::pkg_wasm().join(format!("{module}.{end}"))
}

fn write(path: &Path, bytes: &[u8]) -> Outcome<()> {
    let write = || {
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir)?;
        }
        fs::write(path, bytes)
    };
    write().map_err(|e| format!("{}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_sections_are_removed() {
        let head = *b"\0asm\x01\0\0\0";
        let section = |id: u8, size: usize| [vec![id, size as u8 | 128, (size >> 7) as u8], vec![7; size]].concat();
        let (types, names, code) = (section(1, 3), section(0, 300), section(10, 200));
        let module = [&head[..], &types, &names, &code, &names].concat();
        assert_eq!(without_names(&module).unwrap(), [&head[..], &types, &code].concat());
        assert!(without_names(&module[..module.len() - 1]).is_err());
        assert!(without_names(b"\0asm").is_err());
    }

    #[test]
    fn a_custom_section_is_removed_again() {
        let module = *b"\0asm\x01\0\0\0";
        let section = section("build", b"0123456789abcdef");
        assert_eq!(section.len(), 24);
        assert_eq!(without_names(&[&module[..], &section].concat()).unwrap(), module);
    }

    /// The library and the code generator of wasm-bindgen must have the same version.
    #[test]
    fn wasm_bindgen_and_its_library_have_one_version() {
        let lock = fs::read_to_string(paths::root().join("Cargo.lock")).unwrap();
        let version = |name: &str| {
            let found: Vec<&str> = lock
                .split("[[package]]")
                .filter(|package| package.contains(&format!("\nname = \"{name}\"\n")))
                .filter_map(|package| package.split("version = \"").nth(1)?.split('"').next())
                .collect();
            assert_eq!(found.len(), 1, "{name}: {found:?}");
            found[0].to_owned()
        };
        assert_eq!(version("wasm-bindgen"), version("wasm-bindgen-cli-support"));
    }
}
