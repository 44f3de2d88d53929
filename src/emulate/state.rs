//! The account as text, and back: lines of JSON, the first the format, the last a checksum.
//!
//! An execution is kept as its start and what it was told since, not as the insides of its
//! machine: those may change with every release, and a replay brings them about again. Whether it
//! did is checked against what was seen when the text was written.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::flows::{self, variables};
use super::store::{Begun, ExecutionId, Flow, Store, Variable};
use super::told::{Recorded, Told};
use crate::simulate::{Millis, Program, Status, TaskId};

const FORMAT: &str = "cloudflow-wasm emulator";
const VERSION: u64 = 1;

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Flows.
    pub flows: usize,
    /// Executions, running and ended ones.
    pub executions: usize,
    /// What did not come back, and why.
    pub problems: Vec<String>,
}

/// Everything apart from held requests, quotas and nonces.
pub(super) fn save(store: &Store, now: Millis) -> String {
    let mut definitions = Definitions::default();
    let mut body = String::new();
    for flow in store.flows.values() {
        let definition = definitions.number(&flow.definition);
        let flow = json!({ "flow": {
            "id": flow.id,
            "name": flow.name,
            "definition": definition,
            "description": flow.description,
            "role": flow.role,
            "group": flow.group,
            "express": flow.express,
            "environment": environment(&flow.environment),
            "created": flow.created,
            "modified": flow.modified,
        } });
        line(&mut body, &flow.to_string());
    }
    for (id, execution) in store.executions() {
        let definition = definitions.number(&execution.definition);
        let head = json!({ "execution": {
            "id": id,
            "flow": execution.flow,
            "name": execution.name,
            "definition": definition,
            "environment": environment(&execution.environment),
            "input": execution.input,
            "role": execution.role,
            "callback": execution.callback,
            "owners": execution.owners.iter().map(|(id, task)| [*id, task.0]).collect::<Vec<_>>(),
            "started": execution.started,
            "seed": execution.seed,
            "express": execution.express,
            "orphan": execution.orphan,
            "status": execution.machine.status().as_str(),
            "events": execution.machine.events().len(),
            "behind": execution.is_behind(),
        } });
        line(&mut body, &head.to_string());
        execution.told.iter().for_each(|told| line(&mut body, told));
        execution.unheard().for_each(|told| line(&mut body, &told));
    }
    let mut text = String::new();
    let head = json!({
        "format": FORMAT,
        "version": VERSION,
        "now": now,
        "random": store.random.state(),
        "lastExecution": store.last_execution,
        "nextChild": store.children.turn,
    });
    line(&mut text, &head.to_string());
    for definition in &definitions.texts {
        line(&mut text, &json!({ "definition": &**definition }).to_string());
    }
    text.push_str(&body);
    let end = json!({ "sha256": checksum(&text) });
    line(&mut text, &end.to_string());
    text
}

/// A store from [`save`]'s text, and the time it was written. An error where the text is not
/// whole, or is something else.
pub(super) fn restore(text: &str, breathe: Option<fn()>) -> Result<(Store, Millis, Restored), String> {
    let torn = || "the saved state is not whole: its end is missing or does not fit the rest".to_owned();
    let head = text.lines().next().and_then(|line| serde_json::from_str::<Value>(line).ok());
    let head = head.filter(|head| part(head, "format") == FORMAT);
    let head = head.ok_or("this is no saved state of an emulator")?;
    if part(&head, "version") != VERSION {
        return Err(format!(
            "the saved state has format {}, and this is made for format {VERSION}",
            part(&head, "version")
        ));
    }
    let whole = text.strip_suffix('\n').ok_or_else(torn)?;
    let (rest, end) = whole.rsplit_once('\n').ok_or_else(torn)?;
    let end: Value = serde_json::from_str(end).map_err(|_| torn())?;
    let checked = text.get(..rest.len() + 1).ok_or_else(torn)?;
    if part(&end, "sha256").as_str() != Some(&checksum(checked)) {
        return Err(torn());
    }
    let now = part(&head, "now").as_u64().unwrap_or_default();
    let mut store = Store::new(part(&head, "random").as_u64().unwrap_or_default());
    store.last_execution = part(&head, "lastExecution").as_u64().unwrap_or_default();
    store.children.clock(now);
    store.children.turn = part(&head, "nextChild").as_u64().unwrap_or_default();
    let mut reader = Reader { store, now, definitions: Vec::new(), open: None, restored: Restored::default() };
    for (at, line) in checked.lines().enumerate().skip(1) {
        breathe.into_iter().for_each(|breathe| breathe());
        let understood = reader.line(line);
        understood.ok_or_else(|| format!("line {} of the saved state is not understood", at + 1))?;
    }
    reader.close();
    Ok((reader.store, now, reader.restored))
}

struct Reader {
    store: Store,
    now: Millis,
    definitions: Vec<(Rc<str>, Option<Rc<Program>>)>,
    /// The execution that is being read, with its record.
    open: Option<(Value, Vec<Recorded>)>,
    restored: Restored,
}

impl Reader {
    fn line(&mut self, line: &str) -> Option<()> {
        if line.starts_with('[') {
            let (at, told) = Told::read(line)?;
            self.open.as_mut()?.1.push((line.into(), at, told));
            return Some(());
        }
        let mut value: Value = serde_json::from_str(line).ok()?;
        let (kind, value) = value.as_object_mut()?.iter_mut().next()?;
        let value = value.take();
        match kind.as_str() {
            "definition" => {
                let text: Rc<str> = value.as_str()?.into();
                self.definitions.push((text, None));
            }
            "flow" => self.flow(&value)?,
            "execution" => {
                self.close();
                self.open = Some((value, Vec::new()));
            }
            _ => return None,
        }
        Some(())
    }

    fn flow(&mut self, value: &Value) -> Option<()> {
        let text = |name: &str| part(value, name).as_str().map(str::to_owned);
        let name = text("name")?;
        let express = part(value, "express").as_bool()?;
        let number = usize::try_from(part(value, "definition").as_u64()?).ok()?;
        let definition = Rc::clone(&self.definitions.get(number)?.0);
        let program = match flows::program(&name, &definition, express) {
            Ok(program) => Rc::new(program),
            Err(fault) => {
                self.restored.problems.push(format!("the flow `{name}` is left out: {}", fault.message));
                return Some(());
            }
        };
        self.definitions.get_mut(number)?.1 = Some(Rc::clone(&program));
        let flow = Flow {
            id: text("id")?,
            definition,
            program,
            description: text("description")?,
            role: text("role")?,
            group: text("group")?,
            express,
            environment: read_environment(part(value, "environment")),
            created: part(value, "created").as_u64()?,
            modified: part(value, "modified").as_u64()?,
            by_name: BTreeMap::new(),
            executions: Default::default(),
            name: name.clone(),
        };
        self.store.flows.insert(name, flow);
        self.restored.flows += 1;
        Some(())
    }

    /// Ends the execution that is being read.
    fn close(&mut self) {
        let Some((head, told)) = self.open.take() else { return };
        let what = |name: &str| part(&head, name).as_str().unwrap_or_default().to_owned();
        let place = format!("the execution `{}` of `{}` is left out", what("name"), what("flow"));
        match self.execution(&head, told) {
            Ok(()) => self.restored.executions += 1,
            Err(why) => self.restored.problems.push(format!("{place}: {why}")),
        }
    }

    fn execution(&mut self, head: &Value, told: Vec<Recorded>) -> Result<(), String> {
        let broken = || "its record is not understood".to_owned();
        let begun = self.begun(head).ok_or_else(broken)?;
        if !begun.orphan && !self.store.flows.contains_key(&begun.flow) {
            return Err("its flow is left out".to_owned());
        }
        let id: ExecutionId = part(head, "id").as_u64().ok_or_else(broken)?;
        // One that was behind gets further this time.
        let behind = part(head, "behind") == true;
        let known = |status: Status, events: usize| {
            let seen = part(head, "events");
            if behind {
                return seen.as_u64().is_some_and(|seen| seen <= events as u64);
            }
            part(head, "status") == status.as_str() && *seen == events
        };
        if self.store.replay(id, begun, told, self.now, known) {
            return Ok(());
        }
        Err("told the same again, it comes to something else: another version ran it".to_owned())
    }

    fn begun(&mut self, head: &Value) -> Option<Begun> {
        let text = |name: &str| part(head, name).as_str().map(str::to_owned);
        let number = usize::try_from(part(head, "definition").as_u64()?).ok()?;
        let (definition, program) = self.definitions.get_mut(number)?;
        let program = match program {
            Some(program) => Rc::clone(program),
            // Of a flow that has another definition by now, or is gone.
            None => Rc::clone(program.insert(Rc::new(flows::compiled(definition)?))),
        };
        Some(Begun {
            flow: text("flow")?,
            name: text("name")?,
            definition: Rc::clone(definition),
            program,
            environment: read_environment(part(head, "environment")),
            text: text("input")?,
            role: text("role")?,
            callback: text("callback"),
            owners: owners(part(head, "owners"))?,
            started: part(head, "started").as_u64()?,
            seed: part(head, "seed").as_u64()?,
            express: part(head, "express").as_bool()?,
            orphan: part(head, "orphan").as_bool()?,
        })
    }
}

/// Definitions, each once: thousands of executions share one.
#[derive(Default)]
struct Definitions {
    texts: Vec<Rc<str>>,
    numbers: BTreeMap<*const u8, usize>,
}

impl Definitions {
    fn number(&mut self, text: &Rc<str>) -> usize {
        *self.numbers.entry(text.as_ptr()).or_insert_with(|| {
            self.texts.push(Rc::clone(text));
            self.texts.len() - 1
        })
    }
}

fn environment(variables: &[Variable]) -> Value {
    let item = |v: &Variable| json!({ "Name": v.name, "Value": v.value, "Description": v.description });
    variables.iter().map(item).collect()
}

fn read_environment(value: &Value) -> Rc<[Variable]> {
    value.as_array().map(|list| variables(list)).unwrap_or_default().into()
}

fn owners(value: &Value) -> Option<Vec<(ExecutionId, TaskId)>> {
    let owner = |pair: &Value| Some((pair.get(0)?.as_u64()?, TaskId(pair.get(1)?.as_u64()?)));
    value.as_array()?.iter().map(owner).collect()
}

fn part<'v>(value: &'v Value, name: &str) -> &'v Value {
    value.get(name).unwrap_or(&Value::Null)
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn checksum(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
