//! The operations on flows: create, describe, update, delete, list.

use cloudflow_base::limits;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::Call;
use super::fault::Fault;
use super::http::Parameters;
use super::page::{self, Page};
use super::store::{Flow, Store, Variable};
use crate::schedule;
use crate::simulate::{self, Millis, Program, time};

/// Maximum size of all definitions together, in bytes: a compiled definition takes several times its length.
const DEFINITIONS: usize = 128 * 1024 * 1024;

/// Versions and aliases are not emulated: a request for a version is refused.
pub(super) const NO_VERSIONS: &str = "flow versions and aliases are not emulated";

/// CreateFlow.
pub(super) fn create(store: &mut Store, call: &Call<'_>) -> Result<Map<String, Value>, Fault> {
    let parameters = call.parameters;
    let name = parameters.required("Name")?;
    let definition = parameters.required("Definition")?;
    parameters.required("Description")?;
    check_type(parameters.required("Type")?)?;
    check_name("Name", name)?;
    let express = express(parameters)?.unwrap_or(false);
    let description = parameters.text("Description", limits::DESCRIPTION_CHARACTERS)?.unwrap_or_default().to_owned();
    let program = program(name, definition, express)?;
    if store.flows.contains_key(name) {
        return Err(Fault::flow_exists(name));
    }
    has_room(store, definition)?;
    if store.flows.len() >= limits::FLOWS {
        // The error code is not documented.
        return Err(Fault::invalid(format!("the account has {} flows, the maximum", limits::FLOWS)));
    }
    store.changes += 1;
    let flow = Flow {
        id: store.random.id(),
        name: name.to_owned(),
        definition: definition.into(),
        program: Rc::new(program),
        description,
        role: parameters.get("RoleArn").unwrap_or_default().to_owned(),
        group: parameters.get("ResourceGroupId").unwrap_or_default().to_owned(),
        express,
        environment: environment(parameters)?.unwrap_or_default().into(),
        created: call.now,
        modified: call.now,
        executions: BTreeSet::new(),
    };
    let body = body(&flow);
    store.journal.flow(&flow);
    store.flows.insert(name.to_owned(), Box::new(flow));
    Ok(body)
}

/// Creates a flow or changes its definition, without a request. False if nothing changes.
pub(super) fn put(store: &mut Store, now: Millis, name: &str, definition: &str, express: bool) -> Result<bool, Fault> {
    check_name("Name", name)?;
    if let Some(flow) = store.flows.get(name)
        && (&*flow.definition, flow.express) == (definition, express)
    {
        return Ok(false);
    }
    let program = Rc::new(program(name, definition, express)?);
    has_room(store, definition)?;
    store.changes += 1;
    if let Some(flow) = store.flows.get_mut(name) {
        flow.definition = definition.into();
        flow.program = program;
        flow.express = express;
        flow.modified = now;
        store.journal.flow(flow);
        return Ok(true);
    }
    let flow = Flow {
        id: store.random.id(),
        name: name.to_owned(),
        definition: definition.into(),
        program,
        description: String::new(),
        role: String::new(),
        group: String::new(),
        express,
        environment: Rc::default(),
        created: now,
        modified: now,
        executions: BTreeSet::new(),
    };
    store.journal.flow(&flow);
    store.flows.insert(name.to_owned(), Box::new(flow));
    Ok(true)
}

/// DescribeFlow.
pub(super) fn describe(store: &mut Store, call: &Call<'_>) -> Result<Map<String, Value>, Fault> {
    let name = call.parameters.required("Name")?;
    call.parameters.refuse("FlowVersion", NO_VERSIONS)?;
    store.flows.get(name).map(|flow| body(flow)).ok_or_else(|| Fault::no_flow(name))
}

/// UpdateFlow. Running executions keep the definition with which they started.
pub(super) fn update(store: &mut Store, call: &Call<'_>) -> Result<Map<String, Value>, Fault> {
    let parameters = call.parameters;
    let name = parameters.required("Name")?;
    parameters.get("Type").map_or(Ok(()), check_type)?;
    let description = parameters.text("Description", limits::DESCRIPTION_CHARACTERS)?;
    let environment = environment(parameters)?;
    let express = store.flows.get(name).ok_or_else(|| Fault::no_flow(name))?.express;
    let definition = match parameters.get("Definition") {
        Some(definition) => {
            has_room(store, definition)?;
            Some((definition, program(name, definition, express)?))
        }
        None => None,
    };
    store.changes += 1;
    let flow = store.flows.get_mut(name).ok_or_else(|| Fault::no_flow(name))?;
    if let Some((definition, program)) = definition {
        flow.definition = definition.into();
        flow.program = Rc::new(program);
    }
    if let Some(description) = description {
        flow.description = description.to_owned();
    }
    if let Some(role) = parameters.get("RoleArn") {
        flow.role = role.to_owned();
    }
    if let Some(environment) = environment {
        flow.environment = environment.into();
    }
    flow.modified = call.now;
    store.journal.flow(flow);
    Ok(body(flow))
}

/// DeleteFlow.
pub(super) fn delete(store: &mut Store, call: &Call<'_>) -> Result<Map<String, Value>, Fault> {
    let name = call.parameters.required("Name")?;
    if !store.flows.contains_key(name) {
        return Err(Fault::no_flow(name));
    }
    store.remove(name, call.now);
    Ok(Map::new())
}

/// ListFlows, by name.
pub(super) fn list(store: &mut Store, call: &Call<'_>) -> Result<Map<String, Value>, Fault> {
    let limit = call.parameters.number("Limit", 1, limits::FLOWS_PAGE)?.unwrap_or(limits::PAGE);
    let from = match call.parameters.get("NextToken") {
        None => String::new(),
        Some(token) => page::read_token(token).ok_or_else(|| Fault::next_token(token))?,
    };
    let group = call.parameters.get("ResourceGroupId");
    let flows = store.flows.range(from..).map(|(_, flow)| flow);
    let mut flows = flows.filter(|flow| group.is_none_or(|group| flow.group == group));
    let mut page = Page::new(limit);
    while !page.is_full() {
        let Some(flow) = flows.next() else { break };
        page.push(Value::Object(body(flow)));
    }
    let mut answer = Map::from_iter([("Flows".to_owned(), Value::Array(page.items))]);
    if let Some(next) = flows.next() {
        answer.insert("NextToken".to_owned(), Value::from(page::token(&next.name)));
    }
    Ok(answer)
}

/// ListSchedules. No flow of the emulator has a schedule.
pub(super) fn list_schedules(store: &Store, call: &Call<'_>) -> Result<Map<String, Value>, Fault> {
    let name = call.parameters.required("FlowName")?;
    call.parameters.number("Limit", 1, 1000)?;
    if !store.flows.contains_key(name) {
        return Err(Fault::no_flow(name));
    }
    Ok(Map::from_iter([("Schedules".to_owned(), Value::Array(Vec::new()))]))
}

fn has_room(store: &Store, definition: &str) -> Result<(), Fault> {
    let all: usize = store.flows.values().map(|flow| flow.definition.len()).sum();
    if all + definition.len() <= DEFINITIONS {
        return Ok(());
    }
    Err(Fault::invalid(format!("the definitions of the account would take more than {DEFINITIONS} bytes together")))
}

fn body(flow: &Flow) -> Map<String, Value> {
    let variables: Vec<Value> = flow
        .environment
        .iter()
        .map(|v| json!({ "Name": v.name, "Value": v.value, "Description": v.description }))
        .collect();
    let value = json!({
        "Id": flow.id,
        "Name": flow.name,
        "Type": "FDL",
        "Definition": &*flow.definition,
        "Description": flow.description,
        "RoleArn": flow.role,
        "CreatedTime": time::format(flow.created),
        "LastModifiedTime": time::format(flow.modified),
        "ExecutionMode": if flow.express { "Express" } else { "Standard" },
        "ResourceGroupId": flow.group,
    });
    let mut body = match value {
        Value::Object(body) => body,
        _ => Map::new(),
    };
    if !variables.is_empty() {
        body.insert("Environment".to_owned(), json!({ "Variables": variables }));
    }
    body
}

/// Reads a definition. Refuses a definition with errors or with the name of another flow.
pub(super) fn program(name: &str, definition: &str, express: bool) -> Result<Program, Fault> {
    let program = simulate::read(definition, express).map_err(Fault::invalid)?;
    program.check_name(name).map_err(Fault::invalid)?;
    Ok(program)
}

/// Checks the name of a new flow or execution.
pub(super) fn check_name(parameter: &str, name: &str) -> Result<(), Fault> {
    schedule::check_name(parameter, name).map_err(Fault::invalid)
}

fn check_type(kind: &str) -> Result<(), Fault> {
    match kind {
        "FDL" => Ok(()),
        _ => Err(Fault::invalid(format!("`Type` must be `FDL`, not `{kind}`"))),
    }
}

fn express(parameters: &Parameters) -> Result<Option<bool>, Fault> {
    match parameters.get("ExecutionMode") {
        None => Ok(None),
        Some("Standard") => Ok(Some(false)),
        Some("Express") => Ok(Some(true)),
        Some(other) => Err(Fault::invalid(format!("`ExecutionMode` must be `Standard` or `Express`, not `{other}`"))),
    }
}

/// Reads a list of objects with `Name`, `Value` and `Description`.
pub(super) fn variables(list: &[Value]) -> Vec<Variable> {
    let text = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let variable = |item: &Value| Variable {
        name: text(item, "Name"),
        value: text(item, "Value"),
        description: text(item, "Description"),
    };
    list.iter().map(variable).collect()
}

/// Reads `Environment.Variables.1.Name` etc., the flattened form of the SDKs, or one JSON text.
fn environment(parameters: &Parameters) -> Result<Option<Vec<Variable>>, Fault> {
    if let Some(text) = parameters.get("Environment") {
        let broken = || Fault::invalid("`Environment` must be the text of a JSON object with a list `Variables`");
        let value: Value = serde_json::from_str(text).map_err(|_| broken())?;
        let list = value.get("Variables").and_then(Value::as_array).ok_or_else(broken)?;
        return Ok(Some(variables(list)));
    }
    let mut variables: BTreeMap<u32, Variable> = BTreeMap::new();
    for (name, value) in parameters.all() {
        let Some((number, field)) = name.strip_prefix("Environment.Variables.").and_then(|rest| rest.split_once('.'))
        else {
            continue;
        };
        let number = number.parse().map_err(|_| Fault::invalid(format!("`{name}` has no number")))?;
        let variable = variables.entry(number).or_default();
        match field {
            "Name" => value.clone_into(&mut variable.name),
            "Value" => value.clone_into(&mut variable.value),
            "Description" => value.clone_into(&mut variable.description),
            _ => return Err(Fault::invalid(format!("`{name}` is not a field of an environment variable"))),
        }
    }
    Ok((!variables.is_empty()).then(|| variables.into_values().collect()))
}
