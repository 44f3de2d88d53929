//! A hash of the content of files, to skip steps that are up to date. Not cryptographic.

use std::fs;
use std::path::Path;

use crate::{Outcome, paths};

/// 128-bit FNV-1a: stable over Rust releases, unlike the hasher of std.
pub struct Fingerprint(u128);

impl Fingerprint {
    pub fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        // The length distinguishes "ab", "c" from "a", "bc".
        for byte in bytes.iter().chain(&(bytes.len() as u64).to_le_bytes()) {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }

    /// A file of the repository, or every file below a folder. An absent file has a value of its own.
    pub fn path(&mut self, path: &Path) -> Outcome<()> {
        let shown = path.strip_prefix(paths::root()).unwrap_or(path);
        self.bytes(shown.to_string_lossy().as_bytes());
        if path.is_dir() {
            let entries = fs::read_dir(path).map_err(|e| format!("{}: {e}", path.display()))?;
            let mut entries: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
            entries.sort();
            for entry in entries {
                self.path(&entry)?;
            }
        } else if path.exists() {
            self.bytes(&fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?);
        }
        Ok(())
    }

    pub fn text(&self) -> String {
        format!("{:032x}", self.0)
    }
}

/// True if this state is stored under this name.
pub fn is_remembered(name: &str, state: &str) -> bool {
    fs::read_to_string(paths::memory().join(name)).is_ok_and(|text| text == state)
}

/// Stores a state. Call it after the step has succeeded.
pub fn remember(name: &str, state: &str) -> Outcome<()> {
    let dir = paths::memory();
    let write = || {
        fs::create_dir_all(&dir)?;
        fs::write(dir.join(name), state)
    };
    write().map_err(|e| format!("{}: {e}", dir.join(name).display()))
}
