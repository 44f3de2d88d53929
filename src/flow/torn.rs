//! Where the text is not YAML: what is missing near such a place may just not be readable.

use crate::order;
use crate::text::Span;

/// A place where the text is not YAML.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Damage {
    span: Span,
    /// Where its line begins.
    line: usize,
}

impl Damage {
    /// Each place, in order. `text` is searched for lines once.
    pub fn all(text: &str, places: &[Span]) -> Vec<Damage> {
        let mut spans = places.to_vec();
        order::sort(&mut spans);
        let (mut at, mut line) = (0, 0);
        let damaged = spans.into_iter().map(|span| {
            let start = (span.start as usize).max(at);
            if let Some(last) = text.get(at..start).and_then(|between| between.rfind('\n')) {
                line = at + last + 1;
            }
            at = start;
            Damage { span, line }
        });
        damaged.collect()
    }
}

/// True where a syntax mistake may have cut something off that stands at `span`.
pub(super) fn is_damaged(places: &[Damage], text: &str, span: Span) -> bool {
    // A mistake tears the mapping it stands in, and the one it cuts off: the one that ends
    // before the line of the mistake.
    let from = places.partition_point(|damaged| damaged.span.end < span.start);
    let Some(damaged) = places.get(from) else { return false };
    if damaged.span.start <= span.end {
        return true;
    }
    let rest = text.get(span.end as usize..).unwrap_or_default();
    let next = text.len() - rest.trim_ascii_start().len();
    damaged.line <= next
}
