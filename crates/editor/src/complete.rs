//! What can be written at an offset.

mod cursor;
mod expression;

use cloudflow_base::small::is_one_of;
use cloudflow_base::text::Span;
use cloudflow_language::facts;
use cloudflow_language::flow::dialect::{Dynamic, Key, Shape, Slot, Standing, StateType, Value, computed_base};
use cloudflow_language::flow::{Dialect, TaskMode};
use cloudflow_language::yaml::{Kind, Node, Style};

use crate::explain::{self, Note};
use crate::names::{self, escaped};
use crate::spot::{Frame, Spot};
use crate::text::{cat, replaced};
use crate::view::{View, line_end, line_start};
use cursor::{Cursor, Place};

pub(crate) use expression::{call, path_before};

/// What can be written at an offset: items for one range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// The text that an item replaces.
    pub span: Span,
    /// The items, the most likely ones first.
    pub items: Vec<Item>,
    /// The dialect at the offset, for [`Note::words`].
    pub dialect: Option<Dialect>,
}

/// One item of a [`Completion`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The text in the list.
    pub label: String,
    /// What the item is.
    pub kind: ItemKind,
    /// The text to insert.
    pub insert: String,
    /// A short remark beside the label. Empty if there is none.
    pub detail: String,
    /// The documentation.
    pub note: Note,
}

/// The kind of an [`Item`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// A key of a mapping.
    Key,
    /// A type of states.
    Type,
    /// The name of a state.
    State,
    /// The name of an error.
    Error,
    /// A word or a constant.
    Value,
    /// The name of an action.
    Action,
    /// A function of expressions.
    Function,
    /// A variable of expressions.
    Variable,
    /// A member of a variable.
    Member,
}

impl ItemKind {
    /// The name in the JavaScript interface.
    pub fn as_str(self) -> &'static str {
        match self {
            ItemKind::Key => "key",
            ItemKind::Type => "type",
            ItemKind::State => "state",
            ItemKind::Error => "error",
            ItemKind::Value => "value",
            ItemKind::Action => "action",
            ItemKind::Function => "function",
            ItemKind::Variable => "variable",
            ItemKind::Member => "member",
        }
    }
}

const NOTHING: Note = Note { text: "", page: "" };

/// The items for an offset in bytes.
pub(crate) fn completion(text: &str, at: usize) -> Completion {
    let nothing = Completion { span: Span::at(at), ..Completion::default() };
    let Some(cursor) = View::of_tree(text, |view| Cursor::find(view, at)) else { return nothing };
    // A new item of a list, and the keys beside the key of the list if both have one column.
    let place = cursor.item(text, at);
    let mut found = place.map_or_else(Completion::default, |_| items(text, at, &cursor.with_dash()));
    for item in &mut found.items {
        item.label.insert_str(0, "- ");
    }
    if place == Some(Place::Item) && !found.items.is_empty() {
        return found;
    }
    let mut keys = items(text, at, &cursor);
    found.items.append(&mut keys.items);
    if found.items.is_empty() { nothing } else { Completion { items: found.items, ..keys } }
}

/// The items at a cursor of the text with the placeholder.
fn items(text: &str, place: usize, cursor: &Cursor) -> Completion {
    let nothing = Completion { span: cursor.word, ..Completion::default() };
    let at = cursor.at;
    View::read(&cursor.text, |view| {
        let spot = Spot::find(view, at);
        let mut list = List { cursor, view, spot: &spot, span: cursor.word, items: Vec::new(), dash: false };
        list.fill(at);
        if list.items.is_empty() {
            return nothing;
        }
        let limit = line_end(text, place);
        let start = (list.span.start as usize).min(place);
        Completion {
            span: Span::new(start, (list.span.end as usize).min(limit)),
            items: list.items,
            dialect: view.dialect,
        }
    })
}

struct List<'l, 'a> {
    cursor: &'l Cursor,
    view: &'l View<'a>,
    spot: &'l Spot<'a>,
    span: Span,
    items: Vec<Item>,
    /// The first item of a list is written without its dash.
    dash: bool,
}

impl List<'_, '_> {
    fn fill(&mut self, at: usize) {
        let spot = self.spot;
        let Some(frame) = spot.frames.last() else { return self.document() };
        let is_list = matches!(frame.expects, Value::Many(_) | Value::Texts);
        self.dash =
            self.cursor.dash || spot.at_key && is_list && !self.cursor.in_flow && frame.node.entries().count() == 1;
        if !spot.at_key {
            return self.value(spot.value, at);
        }
        match frame.shape {
            Some(Shape::Document) if self.view.dialect.is_none() => self.document(),
            Some(shape) => self.keys(spot.dialect, shape, frame),
            // The word of a value that is not complete looks like a key.
            None if !matches!(frame.expects, Value::Object | Value::Any | Value::Constructor) => {
                self.scalar(frame.expects, None, at);
            }
            None => self.free_keys(frame),
        }
    }

    /// The keys of a document of unknown dialect.
    fn document(&mut self) {
        for dialect in [Dialect::StateMachine, Dialect::Flow] {
            for key in dialect.keys(Shape::Document) {
                if key.standing == Standing::Plain {
                    self.key(dialect, Shape::Document, None, key);
                }
            }
        }
    }

    fn keys(&mut self, dialect: Dialect, shape: Shape, frame: &Frame<'_>) {
        let own = self.spot.entry.map(|(key, _)| key.span());
        let mut present = Vec::new();
        for (key, _) in frame.node.entries().filter(|(key, _)| Some(key.span()) != own) {
            let name = key.text().unwrap_or_default();
            let name = computed_base(name).unwrap_or(name);
            present.extend(dialect.keys(shape).iter().filter(|key| key.name == name).map(|key| key.slot));
        }
        let of = frame.of;
        let fits = |key: &Key| match of {
            _ if shape != Shape::State => true,
            Some(of) => key.on.contains(of),
            // A state without a type: what every state has.
            None => [StateType::Task, StateType::Choice, StateType::Fail].iter().all(|of| key.on.contains(*of)),
        };
        // One of each pair excludes the other.
        let excluded = |slot: Slot| {
            let pairs = [
                (Slot::Next, Slot::End),
                (Slot::Resource, Slot::Action),
                (Slot::Seconds, Slot::Timestamp),
                (Slot::Items, Slot::ItemReader),
            ];
            let is = |other| shape == Shape::State && present.contains(&other);
            present.contains(&slot) || pairs.iter().any(|(a, b)| *a == slot && is(*b) || *b == slot && is(*a))
        };
        for round in 0..3 {
            for key in dialect.keys(shape).iter().filter(|key| fits(key) && !excluded(key.slot)) {
                let turn = match key.standing {
                    Standing::Undocumented => 3,
                    Standing::Deprecated(_) => 2,
                    _ if key.is_required(of) => 0,
                    _ => 1,
                };
                if turn == round {
                    self.key(dialect, shape, of, key);
                }
            }
        }
    }

    fn key(&mut self, dialect: Dialect, shape: Shape, of: Option<StateType>, key: &'static Key) {
        let known = self.items.iter().any(|item| item.label == key.name);
        if known {
            return;
        }
        let note = explain::key(dialect, shape, of, key.slot);
        let detail = match key.standing {
            Standing::Deprecated(_) => "deprecated",
            _ if key.is_required(of) => "required",
            _ => "",
        };
        let indent = cat(&["\n", &" ".repeat(self.cursor.column + if self.dash { 4 } else { 2 })]);
        let after = match key.value {
            _ if self.cursor.colon => String::new(),
            _ if self.cursor.in_flow => ": ".to_owned(),
            Value::Many(_) => cat(&[":", &indent, "- "]),
            Value::Texts => cat(&[": []"]),
            Value::One(_) | Value::Constructor | Value::Object => cat(&[":", &indent]),
            _ => ": ".to_owned(),
        };
        let insert = self.key_text(key.name, &after);
        self.add(key.name, ItemKind::Key, insert, detail, note);
        if key.dynamic == Dynamic::Key {
            let label = cat(&[key.name, ".$"]);
            let insert = self.key_text(&label, if self.cursor.colon { "" } else { ": " });
            self.add(&label, ItemKind::Key, insert, "expression", note);
        }
    }

    /// The keys of a mapping without a table.
    fn free_keys(&mut self, frame: &Frame<'_>) {
        if self.spot.free_depth() != 1 {
            return;
        }
        let has = |name: &str| {
            let own = self.spot.entry.map(|(key, _)| key.span());
            let mut others = frame.node.entries().filter(|(key, _)| Some(key.span()) != own);
            others.any(|(key, _)| key.text().is_some_and(|key| computed_base(key).unwrap_or(key) == name))
        };
        let after = if self.cursor.colon { "" } else { ": " };
        match self.spot.slot() {
            Some(Slot::Params) => {
                let Some(action) = self.action() else { return };
                let parameters: Vec<&str> = action.parameters.iter().copied().filter(|name| !has(name)).collect();
                for name in parameters {
                    let needed = is_one_of(name, facts::needed(action.name));
                    let note = Note { text: explain::parameter(name), page: action.note.page };
                    let detail = if needed { "required" } else { "" };
                    let insert = self.key_text(name, after);
                    self.add(name, ItemKind::Key, insert, detail, note);
                }
            }
            Some(Slot::Config) if !has("ExecutionMode") => {
                let text = "The mode of the child executions: `Standard` or `Express`.";
                let note = Note { text, ..explain::key(self.spot.dialect, Shape::Processor, None, Slot::Config) };
                let insert = self.key_text("ExecutionMode", after);
                self.add("ExecutionMode", ItemKind::Key, insert, "", note);
            }
            _ => {}
        }
    }

    /// A key and the text after it. The key has quotes if the keys beside it have quotes, or those around an empty object.
    fn key_text(&self, name: &str, after: &str) -> String {
        let mut frames = self.spot.frames.iter().rev();
        let has_keys = |node: Node<'_>| node.entries().any(|(key, _)| key.text() != Some(cursor::PLACEHOLDER));
        let frame = frames.find(|frame| !self.cursor.in_flow || has_keys(frame.node));
        let is_json =
            frame.is_some_and(|frame| frame.node.entries().any(|(key, _)| key.style() == Style::DoubleQuoted));
        if is_json { cat(&["\"", name, "\"", after]) } else { cat(&[name, after]) }
    }

    /// The documented action of the state at the offset.
    fn action(&self) -> Option<&'static explain::Action> {
        action(self.spot)
    }

    fn value(&mut self, node: Option<Node<'_>>, at: usize) {
        let node = node.filter(|node| node.kind() == Kind::Scalar);
        let typed = node.and_then(Node::text).filter(|_| !self.cursor.is_empty).unwrap_or_default();
        if self.spot.is_expression(typed) {
            return self.expression(at, node);
        }
        self.scalar(self.spot.expects, node, at);
    }

    /// The values of a key of this type.
    fn scalar(&mut self, expects: Value, node: Option<Node<'_>>, at: usize) {
        let spot = self.spot;
        if let Some(node) = node.filter(|_| !self.cursor.is_empty) {
            let quotes = usize::from(matches!(node.style(), Style::SingleQuoted | Style::DoubleQuoted));
            let (start, end) = (node.span().start as usize + quotes, node.span().end as usize - quotes);
            if !matches!(node.style(), Style::Plain) && quotes == 0
                || start > at
                || start < line_start(self.view.text, at)
            {
                return;
            }
            self.span = Span::new(start, end.max(at));
        }
        let style = node.filter(|_| !self.cursor.is_empty).map(Node::style);
        let dialect = spot.dialect;
        let shape = spot.shaped().and_then(|frame| frame.shape);
        match (expects, spot.slot()) {
            (Value::Target, _) => self.targets(style),
            (Value::OneOf(words), _) => {
                for word in words {
                    let note = TaskMode::read(word, dialect).map_or(NOTHING, |mode| explain::mode(dialect, mode));
                    self.add(word, ItemKind::Value, (*word).to_owned(), "", note);
                }
            }
            (Value::Bool, slot) => {
                let note = slot.map_or(NOTHING, |slot| explain::key(dialect, Shape::State, None, slot));
                self.words(&["true", "false"], note);
            }
            (Value::Text, Some(Slot::Type)) if shape == Some(Shape::Document) => {
                for dialect in [Dialect::StateMachine, Dialect::Flow] {
                    let note = explain::key(dialect, Shape::Document, None, Slot::Type);
                    self.words(&[dialect.as_str()], note);
                }
            }
            (Value::Text, Some(Slot::Type)) => {
                for (name, of) in dialect.types() {
                    self.add(name, ItemKind::Type, (*name).to_owned(), "", explain::state_type(dialect, *of));
                }
            }
            (Value::Text, Some(Slot::Version)) => {
                let words: &[&str] = if dialect == Dialect::Flow { &["v1", "v1beta1"] } else { &["v1"] };
                self.words(words, explain::key(dialect, Shape::Document, None, Slot::Version));
            }
            (Value::Text | Value::Texts, Some(Slot::Errors)) => self.errors(style),
            (Value::Text, Some(Slot::Action)) if dialect == Dialect::StateMachine => {
                for action in &explain::ACTIONS {
                    self.add(action.name, ItemKind::Action, action.name.to_owned(), "", action.note);
                }
            }
            (Value::Text, Some(Slot::Resource)) => {
                let note = explain::key(dialect, Shape::State, Some(StateType::Task), Slot::Resource);
                facts::resources().for_each(|form| self.add(form, ItemKind::Value, written(form, style), "", note));
            }
            (Value::Any, Some(Slot::Config)) => {
                self.words(&["Standard", "Express"], explain::key(dialect, Shape::Processor, None, Slot::Config));
            }
            (Value::Any, Some(Slot::Params)) if spot.free_depth() == 1 && spot.frames.len() > 1 => {
                let name = spot.entry.and_then(|(key, _)| key.text()).unwrap_or_default();
                if let Some(action) = self.action() {
                    let note = Note { text: explain::parameter(name), page: action.note.page };
                    self.words(facts::words(action.name, name), note);
                }
            }
            _ => {}
        }
    }

    /// The states that a target can lead to.
    fn targets(&mut self, style: Option<Style>) {
        let Some(list) = self.spot.targets() else { return };
        let keys = [
            self.spot.dialect.key(Shape::State, Slot::Name),
            self.spot.dialect.key(Shape::State, Slot::Type),
            self.spot.dialect.key(Shape::State, Slot::Description),
        ];
        let [name, kind, remark] = keys;
        for state in list.items() {
            let text = |key: &str| state.get(key).and_then(Node::text).unwrap_or_default();
            let label = text(name);
            if label.is_empty() || label.starts_with(cursor::PLACEHOLDER) {
                continue;
            }
            let of = StateType::read(text(kind), self.spot.dialect);
            let note = of.map_or(NOTHING, |of| explain::state_type(self.spot.dialect, of));
            let detail = cat(&[text(kind), if text(remark).is_empty() { "" } else { ": " }, text(remark)]);
            self.add(label, ItemKind::State, written(label, style), &detail, note);
        }
    }

    /// The names of errors: the documented ones, and those that the flow uses.
    fn errors(&mut self, style: Option<Style>) {
        let dialect = self.spot.dialect;
        // The names that the rule has already.
        let mut rule: Vec<&str> = Vec::new();
        if let Some((_, list)) = self.spot.entry {
            let others = list.items().filter(|item| Some(item.span()) != self.spot.value.map(Node::span));
            rule.extend(others.filter_map(Node::text));
        }
        let mut names: Vec<&str> = facts::errors().to_vec();
        for state in self.view.flow.iter().flat_map(|flow| flow.states()) {
            use cloudflow_language::flow::{StateKind, TextValue};
            if let StateKind::Fail(fail) = &state.kind
                && let Some(TextValue::Literal(code)) = fail.error
            {
                names.push(code.value);
            }
            let lists = state.retry.iter().map(|rule| &rule.errors);
            let lists = lists.chain(state.catch_rules().iter().map(|rule| &rule.errors));
            names.extend(lists.flatten().filter(|error| !self.is_own(error.node)).map(|error| error.value));
        }
        for name in names {
            if !name.is_empty() && !rule.contains(&name) && !self.items.iter().any(|item| item.label == name) {
                let word = written(name, style);
                // In the place of the list.
                let is_list = self.spot.expects == Value::Texts && !self.spot.at_key;
                let insert = if is_list { cat(&["[", &word, "]"]) } else { word };
                self.add(name, ItemKind::Error, insert, "", explain::error(dialect, name));
            }
        }
    }

    /// True for the scalar that is completed.
    fn is_own(&self, node: Node<'_>) -> bool {
        self.spot.value.is_some_and(|value| value.span() == node.span())
    }

    fn words(&mut self, words: &[&str], note: Note) {
        for word in words {
            self.add(word, ItemKind::Value, (*word).to_owned(), "", note);
        }
    }

    fn add(&mut self, label: &str, kind: ItemKind, insert: String, detail: &str, note: Note) {
        let insert = if self.dash { cat(&["- ", &insert]) } else { insert };
        // A value directly after the colon of its key needs a blank.
        let insert = if self.cursor.blank { cat(&[" ", &insert]) } else { insert };
        self.items.push(Item { label: label.to_owned(), kind, insert, detail: detail.to_owned(), note });
    }
}

/// The documented action of the state at an offset.
pub(crate) fn action(spot: &Spot<'_>) -> Option<&'static explain::Action> {
    let key = spot.dialect.key(Shape::State, Slot::Action);
    explain::action_named(spot.state()?.node.get(key)?.text()?)
}

/// A text as the content of a scalar with this notation; without notation, as a scalar.
fn written(text: &str, style: Option<Style>) -> String {
    match style {
        Some(Style::SingleQuoted) => replaced(text, "'", "''"),
        Some(Style::DoubleQuoted) => escaped(text),
        _ if names::is_plain(text) || text.starts_with("acs:") => text.to_owned(),
        _ => names::quoted(text),
    }
}
