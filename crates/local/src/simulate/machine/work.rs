//! The work of each type of state.

use cloudflow_base::limits;
use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::super::data::Data;
use super::super::event::{Detail, EventKind};
use super::super::expression::{Env, Expression, kind};
use super::super::meter::cost;
use super::super::program::{Iteration, Kind, Program, State, Wait, Way, millis};
use super::super::{Failure, Millis, time};
use super::{ChildKind, Children, FrameId, Inputs, Machine, Note, Phase, Timer};
use cloudflow_language::flow::Dialect;

impl Machine {
    /// Starts the work of a state whose input is built. An error is the error of the state.
    pub(super) fn work(&mut self, id: FrameId, state: &State) -> Result<(), Failure> {
        let machine = self.program.dialect == Dialect::StateMachine;
        let Some(frame) = self.frames.get(&id) else { return Ok(()) };
        let input = frame.current.input.clone();
        let output = || if machine { input.clone() } else { Data::new(Value::Object(Map::new())) };
        match &state.kind {
            Kind::Pass | Kind::Succeed => self.succeed(id, output(), None),
            Kind::Wait(wait) => {
                let wait = self.wait(id, wait)?;
                self.note(id, Note::Wait(wait));
                let timer = self.timer(wait, Timer::Frame(id));
                self.phase(id, Phase::Sleep(timer));
            }
            Kind::Fail { error, cause } => {
                let text = |expression: &Option<Expression>| match expression {
                    None => Ok(String::new()),
                    Some(expression) => self.with_env(frame, &input, None, None, |env| expression.required(env)).map(
                        |value| match value {
                            Value::String(text) => text,
                            other => other.to_string(),
                        },
                    ),
                };
                return Err(Failure { error: text(error)?, cause: text(cause)? });
            }
            Kind::Choice { options, default } => {
                let mut conditions = Vec::new();
                let mut holds = |way: &Way, env: &Env<'_>| {
                    let result = way.condition.as_ref().map_or(Ok(false), |condition| condition.holds(env));
                    let holds = matches!(result, Ok(true));
                    conditions.push(result);
                    holds
                };
                let found =
                    self.with_env(frame, &input, None, None, |env| options.iter().position(|way| holds(way, env)));
                self.note(id, Note::Conditions(conditions));
                // The result of a condition that was not evaluated completely is unknown.
                if let Some(failure) = self.meter.exhausted() {
                    return Err(failure);
                }
                match found.and_then(|at| options.get(at)).or(default.as_ref()) {
                    Some(way) => self.go(id, way, output())?,
                    None if machine => {
                        return Err(Failure::new("Local.NoChoice", "no branch matches, and there is no default"));
                    }
                    None => self.succeed(id, output(), None),
                }
            }
            Kind::Parallel { branches } => {
                self.children(id, ChildKind::Branches, branches.len(), Inputs::Same(branches.clone()), usize::MAX);
            }
            Kind::Map(iteration) => self.map(id, iteration)?,
            Kind::Task(task) => self.task(id, task)?,
            Kind::Invalid(why) => return Err(Failure::invalid_definition(format!("`{}`: {why}", state.name))),
            Kind::NotSupported(why) => {
                return Err(Failure::not_supported(format!("`{}`: {why}", state.name)));
            }
        }
        Ok(())
    }

    pub(super) fn phase(&mut self, id: FrameId, phase: Phase) {
        if let Some(frame) = self.frames.get_mut(&id) {
            frame.current.phase = phase;
        }
    }

    fn wait(&self, id: FrameId, wait: &Wait) -> Result<Millis, Failure> {
        let Some(frame) = self.frames.get(&id) else { return Ok(0) };
        let input = &frame.current.input;
        match wait {
            Wait::Nothing => Ok(0),
            Wait::Seconds(seconds) => {
                let seconds = self.with_env(frame, input, None, None, |env| seconds.value(env))?;
                let (least, most) = match self.program.dialect {
                    Dialect::Flow => (0.0, limits::FLOW_WAIT_SECONDS),
                    Dialect::StateMachine if self.program.express => (1.0, limits::EXPRESS_WAIT_SECONDS),
                    Dialect::StateMachine => (1.0, limits::WAIT_SECONDS),
                };
                let most = most as f64;
                if !(least..=most).contains(&seconds) || seconds.fract() != 0.0 {
                    let cause = format!("the wait must be {least} to {most} whole seconds, not {seconds}");
                    return Err(Failure::new("Local.InvalidWait", cause));
                }
                Ok(millis(seconds))
            }
            Wait::Until(moment) => {
                let moment = self.with_env(frame, input, None, None, |env| moment.required(env))?;
                let at = moment.as_str().and_then(time::parse).ok_or_else(|| {
                    Failure::new("Local.InvalidWait", format!("`timestamp` must be an RFC 3339 time, not {moment}"))
                })?;
                let wait = at.saturating_sub(self.now);
                if wait > millis(limits::FLOW_WAIT_SECONDS as f64) {
                    return Err(Failure::new("Local.InvalidWait", "`timestamp` is more than two days ahead"));
                }
                Ok(wait)
            }
        }
    }

    /// Enters an option of a choice.
    fn go(&mut self, id: FrameId, way: &Way, output: Data) -> Result<(), Failure> {
        match way.body {
            None if way.target.is_none() && self.program.dialect == Dialect::StateMachine => {
                Err(Failure::invalid_definition("the branch names no state to go to"))
            }
            None => {
                self.succeed(id, output, way.target);
                Ok(())
            }
            Some(scope) => {
                self.children(id, ChildKind::Option(way.target), 1, Inputs::Same(vec![scope]), 1);
                Ok(())
            }
        }
    }

    fn map(&mut self, id: FrameId, iteration: &Iteration) -> Result<(), Failure> {
        let Some(frame) = self.frames.get(&id) else { return Ok(()) };
        let input = frame.current.input.clone();
        let machine = self.program.dialect == Dialect::StateMachine;
        let items = self.with_env(frame, &input, None, None, |env| iteration.items.required(env))?;
        let Value::Array(items) = items else {
            let cause = format!("a list to repeat over is needed, not {}", kind(&items));
            return Err(Failure::new("Local.InvalidItems", cause));
        };
        let most = if machine { limits::MAP_CONCURRENCY } else { limits::FLOW_FOREACH_CONCURRENCY };
        let requested = match &iteration.concurrency {
            Some(number) => self.with_env(frame, &input, None, None, |env| number.value(env))?,
            None => most as f64,
        };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
        let concurrency = (requested as usize).clamp(1, most);
        if self.keeps_notes() {
            self.note(id, Note::Items(Value::Array(items.clone()), concurrency));
        }
        self.children(id, ChildKind::Iterations, items.len(), Inputs::Items(items.into_iter()), concurrency);
        Ok(())
    }

    /// Opens child frames of a state, up to the limit of concurrency.
    fn children(&mut self, id: FrameId, kind: ChildKind, count: usize, inputs: Inputs, at_once: usize) {
        let open = count.min(at_once);
        let children = Children { results: vec![None; count], waiting: open..count, open, kind, inputs };
        self.phase(id, Phase::Children(children));
        if count == 0 {
            let empty = match (kind, self.program.dialect) {
                (ChildKind::Iterations, Dialect::StateMachine) => json!({ "Items": [] }),
                (ChildKind::Iterations | ChildKind::Branches, Dialect::Flow) => json!([]),
                _ => json!({}),
            };
            return self.succeed(id, Data::new(empty), None);
        }
        let by = self.frames.get(&id).map_or(0, |frame| frame.last_event);
        for slot in 0..open {
            self.open_child(id, slot, by);
        }
    }

    /// Opens a child frame of a state. `by` is the event that caused it.
    pub(super) fn open_child(&mut self, id: FrameId, slot: usize, by: u64) {
        let program = Rc::clone(&self.program);
        let Some(frame) = self.frames.get_mut(&id) else { return };
        let (at, given) = (frame.at, frame.current.input.clone());
        let Phase::Children(children) = &mut frame.current.phase else { return };
        let (enter, exit) = match children.kind {
            ChildKind::Option(_) => (None, None),
            ChildKind::Branches => (Some(EventKind::BranchEntered), Some(EventKind::BranchExited)),
            ChildKind::Iterations => (Some(EventKind::IterationEntered), Some(EventKind::IterationExited)),
        };
        let kind = program.states.get(at).map(|state| &state.kind);
        let (scope, input) = match (&mut children.inputs, kind) {
            (Inputs::Same(scopes), _) => (scopes.get(slot).copied().unwrap_or_default(), given),
            (Inputs::Items(items), Some(Kind::Map(iteration))) => {
                let item = items.next().unwrap_or_default();
                if program.dialect == Dialect::Flow {
                    self.meter.spend(cost(&given) + cost(&item));
                }
                (iteration.body, Data::new(iteration_input(&program, iteration, &given, slot, item)))
            }
            _ => return,
        };
        let last = enter.map_or(by, |enter| self.event(by, enter, Some(at), Detail::Index(slot)));
        self.frame(Some((id, slot)), scope, input, exit, last);
    }
}

/// The input of an iteration.
pub(super) fn iteration_input(
    program: &Program,
    iteration: &Iteration,
    given: &Value,
    at: usize,
    item: Value,
) -> Value {
    if program.dialect == Dialect::StateMachine {
        return item;
    }
    let mut own = given.as_object().cloned().unwrap_or_default();
    if let Some(key) = &iteration.item {
        own.insert(key.clone(), item);
    }
    if let Some(key) = &iteration.index {
        own.insert(key.clone(), Value::from(at));
    }
    Value::Object(own)
}
