//! Starts other programs. Errors name the missing program.

use std::env;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Outcome, paths};

/// Prints the current step.
pub fn say(text: &str) {
    eprintln!("==> {text}");
}

/// A program with the repository as its working directory.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(paths::root());
    command
}

/// Runs a program with the terminal. An exit code other than 0 is an error.
pub fn run(command: &mut Command) -> Outcome<()> {
    let status = command.status().map_err(|e| format!("cannot start {}: {e}", name(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", name(command))) }
}

/// Runs a program and returns its output. After a failure the error contains the output.
pub fn output(command: &mut Command) -> Outcome<String> {
    let Output { status, stdout, stderr } =
        command.stdin(Stdio::null()).output().map_err(|e| format!("cannot start {}: {e}", name(command)))?;
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    if status.success() {
        return Ok(stdout);
    }
    let stderr = String::from_utf8_lossy(&stderr);
    Err(format!("{} failed ({status})\n{}{}", name(command), stdout, stderr.trim_end()))
}

/// Runs a program with the terminal and a time limit. `Ok(false)`: it failed or was killed.
pub fn run_at_most(command: &mut Command, limit: Duration) -> Outcome<bool> {
    let mut child = command.stdin(Stdio::null()).spawn().map_err(|e| format!("cannot start {}: {e}", name(command)))?;
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.success()),
            Ok(None) if start.elapsed() >= limit => {
                // If the kill fails, the program has already ended.
                let _ = child.kill();
                let _ = child.wait();
                return Ok(false);
            }
            Ok(None) => thread::sleep(Duration::from_millis(50)),
            Err(e) => return Err(format!("cannot wait for {}: {e}", name(command))),
        }
    }
}

/// A program on the `PATH`.
pub fn which(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}

fn name(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let program = program.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let first = command.get_args().next().map(|a| a.to_string_lossy().into_owned());
    match first {
        Some(first) if first.len() < 60 => format!("`{program} {first}`"),
        _ => format!("`{program}`"),
    }
}
