//! One step as one state.

use super::Migrator;
use super::data::{Frame, Input, Local};
use super::expression::{Data, Expr};
use super::scope::{Home, Next};
use super::write::{Entry, Item, Value};
use crate::flow::{Fail, NumberValue, Retry, State, StateKind, TextValue, Wait};
use crate::yaml::Node;

/// A state waits no longer (<https://alibabacloud.com/help/zh/serverless-workflow/latest/wait-wait>).
const LONGEST_WAIT: i64 = 300;

/// A state that is being put together.
pub(super) struct Draft<'s, 'f, 'a> {
    pub frame: &'s Frame,
    pub state: &'f State<'a>,
    /// Where its own input is kept, if it is.
    pub own: Option<Data>,
    pub entries: Vec<Entry>,
}

impl<'f, 'a> Migrator<'f, 'a> {
    /// Adds what a step becomes.
    // Recursion, into what stands in the step, is bounded by the depth that the reader of YAML allows.
    pub(super) fn step(&mut self, frame: &Frame, state: &'f State<'a>, exit: &Next, home: &mut Home) {
        let mut lead = self.comments.lead(state.node.span().start);
        if let Some(mut item) = self.published(frame, state) {
            item.lead = std::mem::take(&mut lead);
            home.states.push(item);
        }
        // What is lifted out of the step comes behind it, but is written first, so that every
        // comment in it finds its place.
        let at = home.states.len();
        home.states.push(Item::new(Value::Map(Vec::new())));
        let own = self.needs_own(frame, state).then_some(Data::Own);
        let mut draft = Draft { frame, state, own, entries: Vec::new() };
        match &state.kind {
            StateKind::Task(task) => self.task(&mut draft, task, exit, home),
            StateKind::Pass | StateKind::Succeed => self.pass(&mut draft, exit, home),
            StateKind::Wait(wait) => self.wait(&mut draft, wait, exit, home),
            StateKind::Fail(fail) => self.fail(&mut draft, fail),
            StateKind::Choice(choice) => self.choice(&mut draft, choice, exit, home),
            StateKind::Parallel(parallel) => self.parallel(&mut draft, parallel, exit, home),
            StateKind::Map(map) => self.map(&mut draft, map, exit, home),
            StateKind::Unknown => {
                let place = state.type_name.map_or(state.place(), |name| name.span);
                self.no_equal(
                    place,
                    "what type of step this is cannot be told before the template is filled in: it is a Pass now",
                );
                self.pass(&mut draft, exit, home);
            }
        }
        let entries = draft.entries;
        let rest = self.rest(state.node);
        if let Some(item) = home.states.get_mut(at) {
            item.lead.extend(lead);
            item.lead.extend(rest);
            item.value = Value::Map(entries);
        }
    }

    /// `Type` and `Name`, in the author's order, then the constructor that keeps the step's own
    /// input, if something needs it.
    pub(super) fn head(&mut self, draft: &mut Draft<'_, 'f, 'a>, of: &str) {
        let node = draft.state.node;
        let name = self.name_of(draft.state.id);
        let type_entry = self.dressed(Entry::text("Type", of), node, "type");
        let same = draft.state.name.is_some_and(|own| own.value == name);
        let name_entry = match node.get("name").filter(|_| same) {
            Some(value) => self.dressed_value("Name", value, node, "name"),
            None => self.dressed(Entry::text("Name", &name), node, "name"),
        };
        let position = |key: &str| node.entries().position(|(k, _)| k.text() == Some(key)).unwrap_or(usize::MAX);
        if position("name") < position("type") {
            draft.entries.extend([name_entry, type_entry]);
        } else {
            draft.entries.extend([type_entry, name_entry]);
        }
        if draft.own.is_some() {
            let kept = self.keep_own(draft.frame, draft.state);
            let entry = self.dressed_collection(Entry::new("InputConstructor", kept), node, "inputMappings");
            draft.entries.push(entry);
        }
    }

    /// `OutputConstructor`, where something has to be handed on past what the state comes to.
    pub(super) fn hand_on(&mut self, draft: &mut Draft<'_, 'f, 'a>, exit: &Next, local: &Local, replaces: bool) {
        let (frame, state) = (draft.frame, draft.state);
        // Nobody reads what such a list of states comes to.
        if matches!(exit, Next::End { .. }) && self.flow.after(state.id).is_none() {
            return;
        }
        let keeps = frame.local || frame.fresh;
        let changes = keeps && (state.output.is_some() || matches!(local, Local::Value(_)));
        if !frame.carries() || !(replaces || changes) {
            return;
        }
        let mut entries = frame.carry(Data::Input);
        if keeps {
            let shaping = state.output.as_ref();
            entries.push(self.local_entry(Data::Local, frame, state, shaping, local, draft.own));
        }
        let entry = Entry::new("OutputConstructor", Value::Map(entries));
        let entry = self.dressed_collection(entry, state.node, "outputMappings");
        draft.entries.push(entry);
    }

    /// `Next` or `End`.
    pub(super) fn go_on(&mut self, draft: &mut Draft<'_, 'f, 'a>, exit: &Next, home: &mut Home) {
        // What travels is what the list comes to, where nothing else travels.
        let frame = draft.frame;
        let hands_on = draft.entries.iter().any(|entry| entry.key == "OutputConstructor");
        let ends = self.flow.after(draft.state.id).is_none();
        let says = |last: &super::scope::Last| matches!(exit, Next::To(name) if *name == last.name) && last.plain;
        let alone = (frame.local || frame.fresh) && frame.input != Input::Travels && !frame.outer;
        let done = hands_on && ends && alone && home.last.as_ref().is_some_and(says);
        let after = if done { Next::End { empty: false } } else { self.after(draft.state, exit, home) };
        let entry = match after {
            Next::To(name) => Entry::text("Next", &name),
            Next::End { empty } => {
                let is_output = |entry: &Entry| entry.key == "OutputConstructor";
                if empty && !draft.entries.iter().any(is_output) {
                    draft.entries.push(Entry::new("OutputConstructor", Value::Map(Vec::new())));
                }
                Entry::new("End", Value::Scalar("true".to_owned()))
            }
        };
        let entry = self.dressed(entry, draft.state.node, "end");
        draft.entries.push(entry);
    }

    /// True, and written, where the step itself says what its list of states comes to.
    fn says_result(&mut self, draft: &mut Draft<'_, 'f, 'a>, home: &mut Home, ends: bool) -> bool {
        let Some(last) = home.last.as_mut().filter(|last| last.step == Some(draft.state.id)) else {
            return false;
        };
        let output = last.output.take().unwrap_or_default();
        draft.entries.push(Entry::new("OutputConstructor", Value::Map(output)));
        if ends {
            let entry = Entry::new("End", Value::Scalar("true".to_owned()));
            let entry = self.dressed(entry, draft.state.node, "end");
            draft.entries.push(entry);
        }
        true
    }

    fn pass(&mut self, draft: &mut Draft<'_, 'f, 'a>, exit: &Next, home: &mut Home) {
        let state = draft.state;
        let is_last = home.last.as_ref().is_some_and(|last| last.step == Some(state.id));
        let maps = state.output.is_some() && (draft.frame.local || draft.frame.fresh);
        // A Succeed goes nowhere.
        let ends = matches!(exit, Next::End { .. }) || is_last;
        let succeeds = matches!(state.kind, StateKind::Succeed) && ends && !maps;
        if let (Some(shaping), None) = (&state.input, &state.output) {
            self.review(shaping.node().span(), "these mappings have no effect: they are left out");
        }
        self.head(draft, if succeeds { "Succeed" } else { "Pass" });
        if self.says_result(draft, home, !succeeds) {
            return;
        }
        self.hand_on(draft, exit, &Local::Empty, false);
        if succeeds {
            if matches!(exit, Next::End { empty: true }) {
                draft.entries.push(Entry::new("OutputConstructor", Value::Map(Vec::new())));
            }
        } else {
            self.go_on(draft, exit, home);
        }
    }

    fn wait(&mut self, draft: &mut Draft<'_, 'f, 'a>, wait: &Wait<'a>, exit: &Next, home: &mut Home) {
        let node = draft.state.node;
        let mut seconds = None;
        if let Some(number) = wait.seconds.get() {
            match number.value {
                NumberValue::Int(0) => self.review(number.span, "a Wait takes at least 1 second: a Pass takes none"),
                NumberValue::Int(value) if value > LONGEST_WAIT => {
                    let message = [
                        "a Wait takes at most 300 seconds, this one ",
                        &value.to_string(),
                        ": it takes 300 now; wait several times, or let a task call back",
                    ];
                    self.no_equal(number.span, message.concat());
                    seconds =
                        Some(self.dressed(Entry::new("Seconds", Value::Scalar("300".to_owned())), node, "duration"));
                }
                NumberValue::Expression(text) => {
                    let path = self.own_or_keep(draft, text);
                    self.review(number.span, "a Wait takes 1 to 300 seconds: see that the value stays within");
                    seconds = Some(self.dressed(Entry::expression("Seconds", path), node, "duration"));
                }
                _ => seconds = Some(self.dressed_value("Seconds", number.node, node, "duration")),
            }
        } else if let Some(timestamp) = wait.timestamp.get() {
            let text = timestamp.text();
            let message = [
                "a Wait cannot wait until a moment: until `",
                text.value,
                "` has no equal, it takes 1 second now; let a task compute the seconds",
            ];
            self.no_equal(text.span, message.concat());
            seconds = Some(self.dressed(Entry::new("Seconds", Value::Scalar("1".to_owned())), node, "timestamp"));
        }
        self.head(draft, if seconds.is_some() { "Wait" } else { "Pass" });
        draft.entries.extend(seconds);
        if !self.says_result(draft, home, true) {
            self.hand_on(draft, exit, &Local::Empty, false);
            self.go_on(draft, exit, home);
        }
    }

    /// An expression over the step's own input, which is kept if that is needed for it.
    pub(super) fn own_or_keep(&mut self, draft: &mut Draft<'_, 'f, 'a>, text: crate::flow::Text<'a>) -> Expr {
        if let Some(expression) = self.own_expression(draft.frame, draft.state, text, draft.own) {
            return expression;
        }
        draft.own = Some(Data::Own);
        self.own_expression(draft.frame, draft.state, text, draft.own).unwrap_or(Expr::Null)
    }

    fn fail(&mut self, draft: &mut Draft<'_, 'f, 'a>, fail: &Fail<'a>) {
        let state = draft.state;
        for shaping in state.input.iter().chain(&state.output) {
            self.review(shaping.node().span(), "these mappings have no effect: they are left out");
        }
        draft.own = None;
        self.head(draft, "Fail");
        let text = |value: TextValue<'a>| value.text();
        if let Some(error) = fail.error.map(text) {
            let code = self.dressed_value("Code", error.node, state.node, "error");
            draft.entries.push(code);
        }
        let detail = match fail.cause.map(text) {
            Some(cause) => self.dressed_value("Detail", cause.node, state.node, "cause"),
            None => {
                let said = fail.error.map_or_else(|| self.name_of(state.id), |error| text(error).value.to_owned());
                self.review(state.place(), "a Fail says a `Detail`, this step says no `cause`: the name stands for it");
                Entry::text("Detail", &said)
            }
        };
        draft.entries.push(detail);
    }
}

/// The numbers of a retry rule: their keys, and what they are where the old dialect has none.
const RETRY_DEFAULTS: [(&str, &str, &str); 4] = [
    ("maxAttempts", "MaxAttempts", "3"),
    ("intervalSeconds", "IntervalSeconds", "1"),
    ("multiplier", "BackoffRate", "2"),
    ("maxIntervalSeconds", "MaxBackoffSeconds", "86400"),
];

impl<'a> Migrator<'_, 'a> {
    /// A retry rule. The numbers are written out: what is left out means something else in the new
    /// dialect.
    pub(super) fn retry(&mut self, rule: &Retry<'a>, at: usize) -> Item {
        let lead = self.comments.lead(rule.node.span().start);
        let mut entries =
            vec![self.errors(rule.node), Entry::text("Description", &["retry rule ", &(at + 1).to_string()].concat())];
        for (old, new, default) in RETRY_DEFAULTS {
            entries.push(match rule.node.get(old) {
                Some(value) => self.dressed_value(new, value, rule.node, old),
                None => Entry::new(new, Value::Scalar(default.to_owned())),
            });
        }
        let rest = self.rest(rule.node);
        Item { lead: [lead, rest].concat(), value: Value::Map(entries), trail: None }
    }

    /// The errors of a rule.
    pub(super) fn errors(&mut self, rule: Node<'a>) -> Entry {
        match rule.get("errors") {
            Some(errors) => self.dressed_value("Errors", errors, rule, "errors"),
            None => Entry::new("Errors", Value::List(Vec::new())),
        }
    }
}
