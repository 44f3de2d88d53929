//! Starting other programs, with errors that name what is missing, and saying what is done.

use std::env;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Outcome, paths};

/// Says what is being done now.
pub fn say(text: &str) {
    eprintln!("==> {text}");
}

/// A program that runs in the repository.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(paths::root());
    command
}

/// Runs with the terminal handed on; anything but success is an error.
pub fn run(command: &mut Command) -> Outcome<()> {
    let status = command.status().map_err(|e| format!("cannot start {}: {e}", name(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", name(command))) }
}

/// Runs quietly and returns what was printed; on failure the error holds all of it.
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

/// Runs with the terminal handed on, for so long at most. `Ok(false)`: it failed or was ended.
pub fn run_at_most(command: &mut Command, limit: Duration) -> Outcome<bool> {
    let mut child = command.stdin(Stdio::null()).spawn().map_err(|e| format!("cannot start {}: {e}", name(command)))?;
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.success()),
            Ok(None) if start.elapsed() >= limit => {
                // Its end is not waited for longer than the kill takes; a failure to kill means it ended by itself.
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
