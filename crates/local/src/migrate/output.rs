//! The local data of a scope after a step.

use super::Migrator;
use super::data::{Frame, Local, Source, effective};
use super::expression::{Data, Expr};
use super::reads::{self, Root};
use super::write::{Entry, Value};
use cloudflow_base::diagnostic::fill;
use cloudflow_language::flow::{Shaping, State};
use cloudflow_language::yaml::{Kind, Node, Resolved};

impl<'f, 'a> Migrator<'f, 'a> {
    /// The entry `local` of a step's constructor: the local data after the step.
    pub fn local_entry(
        &mut self,
        before: Data,
        frame: &Frame,
        state: &'f State<'a>,
        shaping: Option<&'f Shaping<'a>>,
        local: &Local,
        own: Option<Data>,
    ) -> Entry {
        let Some(shaping) = shaping else {
            return match local {
                Local::Value(value) if frame.fresh => Entry::expression("local", *value),
                _ if frame.fresh => Entry::new("local", Value::Map(Vec::new())),
                Local::Value(value) => Entry::expression("local", Expr::merge(before, *value)),
                _ => Entry::expression("local", before),
            };
        };
        if frame.fresh {
            let mut entries = Vec::new();
            for mapping in effective(reads::entries(shaping)) {
                let (Some(target), Some(source)) = (mapping.target, mapping.source) else {
                    continue;
                };
                let entry = match self.output_source(frame, state, source, local, own) {
                    Some(expression) => Entry::expression(target.value, expression),
                    None => Entry::new(target.value, self.constant(source)),
                };
                entries.push(entry.with(self.mapping_comments(mapping)));
            }
            return Entry::new("local", Value::Map(entries));
        }
        let mut lead = Vec::new();
        let mut members = Vec::new();
        let mut trail = None;
        for mapping in effective(reads::entries(shaping)) {
            let (Some(target), Some(source)) = (mapping.target, mapping.source) else {
                continue;
            };
            let value = match self.output_source(frame, state, source, local, own) {
                Some(expression) => expression,
                None => self.json(source),
            };
            let comments = self.mapping_comments(mapping);
            lead.extend(comments.lead);
            // Several comments cannot follow one entry: the comments of several values precede it.
            if members.is_empty() {
                trail = comments.trail;
            } else {
                lead.extend(trail.take());
                lead.extend(comments.trail);
            }
            members.push((target.value.to_owned(), value));
        }
        let value = if members.is_empty() { before.into() } else { Expr::merge(before, Expr::Object(members)) };
        let entry = Entry::expression("local", value);
        entry.lead(lead).trail(trail)
    }

    /// Converts a source of output or error mappings. Absent if it is a constant.
    fn output_source(
        &mut self,
        frame: &Frame,
        state: &'f State<'a>,
        source: Node<'a>,
        local: &Local,
        own: Option<Data>,
    ) -> Option<Expr> {
        let found = match reads::reference(source)? {
            (Root::Local, rest) => return Some(self.local_path(local, source, rest)),
            (Root::Input | Root::Own, rest) => self.own_source(frame, state, rest, own),
            (Root::Context, rest) => self.context(source, rest),
        };
        Some(match found {
            Source::Expression(expression) => expression,
            _ => Expr::Null,
        })
    }

    fn local_path(&mut self, local: &Local, source: Node<'a>, rest: &str) -> Expr {
        match local {
            Local::Value(value) => Expr::from(*value).path(rest),
            Local::Empty if rest.is_empty() => Expr::Object(Vec::new()),
            Local::Empty => Expr::Null,
            Local::Error => match rest {
                ".error" | ".code" => Data::ErrorCode.into(),
                ".cause" => Data::ErrorDetail.into(),
                "" => Expr::Object(vec![
                    ("error".to_owned(), Data::ErrorCode.into()),
                    ("cause".to_owned(), Data::ErrorDetail.into()),
                ]),
                _ => {
                    let message = fill("an error has only `.error` and `.cause`: `{}` is null", &[rest]);
                    self.no_equal(source.span(), message);
                    Expr::Null
                }
            },
            Local::Items => {
                let (index, tail) = element(rest);
                if index.is_none_or(|index| index == "*") {
                    self.review(
                        source.span(),
                        "`[*]` is documented only for the old dialect: test it before you rely on it",
                    );
                }
                let item = |index| Expr::from(Data::Output).member("Items").element(index).member("local");
                match index {
                    None if rest.is_empty() => item("*"),
                    None => Expr::Null,
                    Some(index) => item(index).path(tail),
                }
            }
            Local::Branches(count) => {
                let branch = |at: usize, tail: &str| {
                    Expr::from(Data::Output).member(&format!("Branch{at}")).member("local").path(tail)
                };
                let every = |tail: &str| Expr::List((0..*count).map(|at| branch(at, tail)).collect());
                match element(rest) {
                    (None, _) if rest.is_empty() => every(""),
                    (None, _) => Expr::Null,
                    (Some("*"), tail) => {
                        self.review(
                            source.span(),
                            "`[*]` skips branches without the value in the old dialect: in the new one \
                                every branch must have it",
                        );
                        every(tail)
                    }
                    (Some(index), tail) => match index.parse().ok().filter(|at| at < count) {
                        Some(at) => branch(at, tail),
                        None => Expr::Null,
                    },
                }
            }
        }
    }

    /// A constant as JSON inside an expression.
    // Recursion is bounded by the depth limit of the YAML reader.
    pub fn json(&mut self, node: Node<'a>) -> Expr {
        if !self.spend() {
            return Expr::Null;
        }
        if node.tag().is_some_and(|tag| !tag.starts_with("!!")) {
            let message = "an expression cannot contain a tag: the value is kept as text without the tag";
            self.no_equal(node.span(), message);
        }
        match node.kind() {
            Kind::Sequence => Expr::List(node.items().map(|item| self.json(item)).collect()),
            Kind::Mapping => {
                let member =
                    |(key, value): (Node<'a>, Node<'a>)| (key.text().unwrap_or_default().to_owned(), self.json(value));
                Expr::Object(node.entries().map(member).collect())
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
}

/// The index of `[0]` or `[*]`, and the rest.
fn element(rest: &str) -> (Option<&str>, &str) {
    match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((index, tail)) => (Some(index), tail),
        None => (None, rest),
    }
}
