//! One attempt of one state, for JavaScript: `simulateState`.
//!
//! [`Machine::visit`] runs the attempt and returns its steps as [`Note`]s. This module finds the state, reads the options
//! and writes the result.

mod result;

use std::rc::Rc;

use serde_json::{Map, Value};

use crate::shape::path_value;
use crate::simulate::{self, Data, Failure, Machine, Mock, Note, Program, Visit, Visited};
use cloudflow_base::diagnostic::{ErrorCode, nearest};
use cloudflow_base::limits::EVENTS;
use cloudflow_base::shape::{Diagnostic, Places};
use cloudflow_language::flow::{Dialect, Flow, StateKind};
use cloudflow_language::{Document, Options, shape};

/// Maximum number of ids in a message.
const MOST_IDS: usize = 10;

/// Why the state cannot be simulated.
#[derive(Debug)]
pub struct Refusal {
    /// The code.
    pub code: ErrorCode,
    /// What is wrong, and what would be correct.
    pub message: String,
    /// The findings about the definition.
    pub diagnostics: Vec<Diagnostic>,
}

/// Runs one attempt of one state. `options` is a JSON object with the options of `simulateState`, whose names and types
/// JavaScript has checked, and with `express` instead of `mode`. Returns the result as JSON.
pub fn simulate_state(text: &str, options: &str, now: u64, seed: u64) -> Result<String, Refusal> {
    let options = simulate::json(options).map_err(|problem| wrong(format!("the options are not valid: {problem}")))?;
    let Value::Object(options) = options else {
        return Err(wrong("the options must be an object".to_owned()));
    };
    let tree = &mut None;
    let express = options.get("express") == Some(&Value::Bool(true));
    let Document { flow, diagnostics, .. } = Document::read(text, Options { express }, tree);
    let refused = simulate::refusal(text, &diagnostics);
    let (None, Some(flow)) = (&refused, flow) else {
        let message = refused.unwrap_or_else(|| "the text holds no flow".to_owned());
        let diagnostics = Places::new(text).diagnostics(diagnostics);
        return Err(Refusal { code: ErrorCode::WrongDefinition, message, diagnostics });
    };
    let program = Rc::new(simulate::compile(&flow));
    if let Some(why) = program.refusal() {
        return Err(refusal(ErrorCode::WrongDefinition, why.to_owned()));
    }
    let ids = shape::ids(&flow);
    let at = find(&flow, &program, &ids, options.get("state").unwrap_or(&Value::Null))?;
    let given = Given { flow: &flow, program: &program, options: &options, at };
    let visit = given.visit(now, seed)?;
    let mock = given.mock()?;
    let visited = Machine::visit(&program, &visit, mock.as_ref());
    given.check(&visited, mock.as_ref())?;
    Ok(result::Writer { text, flow: &flow, program: &program, ids: &ids }.write(at, &visit, &visited))
}

/// The refusal of a text that is too long to be read.
pub fn too_long() -> Refusal {
    let diagnostics = shape::too_long();
    let message = diagnostics.iter().map(|found| found.message.as_str()).collect();
    Refusal { code: ErrorCode::WrongDefinition, message, diagnostics }
}

fn refusal(code: ErrorCode, message: String) -> Refusal {
    Refusal { code, message, diagnostics: Vec::new() }
}

fn wrong(message: String) -> Refusal {
    refusal(ErrorCode::WrongOptions, message)
}

/// The state with a name, an id of `flowGraph`, or a path in the definition.
fn find(flow: &Flow<'_>, program: &Program, ids: &[String], state: &Value) -> Result<usize, Refusal> {
    if state.is_array() {
        let has_path = |at: &usize| program.path(*at).is_some_and(|of_state| path_value(of_state) == *state);
        let found = (0..flow.states().len()).find(has_path);
        return found.ok_or_else(|| refusal(ErrorCode::UnknownState, format!("there is no state at the path {state}")));
    }
    let wanted = state.as_str().unwrap_or_default();
    if let Some(at) = ids.iter().position(|id| id == wanted) {
        return Ok(at);
    }
    let (mut known, mut found, mut shown) = (Vec::new(), Vec::new(), String::new());
    for (at, state) in flow.states().iter().enumerate() {
        let name = state.name.map_or("", |name| name.value);
        let id = ids.get(at).map_or("", String::as_str);
        known.push(if wanted.starts_with('/') { id } else { name });
        if name == wanted {
            found.push(at);
            match found.len() {
                1 => shown.push_str(id),
                2..=MOST_IDS => {
                    shown.push_str("`, `");
                    shown.push_str(id);
                }
                _ => {}
            }
        }
    }
    match found.as_slice() {
        [at] => Ok(*at),
        [] => {
            let mut message = format!("the flow has no state `{wanted}`");
            if let Some(name) = nearest(wanted, known) {
                message = format!("{message}; did you mean `{name}`?");
            }
            Err(refusal(ErrorCode::UnknownState, message))
        }
        several => {
            let count = several.len();
            let more = if count > MOST_IDS { " and others" } else { "" };
            let message =
                format!("the flow has {count} states `{wanted}`; pass the id of one of them: `{shown}`{more}");
            Err(refusal(ErrorCode::AmbiguousState, message))
        }
    }
}

/// Refuses keys that the context does not have.
fn check_keys(given: &Map<String, Value>, known: &Value, what: &str) -> Result<(), Refusal> {
    let Some(key) = given.keys().find(|key| known.get(key.as_str()).is_none()) else { return Ok(()) };
    let mut all = String::new();
    for known in known.as_object().into_iter().flat_map(Map::keys) {
        all.push_str(if all.is_empty() { "`" } else { ", `" });
        all.push_str(known);
        all.push('`');
    }
    Err(wrong(format!("`{key}` is not a field of `{what}`; expected one of: {all}")))
}

/// The options, for one state.
struct Given<'g, 'a> {
    flow: &'g Flow<'a>,
    program: &'g Rc<Program>,
    options: &'g Map<String, Value>,
    at: usize,
}

impl Given<'_, '_> {
    fn get(&self, name: &str) -> Option<&Value> {
        self.options.get(name).filter(|value| !value.is_null())
    }

    fn object(&self, name: &str) -> Map<String, Value> {
        self.get(name).and_then(Value::as_object).cloned().unwrap_or_default()
    }

    fn kind(&self) -> &StateKind<'_> {
        self.flow.states().get(self.at).map_or(&StateKind::Unknown, |state| &state.kind)
    }

    /// The state in a message.
    fn shown(&self) -> String {
        let kind = self.kind().state_type().map_or("state of unknown type", |kind| kind.name(self.flow.dialect));
        let name = self.flow.states().get(self.at).and_then(|state| state.name).map_or("", |name| name.value);
        format!("`{name}` is a {kind}")
    }

    fn visit(&self, now: u64, seed: u64) -> Result<Visit, Refusal> {
        let is_flow = self.flow.dialect == Dialect::Flow;
        let empty = || Value::Object(Map::new());
        let input = self.options.get("input").cloned().unwrap_or_else(empty);
        if is_flow && !input.is_object() {
            return Err(wrong("`input` must be an object in the `flow` dialect: `$input`".to_owned()));
        }
        let (other, of) = if is_flow { ("global", "StateMachine") } else { ("local", "flow") };
        if self.get(other).is_some() {
            return Err(wrong(format!("`{other}` is an option for flows of the `{of}` dialect")));
        }
        let number = |name: &str| self.get(name).and_then(Value::as_u64).unwrap_or(0);
        let attempt = u32::try_from(number("attempt")).unwrap_or(u32::MAX);
        if attempt as usize > EVENTS {
            return Err(wrong(format!("`attempt` must be at most {EVENTS}, the maximum number of retries")));
        }
        let rules = self.flow.states().get(self.at).map_or(0, |state| state.retry.len());
        let tries = self.get("retries").and_then(Value::as_array).map(|list| {
            let count = |value: &Value| value.as_u64().and_then(|count| u32::try_from(count).ok()).unwrap_or(0);
            list.iter().map(count).collect::<Vec<u32>>()
        });
        if tries.as_ref().is_some_and(|tries| tries.len() != rules) {
            return Err(wrong(format!("`retries` must have one number for each retry rule of the state: {rules}")));
        }
        if self.get("iteration").is_some() && !matches!(self.kind(), StateKind::Map(_)) {
            return Err(wrong(format!("`iteration` is an option for states that iterate: {}", self.shown())));
        }
        let objects = self.get("objectOutput").and_then(Value::as_bool).unwrap_or_else(|| input.is_object());
        Ok(Visit {
            state: self.at,
            input: Data::new(input),
            local: Data::new(Value::Object(self.object("local"))),
            global: self.object("global"),
            context: self.context()?,
            attempt,
            tries,
            error: None,
            objects,
            now,
            seed,
            iteration: usize::try_from(number("iteration")).unwrap_or(usize::MAX),
            later_global: self.get("mock").and_then(|mock| mock.get("global")?.as_object().cloned()),
            later_seed: None,
        })
    }

    /// The option `context`: parts of the context with some of their fields.
    fn context(&self) -> Result<Map<String, Value>, Refusal> {
        let given = self.object("context");
        let known = Machine::plain_context(self.program);
        check_keys(&given, &known, "context")?;
        for (part, fields) in &given {
            let Some(fields) = fields.as_object() else {
                return Err(wrong(format!("`{part}` of `context` must be an object")));
            };
            check_keys(fields, known.get(part).unwrap_or(&Value::Null), part)?;
        }
        Ok(given)
    }

    fn mock(&self) -> Result<Option<Mock>, Refusal> {
        let Some(mock) = self.get("mock") else { return Ok(None) };
        let is_task = matches!(self.kind(), StateKind::Task(_));
        let has_result = match self.kind() {
            StateKind::Task(_) | StateKind::Parallel(_) | StateKind::Map(_) => true,
            StateKind::Choice(choice) => choice.options.iter().chain(&choice.default).any(|way| way.body.is_some()),
            _ => false,
        };
        if !has_result {
            return Err(wrong(format!("`mock` is for states with a result of other work: {}", self.shown())));
        }
        let never = mock.get("never") == Some(&Value::Bool(true));
        let delay = mock.get("delayMs").and_then(Value::as_f64);
        if !is_task && (never || delay.is_some()) {
            return Err(wrong(format!("`never` and `delayMs` of `mock` are for tasks: {}", self.shown())));
        }
        let text = |name: &str| mock.get(name).and_then(Value::as_str).map(str::to_owned);
        let result = match text("error") {
            Some(error) => Err(Failure { error, cause: text("cause").unwrap_or_default() }),
            None => Ok(mock.get("output").cloned().unwrap_or_else(|| Value::Object(Map::new()))),
        };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
        let after = (!never).then(|| delay.unwrap_or(0.0) as u64);
        Ok(Some(Mock { result, after }))
    }

    /// Checks the options that depend on the values of the state.
    fn check(&self, visited: &Visited, mock: Option<&Mock>) -> Result<(), Refusal> {
        if let Some(problem) = &visited.problem {
            return Err(wrong(format!("`output` of `mock` {problem}")));
        }
        let items = visited.notes.iter().find_map(|note| match note {
            Note::Items(items, _) => Some(items.as_array().map_or(0, Vec::len)),
            _ => None,
        });
        let Some(items) = items else { return Ok(()) };
        let iteration = self.get("iteration").and_then(Value::as_u64);
        if iteration.is_some_and(|iteration| iteration >= items as u64) {
            return Err(wrong(format!("`iteration` must be less than the number of items: {items}")));
        }
        let is_empty = |result: &Value| result.as_array().is_some_and(Vec::is_empty);
        if items == 0 && mock.is_some_and(|mock| !mock.result.as_ref().is_ok_and(is_empty)) {
            return Err(wrong("`mock` must be absent or have the output `[]`: there are no items".to_owned()));
        }
        Ok(())
    }
}
