//! `cargo xtask reproduce`: builds the package in two clones in different folders, and compares the bytes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, process};

use crate::command::{command, output, run, say};
use crate::{Outcome, npm, paths};

/// What to compare.
#[derive(Default)]
pub struct Options {
    /// A tarball that takes the place of the second build, such as the published one.
    with: Option<PathBuf>,
    /// Leaves the clones in place.
    keep: bool,
}

/// Reads `--with TARBALL` and `--keep`.
pub fn options(options: &[String]) -> Outcome<Options> {
    let mut read = Options::default();
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match option.as_str() {
            "--keep" => read.keep = true,
            "--with" => {
                let file = options.next().filter(|file| !file.is_empty()).ok_or("`--with` needs a tarball")?;
                let here = env::current_dir().map_err(|e| format!("the current folder: {e}"))?;
                read.with = Some(here.join(file));
            }
            _ => return Err(format!("`{option}` is not an option of reproduce; `--with TARBALL` and `--keep` are")),
        }
    }
    Ok(read)
}

/// Builds the last commit twice, or once for `--with`. Fails if a byte differs.
pub fn reproduce(Options { with, keep }: &Options) -> Outcome<ExitCode> {
    let changed = output(command("git").args(["status", "--porcelain"]))?;
    if !changed.is_empty() {
        say("this folder has changes that are not committed; the clones do not contain them");
    }
    // Not below the repository: cargo reads the configuration of all folders above.
    let place = env::temp_dir().join(format!("cloudflow-reproduce-{}", process::id()));
    let clones = ["first", "in/another/folder"].map(|name| place.join(name));
    let built = clones.iter().take(if with.is_some() { 1 } else { 2 }).map(|clone| build(clone));
    let mut tarballs = built.collect::<Outcome<Vec<PathBuf>>>()?;
    tarballs.extend(with.clone());
    let digests = tarballs.iter().map(|tarball| digest(tarball)).collect::<Outcome<Vec<String>>>()?;
    for (tarball, digest) in tarballs.iter().zip(&digests) {
        println!("sha256 {digest}  {}", tarball.display());
    }
    let different = match tarballs.as_slice() {
        [first, second] => differences(&place, first, second)?,
        _ => Vec::new(),
    };
    for line in &different {
        println!("{line}");
    }
    let mut all = digests.iter();
    let is_same = all.next().is_some_and(|first| all.all(|other| other == first));
    println!("{}", if is_same { "the tarballs have the same bytes" } else { "the tarballs differ" });
    if *keep {
        say(&format!("the clones are in {}", place.display()));
    } else {
        fs::remove_dir_all(&place).map_err(|e| format!("{}: {e}", place.display()))?;
    }
    Ok(if is_same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Clones the last commit and packs it, with a build folder of its own.
fn build(clone: &Path) -> Outcome<PathBuf> {
    say(&format!("reproduce: building a clone in {}", clone.display()));
    run(command("git").args(["clone", "--quiet"]).arg(paths::root()).arg(clone))?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run(command(cargo).args(["xtask", "package"]).current_dir(clone).env_remove("CARGO_TARGET_DIR"))?;
    let packed = clone.join("target/package");
    let entries = fs::read_dir(&packed).map_err(|e| format!("{}: {e}", packed.display()))?;
    let mut files = entries.flatten().map(|entry| entry.path());
    files
        .find(|file| file.extension().is_some_and(|end| end == "tgz"))
        .ok_or_else(|| format!("{} holds no tarball", packed.display()))
}

fn digest(file: &Path) -> Outcome<String> {
    const SCRIPT: &str = "import { createHash } from 'node:crypto'; import { readFileSync } from 'node:fs';
        console.log(createHash('sha256').update(readFileSync(process.argv[1])).digest('hex'));";
    let text = output(npm::node()?.args(["--input-type=module", "--eval", SCRIPT]).arg(file))?;
    Ok(text.trim().to_owned())
}

/// One line for each file of two tarballs that differs, with the offset of the first different byte.
fn differences(place: &Path, first: &Path, second: &Path) -> Outcome<Vec<String>> {
    let folders = ["unpacked-1", "unpacked-2"].map(|name| place.join(name));
    for (tarball, folder) in [first, second].into_iter().zip(&folders) {
        fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        run(command("tar").arg("-xzf").arg(tarball).arg("-C").arg(folder))?;
    }
    let [first, second] = folders;
    let mut names = BTreeSet::new();
    for folder in [&first, &second] {
        files(folder, folder, &mut names)?;
    }
    Ok(names.iter().filter_map(|name| difference(name, &first.join(name), &second.join(name))).collect())
}

fn difference(name: &Path, first: &Path, second: &Path) -> Option<String> {
    let name = name.display();
    match (fs::read(first), fs::read(second)) {
        (Ok(a), Ok(b)) if a == b => None,
        (Ok(a), Ok(b)) => {
            let at = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
            Some(format!("{name}: {} and {} bytes, different from byte {at}", a.len(), b.len()))
        }
        (Ok(_), Err(_)) => Some(format!("{name}: only in the first tarball")),
        _ => Some(format!("{name}: only in the second tarball")),
    }
}

/// The paths of all files below a folder, relative to `root`.
fn files(root: &Path, folder: &Path, into: &mut BTreeSet<PathBuf>) -> Outcome<()> {
    for entry in fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(root, &path, into)?;
        } else if let Ok(name) = path.strip_prefix(root) {
            into.insert(name.to_path_buf());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_checked() {
        let read = |words: &[&str]| options(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert!(read(&["--keep", "--with", "a.tgz"]).unwrap().with.unwrap().ends_with("a.tgz"));
        assert!(read(&["--with"]).is_err_and(|message| message == "`--with` needs a tarball"));
        assert!(read(&["--twice"]).is_err());
    }

    #[test]
    fn each_different_file_is_named() {
        let place = env::temp_dir().join(format!("cloudflow-reproduce-test-{}", process::id()));
        let (a, b) = (place.join("a"), place.join("b"));
        for (folder, files) in [(&a, [("same", "x"), ("more", "xyz")]), (&b, [("same", "x"), ("more", "xyZ!")])] {
            fs::create_dir_all(folder.join("in")).unwrap();
            for (name, text) in files {
                fs::write(folder.join("in").join(name), text).unwrap();
            }
        }
        fs::write(b.join("new"), "").unwrap();
        let mut names = BTreeSet::new();
        files(&a, &a, &mut names).unwrap();
        files(&b, &b, &mut names).unwrap();
        let lines: Vec<String> =
            names.iter().filter_map(|name| difference(name, &a.join(name), &b.join(name))).collect();
        assert_eq!(lines, ["in/more: 3 and 4 bytes, different from byte 2", "new: only in the second tarball"]);
        fs::remove_dir_all(&place).unwrap();
    }
}
