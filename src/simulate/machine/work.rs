//! What each kind of state does.

use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::super::event::{Detail, EventKind};
use super::super::expression::{Expression, kind};
use super::super::program::{Iteration, Kind, State, Wait, Way, millis};
use super::super::{Failure, Millis, time};
use super::{ChildKind, Children, FrameId, Machine, Phase, Timer};
use crate::flow::Dialect;

/// The longest wait: 300 s in the `StateMachine` dialect, two days in the other.
const LONGEST_SECONDS: f64 = 300.0;
const LONGEST_DURATION: f64 = 2.0 * 86_400.0;

/// Iterations at once.
const ITERATIONS_OF_FLOW: usize = 100;
const ITERATIONS_OF_MAP: usize = 40;

impl Machine {
    /// Begins the work of a state whose input is shaped. An error is the state's.
    pub(super) fn work(&mut self, id: FrameId, state: &State) -> Result<(), Failure> {
        let machine = self.program.dialect == Dialect::StateMachine;
        let Some(frame) = self.frames.get(&id) else { return Ok(()) };
        let input = Rc::clone(&frame.current.input);
        let output = || if machine { Rc::clone(&input) } else { Rc::new(Value::Object(Map::new())) };
        match &state.kind {
            Kind::Pass | Kind::Succeed => self.succeed(id, output(), None),
            Kind::Wait(wait) => {
                let wait = self.wait(id, wait)?;
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
                let holds = |way: &&Way| {
                    let condition = way.condition.as_ref();
                    condition.is_some_and(|c| self.with_env(frame, &input, None, None, |env| c.holds(env)))
                };
                match options.iter().find(holds).or(default.as_ref()) {
                    Some(way) => self.go(id, way, output())?,
                    None if machine => {
                        return Err(Failure::new("Local.NoChoice", "no branch is true and there is no default"));
                    }
                    None => self.succeed(id, output(), None),
                }
            }
            Kind::Parallel { branches } => {
                let inputs = branches.iter().enumerate().map(|(slot, scope)| (slot, *scope, Rc::clone(&input)));
                let inputs = inputs.collect();
                self.children(id, ChildKind::Branches, inputs, usize::MAX);
            }
            Kind::Map(iteration) => self.map(id, iteration)?,
            Kind::Task(task) => self.task(id, task)?,
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
                    Dialect::Flow => (0.0, LONGEST_DURATION),
                    Dialect::StateMachine => (1.0, LONGEST_SECONDS),
                };
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
                if wait > millis(LONGEST_DURATION) {
                    return Err(Failure::new("Local.InvalidWait", "`timestamp` is more than two days ahead"));
                }
                Ok(wait)
            }
        }
    }

    /// Takes a way out of a choice.
    fn go(&mut self, id: FrameId, way: &Way, output: Rc<Value>) -> Result<(), Failure> {
        match way.body {
            None if way.target.is_none() && self.program.dialect == Dialect::StateMachine => {
                Err(Failure::new("Local.InvalidDefinition", "the branch names no state to go to"))
            }
            None => {
                self.succeed(id, output, way.target);
                Ok(())
            }
            Some(scope) => {
                let input = self.frames.get(&id).map(|frame| Rc::clone(&frame.current.input));
                let inputs = input.map(|input| (0, scope, input)).into_iter().collect();
                self.children(id, ChildKind::Option(way.target), inputs, 1);
                Ok(())
            }
        }
    }

    fn map(&mut self, id: FrameId, iteration: &Iteration) -> Result<(), Failure> {
        let Some(frame) = self.frames.get(&id) else { return Ok(()) };
        let input = Rc::clone(&frame.current.input);
        let machine = self.program.dialect == Dialect::StateMachine;
        let items = self.with_env(frame, &input, None, None, |env| iteration.items.required(env))?;
        let Value::Array(items) = items else {
            let cause = format!("a list to repeat over is needed, not {}", kind(&items));
            return Err(Failure::new("Local.InvalidItems", cause));
        };
        let most = if machine { ITERATIONS_OF_MAP } else { ITERATIONS_OF_FLOW };
        let wanted = match &iteration.concurrency {
            Some(number) => self.with_env(frame, &input, None, None, |env| number.value(env))?,
            None => most as f64,
        };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
        let concurrency = (wanted as usize).clamp(1, most);
        let inputs = items.into_iter().enumerate().map(|(at, item)| {
            let input = if machine {
                item
            } else {
                let mut own = input.as_object().cloned().unwrap_or_default();
                if let Some(key) = &iteration.item {
                    own.insert(key.clone(), item);
                }
                if let Some(key) = &iteration.index {
                    own.insert(key.clone(), Value::from(at));
                }
                Value::Object(own)
            };
            (at, iteration.body, Rc::new(input))
        });
        let inputs = inputs.collect();
        self.children(id, ChildKind::Iterations, inputs, concurrency);
        Ok(())
    }

    /// Opens frames below a state, as many at once as may be.
    fn children(&mut self, id: FrameId, kind: ChildKind, mut inputs: Vec<(usize, usize, Rc<Value>)>, at_once: usize) {
        let count = inputs.len();
        inputs.reverse();
        let first: Vec<_> = inputs.split_off(count.saturating_sub(at_once));
        let children = Children { results: vec![None; count], waiting: inputs, open: first.len(), kind };
        self.phase(id, Phase::Children(children));
        if count == 0 {
            let empty = match (kind, self.program.dialect) {
                (ChildKind::Iterations, Dialect::StateMachine) => json!({ "Items": [] }),
                (ChildKind::Iterations | ChildKind::Branches, Dialect::Flow) => json!([]),
                _ => json!({}),
            };
            return self.succeed(id, Rc::new(empty), None);
        }
        for (slot, scope, input) in first.into_iter().rev() {
            self.iterate(id, slot, scope, input);
        }
    }

    /// Opens one frame below a state.
    pub(super) fn iterate(&mut self, id: FrameId, slot: usize, scope: usize, input: Rc<Value>) {
        let Some(frame) = self.frames.get(&id) else { return };
        let Phase::Children(children) = &frame.current.phase else { return };
        let (enter, exit) = match children.kind {
            ChildKind::Option(_) => (None, None),
            ChildKind::Branches => (Some(EventKind::BranchEntered), Some(EventKind::BranchExited)),
            ChildKind::Iterations => (Some(EventKind::IterationEntered), Some(EventKind::IterationExited)),
        };
        if let Some(enter) = enter {
            self.tell(id, enter, Detail::Index(slot));
        }
        let last = self.frames.get(&id).map_or(0, |frame| frame.last_event);
        self.frame(Some((id, slot)), scope, input, exit, last);
    }
}
