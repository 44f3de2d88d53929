//! Changes that an editor offers at a place: the fixes of the findings, and rewritings of a state.

use cloudflow_base::diagnostic::Edit;
use cloudflow_base::small::contains;
use cloudflow_base::text::Span;
use cloudflow_language::flow::dialect::{Shape, Slot};
use cloudflow_language::flow::{Dialect, Flow, State, StateKind, TaskMode};
use cloudflow_language::yaml::{Kind, Node, Style};

use crate::format::sort_mapping;
use crate::names::{is_plain, quoted};
use crate::open::OpenFlow;
use crate::text::{cat, replaced};
use crate::view::{View, line_end, line_start, part, touches, trimmed_end};

/// A change that an editor offers.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// The effect in the imperative: "change `Nxt` to `Next`".
    pub title: String,
    /// What the change is for.
    pub kind: ActionKind,
    /// The changes in ascending order. Empty for a command.
    pub edits: Vec<Edit>,
    /// The code of the finding that the change fixes, and its place.
    pub fixes: Option<(&'static str, Span)>,
}

/// The kind of an [`Action`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionKind {
    /// It fixes a finding.
    Fix,
    /// It rewrites a state.
    Refactor,
    /// The caller runs `migrateFlow`: the module of the language service does not contain it.
    Migrate,
}

impl ActionKind {
    /// The name in the JavaScript interface.
    pub fn as_str(self) -> &'static str {
        match self {
            ActionKind::Fix => "fix",
            ActionKind::Refactor => "refactor",
            ActionKind::Migrate => "migrate",
        }
    }
}

/// The changes for a range in bytes.
pub(crate) fn actions(open: &OpenFlow, start: usize, end: usize) -> Vec<Action> {
    let mut actions = Vec::new();
    open.checked(false, &mut |view, diagnostics| {
        for found in diagnostics {
            let (Some(span), Some(fix)) = (found.span, &found.fix) else { continue };
            if span.start as usize <= end && start <= span.end as usize {
                let fixes = Some((found.code.as_str(), span));
                let (title, edits) = (fix.title.clone(), fix.edits.clone());
                actions.push(Action { title, kind: ActionKind::Fix, edits, fixes });
            }
        }
        let Some(flow) = &view.flow else { return };
        let around = flow.states().iter().filter(|state| touches(state.node.span(), start));
        if let Some(state) = around.min_by_key(|state| state.node.span().end - state.node.span().start) {
            let mut offer = |title: String, edits: Option<Vec<Edit>>| {
                if let Some(edits) = edits {
                    actions.push(Action { title, kind: ActionKind::Refactor, edits, fixes: None });
                }
            };
            let name = state.name.map_or("", |name| name.value);
            let rewriter = Rewriter { view, flow, state };
            let word = flow.dialect.state_word();
            offer(cat(&["handle every error of the ", word, " `", name, "`"]), rewriter.catch_all());
            if let Some((target, edits)) = rewriter.default() {
                offer(cat(&["lead to `", target, "` if no option is true"]), Some(edits));
            }
            if let Some((word, edits)) = rewriter.mode() {
                offer(cat(&["write the default mode `", word, "`"]), Some(edits));
            }
            let title = "convert `OnErrors` to `Retry` and `Catch`".to_owned();
            offer(title, rewriter.on_errors().map(|edit| vec![edit]));
            let title = cat(&["sort the keys of the ", word, " `", name, "`"]);
            offer(title, sort_mapping(view, state.node).map(|edit| vec![edit]));
        }
        if flow.dialect == Dialect::Flow {
            let title = "migrate to `StateMachine`".to_owned();
            actions.push(Action { title, kind: ActionKind::Migrate, edits: Vec::new(), fixes: None });
        }
    });
    actions
}

struct Rewriter<'v, 'a> {
    view: &'v View<'a>,
    flow: &'v Flow<'a>,
    state: &'v State<'a>,
}

impl<'a> Rewriter<'_, 'a> {
    fn key(&self, shape: Shape, slot: Slot) -> &'static str {
        self.flow.dialect.key(shape, slot)
    }

    /// The column of the keys of a block mapping. Absent for a mapping in brackets or behind an anchor.
    fn column(&self, node: Node<'_>) -> Option<usize> {
        let is_block = node.style() == Style::Block && node.kind() == Kind::Mapping;
        self.flow.column(node.span().start).filter(|_| is_block)
    }

    /// The end of the last line of a node.
    fn end(&self, node: Node<'_>) -> usize {
        line_end(self.view.text, trimmed_end(self.view.text, node.span()))
    }

    /// The missing default of a choice, and its target. A step without a default continues with the next step, so that is
    /// its target. A state without a default has no such meaning: the target is the next state, or else the first one.
    fn default(&self) -> Option<(&'a str, Vec<Edit>)> {
        let StateKind::Choice(choice) = &self.state.kind else { return None };
        let key = self.key(Shape::State, Slot::Default);
        let is_missing = choice.default.is_none() && self.state.node.get(key).is_none();
        let column = self.column(self.state.node).filter(|_| is_missing)?;
        let siblings = self.flow.states_of(self.state.scope);
        let next = self.state.index as usize + 1;
        let target = if self.flow.dialect == Dialect::Flow {
            siblings.get(next)?.name.filter(|name| !name.opaque)?.value
        } else {
            let others = siblings.iter().cycle().skip(next).take(siblings.len().saturating_sub(1));
            others.filter_map(|state| state.name).find(|name| !name.opaque)?.value
        };
        let mut line = cat(&[&" ".repeat(column), key, ": "]);
        if self.flow.dialect == Dialect::Flow {
            line.truncate(line.len() - 1);
            line.extend(["\n", &" ".repeat(column + 2), self.key(Shape::Default, Slot::Next), ": "]);
        }
        line.push_str(&written(target));
        Some((target, self.inserted(vec![(self.end(self.state.node), line)])))
    }

    /// The mode of a task that has none, as a key: the response ends the task.
    fn mode(&self) -> Option<(&'static str, Vec<Edit>)> {
        let StateKind::Task(_) = &self.state.kind else { return None };
        let column = self.column(self.state.node)?;
        let called = [self.key(Shape::State, Slot::Action), self.key(Shape::State, Slot::Resource)];
        let has_call = self.state.node.entries().any(|(key, _)| key.text().is_some_and(|key| called.contains(&key)));
        let key = self.key(Shape::State, Slot::Mode);
        if !has_call || self.state.node.get(key).is_some() {
            return None;
        }
        let word = TaskMode::RequestComplete.word(self.flow.dialect);
        let line = cat(&[&" ".repeat(column), key, ": ", word]);
        Some((word, self.inserted(vec![(self.end(self.state.node), line)])))
    }

    /// A last catch rule, for every error. It leads to a state that fails.
    fn catch_all(&self) -> Option<Vec<Edit>> {
        let dialect = self.flow.dialect;
        let fits = match self.state.kind {
            StateKind::Task(_) => true,
            StateKind::Parallel(_) | StateKind::Map(_) => dialect == Dialect::StateMachine,
            _ => false,
        };
        let all = |error: &cloudflow_language::flow::Text<'_>| error.value == "FnF.ALL";
        let has_all = self.state.catch_rules().iter().any(|rule| rule.errors.iter().any(all));
        let column = self.column(self.state.node).filter(|_| fits && !has_all && !self.state.catch.is_unreadable())?;
        let siblings = self.flow.states_of(self.state.scope);
        let fails = siblings.iter().find(|state| matches!(state.kind, StateKind::Fail(_)) && state.name.is_some());
        let mut new_state = None;
        let target = match fails.and_then(|state| state.name) {
            Some(name) => name.value.to_owned(),
            // A step at the end would run after the last one.
            None if dialect == Dialect::Flow => return None,
            None => {
                let mut name = "Failed".to_owned();
                while self.flow.find(self.state.scope, &name).is_some() {
                    name.push_str(" again");
                }
                let last = siblings.last()?;
                let start = last.node.span().start as usize;
                let head = part(self.view.text, line_start(self.view.text, start), start);
                let dash = head.find('-').filter(|_| self.column(last.node).is_some())?;
                let (first, next) = (cat(&[&" ".repeat(dash), "- "]), " ".repeat(dash + 2));
                let lines = [first.as_str(), "Type: Fail\n", &next, "Name: ", &name, "\n", &next, "Code: Failed\n"];
                let text = cat(&[&lines.concat(), next.as_str(), "Detail: a state failed"]);
                new_state = Some((self.end(last.node), text));
                name
            }
        };
        let catch = self.key(Shape::State, Slot::Catch);
        let list = self.state.node.get(catch);
        let (at, head, dash) = match list {
            None => (self.end(self.state.node), cat(&[&" ".repeat(column), catch, ":\n"]), column + 2),
            Some(list) if list.style() == Style::Block => {
                let first = list.items().next()?.span().start as usize;
                let line = part(self.view.text, line_start(self.view.text, first), first);
                (self.end(list), String::new(), line.find('-')?)
            }
            Some(_) => return None,
        };
        let [errors, remark, next] = [
            self.key(Shape::Catch, Slot::Errors),
            self.key(Shape::Catch, Slot::Description),
            self.key(Shape::Catch, Slot::Next),
        ];
        let inner = cat(&["\n", &" ".repeat(dash + 2)]);
        let mut rule = cat(&[&head, &" ".repeat(dash), "- ", errors, ": [FnF.ALL]"]);
        if !remark.is_empty() {
            rule.extend([inner.as_str(), remark, ": every error"]);
        }
        rule.extend([inner.as_str(), next, ": ", &written(&target)]);
        let mut edits = vec![(at, rule)];
        edits.extend(new_state);
        Some(self.inserted(edits))
    }

    /// Insertions of lines after the ends of lines, in ascending order. Those at one place are one edit.
    fn inserted(&self, lines: Vec<(usize, String)>) -> Vec<Edit> {
        let is_crlf = contains(self.view.text, "\r\n");
        let mut edits: Vec<Edit> = Vec::new();
        for (at, text) in lines {
            let mut text = cat(&["\n", &text]);
            if is_crlf {
                text = replaced(&text, "\n", "\r\n");
            }
            match edits.last_mut().filter(|last| last.span == Span::at(at)) {
                Some(last) => last.new_text.push_str(&text),
                None => edits.push(Edit { span: Span::at(at), new_text: text }),
            }
        }
        edits
    }

    /// `Retry` and `Catch` in place of `OnErrors`.
    fn on_errors(&self) -> Option<Edit> {
        let node = self.state.node;
        let [old, retry, catch] = [
            self.key(Shape::State, Slot::OnErrors),
            self.key(Shape::State, Slot::Retry),
            self.key(Shape::State, Slot::Catch),
        ];
        if old.is_empty() || node.get(retry).is_some() || node.get(catch).is_some() {
            return None;
        }
        let column = self.column(node)?;
        let (key, list) = node.entries().find(|(key, _)| key.text() == Some(old))?;
        let indent = cat(&["\n", &" ".repeat(column)]);
        let (mut retries, mut catches) = (String::new(), String::new());
        for rule in list.items() {
            let mut errors = String::new();
            for error in rule.get("Errors")?.items() {
                errors.push_str(if errors.is_empty() { "" } else { ", " });
                errors.push_str(&written(error.text()?));
            }
            let remark = match rule.get("Description") {
                Some(remark) => self.one_line(remark)?.to_owned(),
                None => written(&errors),
            };
            let head = cat(&[&indent, "  - Errors: [", &errors, "]", &indent, "    Description: ", &remark]);
            if let Some(old) = rule.get("Retry") {
                retries.push_str(&head);
                for (from, to) in
                    [("MaxAttempts", "MaxAttempts"), ("FixedBackoff", "IntervalSeconds"), ("Multiplier", "BackoffRate")]
                {
                    let value = match old.get(from) {
                        Some(value) => self.one_line(value)?,
                        None if to == "IntervalSeconds" => "0",
                        None => continue,
                    };
                    retries.extend([indent.as_str(), "    ", to, ": ", value]);
                }
            }
            if let Some(next) = rule.get("Next") {
                catches.push_str(&head);
                if let Some(output) = rule.get("OutputConstructor") {
                    // A block would need another indentation.
                    let is_line = output.style() == Style::Flow;
                    catches.extend([
                        indent.as_str(),
                        "    OutputConstructor: ",
                        self.one_line(output).filter(|_| is_line)?,
                    ]);
                }
                catches.extend([indent.as_str(), "    Next: ", self.one_line(next)?]);
            }
        }
        let mut text = String::new();
        for (key, rules) in [(retry, &retries), (catch, &catches)].into_iter().filter(|(_, rules)| !rules.is_empty()) {
            let before = if text.is_empty() { "" } else { indent.as_str() };
            text.extend([before, key, ":", rules]);
        }
        if contains(self.view.text, "\r\n") {
            text = replaced(&text, "\n", "\r\n");
        }
        let span = Span::new(key.span().start as usize, trimmed_end(self.view.text, list.span()));
        // Comments inside would be lost.
        let has_comment = span.of(self.view.text).contains('#');
        (!text.is_empty() && !has_comment).then_some(Edit { span, new_text: text })
    }

    /// The source of a value that is in one line.
    fn one_line(&self, node: Node<'a>) -> Option<&'a str> {
        let source = node.span().of(self.view.text);
        (!source.is_empty() && !source.contains('\n')).then_some(source)
    }
}

/// A text as a scalar.
fn written(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}
