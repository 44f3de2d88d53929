//! Shapes of other formats: states as the entries of a mapping, names as block scalars with a line break.

use super::{Repair, edit};
use crate::flow::dialect::{AnyKeys, Dialect, Shape, Slot, Value};
use crate::flow::is_amazon;
use crate::yaml::{Kind, Node, Style, Tree};
use cloudflow_base::diagnostic::{Code, Edit, Severity, fill, report};
use cloudflow_base::small::{contains, find as find_text, trim_end};
use cloudflow_base::text::Span;

/// Maximum number of nodes that are searched. Aliases can repeat nodes.
const MOST: usize = 200_000;

/// True if a block scalar may be a name with a line break: it is the value of a key, and is one line.
pub(super) fn may_break(tree: &Tree<'_>) -> bool {
    tree.block_scalars().any(|node| {
        node.text().is_some_and(|text| {
            let line = trim_end(text, "\n");
            line.len() + 1 == text.len() && !contains(line, "\n")
        })
    })
}

/// The repairs of a tree.
pub(super) fn find(tree: &Tree<'_>) -> Vec<Repair> {
    let mut found = Vec::new();
    let Some(root) = tree.root().filter(|root| !is_amazon(*root)) else { return found };
    let mut todo = vec![root];
    let mut left = MOST;
    let tables = Dialect::ALL.map(|dialect| (dialect, AnyKeys::new(dialect)));
    while let Some(node) = todo.pop() {
        left = left.saturating_sub(1);
        if left == 0 {
            break;
        }
        todo.extend(node.items());
        for (key, value) in node.entries() {
            // A scalar in one line needs no repair.
            if value.kind() == Kind::Scalar && !matches!(value.style(), Style::Literal | Style::Folded) {
                continue;
            }
            let name = key.text().unwrap_or_default();
            let mut data = false;
            for (dialect, keys) in &tables {
                let (dialect, Some(known)) = (*dialect, keys.get(name)) else { continue };
                match known.value {
                    Value::Many(Shape::State) => found.extend(states(tree.text(), dialect, key, value)),
                    Value::Target | Value::Text | Value::OneOf(_) => {
                        found.extend(line_break(tree.text(), key, value, known.slot))
                    }
                    Value::Constructor | Value::Object | Value::Any => {
                        data = true;
                        // The resource is the only name in data.
                        let resource = |(key, _): &(Node<'_>, Node<'_>)| key.text() == Some("resourceArn");
                        if known.slot == Slot::Params
                            && let Some((key, value)) = value.entries().find(resource)
                        {
                            found.extend(line_break(tree.text(), key, value, Slot::Resource));
                        }
                    }
                    _ => {}
                }
            }
            if !data && left > 0 {
                todo.push(value);
            }
        }
    }
    found
}

/// States as the entries of a mapping, or as lists of mappings of one entry: `Pack: {Type: Pass}`.
fn states(text: &str, dialect: Dialect, key: Node<'_>, value: Node<'_>) -> Option<Repair> {
    let (name, kind) = (dialect.key(Shape::State, Slot::Name), dialect.key(Shape::State, Slot::Type));
    let is_state = |node: Node<'_>| node.get(kind).is_some() && node.get(name).is_none();
    let is_alias = |node: Node<'_>| node.span().of(text).starts_with('*');
    // What an alias refers to is rewritten where it is defined.
    if is_alias(value) || value.items().chain(value.entries().map(|(_, state)| state)).any(is_alias) {
        return None;
    }
    let mut edits = Vec::new();
    let word = dialect.state_word();
    let mut first = key.span();
    let is_list = value.kind() == Kind::Sequence;
    if is_list {
        for item in value.items() {
            let mut entries = item.entries();
            if let (Some((key, state)), None) = (entries.next(), entries.next())
                && is_state(state)
            {
                if edits.is_empty() {
                    first = key.span();
                }
                entry(text, name, key, state, "", &mut edits)?;
            }
        }
    } else {
        let mut entries = value.entries();
        let all = value.entries().next().is_some() && entries.all(|(_, state)| is_state(state));
        if !all {
            return None;
        }
        let brackets = value.style() == Style::Flow;
        if brackets {
            let Span { start, end } = value.span();
            edits.push(edit(start as usize, start as usize + 1, "["));
            edits.push(edit(end as usize - 1, end as usize, "]"));
        }
        for (key, state) in value.entries() {
            entry(text, name, key, state, if brackets { "" } else { "- " }, &mut edits)?;
        }
    }
    if edits.is_empty() {
        return None;
    }
    let list = key.text().unwrap_or_default();
    let message = if is_list {
        fill("the name of a {} is the value of `{}`, not a key", &[word, name])
    } else {
        fill("`{}` must be a list of {}s with a `{}` each, not a mapping", &[list, word, name])
    };
    Some(Repair::new(Code::WrongType, first, message, edits).offered("write `{}` into each {}", &[name, word]))
}

/// The edits that write the key of a state as its name. Absent if the state cannot be rewritten.
fn entry(text: &str, name: &str, key: Node<'_>, state: Node<'_>, dash: &str, edits: &mut Vec<Edit>) -> Option<()> {
    let own = key.span();
    let written = own.of(text);
    let quoted = if written.starts_with('"') { ["\"", name, "\""].concat() } else { name.to_owned() };
    let new = [&*quoted, ": ", written].concat();
    let inside = state.entries().next()?.0.span().start as usize;
    let (start, end) = (own.start as usize, own.end as usize);
    if state.style() == Style::Flow {
        // `Pack: {` becomes `{Name: Pack, `.
        let open = state.span().start as usize;
        edits.push(edit(start, open + 1, &[dash, "{", &new, ", "].concat()));
        return Some(());
    }
    // The name gets the column of the other keys of the state.
    let column = |at: usize| at - text.get(..at).and_then(last_break).map_or(0, |line| line + 1);
    let (own, inner) = (column(start), column(inside));
    let is_blank = text.get(inside - inner..inside)?.bytes().all(|byte| byte == b' ');
    // A tag or an anchor stands before the first key, or there is no room for the dash and a space.
    let pad = inner.checked_sub(own + dash.len()).filter(|_| is_blank)?;
    let head = if dash.is_empty() { " ".repeat(pad) } else { ["-", &" ".repeat(pad + 1)].concat() };
    let behind = text.get(end..inside)?;
    let colon = end + find_text(behind, ":")? + 1;
    edits.push(edit(start, colon, &[&*head, &new].concat()));
    Some(())
}

/// A name that ends with a line break: a block scalar without `-`.
fn line_break(text: &str, key: Node<'_>, value: Node<'_>, slot: Slot) -> Option<Repair> {
    let free = matches!(slot, Slot::Description | Slot::Detail);
    let header = value.span().start as usize;
    if free || !matches!(value.style(), Style::Literal | Style::Folded) || !value.text()?.ends_with('\n') {
        return None;
    }
    let rest = text.get(header..)?;
    let is_end = |byte: u8| matches!(byte, b' ' | b'\t' | b'#' | b'\n' | b'\r');
    let word = rest.get(..rest.bytes().position(is_end).unwrap_or(rest.len()))?;
    let right = [trim_end(word, "+"), "-"].concat();
    let name = key.text()?;
    let mut found = Vec::new();
    let message = "`{}` ends with a line break: write `{}`";
    let span = Span::new(header, header + word.len());
    let reported = report(&mut found, Code::TrailingBreak, span, message, &[name, &right]);
    reported.write(span, &right);
    if slot == Slot::Code {
        // The flow runs. Only a rule for this error has no effect.
        reported.severity(Severity::Warning);
    }
    let edits = vec![edit(header, header + word.len(), &right)];
    Some(Repair { found: found.pop()?, edits })
}

fn last_break(text: &str) -> Option<usize> {
    text.bytes().rposition(|byte| byte == b'\n')
}
