//! Reads the sources of mappings in the old definition.

use cloudflow_language::expr::{self, ExprKind};
use cloudflow_language::flow::{Mapping, Shaping};
use cloudflow_language::yaml::{Kind, Node, Resolved};

use super::expression::Expr;

/// The variable of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    /// `$input`
    Input,
    /// `$local`
    Local,
    /// `$context`
    Context,
    /// `$`
    Own,
}

/// The variable of a source that is a reference, and the path after it as written.
pub(super) fn reference<'a>(node: Node<'a>) -> Option<(Root, &'a str)> {
    let Some(Resolved::Text(text)) = node.resolve() else {
        return None;
    };
    if node.tag().is_some() || node.is_template() {
        return None;
    }
    let all = [("$input", Root::Input), ("$local", Root::Local), ("$context", Root::Context), ("$", Root::Own)];
    let (rest, root) = all.into_iter().find_map(|(name, root)| Some((text.strip_prefix(name)?, root)))?;
    let ends = rest.starts_with(['.', '[']) || (rest.is_empty() && root != Root::Own);
    // A text that is not a path is a constant.
    let is_path = |text: &str| {
        expr::parse(text).is_ok_and(|parsed| matches!(parsed.expr.kind, ExprKind::Variable(_) | ExprKind::Path(..)))
    };
    (ends && is_path(text)).then_some((root, rest))
}

/// The path of a parameter that refers to the step's own input.
pub(super) fn own_reference(node: Node<'_>) -> Option<&str> {
    if let Some(Resolved::Text("$")) = node.resolve() {
        return Some("");
    }
    reference(node).filter(|(root, _)| matches!(root, Root::Own | Root::Input)).map(|(_, rest)| rest)
}

/// All paths of parameters into the step's own input, with their values.
pub(super) fn own_references<'a>(params: Node<'a>) -> Vec<(Node<'a>, &'a str)> {
    let mut found = Vec::new();
    let mut todo = vec![params];
    while let Some(node) = todo.pop() {
        todo.extend(node.entries().map(|(_, value)| value));
        if let Some(rest) = own_reference(node) {
            found.push((node, rest));
        }
    }
    found
}

/// The entries of a list of mappings.
pub(super) fn entries<'s, 'a>(shaping: &'s Shaping<'a>) -> &'s [Mapping<'a>] {
    match shaping {
        Shaping::Mappings { entries, .. } => entries,
        Shaping::Constructor(_) => &[],
    }
}

/// The effective mappings: the last one of each target, with its target and source.
pub(super) fn effective<'s, 'a>(shaping: &'s Shaping<'a>) -> Vec<(&'s Mapping<'a>, &'a str, Node<'a>)> {
    let mut seen = std::collections::HashSet::new();
    let all = entries(shaping).iter().rev().filter_map(|entry| Some((entry, entry.target?.value, entry.source?)));
    let mut found: Vec<_> = all.filter(|(_, target, _)| seen.insert(*target)).collect();
    found.reverse();
    found
}

/// The key after a dot, and the rest.
pub(super) fn first_key(rest: &str) -> Option<(&str, &str)> {
    let rest = rest.strip_prefix('.')?;
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    Some((rest.get(..end)?, rest.get(end..)?)).filter(|(key, _)| !key.is_empty())
}

/// The index of `[0]` or `[*]`, and the rest.
pub(super) fn element(rest: &str) -> (Option<&str>, &str) {
    match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((index, tail)) => (Some(index), tail),
        None => (None, rest),
    }
}

/// True if an expression can name the key after a dot.
pub(super) fn is_plain_key(key: &str) -> bool {
    let mut chars = key.chars();
    chars.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}

/// The values at a path in a constant.
pub(super) enum AtPath<'a> {
    Absent,
    One(Node<'a>),
    /// The values after a `[*]`.
    Every(Vec<Node<'a>>),
}

/// Follows a path in a constant. `[*]` makes one flat list, as in the old dialect.
// Recursion happens at `[*]` only: the path has few of them.
pub(super) fn constant_path<'a>(mut node: Node<'a>, mut rest: &str) -> AtPath<'a> {
    while !rest.is_empty() {
        if let Some((key, after)) = first_key(rest) {
            let Some(found) = node.get(key) else { return AtPath::Absent };
            (node, rest) = (found, after);
            continue;
        }
        let (index, after) = element(rest);
        match index {
            Some("*") if node.kind() == Kind::Sequence => {
                let found = node.items().map(|item| constant_path(item, after));
                return AtPath::Every(
                    found
                        .flat_map(|found| match found {
                            AtPath::Absent => Vec::new(),
                            AtPath::One(node) => vec![node],
                            AtPath::Every(nodes) => nodes,
                        })
                        .collect(),
                );
            }
            index => {
                let index = index.and_then(|index| index.parse::<usize>().ok());
                let Some(found) = index.and_then(|index| node.items().nth(index)) else { return AtPath::Absent };
                (node, rest) = (found, after);
            }
        }
    }
    AtPath::One(node)
}

/// A constant as JSON inside an expression.
// Recursion is bounded by the depth limit of the YAML reader.
pub(super) fn json(node: Node<'_>, left: &mut usize) -> Expr {
    *left = left.saturating_sub(1);
    if *left == 0 {
        return Expr::Null;
    }
    match node.kind() {
        Kind::Sequence => Expr::List(node.items().map(|item| json(item, left)).collect()),
        Kind::Mapping => {
            let entries = node.entries();
            Expr::Object(
                entries.map(|(key, value)| (key.text().unwrap_or_default().to_owned(), json(value, left))).collect(),
            )
        }
        Kind::Scalar => match node.resolve() {
            None | Some(Resolved::Null) => Expr::Null,
            Some(Resolved::Bool(value)) => Expr::Literal(value.to_string()),
            Some(Resolved::Int(value)) => Expr::Literal(value.to_string()),
            Some(Resolved::Float(text)) if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
                Expr::Literal(text.to_owned())
            }
            Some(Resolved::Float(text) | Resolved::Text(text)) => Expr::Text(text.to_owned()),
        },
    }
}
