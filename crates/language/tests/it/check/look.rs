//! What must hold of the findings in every text. The fuzzers look too.

use cloudflow_base::shape::{Diagnostic, Fix};
use cloudflow_language::shape::validate_flow;

/// What is found in a text, after a look at the form of it.
pub fn look_at(text: &str, name: &dyn Fn() -> String) -> Vec<Diagnostic> {
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

/// The text with a repair done.
pub fn mend(text: &str, fix: &Fix) -> String {
    let mut units: Vec<u16> = text.encode_utf16().collect();
    for edit in fix.edits.iter().rev() {
        let (start, end) = (edit.range.start.offset as usize, edit.range.end.offset as usize);
        units.splice(start..end, edit.new_text.encode_utf16());
    }
    String::from_utf16(&units).unwrap()
}
