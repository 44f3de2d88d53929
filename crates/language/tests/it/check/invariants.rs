//! The invariants of findings in any text. The fuzzers check them too.

use cloudflow_base::shape::{Diagnostic, Fix};
use cloudflow_language::shape::validate_flow;

/// Returns the findings of a text after checking the invariants.
pub fn check_invariants(text: &str, name: &dyn Fn() -> String) -> Vec<Diagnostic> {
    let found = validate_flow(text).diagnostics;
    let end = text.encode_utf16().count() as u32;
    let mut last = (0, 0);
    for one in &found {
        let range = one.range.unwrap_or_else(|| panic!("{}: no place: {one:?}", name()));
        let place = (range.start.offset, range.end.offset);
        assert!(place.0 <= place.1 && place.1 <= end, "{}: not in the text: {one:?}", name());
        assert!(last <= place, "{}: out of order: {one:?}", name());
        last = place;
        for related in &one.related {
            assert!(related.range.end.offset <= end, "{}: not in the text: {one:?}", name());
        }
        if let Some(fix) = &one.fix {
            let mut behind = 0;
            for edit in &fix.edits {
                let (from, to) = (edit.range.start.offset, edit.range.end.offset);
                assert!(behind <= from && from <= to && to <= end, "{}: edits: {one:?}", name());
                behind = to;
            }
        }
    }
    found
}

/// Applies a repair to the text.
pub fn apply_repair(text: &str, fix: &Fix) -> String {
    let mut units: Vec<u16> = text.encode_utf16().collect();
    for edit in fix.edits.iter().rev() {
        let (start, end) = (edit.range.start.offset as usize, edit.range.end.offset as usize);
        units.splice(start..end, edit.new_text.encode_utf16());
    }
    String::from_utf16(&units).unwrap()
}
