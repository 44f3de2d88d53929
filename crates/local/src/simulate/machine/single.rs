//! One attempt of one state, without the rest of its execution.
//!
//! The state runs in a series of its own, whose end has no effect. The same steps as in an execution run it, so the
//! notes about it are those of an execution: `crates/local/tests/it/single.rs` compares them.

use std::rc::Rc;

use cloudflow_base::limits::EVENTS;
use serde_json::{Map, Value};

use super::super::data::Data;
use super::super::event::EventKind;
use super::super::program::{Kind, Program};
use super::super::{Failure, Millis, TaskResult};
use super::states::again;
use super::work::iteration_input;
use super::{ChildKind, Current, FrameId, Inputs, Machine, Note, Phase, Ready, Start, TaskId, TaskRequest};
use cloudflow_language::flow::Dialect;

/// The attempt of a state.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The index of the state in the program.
    pub state: usize,
    /// In `StateMachine` the input of the state, in the `flow` dialect `$input` of its series.
    pub input: Data,
    /// The local data of the series in the `flow` dialect.
    pub local: Data,
    /// The global variables.
    pub global: Map<String, Value>,
    /// Parts of `$context` or `$Context` that replace the usual ones.
    pub context: Map<String, Value>,
    /// The number of retries before this attempt.
    pub attempt: u32,
    /// These retries, for each rule. Absent: they had the error of this attempt.
    pub tries: Option<Vec<u32>>,
    /// The error of the attempt before.
    pub error: Option<Failure>,
    /// The output must be an object. Not so in an iteration over other values.
    pub objects: bool,
    /// The clock.
    pub now: Millis,
    /// The seed of random values.
    pub seed: u64,
    /// The iteration of a map whose input is returned.
    pub iteration: usize,
    /// The global variables when the work has ended, if other states change them meanwhile.
    pub later_global: Option<Map<String, Value>>,
    /// The seed when the work has ended, if other states use random values meanwhile.
    pub later_seed: Option<u64>,
}

/// The outcome of the work of a state.
#[derive(Clone, Debug)]
pub struct Mock {
    /// For a parallel and a map, the list of the results of their branches or iterations, or the error of one of them.
    /// For an option of a choice with steps, the local data of its steps.
    pub result: TaskResult,
    /// The duration of a task. Absent if it does not end.
    pub after: Option<Millis>,
}

/// What happened in an attempt.
#[derive(Debug)]
pub struct Visited {
    /// The steps. Neither [`Note::Left`], [`Note::Retry`] nor [`Note::Failed`] is among them if the outcome of the work is
    /// unknown.
    pub notes: Vec<Note>,
    /// The task that was requested, and the time until it times out.
    pub task: Option<(TaskRequest, Option<Millis>)>,
    /// The series that the state contains: all branches, one iteration, or the steps of an option.
    pub inner: Vec<Inner>,
    /// What is wrong with the mock.
    pub problem: Option<String>,
}

/// A series inside of a state.
#[derive(Clone, Debug, PartialEq)]
pub struct Inner {
    /// Its first state. Absent if it is empty.
    pub start: Option<usize>,
    /// Its input.
    pub input: Data,
}

/// The series of the state. Those inside of it have the next numbers.
const SERIES: FrameId = 1;

impl Machine {
    /// Runs one attempt of one state. Without a mock, it ends where the result of the work is needed.
    pub fn visit(program: &Rc<Program>, visit: &Visit, mock: Option<&Mock>) -> Visited {
        let given = visit.tries.clone().unwrap_or_default();
        let visited = Machine::visit_after(program, visit, given, mock);
        let has_rules = program.dialect == Dialect::Flow && visit.attempt > 0 && visit.tries.is_none();
        let Some(state) = program.states.get(visit.state).filter(|_| has_rules) else { return visited };
        for note in &visited.notes {
            if let Note::Error(error) = note {
                let mut current = Current::new();
                for _ in 0..visit.attempt {
                    again(program.dialect, state, &mut current, &error.error);
                }
                return Machine::visit_after(program, visit, current.tries, mock);
            }
        }
        visited
    }

    /// The context of a state in an execution that has no data, for names and defaults.
    pub fn plain_context(program: &Rc<Program>) -> Value {
        Machine::new(Rc::clone(program), Start::default()).context(None)
    }

    fn visit_after(program: &Rc<Program>, visit: &Visit, tries: Vec<u32>, mock: Option<&Mock>) -> Visited {
        let input = Value::Object(Map::new());
        // The same names as in `simulateFlow`.
        let (flow, execution) = (program.name().unwrap_or("flow").to_owned(), "simulation".to_owned());
        let start = Start { flow, execution, input, now: visit.now, seed: visit.seed, ..Start::default() };
        let mut machine = Machine::new(Rc::clone(program), start);
        machine.global = Value::Object(visit.global.clone());
        machine.given_context = visit.context.clone();
        machine.keep_notes();
        // No frame has the number 0: the end of the series has no effect.
        machine.frame(Some((0, 0)), 0, visit.input.clone(), None, 0);
        machine.ready.clear();
        if let Some(frame) = machine.frames.get_mut(&SERIES) {
            frame.at = visit.state;
            frame.objects = visit.objects;
            if program.dialect == Dialect::Flow {
                frame.data = visit.local.clone();
            }
        }
        machine.arrive(SERIES);
        if let Some(frame) = machine.frames.get_mut(&SERIES) {
            frame.current.attempt = visit.attempt;
            frame.current.tries = tries;
            frame.current.error = visit.error.clone().map(Rc::new);
        }
        machine.begin(SERIES);
        let inner = machine.inner(visit);
        let (task, problem) = machine.end_work(visit, mock);
        while let Some(ready) = machine.ready.pop_front() {
            match ready {
                Ready::Done(SERIES, output, jump) => machine.succeed(SERIES, output, jump),
                Ready::Failed(SERIES, failure) => machine.fail(SERIES, failure),
                _ => {}
            }
        }
        let mut notes = Vec::new();
        for (frame, note) in machine.take_notes() {
            if frame == SERIES {
                notes.push(note);
            }
        }
        Visited { notes, task, inner, problem }
    }

    /// Ends the work of the state. Returns the requested task, and what is wrong with the mock.
    fn end_work(
        &mut self,
        visit: &Visit,
        mock: Option<&Mock>,
    ) -> (Option<(TaskRequest, Option<Millis>)>, Option<String>) {
        if let Some(global) = &visit.later_global {
            self.global = Value::Object(global.clone());
        }
        if let Some(seed) = visit.later_seed {
            self.random.set(seed);
        }
        let phase = self.frames.get(&SERIES).map(|frame| &frame.current.phase);
        match phase {
            Some(Phase::Sleep(timer)) => {
                self.now = timer.0;
                self.woken(SERIES);
            }
            Some(Phase::Task(task)) => {
                let task = *task;
                let limit = self.deadline(task);
                let request = self.requests.pop();
                if let Some(mock) = mock {
                    let after = mock.after.map(|after| self.now.saturating_add(after));
                    match (after, limit) {
                        // A result at the moment of the timeout is too late.
                        (None, Some(limit)) => self.time_out(task, limit),
                        (Some(at), Some(limit)) if at >= limit => self.time_out(task, limit),
                        (Some(at), _) => {
                            self.now = at;
                            self.end_task(task, EventKind::TaskSucceeded, mock.result.clone());
                        }
                        (None, None) => {}
                    }
                }
                let limit = limit.map(|limit| limit.saturating_sub(visit.now));
                return (request.map(|request| (request, limit)), None);
            }
            Some(Phase::Children(children)) => {
                let (count, kind) = (children.results.len(), children.kind);
                let Some(mock) = mock else { return (None, None) };
                match (&mock.result, kind) {
                    (Err(failure), _) => self.raise(SERIES + 1, failure.clone()),
                    (Ok(data), ChildKind::Option(_)) if data.is_object() => self.end_inner(vec![data.clone()]),
                    (Ok(Value::Array(results)), ChildKind::Branches | ChildKind::Iterations)
                        if results.len() == count =>
                    {
                        self.end_inner(results.clone());
                    }
                    (Ok(_), ChildKind::Option(_)) => {
                        let problem = "must be an object: the local data of the option's steps";
                        return (None, Some(problem.to_owned()));
                    }
                    (Ok(_), kind) => {
                        let what = if kind == ChildKind::Branches { "branches" } else { "iterations" };
                        return (None, Some(format!("must be a list of {count} values: the results of the {what}")));
                    }
                }
            }
            _ => {}
        }
        (None, None)
    }

    fn time_out(&mut self, task: TaskId, limit: Millis) {
        self.now = limit;
        self.task_timed_out(task);
    }

    /// Ends the series inside of the state with these results. They are numbered in the order of their start.
    fn end_inner(&mut self, results: Vec<Value>) {
        // These series run no state. Without this, each iteration of the `flow` dialect would copy all data of its owner.
        if let Some(frame) = self.frames.get_mut(&SERIES)
            && let Phase::Children(children) = &mut frame.current.phase
        {
            children.inputs = Inputs::Same(vec![0; results.len()]);
        }
        for (id, result) in (SERIES + 1..).zip(results) {
            if let Some(frame) = self.frames.get_mut(&id) {
                frame.data = Data::new(result);
            }
            self.end_frame(id);
            // An iteration has two events at least, so an execution cannot have more iterations either.
            if self.history_is_full {
                let cause = format!("the execution has more than {EVENTS} events");
                return self.raise(SERIES, Failure::new("Local.HistoryLimitExceeded", cause));
            }
        }
    }

    /// The series that the state contains.
    fn inner(&self, visit: &Visit) -> Vec<Inner> {
        let mut all = Vec::new();
        let Some(frame) = self.frames.get(&SERIES) else { return all };
        let Phase::Children(children) = &frame.current.phase else { return all };
        let given = &frame.current.input;
        let mut add = |scope: usize, input: Data| {
            all.push(Inner { start: self.program.scopes.get(scope).and_then(|scope| scope.start), input });
        };
        if let Inputs::Same(scopes) = &children.inputs {
            for scope in scopes {
                add(*scope, given.clone());
            }
        }
        let kind = self.program.states.get(visit.state).map(|state| &state.kind);
        for (_, note) in self.notes.iter().flatten() {
            if let (Note::Items(items, _), Some(Kind::Map(iteration))) = (note, kind)
                && let Some(item) = items.get(visit.iteration)
            {
                let input = iteration_input(&self.program, iteration, given, visit.iteration, item.clone());
                add(iteration.body, Data::new(input));
            }
        }
        all
    }
}
