//! What a step puts into the local data of its scope, as an expression.

use super::Migrator;
use super::data::{Frame, Local, Source, latest};
use super::reads::{self, Root};
use super::write::{Entry, Value, json_text};
use cloudflow_language::flow::{Shaping, State};
use cloudflow_language::yaml::{Kind, Node, Resolved};

impl<'f, 'a> Migrator<'f, 'a> {
    /// What the local data become when the step is done, as an entry of its constructor.
    pub fn local_entry(
        &mut self,
        before: &str,
        frame: &Frame,
        state: &'f State<'a>,
        shaping: Option<&'f Shaping<'a>>,
        local: &Local,
        own: Option<&'static str>,
    ) -> Entry {
        let Some(shaping) = shaping else {
            return match local {
                Local::Value(value) if frame.fresh => Entry::expression("local", value),
                _ if frame.fresh => Entry::new("local", Value::Map(Vec::new())),
                Local::Value(value) => Entry::expression("local", &["jsonMerge(", before, ", ", value, ")"].concat()),
                _ => Entry::expression("local", before),
            };
        };
        if frame.fresh {
            let mut entries = Vec::new();
            for mapping in latest(reads::entries(shaping)) {
                let (Some(target), Some(source)) = (mapping.target, mapping.source) else {
                    continue;
                };
                let entry = match self.output_source(frame, state, source, local, own) {
                    Some(expression) => Entry::expression(target.value, &expression),
                    None => Entry::new(target.value, self.constant(source)),
                };
                entries.push(self.dress_mapping(entry, mapping));
            }
            return Entry::new("local", Value::Map(entries));
        }
        let mut lead = Vec::new();
        let mut made = Vec::new();
        let mut trail = None;
        for mapping in latest(reads::entries(shaping)) {
            let (Some(target), Some(source)) = (mapping.target, mapping.source) else {
                continue;
            };
            let value = match self.output_source(frame, state, source, local, own) {
                Some(expression) => expression,
                None => self.json(source),
            };
            let dressed = self.dress_mapping(Entry::text(target.value, ""), mapping);
            lead.extend(dressed.lead);
            // Comments behind several values would run together: they stand above instead.
            if made.is_empty() {
                trail = dressed.trail;
            } else {
                lead.extend(trail.take());
                lead.extend(dressed.trail);
            }
            made.push([&json_text(target.value), ": ", &value].concat());
        }
        let entry = if made.is_empty() {
            Entry::expression("local", before)
        } else if made.len() == 1 {
            Entry::expression("local", &["jsonMerge(", before, ", {", &made.concat(), "})"].concat())
        } else {
            let last = made.len();
            let mut lines = vec![["jsonMerge(", before, ", {"].concat()];
            lines.extend(made.into_iter().enumerate().map(|(at, pair)| if at + 1 < last { pair + "," } else { pair }));
            lines.push("})".to_owned());
            Entry::new("local.$", Value::Folded(lines))
        };
        entry.lead(lead).trail(trail)
    }

    /// A source of output or error mappings; none where it is a constant.
    fn output_source(
        &mut self,
        frame: &Frame,
        state: &'f State<'a>,
        source: Node<'a>,
        local: &Local,
        own: Option<&'static str>,
    ) -> Option<String> {
        let found = match reads::reference(source)? {
            (Root::Local, rest) => return Some(self.local_path(local, source, rest)),
            (Root::Input | Root::Own, rest) => self.own_source(frame, state, rest, own),
            (Root::Context, rest) => self.context(source, rest),
        };
        Some(match found {
            Source::Expression(expression) => expression,
            _ => "null".to_owned(),
        })
    }

    fn local_path(&mut self, local: &Local, source: Node<'a>, rest: &str) -> String {
        let nothing = || "null".to_owned();
        match local {
            Local::Value(value) => [value, rest].concat(),
            Local::Empty if rest.is_empty() => "{}".to_owned(),
            Local::Empty => nothing(),
            Local::Error => match rest {
                ".error" | ".code" => "$Context.Current.Error.Code".to_owned(),
                ".cause" => "$Context.Current.Error.Detail".to_owned(),
                "" => "{\"error\": $Context.Current.Error.Code, \"cause\": $Context.Current.Error.Detail}".to_owned(),
                _ => {
                    let message = ["an error has no `", rest, "`, only `.error` and `.cause`: it is null"].concat();
                    self.no_equal(source.span(), message);
                    nothing()
                }
            },
            Local::Items => {
                let (index, tail) = element(rest);
                if index.is_none_or(|index| index == "*") {
                    self.review(
                        source.span(),
                        "`[*]` is documented for the old dialect only: try it before you rely on it",
                    );
                }
                match index {
                    None if rest.is_empty() => "$Output.Items[*].local".to_owned(),
                    None => nothing(),
                    Some(index) => ["$Output.Items[", index, "].local", tail].concat(),
                }
            }
            Local::Branches(count) => {
                let branch = |at: usize, tail: &str| ["$Output.Branch", &at.to_string(), ".local", tail].concat();
                let every = |tail: &str| {
                    let all: Vec<String> = (0..*count).map(|at| branch(at, tail)).collect();
                    ["[", &all.join(", "), "]"].concat()
                };
                match element(rest) {
                    (None, _) if rest.is_empty() => every(""),
                    (None, _) => nothing(),
                    (Some("*"), tail) => {
                        self.review(
                            source.span(),
                            "`[*]` left out the branches that have no such value: now each of them must have it",
                        );
                        every(tail)
                    }
                    (Some(index), tail) => match index.parse().ok().filter(|at| at < count) {
                        Some(at) => branch(at, tail),
                        None => nothing(),
                    },
                }
            }
        }
    }

    /// A constant as JSON inside an expression.
    // Recursion is bounded by the depth that the reader of YAML allows.
    pub fn json(&mut self, node: Node<'a>) -> String {
        if !self.spend() {
            return "null".to_owned();
        }
        if node.tag().is_some_and(|tag| !tag.starts_with("!!")) {
            let message = "a tag cannot stand inside an expression: the value is kept as text without it";
            self.no_equal(node.span(), message);
        }
        match node.kind() {
            Kind::Sequence => {
                let items: Vec<String> = node.items().map(|item| self.json(item)).collect();
                ["[", &items.join(", "), "]"].concat()
            }
            Kind::Mapping => {
                let pair = |(key, value): (Node<'a>, Node<'a>)| {
                    [&json_text(key.text().unwrap_or_default()), ": ", &self.json(value)].concat()
                };
                let pairs: Vec<String> = node.entries().map(pair).collect();
                ["{", &pairs.join(", "), "}"].concat()
            }
            Kind::Scalar => match node.resolve() {
                None | Some(Resolved::Null) => "null".to_owned(),
                Some(Resolved::Bool(value)) => value.to_string(),
                Some(Resolved::Int(value)) => value.to_string(),
                Some(Resolved::Float(text)) if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
                    text.to_owned()
                }
                Some(Resolved::Float(text) | Resolved::Text(text)) => json_text(text),
            },
        }
    }
}

/// `[0]` or `[*]`, and what is behind it.
fn element(rest: &str) -> (Option<&str>, &str) {
    match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((index, tail)) => (Some(index), tail),
        None => (None, rest),
    }
}
