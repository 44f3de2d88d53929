//! Paths of the repository.

use std::env;
use std::path::{Path, PathBuf};

/// The repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The build folder of Rust, which also contains the state of this tool.
pub fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(dir) if !dir.is_empty() => root().join(dir),
        _ => root().join("target"),
    }
}

/// The state of this tool between two runs.
pub fn memory() -> PathBuf {
    target().join("xtask")
}

/// The npm package.
pub fn pkg() -> PathBuf {
    root().join("pkg")
}

/// The WebAssembly modules, with their glue.
pub fn pkg_wasm() -> PathBuf {
    pkg().join("wasm")
}

/// The package as it is published, without the documents.
pub fn pkg_dist() -> PathBuf {
    pkg().join("dist")
}

/// A script of this tool, for tasks that need npm packages (compression, bundling).
pub fn script(name: &str) -> PathBuf {
    root().join("xtask/js").join(name)
}
