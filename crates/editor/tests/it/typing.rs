//! Completion offers what was there: every key, target and type of every valid definition is typed again.

use std::sync::Mutex;

use cloudflow_editor::{OpenFlow, TokenKind};
use cloudflow_language::{Document, Options};
use cloudflow_tests::cases;

use crate::corpus::{corpus, each};

#[test]
fn completion_offers_what_was_there() {
    let mut all = corpus();
    all.extend(cases("check", "yaml").into_iter().map(|case| (case.name.clone(), case.read("yaml"))));
    let lost: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let asked = Mutex::new(0);
    // Templates, keys that exclude each other, targets as block scalars.
    let is_special = |name: &str| {
        let heads = ["ok/placeholder", "ok/null-", "ok/machine-ends", "ok/machine-block-scalars"];
        heads.iter().any(|head| name.starts_with(head))
    };
    all.retain(|(name, _)| !is_special(name));
    each(&all, |name, text| {
        if !Document::read(text, Options::default(), &mut None).diagnostics.is_empty() || text.len() > 30_000 {
            return;
        }
        let tokens = OpenFlow::open(text.to_owned(), Default::default()).semantic_tokens();
        let wanted = |kind| matches!(kind, TokenKind::Key | TokenKind::Target | TokenKind::Keyword | TokenKind::Error);
        for (index, token) in tokens.iter().filter(|token| wanted(token.kind)).enumerate() {
            let (start, end) = (token.span.start as usize, token.span.end as usize);
            if token.kind != TokenKind::Keyword && index % 7 == 0 {
                let hover = OpenFlow::open(text.to_owned(), Default::default()).hover(start + 1);
                assert!(hover.is_some() || token.span.of(text).starts_with('*'), "{name}: no text about {token:?}");
            }
            let word = token.span.of(text);
            let label = word.trim_matches(['"', '\'']);
            // Actions and resources of other services, and `*` of an alias.
            if token.kind == TokenKind::Keyword && label.contains(':')
                || word.starts_with('*')
                || label.contains(['\'', '\\'])
            {
                continue;
            }
            // An error of a function that no other rule names.
            let is_known = cloudflow_language::facts::errors().contains(&label);
            if token.kind == TokenKind::Error && !is_known && text.matches(label).count() == 1 {
                continue;
            }
            let quoted = word.len() > label.len();
            // The value is empty, a half, or whole; of a key, its colon is there or not.
            let kept = match index % 3 {
                0 => 0,
                1 => label.len() / 2,
                _ => label.len(),
            };
            let mut kept = kept;
            while !label.is_char_boundary(kept) {
                kept -= 1;
            }
            let quote = if quoted { &word[..1] } else { "" };
            let rest = match text[end..].find('\n') {
                // Half-typed: the rest of the line is not there.
                Some(line)
                    if token.kind == TokenKind::Key
                        && index % 2 == 0
                        && !text[..start].lines().last().unwrap_or("").contains('{') =>
                {
                    // Only without lines that belong to the value.
                    let after = &text[end + line + 1..];
                    let indent = |line: &str| line.len() - line.trim_start().len();
                    let own = text[..start].lines().last().map_or(0, str::len);
                    if after.lines().next().is_some_and(|next| {
                        indent(next) > own || next.trim_start().starts_with('-') && indent(next) >= own
                    }) {
                        &text[end..]
                    } else {
                        &text[end + line..]
                    }
                }
                _ => &text[end..],
            };
            let typed = [&text[..start], quote, &label[..kept], quote, rest].concat();
            let at = start + quote.len() + kept;
            let found = OpenFlow::open(typed.clone(), Default::default()).completion(at);
            *asked.lock().unwrap() += 1;
            let offered = found.items.iter().any(|item| item.label == label);
            if !offered {
                let line = typed[..at].lines().last().unwrap_or_default();
                let labels: Vec<&str> = found.items.iter().take(4).map(|item| item.label.as_str()).collect();
                lost.lock()
                    .unwrap()
                    .push(format!("{name}: {line}<|> should offer {label:?} ({:?}), not {labels:?}", token.kind));
            }
        }
    });
    let (lost, asked) = (lost.into_inner().unwrap(), asked.into_inner().unwrap());
    assert!(asked > 1000, "{asked}");
    assert!(lost.is_empty(), "{} of {asked}:\n{}", lost.len(), lost[..lost.len().min(40)].join("\n"));
}
