//! Writes the bytes of a module as JavaScript, for entries without a second file.

use std::path::Path;

use crate::command::run;
use crate::{Outcome, npm, paths};

/// Writes a JavaScript module that exports `bytes()`; `xtask/js/inline.mjs` describes the encoding.
pub fn write(wasm: &Path, to: &Path) -> Outcome<()> {
    run(npm::node()?.arg(paths::script("inline.mjs")).arg(wasm).arg(to))
}
