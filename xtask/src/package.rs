//! The npm tarball.
use crate::Outcome;
use std::path::PathBuf;
/// Packs.
pub fn package() -> Outcome<PathBuf> {
    Err("not yet".to_owned())
}
