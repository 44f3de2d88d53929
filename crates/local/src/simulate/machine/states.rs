//! The transitions of a frame from state to state, and its end.

use cloudflow_base::limits::EVENTS;
use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::super::data::Data;
use super::super::event::{Detail, EventKind};
use super::super::expression::{Env, kind};
use super::super::meter::{MOST_OF_A_STATE, cost};
use super::super::program::{Retry, State, matches};
use super::super::{Failure, Status};
use super::{ChildKind, Current, FrameId, Machine, Note, Phase, Ready, Timer, check_globals, merged, overlaid};
use cloudflow_language::flow::Dialect;

impl Machine {
    /// One step of a frame.
    pub(super) fn step(&mut self, id: FrameId) {
        let Some(frame) = self.frames.get(&id) else { return };
        match frame.current.phase {
            Phase::Enter if self.draining => {}
            Phase::Enter if frame.at == usize::MAX => self.end_frame(id),
            Phase::Enter => self.enter(id),
            Phase::Begin => self.begin(id),
            Phase::Sleep(_) | Phase::Pause(_) | Phase::Task(_) | Phase::Children(_) => {}
        }
    }

    /// The timer of a frame.
    pub(super) fn woken(&mut self, id: FrameId) {
        let Some(frame) = self.frames.get_mut(&id) else { return };
        match frame.current.phase {
            Phase::Sleep(_) => {
                let output = match self.program.dialect {
                    Dialect::Flow => Data::new(Value::Object(Map::new())),
                    Dialect::StateMachine => frame.current.input.clone(),
                };
                self.succeed(id, output, None);
            }
            Phase::Pause(_) => {
                frame.current.phase = Phase::Begin;
                self.ready.push_back(Ready::Step(id));
            }
            _ => {}
        }
    }

    fn enter(&mut self, id: FrameId) {
        self.arrive(id);
        self.begin(id);
    }

    /// Enters the current state of a frame. Its work begins next.
    pub(super) fn arrive(&mut self, id: FrameId) {
        let Some(frame) = self.frames.get_mut(&id) else { return };
        let (raw, detail) = match self.program.dialect {
            Dialect::Flow => {
                let raw = overlaid(&frame.input, &frame.data, &self.meter);
                (raw, Detail::Entered(frame.input.clone().into(), frame.data.clone().into()))
            }
            Dialect::StateMachine => (
                frame.data.clone(),
                Detail::Entered(frame.data.clone().into(), Data::new(Value::Object(Map::new())).into()),
            ),
        };
        frame.current = Current { phase: Phase::Begin, input: raw.clone(), raw, ..Current::new() };
        self.record(id, EventKind::StepEntered, detail);
        if let Some(frame) = self.frames.get_mut(&id) {
            frame.current.entered = frame.last_event;
        }
    }

    /// Builds the input and starts the work. Also after the pause of a retry.
    pub(super) fn begin(&mut self, id: FrameId) {
        let program = Rc::clone(&self.program);
        let Some(frame) = self.frames.get(&id) else { return };
        self.note(id, Note::Begin(frame.current.raw.clone()));
        let Some(frame) = self.frames.get(&id) else { return };
        let Some(state) = program.states.get(frame.at) else { return };
        let first = frame.current.attempt == 0;
        let input = match &state.input {
            None => Ok(frame.current.raw.clone()),
            Some(shape) => {
                let (input, local) = match program.dialect {
                    Dialect::Flow => (&frame.input, Some(&*frame.data)),
                    Dialect::StateMachine => (&frame.current.raw, None),
                };
                // `$` in an input mapping, used on one page of the documentation, is the input before mappings.
                let own = Some(&*frame.current.raw);
                self.with_env(frame, input, None, local, |env| shape.build(&Env { own, ..*env })).map(Data::new)
            }
        };
        let input = input.and_then(|input| self.check_size(&input, "the input").map(|()| input));
        match input {
            Err(failure) => self.fail(id, failure),
            Ok(input) => {
                if let Some(frame) = self.frames.get_mut(&id) {
                    frame.current.input = input.clone();
                }
                self.note(id, Note::Input(input.clone()));
                if first {
                    self.record(id, EventKind::StepStarted, Detail::Input(input.into()));
                }
                if let Err(failure) = self.work(id, state) {
                    self.fail(id, failure);
                }
            }
        }
    }

    /// Builds the output when the work is done, and continues.
    pub(super) fn succeed(&mut self, id: FrameId, raw: Data, jump: Option<usize>) {
        let program = Rc::clone(&self.program);
        let Some(frame) = self.frames.get(&id) else { return };
        let Some(state) = program.states.get(frame.at) else { return };
        self.note(id, Note::Result(raw.clone()));
        match self.shape_output(id, state, raw) {
            Err(failure) => self.fail(id, failure),
            Ok(output) => {
                self.record(id, EventKind::StepSucceeded, Detail::Output(output.clone().into()));
                if let (None, None, Some(lost)) = (jump, state.next, &state.lost) {
                    return self.fail_frame(id, Failure::invalid_definition(lost.clone()));
                }
                self.leave(id, &output, jump.or(state.next));
            }
        }
    }

    fn shape_output(&mut self, id: FrameId, state: &State, raw: Data) -> Result<Data, Failure> {
        let Some(frame) = self.frames.get(&id) else { return Ok(raw) };
        let input = frame.current.input.clone();
        let machine = self.program.dialect == Dialect::StateMachine;
        let (output, local) = if machine { (Some(&*raw), None) } else { (None, Some(&*raw)) };
        let mut global = None;
        let built = match &state.output {
            Some(shape) => Data::new(self.with_env(frame, &input, output, local, |env| shape.build(env))?),
            // The array of a parallel or a foreach is available to its mappings only.
            None if !machine && raw.is_array() && matches!(frame.current.phase, Phase::Children(_)) => {
                Data::new(json!({}))
            }
            None => raw.clone(),
        };
        if let Some(shape) = &state.global {
            global = Some(self.with_env(frame, &input, output, local, |env| shape.build(env))?);
        }
        if !built.is_object() && (!machine || frame.objects) {
            let error = if machine { "Local.InvalidOutput" } else { "FnF.InvalidLocal" };
            return Err(Failure::new(error, format!("the output must be an object, not {}", kind(&built))));
        }
        self.check_size(&built, "the output")?;
        self.note(id, Note::Output(built.clone()));
        if let Some(global) = global {
            self.meter.spend(4 * (cost(&self.global) + cost(&global)));
            let global = merged(&self.global, &global);
            check_globals(&global)?;
            self.global = global;
            if self.keeps_notes() {
                self.note(id, Note::Global(self.global.clone()));
            }
        }
        Ok(built)
    }

    /// Leaves the state with its output.
    fn leave(&mut self, id: FrameId, output: &Data, next: Option<usize>) {
        let machine = self.program.dialect == Dialect::StateMachine;
        let Some(frame) = self.frames.get_mut(&id) else { return };
        frame.data = if machine { output.clone() } else { overlaid(&frame.data, output, &self.meter) };
        let data = frame.data.clone();
        self.note(id, Note::Left(next, data));
        let Some(frame) = self.frames.get(&id) else { return };
        let local = if machine { Data::new(Value::Object(Map::new())) } else { frame.data.clone() };
        let size = self.check_size(&local, "the local data");
        self.record(id, EventKind::StepExited, Detail::Local(local.into()));
        if let Err(failure) = size {
            return self.raise(id, failure);
        }
        let Some(frame) = self.frames.get_mut(&id) else { return };
        match next {
            Some(next) => {
                frame.at = next;
                frame.current = Current::new();
                self.ready.push_back(Ready::Step(id));
            }
            None => self.end_frame(id),
        }
    }

    /// Handles the error of a state: retry, catch, or the end of the frame.
    pub(super) fn fail(&mut self, id: FrameId, failure: Failure) {
        let program = Rc::clone(&self.program);
        self.drop_work(id);
        if failure.ends_execution() {
            return self.fail_frame(id, failure);
        }
        let Some(frame) = self.frames.get_mut(&id) else { return };
        let Some(state) = program.states.get(frame.at) else { return };
        let failure = Rc::new(failure);
        frame.current.error = Some(Rc::clone(&failure));
        let retry = again(program.dialect, state, &mut frame.current, &failure.error);
        self.note(id, Note::Error(Rc::clone(&failure)));
        if let Some((at, k, rule)) = retry {
            // A retry may add no event, so the limit of the history does not apply.
            self.retries += 1;
            if self.retries > EVENTS {
                self.history_is_full = true;
            }
            let delay = rule.delay(k);
            self.note(id, Note::Retry { rule: at, retry: k, most: rule.most, delay });
            let timer = self.timer(delay, Timer::Frame(id));
            if let Some(frame) = self.frames.get_mut(&id) {
                frame.current.attempt += 1;
                frame.current.phase = Phase::Pause(timer);
            }
            return;
        }
        let Some(at) = state.catch.iter().position(|rule| matches(&rule.errors, &failure.error)) else {
            return self.fail_frame(id, (*failure).clone());
        };
        let Some(rule) = state.catch.get(at) else { return };
        self.note(id, Note::Catch(at));
        let Some(frame) = self.frames.get(&id) else { return };
        let input = frame.current.input.clone();
        let built = match (program.dialect, &rule.output, &state.error) {
            (Dialect::StateMachine, Some(shape), _) => self.with_env(frame, &input, None, None, |env| shape.build(env)),
            (Dialect::Flow, _, Some(shape)) => {
                let record = json!({ "error": failure.error, "cause": failure.cause, "code": failure.error });
                self.with_env(frame, &input, None, Some(&record), |env| shape.build(env))
            }
            _ => Ok(json!({})),
        };
        let built = built.map(Data::new).and_then(|output| self.check_size(&output, "the output").map(|()| output));
        match (built, rule.target) {
            (Ok(output), Some(target)) => {
                self.note(id, Note::Output(output.clone()));
                self.record(id, EventKind::StepFailed, Detail::Failure(failure));
                self.leave(id, &output, Some(target));
            }
            (Ok(_), None) => {
                let cause = "the rule that catches the error names no state to go to";
                self.fail_frame(id, Failure::invalid_definition(cause));
            }
            (Err(failure), _) => self.fail_frame(id, failure),
        }
    }

    /// Leaves a state with an error that no rule caught, and ends the frame.
    fn fail_frame(&mut self, id: FrameId, failure: Failure) {
        self.record(id, EventKind::StepFailed, Detail::Failure(Rc::new(failure.clone())));
        let local = self.frames.get(&id).map(|frame| frame.data.clone());
        let local = local.filter(|_| self.program.dialect == Dialect::Flow).unwrap_or_else(|| Data::new(json!({})));
        self.record(id, EventKind::StepExited, Detail::Local(local.into()));
        self.raise(id, failure);
    }

    /// Ends a frame with an error: the state that owns it fails. The outermost frame fails the execution.
    pub(super) fn raise(&mut self, id: FrameId, failure: Failure) {
        if self.keeps_notes() {
            self.note(id, Note::Failed(failure.clone()));
        }
        match self.close(id) {
            Some((parent, _)) => self.ready.push_front(Ready::Failed(parent, failure)),
            None => self.finish(Status::Failed, None, Some(failure)),
        }
    }

    /// Ends a frame with its output.
    pub(super) fn end_frame(&mut self, id: FrameId) {
        let Some(frame) = self.frames.get(&id) else { return };
        if frame.parent.is_none() {
            let program = Rc::clone(&self.program);
            return match self.flow_output(&program, frame) {
                Ok(output) => self.finish(Status::Succeeded, Some(output), None),
                Err(failure) => self.finish(Status::Failed, None, Some(failure)),
            };
        }
        let data = frame.data.clone();
        if let Some((parent, slot)) = self.close(id) {
            self.child_done(parent, slot, &data);
        }
    }

    /// Removes a frame, and records its end in the history of its parent.
    fn close(&mut self, id: FrameId) -> Option<(FrameId, usize)> {
        self.drop_work(id);
        self.remove_frame(id)
    }

    fn child_done(&mut self, id: FrameId, slot: usize, data: &Data) {
        let machine = self.program.dialect == Dialect::StateMachine;
        let Some(frame) = self.frames.get_mut(&id) else { return };
        let Phase::Children(children) = &mut frame.current.phase else { return };
        if let Some(result) = children.results.get_mut(slot) {
            *result = Some(data.clone());
        }
        children.open = children.open.saturating_sub(1);
        if let Some(slot) = children.waiting.next() {
            children.open += 1;
            let by = frame.last_event;
            return self.open_child(id, slot, by);
        }
        if children.open > 0 {
            return;
        }
        let kind = children.kind;
        let results = std::mem::take(&mut children.results);
        let all: u64 = results.iter().flatten().map(|data| cost(data)).sum();
        self.meter.spend(all);
        if all > MOST_OF_A_STATE {
            let most = MOST_OF_A_STATE / (1024 * 1024);
            let cause = format!("the results of the branches or iterations take more than {most} MiB together");
            let failure = Failure::new("Local.DataLimitExceeded", cause);
            return self.ready.push_front(Ready::Failed(id, failure));
        }
        if let ChildKind::Option(jump) = kind {
            let output = results.into_iter().flatten().next().unwrap_or_else(|| Data::new(Value::Null));
            return self.ready.push_front(Ready::Done(id, output, jump));
        }
        let results = results.into_iter().map(|result| result.map(Data::into_value).unwrap_or_default());
        let output = match kind {
            ChildKind::Branches if machine => {
                let named = results.enumerate().map(|(at, result)| (format!("Branch{at}"), result));
                Value::Object(named.collect())
            }
            ChildKind::Iterations if machine => json!({ "Items": results.collect::<Vec<_>>() }),
            _ => results.collect(),
        };
        self.ready.push_front(Ready::Done(id, Data::new(output), None));
    }

    /// Ends the work in progress of a frame's state: its timer, its task, its child frames.
    fn drop_work(&mut self, id: FrameId) {
        let mut todo = vec![id];
        // Parents precede children. They are closed in reverse order, so that enter and exit events nest.
        let mut below = Vec::new();
        while let Some(id) = todo.pop() {
            let Some(frame) = self.frames.get_mut(&id) else { continue };
            match std::mem::replace(&mut frame.current.phase, Phase::Begin) {
                Phase::Sleep(timer) | Phase::Pause(timer) => {
                    self.timers.remove(&timer);
                }
                Phase::Task(task) => self.drop_task(task),
                Phase::Children(_) => {
                    let children: Vec<FrameId> = self
                        .frames
                        .iter()
                        .filter(|(_, f)| f.parent.is_some_and(|(p, _)| p == id))
                        .map(|(id, _)| *id)
                        .collect();
                    todo.extend(&children);
                    below.extend(children);
                }
                Phase::Enter | Phase::Begin => {}
            }
        }
        while let Some(child) = below.pop() {
            let entered = self.frames.get(&child).is_some_and(|frame| frame.current.entered > 0);
            if entered {
                let local = Data::new(json!({}));
                self.record(child, EventKind::StepExited, Detail::Local(local.into()));
            }
            self.remove_frame(child);
        }
    }

    /// Removes a frame, and records its end in the history of its owner.
    fn remove_frame(&mut self, id: FrameId) -> Option<(FrameId, usize)> {
        let frame = self.frames.remove(&id)?;
        let (parent, slot) = frame.parent?;
        if let Some(owner) = self.frames.get_mut(&parent) {
            owner.last_event = frame.last_event;
        }
        if let Some(exit) = frame.exit {
            self.record(parent, exit, Detail::Index(slot));
        }
        Some((parent, slot))
    }
}

/// The retry rule that applies: its index, the number of this retry, and the rule.
///
/// In the `flow` dialect each rule has its own count; when a rule is used up, the next matching rule applies (not
/// documented, but samples give two rules of one task different counts). In `StateMachine` only the first rule that
/// matches is used, and the context has one count.
pub(super) fn again<'s>(
    dialect: Dialect,
    state: &'s State,
    current: &mut Current,
    error: &str,
) -> Option<(usize, u32, &'s Retry)> {
    current.tries.resize(state.retry.len(), 0);
    for (at, (rule, tries)) in state.retry.iter().zip(&mut current.tries).enumerate() {
        if !matches(&rule.errors, error) {
            continue;
        }
        let used = match dialect {
            Dialect::Flow => *tries,
            Dialect::StateMachine => current.attempt,
        };
        if used < rule.most {
            *tries += 1;
            return Some((at, used + 1, rule));
        }
        if dialect == Dialect::StateMachine {
            return None;
        }
    }
    None
}
