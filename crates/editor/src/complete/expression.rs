//! Completion in expressions, and the call around an offset.

use cloudflow_base::small::{self, is_one_of};
use cloudflow_base::text::Span;
use cloudflow_language::facts::{self, Function};
use cloudflow_language::flow::Dialect;
use cloudflow_language::yaml::Node;

use super::{ItemKind, List, NOTHING};
use crate::data;
use crate::explain;
use crate::text::{cat, is_name, is_path, joined, replaced, run, run_before};
use crate::view::part;

/// Maximum length of an expression that is read backwards from the cursor, in bytes.
const MAX_EXPRESSION: usize = 4096;

/// A call around an offset.
pub(crate) struct Call {
    pub function: &'static Function,
    /// The index of the argument at the offset.
    pub argument: usize,
}

/// A path before an offset: the variable with its steps, without the last one, and the start of the last one.
pub(crate) fn path_before(source: &str) -> (Vec<&str>, usize) {
    let mut start = run_before(source, is_path);
    let mut path = source.get(start..).unwrap_or_default();
    if let Some(dollar) = path.rfind('$') {
        start += dollar;
        path = path.get(dollar..).unwrap_or_default();
    } else {
        path = path.get(run(path, |byte| matches!(byte, b'[' | b']' | b'*' | b'-' | b'.'))..).unwrap_or_default();
        start = source.len() - path.len();
    }
    let mut steps: Vec<&str> = small::split(path, ".");
    let last = steps.pop().unwrap_or_default();
    // Indices do not change what is known of an element.
    let steps = steps.into_iter().map(|step| until(step, '[')).collect();
    (steps, if path.contains('.') { source.len() - last.len() } else { start })
}

/// The part of a text before a character.
fn until(text: &str, end: char) -> &str {
    text.find(end).and_then(|at| text.get(..at)).unwrap_or(text)
}

/// True if a text ends in a quoted text that is not closed. Backslashes escape.
fn in_text(source: &str) -> bool {
    let mut quote = None;
    let mut bytes = source.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'"' | b'`' | b'\'' if quote.is_none() => quote = Some(byte),
            _ if quote == Some(byte) => quote = None,
            _ => {}
        }
    }
    quote.is_some()
}

/// The innermost call before the end of a text.
pub(crate) fn call(source: &str) -> Option<Call> {
    let mut open: Vec<(Option<&'static Function>, usize)> = Vec::new();
    let mut quote = None;
    let mut bytes = source.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            _ if quote == Some(byte) => quote = None,
            _ if quote.is_some() => {}
            b'"' | b'`' | b'\'' => quote = Some(byte),
            b'(' | b'[' | b'{' => {
                let before = part(source, 0, at);
                let name = before.get(run_before(before, is_name)..).unwrap_or_default();
                open.push((facts::function(name).filter(|_| byte == b'('), 0));
            }
            b')' | b']' | b'}' => {
                open.pop();
            }
            b',' => {
                if let Some((_, argument)) = open.last_mut() {
                    *argument += 1;
                }
            }
            _ => {}
        }
    }
    open.into_iter().rev().find_map(|(function, argument)| Some(Call { function: function?, argument }))
}

impl List<'_, '_> {
    /// The items in an expression. `node` is the scalar, which may contain the placeholder only.
    pub(super) fn expression(&mut self, at: usize, node: Option<Node<'_>>) {
        let begin = node.filter(|_| !self.cursor.is_empty).map_or(at, |node| node.span().start as usize);
        let mut begin = begin.max(at.saturating_sub(MAX_EXPRESSION));
        while !self.view.text.is_char_boundary(begin) {
            begin += 1;
        }
        let mut source = part(self.view.text, begin.min(at), at);
        let quote = source.chars().next().filter(|c| matches!(c, '"' | '\''));
        if quote.is_some() && node.is_some_and(|node| node.span().start as usize == begin) {
            source = source.get(1..).unwrap_or_default();
        }
        let unescaped = replaced(source, "\\\"", "\"");
        if in_text(if quote == Some('"') { &unescaped } else { source }) {
            return;
        }
        let (steps, start) = path_before(source);
        self.span = Span::new(at - (source.len() - start), at);
        match steps.split_first() {
            Some((variable, path)) => self.members(variable, path, at),
            None => self.words_of_expressions(),
        }
    }

    fn members(&mut self, variable: &str, path: &[&str], at: usize) {
        let dialect = self.spot.dialect;
        if is_one_of(variable, &["$context", "$Context"]) {
            let mut before = joined(path, ".");
            if !before.is_empty() {
                before.push('.');
            }
            for member in facts::context(dialect) {
                let Some(rest) = member.strip_prefix(before.as_str()) else { continue };
                let name = until(rest, '.');
                if !self.items.iter().any(|item| item.label == name) {
                    self.add(name, ItemKind::Member, name.to_owned(), "", explain::member(dialect, member));
                }
            }
        }
        for member in data::members(self.view, self.spot, variable, path, at) {
            if !self.items.iter().any(|item| item.label == member.name) {
                self.add(&member.name, ItemKind::Member, member.name.clone(), &member.origin, NOTHING);
            }
        }
    }

    fn words_of_expressions(&mut self) {
        let dialect = self.spot.dialect;
        for name in self.spot.variables() {
            self.add(name, ItemKind::Variable, (*name).to_owned(), "", explain::variable(dialect, name));
        }
        if dialect == Dialect::Flow {
            return;
        }
        for function in facts::functions() {
            let insert = cat(&[function.name, if function.takes.is_empty() { "()" } else { "(" }]);
            let note = explain::function(function.name);
            self.add(function.name, ItemKind::Function, insert, function.signature, note);
        }
    }
}
