//! Converts one step to one state.

use cloudflow_base::diagnostic::fill;
use cloudflow_base::limits::WAIT_SECONDS;
use cloudflow_base::small::to_decimal;
use cloudflow_language::expr;
use cloudflow_language::flow::dialect::{Shape, Slot, StateType};
use cloudflow_language::flow::{Fail, NumberValue, Retry, State, StateKind, Text, TextValue, Wait};
use cloudflow_language::yaml::Node;

use super::condition::Condition;
use super::list::ListBuilder;
use super::route::{Dest, Route};
use super::source;
use super::symbol::Val;
use super::uses::{self, unescaped};
use super::write::{Entry, Item, Value};
use super::{Migrator, new_key, old_key, type_entry};

impl<'f, 'a> Migrator<'f, 'a> {
    /// Adds the state for a step.
    // Recursion into nested steps is bounded by the depth limit of the YAML reader.
    pub(super) fn step(&mut self, state: &'f State<'a>, list: &mut ListBuilder) {
        let mut lead = self.comments.lead(state.node.span().start);
        if let Some(mut item) = self.published(state) {
            item.lead = std::mem::take(&mut lead);
            list.states.push(item);
        }
        // The nested steps follow the step in the output, but are converted first, so that they take
        // their comments.
        let at = list.states.len();
        list.states.push(Item::new(Value::Map(Vec::new())));
        let own = self.layout.plan.kept_own(state.id);
        let routes = self.layout.plan.symbols.routes(state, own.as_ref(), &uses::result(state));
        let mut entries = Vec::new();
        match &state.kind {
            StateKind::Task(task) => self.task(state, task, &routes, &mut entries),
            StateKind::Pass | StateKind::Succeed => self.pass(state, &routes, &mut entries),
            StateKind::Wait(wait) => self.wait(state, wait, &routes, &mut entries, list),
            StateKind::Fail(fail) => self.fail(state, fail, &mut entries),
            StateKind::Choice(choice) => self.choice(state, choice, &routes, &mut entries, list),
            StateKind::Parallel(parallel) => self.parallel(state, parallel, &routes, &mut entries),
            StateKind::Map(map) => self.map(state, map, &routes, &mut entries),
            StateKind::Unknown => {
                let place = state.type_name.map_or(state.place(), |name| name.span);
                self.no_equal(place, "the type of the step is filled in by a template: a Pass is written");
                self.pass(state, &routes, &mut entries);
            }
        }
        let rest = self.rest(state.node);
        if let Some(item) = list.states.get_mut(at) {
            item.lead.extend(lead);
            item.lead.extend(rest);
            item.value = Value::Map(entries);
        }
    }

    /// Adds `Type` and `Name` in the author's order, then the constructor that keeps the step's own
    /// input, if it is needed.
    pub(super) fn head(&mut self, state: &State<'a>, of: StateType, entries: &mut Vec<Entry>) {
        let node = state.node;
        let name = self.name_of(state.id);
        let type_entry = self.scalar_entry(type_entry(of), node, old_key(Shape::State, Slot::Type));
        let same = state.name.is_some_and(|own| own.value == name);
        let name_entry = match node.get(old_key(Shape::State, Slot::Name)).filter(|_| same) {
            Some(value) => {
                self.copied_entry(new_key(Shape::State, Slot::Name), value, node, old_key(Shape::State, Slot::Name))
            }
            None => self.scalar_entry(
                Entry::text(new_key(Shape::State, Slot::Name), &name),
                node,
                old_key(Shape::State, Slot::Name),
            ),
        };
        let position = |key: &str| node.entries().position(|(k, _)| k.text() == Some(key)).unwrap_or(usize::MAX);
        if position(old_key(Shape::State, Slot::Name)) < position(old_key(Shape::State, Slot::Type)) {
            entries.extend([name_entry, type_entry]);
        } else {
            entries.extend([type_entry, name_entry]);
        }
        if self.layout.plan.kept_own(state.id).is_some() {
            let view = self.layout.raw(state.id);
            let slots = self.layout.named_slots(state.id);
            let mut kept: Vec<Entry> = Vec::new();
            for (name, value) in slots {
                kept.push(self.entry(&name, &value, &view));
            }
            kept.push(self.own_entry("own", state, true));
            let entry = Entry::new(new_key(Shape::State, Slot::Input), Value::Map(kept));
            entries.push(self.collection_entry(entry, node, old_key(Shape::State, Slot::Input)));
        }
    }

    /// The step's whole own input. `raw`: before the `InputConstructor`.
    pub(super) fn own_entry(&mut self, key: &str, state: &State<'a>, raw: bool) -> Entry {
        let view = if raw { self.layout.raw(state.id) } else { self.layout.view(state.id) };
        if let Some(own) = self.layout.plan.kept_own(state.id).filter(|_| !raw) {
            return Entry::expression(key, own);
        }
        match &state.input {
            Some(shaping) => {
                let mut entries = Vec::new();
                for (mapping, target, node) in source::effective(shaping) {
                    let value = self.layout.plan.symbols.parent_source(state, node);
                    let entry = self.entry(target, &value, &view);
                    entries.push(entry.with(self.mapping_comments(mapping)));
                }
                Entry::new(key, Value::Map(entries))
            }
            None => {
                let whole = self.layout.plan.symbols.own(state.id).whole();
                self.entry(key, &Val::Expr(whole), &view)
            }
        }
    }

    fn pass(&mut self, state: &State<'a>, routes: &[Route<'a>], entries: &mut Vec<Entry>) {
        if let (Some(shaping), None) = (&state.input, &state.output) {
            self.review(shaping.node().span(), "these mappings are removed: they have no effect");
        }
        // A Succeed has no transition.
        let ends = routes.iter().all(|route| matches!(route.dest, Dest::Exit(_)));
        let succeeds = matches!(state.kind, StateKind::Succeed) && ends;
        self.head(state, if succeeds { StateType::Succeed } else { StateType::Pass }, entries);
        self.leave(state, routes, entries);
        if succeeds {
            entries.retain(|entry| entry.key != new_key(Shape::State, Slot::End));
        }
    }

    fn wait(
        &mut self,
        state: &State<'a>,
        wait: &Wait<'a>,
        routes: &[Route<'a>],
        entries: &mut Vec<Entry>,
        list: &mut ListBuilder,
    ) {
        let node = state.node;
        let key = new_key(Shape::State, Slot::Seconds);
        let scalar = |value: i64| Entry::new(key, Value::Scalar(to_decimal(value)));
        let mut seconds = None;
        // The waits after the first one.
        let mut more = Vec::new();
        if let Some(number) = wait.seconds.get() {
            seconds = match number.value {
                NumberValue::Int(0) => {
                    self.review(number.span, "the minimum of a Wait is 1 second: a Pass is written");
                    None
                }
                NumberValue::Int(value) if value > WAIT_SECONDS => {
                    let mut left = value - WAIT_SECONDS;
                    while left > 0 {
                        more.push(left.min(WAIT_SECONDS));
                        left -= WAIT_SECONDS;
                    }
                    if more.len() >= 12 {
                        let message = "the maximum of a Wait is {} seconds: {} states are written for {} seconds; \
                                       a task with a callback may be better";
                        let count = to_decimal(more.len() + 1);
                        self.review(
                            number.span,
                            fill(message, &[&to_decimal(WAIT_SECONDS), &count, &to_decimal(value)]),
                        );
                    }
                    Some(self.scalar_entry(scalar(WAIT_SECONDS), node, old_key(Shape::State, Slot::Seconds)))
                }
                NumberValue::Expression(text) => {
                    let path = self.own_expression(state, text);
                    let message = "a Wait takes 1 to {} seconds: check that the value is in this range";
                    self.review(number.span, fill(message, &[&to_decimal(WAIT_SECONDS)]));
                    let entry = Entry::expression(key, super::expression::Expr::Written(path));
                    Some(self.scalar_entry(entry, node, old_key(Shape::State, Slot::Seconds)))
                }
                _ => Some(self.copied_entry(key, number.node, node, old_key(Shape::State, Slot::Seconds))),
            };
        } else if let Some(timestamp) = wait.timestamp.get() {
            let text = timestamp.text();
            let message = "a Wait has no timestamp: 1 second is written instead of `{}`; compute the seconds in a task";
            self.no_equal(text.span, fill(message, &[text.value]));
            seconds = Some(self.scalar_entry(scalar(1), node, old_key(Shape::State, Slot::Timestamp)));
        }
        self.head(state, if seconds.is_some() { StateType::Wait } else { StateType::Pass }, entries);
        entries.extend(seconds);
        let Some(last) = more.pop() else { return self.leave(state, routes, entries) };
        // Only the last wait of a chain builds the output.
        let own = self.name_of(state.id);
        let mut names: Vec<String> = Vec::new();
        for _ in 0..=more.len() {
            names.push(self.unique_name(&[&own, "-more"].concat()));
        }
        let mut names = names.into_iter();
        let mut name = names.next().unwrap_or_default();
        entries.push(Entry::text(new_key(Shape::State, Slot::Next), &name));
        let head = |name: &str| vec![type_entry(StateType::Wait), Entry::text(new_key(Shape::State, Slot::Name), name)];
        for value in more {
            let next = names.next().unwrap_or_default();
            let mut built = head(&name);
            built.extend([scalar(value), Entry::text(new_key(Shape::State, Slot::Next), &next)]);
            list.states.push(Item::new(Value::Map(built)));
            name = next;
        }
        let mut built = head(&name);
        built.push(scalar(last));
        self.leave(state, routes, &mut built);
        list.states.push(Item::new(Value::Map(built)));
    }

    /// An expression over the step's own input.
    pub(super) fn own_expression(&mut self, state: &State<'a>, text: Text<'a>) -> String {
        self.converted(state, text, false)
    }

    /// A condition over the step's own input.
    pub(super) fn condition(&mut self, state: &State<'a>, text: Text<'a>) -> String {
        self.converted(state, text, true)
    }

    fn converted(&mut self, state: &State<'a>, text: Text<'a>, condition: bool) -> String {
        let value = unescaped(text.value);
        let Ok(parsed) = expr::parse(&value) else {
            self.review(
                text.span,
                "the template must be filled in before the expression can be read: it is kept unchanged",
            );
            return value;
        };
        let view = self.layout.view(state.id);
        let own = self.layout.plan.kept_own(state.id);
        let show = |expr: &super::expression::Expr| self.resolve(expr, &view).to_string();
        let found = self.layout.plan.symbols.replacements(state, &value, &parsed.expr, own.as_ref(), &show);
        let converted = Condition::new(&value, found);
        if condition { converted.holds(&parsed.expr) } else { converted.plain() }
    }

    fn fail(&mut self, state: &State<'a>, fail: &Fail<'a>, entries: &mut Vec<Entry>) {
        for shaping in state.input.iter().chain(&state.output) {
            self.review(shaping.node().span(), "these mappings are removed: they have no effect");
        }
        self.head(state, StateType::Fail, entries);
        let text = |value: TextValue<'a>| value.text();
        if let Some(error) = fail.error.map(text) {
            let code = self.copied_entry(
                new_key(Shape::State, Slot::Code),
                error.node,
                state.node,
                old_key(Shape::State, Slot::Code),
            );
            entries.push(code);
        }
        let detail = match fail.cause.map(text) {
            Some(cause) => self.copied_entry(
                new_key(Shape::State, Slot::Detail),
                cause.node,
                state.node,
                old_key(Shape::State, Slot::Detail),
            ),
            None => {
                let name = fail.error.map_or_else(|| self.name_of(state.id), |error| text(error).value.to_owned());
                self.review(
                    state.place(),
                    "a Fail needs a `Detail`, but the step has no `cause`: its `error` or name is written",
                );
                Entry::text(new_key(Shape::State, Slot::Detail), &name)
            }
        };
        entries.push(detail);
    }
}
/// The numbers of a retry rule: each with the default of the old dialect.
const RETRY_DEFAULTS: [(Slot, &str); 4] =
    [(Slot::MaxAttempts, "3"), (Slot::Interval, "1"), (Slot::Multiplier, "2"), (Slot::MaxInterval, "86400")];

impl<'a> Migrator<'_, 'a> {
    /// Converts a retry rule. Writes the defaults, because the new dialect has other defaults.
    pub(super) fn retry(&mut self, rule: &Retry<'a>, at: usize) -> Item {
        let lead = self.comments.lead(rule.node.span().start);
        let mut entries = vec![
            self.errors(rule.node),
            Entry::text(new_key(Shape::Retry, Slot::Description), &["retry rule ", &(at + 1).to_string()].concat()),
        ];
        for (slot, default) in RETRY_DEFAULTS {
            let (old, new) = (old_key(Shape::Retry, slot), new_key(Shape::Retry, slot));
            entries.push(match rule.node.get(old) {
                Some(value) => self.copied_entry(new, value, rule.node, old),
                None => Entry::new(new, Value::Scalar(default.to_owned())),
            });
        }
        let rest = self.rest(rule.node);
        Item { lead: [lead, rest].concat(), value: Value::Map(entries), trail: None }
    }

    /// The error names of a rule.
    pub(super) fn errors(&mut self, rule: Node<'a>) -> Entry {
        match rule.get(old_key(Shape::Retry, Slot::Errors)) {
            Some(errors) => self.copied_entry(
                new_key(Shape::Retry, Slot::Errors),
                errors,
                rule,
                old_key(Shape::Retry, Slot::Errors),
            ),
            None => Entry::new(new_key(Shape::Retry, Slot::Errors), Value::List(Vec::new())),
        }
    }
}
