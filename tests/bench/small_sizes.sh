#!/bin/sh
# Measures what `cloudflow_base::small` saves: the bytes that one use adds to a WebAssembly module, with
# the standard library and with `small`. Needs the target wasm32-unknown-unknown. Run it in the root
# of the repository: `sh tests/bench/small_sizes.sh [z|s|3]` (the optimization level, z by default).
set -eu
level=${1:-z}
root=$(pwd)
work=$root/target/small-sizes
mkdir -p "$work/src"
cat > "$work/Cargo.toml" <<TOML
[package]
name = "small-sizes"
version = "0.0.0"
edition = "2024"
[lib]
crate-type = ["cdylib"]
[dependencies]
cloudflow-base = { path = "$root/crates/base" }
[profile.release]
opt-level = $([ "$level" = 3 ] && echo 3 || echo "\"$level\"")
lto = true
codegen-units = 1
panic = "abort"
strip = true
[workspace]
TOML

# Builds a module with one body and prints its size. Both modules of a pair have the same exports.
size() {
    cat > "$work/src/lib.rs" <<RUST
use cloudflow_base::small;
#[unsafe(no_mangle)]
pub fn text(text: &str, other: &str, numbers: &mut Vec<u32>, pairs: &mut Vec<(u64, u64)>, number: i64) -> String {
    let _ = (&other, &numbers, &pairs, number, small::parse_int);
    // Every module of this repository grows a text somewhere, so that this is no part of the cost.
    let mut out = String::from(text);
    out.push_str(other);
    out.push('a');
    $1
    out
}
RUST
    (cd "$work" && cargo build --quiet --release --target wasm32-unknown-unknown)
    wc -c < "$work/target/wasm32-unknown-unknown/release/small_sizes.wasm"
}

empty=$(size '')
row() {
    standard=$(size "$2")
    small=$(size "$3")
    echo "//! | $1 | $((standard - empty)) | $((small - empty)) |"
}
echo '//! | use | standard library | `small` |'
echo '//! |---|---|---|'
row 'sort one type' 'numbers.sort();' 'small::sort(numbers);'
row 'sort two types' 'numbers.sort(); pairs.sort();' 'small::sort(numbers); small::sort(pairs);'
row 'find a text' 'if text.contains(other) { out.clear() }' 'if small::contains(text, other) { out.clear() }'
row 'a number as text' 'out.push_str(&number.to_string());' 'out.push_str(&small::to_decimal(number));'
