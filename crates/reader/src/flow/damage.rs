//! Syntax errors and the regions that they may hide. No key is reported as missing there.

use cloudflow_base::small;
use cloudflow_base::text::Span;

/// The position of a syntax error.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Damage {
    span: Span,
    /// The offset of its line.
    line: usize,
}

impl Damage {
    /// The sorted positions. Searches `text` for lines once.
    pub fn all(text: &str, places: &[Span]) -> Vec<Damage> {
        let mut spans = places.to_vec();
        small::sort(&mut spans);
        let (mut at, mut line) = (0, 0);
        let damage = spans.into_iter().map(|span| {
            let start = (span.start as usize).max(at);
            if let Some(last) =
                text.as_bytes().get(at..start).and_then(|between| between.iter().rposition(|byte| *byte == b'\n'))
            {
                line = at + last + 1;
            }
            at = start;
            Damage { span, line }
        });
        damage.collect()
    }
}

/// True if a syntax error may hide a part of the node at `span`.
pub(super) fn is_damaged(places: &[Damage], text: &str, span: Span) -> bool {
    // A syntax error damages the mapping that contains it and the mapping that ends just before
    // the line of the error.
    let from = places.partition_point(|damaged| damaged.span.end < span.start);
    let Some(damaged) = places.get(from) else { return false };
    if damaged.span.start <= span.end {
        return true;
    }
    let rest = text.get(span.end as usize..).unwrap_or_default();
    let next = text.len() - rest.trim_ascii_start().len();
    damaged.line <= next
}
