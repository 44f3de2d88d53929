//! Saves and restores the account as text: lines of JSON, the first with the format, the last with a checksum. The
//! batches of a [`Journal`] may follow.
//!
//! An execution is saved as its start and its messages. The state of its machine is not saved, because its form may
//! change with every release. A replay restores the machine. The status and the number of events after the replay are
//! compared with the saved ones.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::flows::{self, variables};
use super::journal::{Definitions, Journal, chained};
use super::store::{Begun, Execution, ExecutionId, Flow, Known, Store, Variable};
use crate::schedule::{Link, Message, Recorded, TaskKey};
use crate::simulate::{Millis, Program, TaskId, read_accepted};

const FORMAT: &str = "cloudflow-wasm emulator";
const VERSION: u64 = 2;

/// The result of a restore.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Flows.
    pub flows: usize,
    /// Executions, running and ended ones.
    pub executions: usize,
    /// The parts that were not restored, with the reason.
    pub problems: Vec<String>,
}

/// Saves everything except held requests, quotas and nonces. Also returns the journal that continues the text.
pub(super) fn save(store: &Store, now: Millis) -> (String, Journal) {
    let mut definitions = Definitions::default();
    let mut body = String::new();
    for known in store.flows.values() {
        let definition = definitions.number(&known.definition);
        line(&mut body, &flow(known, definition).to_string());
    }
    for (id, known) in store.executions() {
        let definition = definitions.number(&known.definition);
        line(&mut body, &execution(id, known, store.schedule.get_link(id), definition).to_string());
        known.records.iter().for_each(|record| line(&mut body, record));
        known.pending().for_each(|record| line(&mut body, &record));
    }
    let mut text = String::new();
    let mut first = json!({ "format": FORMAT, "version": VERSION });
    if let (Some(first), Value::Object(head)) = (first.as_object_mut(), head(store, now)) {
        first.extend(head);
    }
    line(&mut text, &first.to_string());
    for definition in &definitions.texts {
        line(&mut text, &json!({ "definition": &**definition }).to_string());
    }
    text.push_str(&body);
    let sum = checksum(&[&text]);
    line(&mut text, &json!({ "sha256": sum }).to_string());
    (text, Journal::after(definitions, sum))
}

/// The head of a text or a batch.
pub(super) fn head(store: &Store, now: Millis) -> Value {
    json!({
        "now": now,
        "random": store.random.state(),
        "lastExecution": store.last_execution,
        "nextChild": store.schedule.next_start(),
    })
}

/// The line of a flow.
pub(super) fn flow(flow: &Flow, definition: usize) -> Value {
    json!({ "flow": {
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
    } })
}

/// The first line of an execution. Its record follows.
pub(super) fn execution(id: ExecutionId, execution: &Execution, link: Option<&Link>, definition: usize) -> Value {
    json!({ "execution": {
        "id": id,
        "flow": execution.flow,
        "name": execution.name,
        "definition": definition,
        "environment": environment(&execution.environment),
        "input": execution.input,
        "role": execution.role,
        "callback": link.and_then(|link| link.callback.as_deref()),
        "owners": owners(link.map_or(&[], |link| &link.owners)),
        "started": execution.started,
        "seed": execution.seed,
        "express": execution.express,
        "orphan": execution.orphan,
        "status": execution.machine.status().as_str(),
        "events": execution.machine.events().len(),
        "behind": execution.is_behind(),
    } })
}

/// The tasks that wait for an execution.
fn owners(owners: &[TaskKey]) -> Value {
    owners.iter().map(|(id, task)| json!([id, task.0])).collect()
}

/// Reads the text of [`save`] and the batches of its journal. Returns the store and the time of the last batch. Fails
/// if the text is incomplete or is not a saved state. An incomplete batch ends the text: it and everything after it is
/// reported as a problem and ignored.
pub(super) fn restore(text: &str, reserve_memory: Option<fn()>) -> Result<(Store, Millis, Restored), String> {
    let damaged = || "the saved state is damaged: its end is missing, or its checksum is wrong".to_owned();
    let head = text.lines().next().and_then(|line| serde_json::from_str::<Value>(line).ok());
    let head = head.filter(|head| part(head, "format") == FORMAT);
    let head = head.ok_or("the text is not a saved state of an emulator")?;
    if part(&head, "version") != VERSION {
        return Err(format!(
            "the saved state has format {}, but this version reads format {VERSION}",
            part(&head, "version")
        ));
    }
    let (saved, mut sum, mut rest) = section(text).ok_or_else(damaged)?;
    if checksum(&[saved]) != sum {
        return Err(damaged());
    }
    let mut reader = Reader { reserve_memory, ..Reader::default() };
    reader.head(&head);
    reader.lines(saved)?;
    reader.mark();
    while !rest.is_empty() {
        let batch = section(rest).filter(|(batch, next, _)| chained(&sum, batch) == *next);
        let Some((batch, next, after)) = batch else {
            reader.restored.problems.push(format!(
                "the changes from line {} on ({} bytes) are left out: they were not completely written",
                reader.line + 1,
                rest.len()
            ));
            break;
        };
        reader.lines(batch)?;
        (sum, rest) = (next, after);
    }
    Ok(reader.build())
}

/// Splits at the first checksum: the lines before it, the checksum, and what follows.
fn section(text: &str) -> Option<(&str, String, &str)> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("{\"sha256\":") {
            let end: Value = serde_json::from_str(line.strip_suffix('\n')?).ok()?;
            let sum = part(&end, "sha256").as_str()?.to_owned();
            return Some((text.get(..at)?, sum, text.get(at + line.len()..)?));
        }
        at += line.len();
    }
    None
}

/// An execution in the text: its first line, its messages, and later changes.
struct Record<'t> {
    head: Value,
    messages: Vec<&'t str>,
    orphan: bool,
    owners: Vec<Value>,
    /// The number of messages in the saved text, whose status is known. The others are from the journal.
    known: Option<usize>,
}

/// A definition, and its programs in Standard and in Express mode.
struct Definition {
    text: Rc<str>,
    programs: [Option<Rc<Program>>; 2],
}

#[derive(Default)]
struct Reader<'t> {
    now: Millis,
    /// The time of the saved text.
    saved: Millis,
    random: u64,
    last_execution: ExecutionId,
    next_child: Millis,
    definitions: Vec<Definition>,
    flows: BTreeMap<String, Value>,
    executions: BTreeMap<ExecutionId, Record<'t>>,
    /// The execution that the next record belongs to.
    open: Option<ExecutionId>,
    /// Number of lines that have been read.
    line: usize,
    restored: Restored,
    reserve_memory: Option<fn()>,
}

impl<'t> Reader<'t> {
    fn head(&mut self, head: &Value) {
        let number = |name: &str| part(head, name).as_u64().unwrap_or_default();
        self.now = self.now.max(number("now"));
        self.random = number("random");
        self.last_execution = number("lastExecution");
        self.next_child = number("nextChild");
    }

    /// The lines of a text or a batch; the checksum behind them counts as one more.
    fn lines(&mut self, text: &'t str) -> Result<(), String> {
        self.open = None;
        for line in text.lines() {
            self.reserve_memory.into_iter().for_each(|reserve_memory| reserve_memory());
            self.line += 1;
            if self.line > 1 {
                let read = self.one(line);
                read.ok_or_else(|| format!("line {} of the saved state cannot be read", self.line))?;
            }
        }
        self.line += 1;
        Ok(())
    }

    /// Marks the end of the saved text. The journal follows.
    fn mark(&mut self) {
        self.saved = self.now;
        for record in self.executions.values_mut() {
            record.known = Some(record.messages.len());
        }
    }

    fn one(&mut self, line: &'t str) -> Option<()> {
        if line.starts_with('[') {
            Message::read(line)?;
            self.executions.get_mut(&self.open?)?.messages.push(line);
            return Some(());
        }
        let mut value: Value = serde_json::from_str(line).ok()?;
        let (kind, value) = value.as_object_mut()?.iter_mut().next()?;
        let value = value.take();
        match kind.as_str() {
            "batch" => self.head(&value),
            "definition" => self.definitions.push(Definition { text: value.as_str()?.into(), programs: [None, None] }),
            "flow" => {
                let name = part(&value, "name").as_str()?.to_owned();
                self.flows.insert(name, value);
            }
            "removed" => {
                self.flows.remove(value.as_str()?);
            }
            "execution" => {
                let id = part(&value, "id").as_u64()?;
                let orphan = part(&value, "orphan").as_bool()?;
                let owners = part(&value, "owners").as_array()?.clone();
                self.executions.insert(id, Record { head: value, messages: Vec::new(), orphan, owners, known: None });
                self.open = Some(id);
            }
            "messages" => self.open = Some(value.as_u64()?),
            "orphaned" => self.executions.get_mut(&value.as_u64()?)?.orphan = true,
            "dropped" => {
                self.executions.remove(&value.as_u64()?);
            }
            "owned" => {
                let record = self.executions.get_mut(&part(&value, "id").as_u64()?)?;
                record.owners.extend_from_slice(part(&value, "owners").as_array()?);
            }
            _ => return None,
        }
        Some(())
    }

    fn build(mut self) -> (Store, Millis, Restored) {
        let mut store = Store::new(self.random);
        store.last_execution = self.last_execution;
        store.schedule.advance(self.now);
        store.schedule.set_next_start(self.next_child);
        for (name, flow) in std::mem::take(&mut self.flows) {
            match self.flow(&name, &flow) {
                Ok(flow) => {
                    store.flows.insert(name, flow);
                    self.restored.flows += 1;
                }
                Err(why) => self.restored.problems.push(format!("the flow `{name}` is left out: {why}")),
            }
        }
        for (id, record) in std::mem::take(&mut self.executions) {
            self.reserve_memory.into_iter().for_each(|reserve_memory| reserve_memory());
            let what = |name: &str| part(&record.head, name).as_str().unwrap_or_default().to_owned();
            let place = format!("the execution `{}` of `{}` is left out", what("name"), what("flow"));
            match self.execution(&mut store, id, &record) {
                Ok(()) => self.restored.executions += 1,
                Err(why) => self.restored.problems.push(format!("{place}: {why}")),
            }
        }
        store.reconcile();
        (store, self.now, self.restored)
    }

    fn flow(&mut self, name: &str, value: &Value) -> Result<Flow, String> {
        let read = |definition: Rc<str>, program: Rc<Program>| {
            let text = |name: &str| part(value, name).as_str().map(str::to_owned);
            Some(Flow {
                id: text("id")?,
                definition,
                program,
                description: text("description")?,
                role: text("role")?,
                group: text("group")?,
                express: part(value, "express").as_bool()?,
                environment: read_environment(part(value, "environment")),
                created: part(value, "created").as_u64()?,
                modified: part(value, "modified").as_u64()?,
                executions: Default::default(),
                name: name.to_owned(),
            })
        };
        let broken = || "its line cannot be read".to_owned();
        let express = part(value, "express").as_bool().ok_or_else(broken)?;
        let definition = self.definition(value).ok_or_else(broken)?;
        let program = Rc::new(flows::program(name, &definition.text, express).map_err(|fault| fault.message)?);
        *definition.program(express) = Some(Rc::clone(&program));
        read(Rc::clone(&definition.text), program).ok_or_else(broken)
    }

    fn definition(&mut self, value: &Value) -> Option<&mut Definition> {
        let number = usize::try_from(part(value, "definition").as_u64()?).ok()?;
        self.definitions.get_mut(number)
    }

    fn execution(&mut self, store: &mut Store, id: ExecutionId, record: &Record<'_>) -> Result<(), String> {
        let broken = || "its record cannot be read".to_owned();
        let (begun, link) = self.begun(record).ok_or_else(broken)?;
        if !begun.orphan && !store.flows.contains_key(&begun.flow) {
            return Err("its flow is left out".to_owned());
        }
        let read = |line: &&str| Message::read(line).map(|(at, message)| ((*line).into(), at, message));
        let records: Vec<Recorded> = record.messages.iter().map(read).collect::<Option<_>>().ok_or_else(broken)?;
        let head = &record.head;
        let known = record.known.map(|length| Known {
            length,
            at: self.saved,
            status: part(head, "status").as_str().unwrap_or_default(),
            events: part(head, "events").as_u64().unwrap_or_default(),
            behind: part(head, "behind") == true,
        });
        if store.replay(id, begun, link, records, self.now, known) {
            return Ok(());
        }
        Err("the replay diverged: the state was written by a different version".to_owned())
    }

    fn begun(&mut self, record: &Record<'_>) -> Option<(Begun, Link)> {
        let head = &record.head;
        let text = |name: &str| part(head, name).as_str().map(str::to_owned);
        let express = part(head, "express").as_bool()?;
        let definition = self.definition(head)?;
        let accepted = Rc::clone(&definition.text);
        let program = match definition.program(express) {
            Some(program) => Rc::clone(program),
            // The flow now has another definition or mode, or is removed.
            program => Rc::clone(program.insert(Rc::new(read_accepted(&accepted, express)?))),
        };
        let link = Link {
            flow: text("flow")?,
            name: text("name")?,
            owners: read_owners(&record.owners)?,
            callback: text("callback"),
            ended: false,
        };
        let begun = Begun {
            flow: text("flow")?,
            name: text("name")?,
            definition: accepted,
            program,
            environment: read_environment(part(head, "environment")),
            text: text("input")?,
            role: text("role")?,
            started: part(head, "started").as_u64()?,
            seed: part(head, "seed").as_u64()?,
            express,
            orphan: record.orphan,
        };
        Some((begun, link))
    }
}

impl Definition {
    /// The program in a mode, if it is compiled.
    fn program(&mut self, express: bool) -> &mut Option<Rc<Program>> {
        let [standard, fast] = &mut self.programs;
        if express { fast } else { standard }
    }
}

fn environment(variables: &[Variable]) -> Value {
    let item = |v: &Variable| json!({ "Name": v.name, "Value": v.value, "Description": v.description });
    variables.iter().map(item).collect()
}

fn read_environment(value: &Value) -> Rc<[Variable]> {
    value.as_array().map(|list| variables(list)).unwrap_or_default().into()
}

fn read_owners(list: &[Value]) -> Option<Vec<TaskKey>> {
    let owner = |pair: &Value| Some((pair.get(0)?.as_u64()?, TaskId(pair.get(1)?.as_u64()?)));
    list.iter().map(owner).collect()
}

fn part<'v>(value: &'v Value, name: &str) -> &'v Value {
    value.get(name).unwrap_or(&Value::Null)
}

/// Appends a line.
pub(super) fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// SHA-256 of the concatenated texts, in hexadecimal.
pub(super) fn checksum(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    texts.iter().for_each(|text| hash.update(text.as_bytes()));
    cloudflow_base::small::hex(&hash.finalize())
}
