//! Panics without a message.
//!
//! A panic in the module ends in a trap. Its message is lost: there is no hook and no standard error. The functions
//! of the standard library that create the message therefore trap at once, and `wasm-opt` removes the formatting
//! that nothing else uses. With gzip -9 this saves 3,245 bytes of a bundle with `describeExecution`
//! (`cargo xtask build --only ask --without traps`). `panic_immediate_abort` of the standard library does the same on
//! nightly toolchains only.
//!
//! The places of panics are data that nothing reads any more. They are filled with zeros, which `wasm-opt` removes: 591
//! bytes of `ask.wasm` with gzip -9.

use std::collections::HashSet;

use walrus::ir::{Value, Visitor, dfs_in_order};
use walrus::{ConstExpr, DataId, DataKind, FunctionId, Module};
use wasm_bindgen_cli_support::Output;

/// Parts of the names of functions that panic.
const PANICS: [&str; 10] = [
    "::panicking::",
    "slice_error_fail",
    "slice_index_fail",
    "unwrap_failed",
    "expect_failed",
    "handle_error",
    "handle_alloc_error",
    "panic_already",
    "panic_poisoned",
    "panic_access_error",
];

/// Replaces the bodies of functions that always panic by a trap. Returns their number. If nothing else formats a text,
/// the same is done to the functions that format the message: the tables of virtual functions keep them in the module.
pub fn plant(output: &mut Output) -> usize {
    let module = output.wasm_mut();
    let silent = functions_of_std(module, |name| PANICS.iter().any(|part| name.contains(part)));
    silence(module, &silent);
    let formatters = functions_of_std(module, |name| name.contains("fmt::"));
    if !is_called_by_others(module, &formatters) {
        silence(module, &formatters);
    }
    let all: Vec<DataId> = module.data.iter().map(|data| data.id()).collect();
    for id in all {
        let data = module.data.get_mut(id);
        if let DataKind::Active { offset: ConstExpr::Value(Value::I32(start)), .. } = data.kind {
            clear_locations(&mut data.value, start as usize);
        }
    }
    silent.len()
}

/// Clears every `core::panic::Location` in the data that begins at an address, and its path. A `Location` has the
/// address and the length of the path, the line and the column, four bytes each. Unlike other texts, the path ends with
/// `.rs` and a zero.
fn clear_locations(data: &mut [u8], start: usize) {
    const SIZE: usize = 16;
    let word = |data: &[u8], at: usize| {
        let bytes = data.get(at..)?.first_chunk()?;
        usize::try_from(u32::from_le_bytes(*bytes)).ok()
    };
    let mut found = Vec::new();
    for at in (0..data.len()).filter(|at| (start + at).is_multiple_of(4)) {
        let (Some(address), Some(length)) = (word(data, at), word(data, at + 4)) else { break };
        let Some(path) = address.checked_sub(start) else { continue };
        let text = path.checked_add(length).and_then(|end| data.get(path..end + 1));
        let is_path = |byte: &u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(byte);
        if text.and_then(|text| text.strip_suffix(b".rs\0")).is_some_and(|text| text.iter().all(is_path)) {
            found.extend([at..at + SIZE, path..path + length]);
        }
    }
    for range in found {
        if let Some(bytes) = data.get_mut(range) {
            bytes.fill(0);
        }
    }
}

fn functions_of_std(module: &Module, is_wanted: impl Fn(&str) -> bool) -> HashSet<FunctionId> {
    let name = |id| module.funcs.get(id).name.as_deref().map(of_std).unwrap_or_default();
    module.funcs.iter_local().map(|(id, _)| id).filter(|id| is_wanted(&name(*id))).collect()
}

fn silence(module: &mut Module, functions: &HashSet<FunctionId>) {
    for id in functions {
        let mut body = module.funcs.get_mut(*id).kind.unwrap_local_mut().builder_mut().func_body();
        body.instrs_mut().clear();
        body.unreachable();
    }
}

/// True if a function that is not in the set calls one that is.
fn is_called_by_others(module: &Module, functions: &HashSet<FunctionId>) -> bool {
    struct Calls<'f> {
        functions: &'f HashSet<FunctionId>,
        found: bool,
    }
    impl<'instr> Visitor<'instr> for Calls<'_> {
        fn visit_function_id(&mut self, function: &FunctionId) {
            self.found |= self.functions.contains(function);
        }
    }
    let mut calls = Calls { functions, found: false };
    for (_, function) in module.funcs.iter_local().filter(|(id, _)| !functions.contains(id)) {
        dfs_in_order(&mut calls, function, function.entry_block());
    }
    calls.found
}

/// The name of a function of the standard library without the hashes in brackets after its crates. Empty for other
/// functions.
fn of_std(name: &str) -> String {
    let mut depth = 0;
    let mut plain = String::new();
    for c in name.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    let is_std =
        ["core::", "alloc::", "std::"].iter().any(|name| plain.trim_start_matches(['<', '&']).starts_with(name))
            || plain.contains(" as core::fmt::");
    if is_std { plain } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_cleared_and_texts_are_not() {
        const START: u32 = 1024;
        let words = |words: [u32; 4]| words.map(u32::to_le_bytes).concat();
        // The second path has no zero behind it.
        let texts = b"a text.src/a-b.rs\0src/c.rs! ".as_slice();
        let other = words([START + 18, 8, 0, 0]);
        let mut data = [texts, &words([START + 7, 10, 3, 9]), &other].concat();
        clear_locations(&mut data, START as usize);
        assert_eq!(data, [b"a text.", &[0; 11][..], b"src/c.rs! ", &[0; 16], &other].concat());
    }

    #[test]
    fn only_the_standard_library_is_silenced() {
        assert_eq!(of_std("core[c5930c85a12de822]::panicking::panic_fmt"), "core::panicking::panic_fmt");
        assert_eq!(of_std("<char as core[c5930c85a12de822]::fmt::Debug>::fmt"), "<char as core::fmt::Debug>::fmt");
        assert_eq!(of_std("cloudflow_wasm::yaml::panicking::parse::hd76b36fe19cb9b5e"), "");
    }
}
