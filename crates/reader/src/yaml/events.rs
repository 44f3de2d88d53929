//! The tree as event lines of the yaml-test-suite, for tests that compare readers.

use super::raw::{ALIAS, Form, TAGGED};
use super::tree::{Kind, NONE, Style, Tree};
use cloudflow_base::text::Span;

/// All documents of the tree, one event per line.
pub(super) fn events(tree: &Tree<'_>) -> String {
    let mut out = String::from("+STR\n");
    for (index, document) in tree.documents.iter().enumerate() {
        out += if document.explicit { "+DOC ---\n" } else { "+DOC\n" };
        let end = tree.documents.get(index + 1).map_or(tree.handles.len(), |next| next.handles as usize);
        let handles = tree.handles.get(document.handles as usize..end).unwrap_or_default();
        // The open collections: the index after the last node, and the event of the end.
        let mut open = Vec::new();
        let mut next = document.root;
        let last = tree.nodes.get(next as usize).map_or(next, |root| root.after(next));
        while next != NONE {
            while open.last().is_some_and(|(end, _)| *end == next) {
                out += open.pop().map_or("", |(_, event)| event);
            }
            if next == last {
                break;
            }
            let id = next;
            let Some(node) = tree.nodes.get(id as usize) else { break };
            if node.is(Form::DETACHED) {
                next = node.after(id);
                continue;
            }
            next += 1;
            let text = tree.node(id);
            if node.has(ALIAS) || node.is(Form::PLAIN) && node.span.of(tree.text).starts_with('*') {
                out += &format!("=ALI {}\n", node.span.of(tree.text));
                continue;
            }
            let mut props = String::new();
            if let Some((_, name)) = tree.anchors.iter().find(|(of, _)| *of == id) {
                props += &format!(" &{}", name.of(tree.text));
            }
            if node.has(TAGGED)
                && let Some(tag) = text.and_then(|node| node.tag())
            {
                props += &format!(" <{}>", resolve(tag, handles, tree.text));
            }
            let flow = node.style() == Style::Flow;
            match node.kind() {
                Kind::Scalar => {
                    let style = match node.style() {
                        Style::SingleQuoted => '\'',
                        Style::DoubleQuoted => '"',
                        Style::Literal => '|',
                        Style::Folded => '>',
                        _ => ':',
                    };
                    let value = text.and_then(|node| node.text()).unwrap_or_default();
                    let value = value.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
                    let value = value.replace('\t', "\\t").replace('\u{8}', "\\b");
                    out += &format!("=VAL{props} {style}{value}\n");
                }
                Kind::Sequence => {
                    out += &format!("+SEQ{}{props}\n", if flow { " []" } else { "" });
                    open.push((node.link(), "-SEQ\n"));
                }
                Kind::Mapping => {
                    out += &format!("+MAP{}{props}\n", if flow { " {}" } else { "" });
                    open.push((node.link(), "-MAP\n"));
                }
            }
        }
        out += if document.ended { "-DOC ...\n" } else { "-DOC\n" };
    }
    out + "-STR\n"
}

/// A tag in full.
fn resolve(tag: &str, handles: &[(Span, Span)], text: &str) -> String {
    if let Some(whole) = tag.strip_prefix("!<") {
        return whole.trim_end_matches('>').to_owned();
    }
    let split = tag.get(1..).and_then(|rest| rest.find('!')).map_or(1, |at| at + 2);
    // A lone `!` is no handle.
    if tag == "!" {
        return tag.to_owned();
    }
    let (handle, suffix) = tag.split_at(split);
    let declared = handles.iter().find(|(known, _)| known.of(text) == handle);
    let prefix = match declared {
        Some((_, prefix)) => prefix.of(text),
        None if handle == "!!" => "tag:yaml.org,2002:",
        None => handle,
    };
    format!("{prefix}{}", percent(suffix))
}

/// Decodes `%21` to its byte.
fn percent(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(part.get(2..).unwrap_or_default().as_bytes());
            }
            None => {
                bytes.push(b'%');
                bytes.extend_from_slice(part.as_bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
