//! Packs the npm tarball from a copy of `pkg/dist/`, with the documents of the repository.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{command, output, say};
use crate::{Outcome, notices, npm, paths, sbom, toolchain, wasm};

/// Files of the repository that are added to the package.
const BESIDE: [&str; 4] = ["README.md", "README.zh-CN.md", "CHANGELOG.md", "LICENSE"];

/// Builds and packs. Returns the path of the tarball.
pub fn package() -> Outcome<PathBuf> {
    wasm::build()?;
    pack()
}

/// Packs without a build.
pub fn pack() -> Outcome<PathBuf> {
    let dir = paths::target().join("package");
    let copy = dir.join("copy");
    if dir.exists() {
        fs::remove_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    }
    copy_all(&paths::pkg_dist(), &copy)?;
    for name in BESIDE {
        let from = paths::root().join(name);
        fs::copy(&from, copy.join(name)).map_err(|e| format!("{}: {e}", from.display()))?;
    }
    let third_party = copy.join("THIRD-PARTY.txt");
    fs::write(&third_party, notices::third_party()?).map_err(|e| format!("{}: {e}", third_party.display()))?;
    let version = env!("CARGO_PKG_VERSION");
    output(npm::node()?.arg(paths::script("manifest.mjs")).arg(&copy).arg(version).args(BESIDE))?;
    let sbom = copy.join(sbom::FILE);
    fs::write(&sbom, sbom::sbom(&copy, &toolchain::find()?)?).map_err(|e| format!("{}: {e}", sbom.display()))?;
    let packed = output(
        command("npm")
            .args(["pack", "--silent", "--ignore-scripts", "--pack-destination"])
            .arg(&dir)
            .current_dir(&copy),
    )?;
    let name = packed.lines().last().ok_or("`npm pack` named no file")?.trim();
    let tarball = dir.join(name);
    let size = fs::metadata(&tarball).map_err(|e| format!("{}: {e}", tarball.display()))?.len();
    say(&format!("package: {} ({size} bytes)", tarball.display()));
    Ok(tarball)
}

fn copy_all(from: &Path, to: &Path) -> Outcome<()> {
    let failed = |path: &Path, e: std::io::Error| format!("{}: {e}", path.display());
    fs::create_dir_all(to).map_err(|e| failed(to, e))?;
    for entry in fs::read_dir(from).map_err(|e| failed(from, e))? {
        let path = entry.map_err(|e| failed(from, e))?.path();
        let Some(name) = path.file_name() else {
            continue;
        };
        if path.is_dir() {
            copy_all(&path, &to.join(name))?;
        } else {
            fs::copy(&path, to.join(name)).map_err(|e| failed(&path, e))?;
        }
    }
    Ok(())
}
