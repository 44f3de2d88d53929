//! Builds the documentation as a site for a static host.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::command::{run, say};
use crate::{Outcome, console, npm, paths};

/// What to build.
#[derive(Debug, PartialEq)]
pub struct Options {
    out: PathBuf,
    /// Path of the site on its host, with a slash at both ends.
    base: String,
    playground: bool,
}

/// Reads `--out DIR`, `--base PATH` and `--no-playground`. Default: `target/site`, for the root of a host.
pub fn options(options: &[String]) -> Outcome<Options> {
    let mut read = Options { out: paths::target().join("site"), base: "/".to_owned(), playground: true };
    let mut options = options.iter();
    while let Some(option) = options.next() {
        let mut value = |what: &str| match options.next() {
            Some(value) if !value.is_empty() => Ok(value.clone()),
            _ => Err(format!("`{option}` needs {what}")),
        };
        match option.as_str() {
            "--out" => {
                let dir = value("a folder")?;
                read.out = std::env::current_dir().map_err(|e| format!("the current folder: {e}"))?.join(dir);
            }
            "--base" => {
                read.base = value("a path such as /docs/")?;
                if !read.base.starts_with('/') || !read.base.ends_with('/') {
                    return Err(format!("`{}` is not a path; one begins and ends with `/`, such as /docs/", read.base));
                }
            }
            "--no-playground" => read.playground = false,
            _ => {
                return Err(format!(
                    "`{option}` is not an option of docs; `--out DIR`, `--base PATH` and `--no-playground` are"
                ));
            }
        }
    }
    Ok(read)
}

/// Builds the pages and the reference, checks their links, then adds the playground.
pub fn site(options: &Options) -> Outcome<ExitCode> {
    let folder = paths::root().join("www/site");
    npm::install_at(&folder, "the generator of the site")?;
    say("site: pages and reference of the API");
    run(npm::node()?.arg(folder.join("build.mjs")).arg(&options.out).arg("--base").arg(&options.base))?;
    if options.playground {
        console::playground(&options.out.join("playground"))?;
    }
    say(&format!("site: {}; copy it to {} of any static host", options.out.display(), options.base));
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Outcome<Options> {
        options(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_folder_and_the_path_are_options() {
        let read_all = read(&["--base", "/docs/", "--no-playground", "--out", "pages"]).unwrap();
        assert!(read_all.out.ends_with("pages"));
        assert_eq!((read_all.base.as_str(), read_all.playground), ("/docs/", false));
        assert!(read(&[]).unwrap().out.ends_with("site"));
        assert!(read(&["--base", "docs"]).is_err_and(|message| message.contains("begins and ends")));
        assert!(read(&["--base"]).is_err_and(|message| message.contains("needs a path")));
        assert!(read(&["--into", "site"]).is_err_and(|message| message.contains("`--out DIR`")));
    }
}
