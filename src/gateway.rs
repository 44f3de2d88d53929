//! The exports of the gateway's state machines. `pkg/gateway/hub/` carries out what they decide.
//!
//! A machine is a number in a table. The numbers are random, so that the number of an instance that no longer exists is
//! not valid in the next one. Effects are one text: a line for each, with its fields separated by tabs. The texts of the
//! machines contain neither. `pkg/gateway/hub/effects.js` reads it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use wasm_bindgen::prelude::*;

use crate::error::error;
use crate::host;
use cloudflow_base::diagnostic::ErrorCode;
use cloudflow_base::small::to_decimal;
use cloudflow_service::hub::{
    BodyOf, Bucket, Budget, Do, Effect, Event, Hub, Input, Join, Kind, Millis, Payload, Permit, Watch, WatchOptions,
};

thread_local! {
    static MACHINES: RefCell<BTreeMap<u32, Machine>> = const { RefCell::new(BTreeMap::new()) };
}

enum Machine {
    Hub(Box<Hub>),
    Budget(Box<Budget>),
    Watch(Box<Watch>),
}

/// Opens a hub with its stored text. Returns its number.
#[wasm_bindgen(js_name = hubOpen)]
pub fn hub_open(record: &str, leaf: bool) -> Result<u32, JsValue> {
    keep(Machine::Hub(Hub::restore(record, leaf).into()))
}

/// Adds a socket that outlived the machine. Returns its number, or -1.
#[wasm_bindgen(js_name = hubReadd)]
pub fn hub_readd(hub: u32, attachment: &str) -> Result<f64, JsValue> {
    with_hub(hub, |hub| number(hub.readd(attachment)))
}

/// The socket of the leader, or -1.
#[wasm_bindgen(js_name = hubLeader)]
pub fn hub_leader(hub: u32) -> Result<f64, JsValue> {
    with_hub(hub, |hub| number(hub.leader()))
}

/// The header of the state; empty without one.
#[wasm_bindgen(js_name = hubState)]
pub fn hub_state(hub: u32) -> Result<String, JsValue> {
    with_hub(hub, |hub| hub.state().unwrap_or_default())
}

/// The header of a page of stored events that ends with `last`.
#[wasm_bindgen(js_name = hubPage)]
pub fn hub_page(hub: u32, now: f64, seen: f64, last: f64) -> Result<String, JsValue> {
    with_hub(hub, |hub| hub.page(millis(now), time(seen), millis(last)))
}

/// A watcher asks to join. `kind` has the bits of `pkg/gateway/hub/effects.js`; `seen` is -1 without an automatic answer.
#[wasm_bindgen(js_name = hubJoin)]
pub fn hub_join(
    hub: u32,
    now: f64,
    seen: f64,
    since: f64,
    deadline: f64,
    kind: u32,
    after: f64,
) -> Result<String, JsValue> {
    with_hub(hub, |hub| {
        let (id, history) = (hub.next_id(millis(now)), kind & HISTORY != 0);
        let (since, deadline, after) = (millis(since), millis(deadline), millis(after));
        let join = Join { id, since, deadline, kind: kind_of(kind), history, after };
        effects(&hub.step(millis(now), time(seen), Event::Join(join)))
    })
}

/// Something else happened: 0 a frame, 1 a socket was closed, 2 the alarm is due, 3 the own poll ended. `from` is the
/// socket, or -1.
#[wasm_bindgen(js_name = hubStep)]
pub fn hub_step(hub: u32, now: f64, seen: f64, event: u32, from: f64, header: &str) -> Result<String, JsValue> {
    with_hub(hub, |hub| {
        let from = time(from).and_then(|id| u32::try_from(id).ok());
        let event = match (event, from) {
            (0, from) => Event::Frame { from, header },
            (1, Some(id)) => Event::Closed(id),
            (2, _) => Event::Alarm,
            _ => Event::Polled,
        };
        effects(&hub.step(millis(now), time(seen), event))
    })
}

/// Opens a budget with its stored text. Returns its number.
#[wasm_bindgen(js_name = budgetOpen)]
pub fn budget_open(record: &str) -> Result<u32, JsValue> {
    keep(Machine::Budget(Budget::restore(record).into()))
}

/// The text to store.
#[wasm_bindgen(js_name = budgetRecord)]
pub fn budget_record(budget: u32) -> Result<String, JsValue> {
    with_budget(budget, |budget| budget.record())
}

/// Asks for a permit. `throttled` is -1 unless a call was refused. Returns the wait in milliseconds times 64, plus the
/// seconds to lengthen a long poll by.
#[wasm_bindgen(js_name = budgetPermit)]
pub fn budget_permit(budget: u32, now: f64, bucket: u32, key: &str, throttled: f64) -> Result<f64, JsValue> {
    let random = random()?;
    with_budget(budget, |budget| {
        let Permit { wait_ms, stretch_seconds } =
            budget.permit(millis(now), random, bucket_of(bucket), key, time(throttled));
        float(wait_ms) * 64.0 + f64::from(stretch_seconds.min(63))
    })
}

/// Opens a watch that has not started. Returns its number.
#[wasm_bindgen(js_name = watchOpen)]
pub fn watch_open(
    kind: u32,
    since: f64,
    after: f64,
    deadline: f64,
    max_wait_seconds: u32,
    linger_ms: f64,
) -> Result<u32, JsValue> {
    let options = WatchOptions {
        kind: kind_of(kind),
        since: millis(since),
        after: millis(after),
        history: kind & HISTORY != 0,
        deadline: millis(deadline),
        max_wait_seconds,
        linger_ms: millis(linger_ms),
    };
    keep(Machine::Watch(Watch::new(options).into()))
}

/// Something happened at a watch; `pkg/gateway/hub/effects.js` has the numbers of the inputs and their fields.
#[wasm_bindgen(js_name = watchStep)]
pub fn watch_step(
    watch: u32,
    now: f64,
    input: u32,
    text: &str,
    a: f64,
    b: f64,
    c: f64,
    d: f64,
) -> Result<String, JsValue> {
    let random = random()?;
    let input = match input {
        0 => Input::Start,
        1 => Input::Joined,
        2 => Input::JoinFailed,
        3 => Input::Leaves(a as u32),
        4 => Input::Frame(text),
        5 => Input::Closed,
        6 => Input::Woke,
        7 => Input::Permit { bucket: bucket_of(a as u32), wait_ms: millis(b), stretch_seconds: c as u32 },
        8 => Input::PermitFailed(bucket_of(a as u32)),
        9 => Input::Answered { hash: text, rank: a as u8 },
        10 => Input::Events { last: millis(a), done: b > 0.0, more: c > 0.0 },
        11 => Input::Fault {
            bucket: bucket_of(a as u32),
            retryable: b as u32 & 1 != 0,
            throttled: b as u32 & 2 != 0,
            retry_after: time(c),
            status: d as u16,
        },
        12 => Input::Parent(text),
        _ => Input::CallerGone,
    };
    with(watch, |machine| match machine {
        Machine::Watch(watch) => Some(actions(&watch.step(millis(now), random, input))),
        _ => None,
    })
}

/// Removes a machine.
#[wasm_bindgen(js_name = machineClose)]
pub fn machine_close(machine: u32) {
    MACHINES.with_borrow_mut(|machines| machines.remove(&machine));
}

/// The bit of a kind for a watcher that wants the history.
const HISTORY: u32 = 4;

fn kind_of(kind: u32) -> Kind {
    match kind % HISTORY {
        0 => Kind::Poll,
        1 => Kind::Stream,
        2 => Kind::Now,
        _ => Kind::Leaf,
    }
}

fn bucket_of(bucket: u32) -> Bucket {
    match bucket {
        0 => Bucket::Describe,
        1 => Bucket::History,
        _ => Bucket::List,
    }
}

fn bucket_number(bucket: Bucket) -> &'static str {
    match bucket {
        Bucket::Describe => "0",
        Bucket::History => "1",
        Bucket::List => "2",
    }
}

fn effects(effects: &[Effect]) -> String {
    let mut text = String::new();
    for effect in effects {
        match effect {
            Effect::Answer { header, body } => line(&mut text, &["answer", header, &body_of(*body)]),
            Effect::Leaves(leaves) => line(&mut text, &["leaves", &to_decimal(*leaves)]),
            Effect::Accept { id, attachment } => line(&mut text, &["accept", &to_decimal(*id), attachment]),
            Effect::Attach { id, attachment } => line(&mut text, &["attach", &to_decimal(*id), attachment]),
            Effect::Send { to, header, body } => line(&mut text, &["send", &ids(to), header, &body_of(*body)]),
            Effect::Close { ids: to, reason } => line(&mut text, &["close", &ids(to), reason]),
            Effect::SaveState => line(&mut text, &["state"]),
            Effect::SaveEvents { after, last } => line(&mut text, &["events", &decimal(*after), &decimal(*last)]),
            Effect::SaveRecord(record) => line(&mut text, &["record", record]),
            Effect::Alarm(at) => line(&mut text, &["alarm", &at.map_or_else(String::new, decimal)]),
            Effect::Poll => line(&mut text, &["poll"]),
            Effect::Clear => line(&mut text, &["clear"]),
        }
    }
    text
}

fn actions(actions: &[Do]) -> String {
    let mut text = String::new();
    for action in actions {
        match action {
            Do::Connect { since, deadline, after, leaf } => {
                let leaf = leaf.map_or_else(String::new, to_decimal);
                line(&mut text, &["connect", &decimal(*since), &decimal(*deadline), &decimal(*after), &leaf]);
            }
            Do::Send(header, payload) => {
                line(&mut text, &["send", header, payload_name(*payload)]);
            }
            Do::Permit { bucket, throttled } => {
                let throttled = throttled.map_or_else(String::new, decimal);
                line(&mut text, &["permit", bucket_number(*bucket), &throttled]);
            }
            Do::Describe { wait_seconds, timeout_ms } => {
                line(&mut text, &["describe", &to_decimal(*wait_seconds), &decimal(*timeout_ms)]);
            }
            Do::History { after } => line(&mut text, &["history", &decimal(*after)]),
            Do::Parent { since, after, history, deadline } => {
                let numbers = [since, after, deadline].map(|number| decimal(*number));
                let [since, after, deadline] = &numbers;
                line(&mut text, &["parent", since, after, flag(*history), deadline]);
            }
            Do::LeaveParent => line(&mut text, &["leave"]),
            Do::AbortCalls => line(&mut text, &["abort"]),
            Do::Wake(at) => line(&mut text, &["wake", &decimal(*at)]),
            Do::Keep => line(&mut text, &["keep"]),
            Do::Deliver => line(&mut text, &["deliver"]),
            Do::DeliverEvents { after, done } => {
                line(&mut text, &["deliver-events", &decimal(*after), flag(*done)]);
            }
            Do::DeliverFault => line(&mut text, &["deliver-fault"]),
            Do::Answer => line(&mut text, &["answer"]),
            Do::Disconnect => line(&mut text, &["disconnect"]),
            Do::Done => line(&mut text, &["done"]),
        }
    }
    text
}

/// Adds a line.
#[inline(never)]
fn line(text: &mut String, fields: &[&str]) {
    if !text.is_empty() {
        text.push('\n');
    }
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            text.push('\t');
        }
        text.push_str(field);
    }
}

fn flag(value: bool) -> &'static str {
    if value { "1" } else { "" }
}

fn payload_name(payload: Payload) -> &'static str {
    match payload {
        Payload::Nothing => "",
        Payload::State => "state",
        Payload::Events => "events",
        Payload::Fault => "fault",
    }
}

fn body_of(body: BodyOf) -> String {
    match body {
        BodyOf::Nothing => String::new(),
        BodyOf::Current => "current".to_owned(),
        BodyOf::Stored => "stored".to_owned(),
        BodyOf::Events { after } => decimal(after),
    }
}

fn ids(ids: &[u32]) -> String {
    let mut text = String::new();
    for id in ids {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&to_decimal(*id));
    }
    text
}

/// A number up to 2^53.
fn decimal(number: u64) -> String {
    to_decimal(number.min(1 << 53))
}

fn number(id: Option<u32>) -> f64 {
    id.map_or(-1.0, f64::from)
}

#[allow(clippy::cast_precision_loss, reason = "a wait is shorter")]
fn float(number: u64) -> f64 {
    number as f64
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
fn millis(number: f64) -> Millis {
    number as u64
}

/// A time, or nothing for a negative number.
fn time(number: f64) -> Option<Millis> {
    (number >= 0.0).then(|| millis(number))
}

fn random() -> Result<u32, JsValue> {
    Ok(u32::from_le_bytes(host::random()?))
}

fn keep(machine: Machine) -> Result<u32, JsValue> {
    loop {
        let id = random()?;
        let is_new = MACHINES.with_borrow(|machines| !machines.contains_key(&id));
        if is_new {
            MACHINES.with_borrow_mut(|machines| machines.insert(id, machine));
            return Ok(id);
        }
    }
}

fn with_hub<T>(id: u32, act: impl FnOnce(&mut Hub) -> T) -> Result<T, JsValue> {
    with(id, |machine| match machine {
        Machine::Hub(hub) => Some(act(hub)),
        _ => None,
    })
}

fn with_budget<T>(id: u32, act: impl FnOnce(&mut Budget) -> T) -> Result<T, JsValue> {
    with(id, |machine| match machine {
        Machine::Budget(budget) => Some(act(budget)),
        _ => None,
    })
}

fn with<T>(id: u32, act: impl FnOnce(&mut Machine) -> Option<T>) -> Result<T, JsValue> {
    let done = MACHINES.with_borrow_mut(|machines| machines.get_mut(&id).and_then(act));
    done.ok_or_else(|| error(ErrorCode::Internal, "the machine was released, or was lost with its instance"))
}
