//! The exports of the gateway's state machines. `pkg/gateway/hub/` carries out what they decide.
//!
//! A machine is a number in a table: its place, and a random part, so that the number of an instance that no longer exists
//! is not valid in the next one. Effects are one text: a line for each, with its fields separated by tabs. The texts of the
//! machines contain neither. `pkg/gateway/hub/effects.js` reads it.

use std::cell::RefCell;

use wasm_bindgen::prelude::*;

use crate::error::error;
use crate::host;
use cloudflow_base::diagnostic::ErrorCode;
use cloudflow_base::small::{split, to_decimal};
use cloudflow_service::hub::{
    BodyOf, Bucket, Budget, Do, Effect, Event, Hub, Input, Join, Kind, Millis, Payload, Permit, Watch, WatchOptions,
};

thread_local! {
    static MACHINES: RefCell<Machines> = const { RefCell::new(Machines { slots: Vec::new(), free: Vec::new() }) };
}

/// The open machines.
struct Machines {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

/// A place in the table. Without a machine it is free, or its machine is in use.
struct Slot {
    random: u32,
    machine: Option<Machine>,
}

enum Machine {
    Hub(Box<Hub>),
    Budget(Box<Budget>),
    Watch(Box<Watch>),
}

/// Opens a hub with its stored text, and the attachments of the sockets that outlived it, one per line. Returns its number.
#[wasm_bindgen(js_name = hubOpen)]
pub fn hub_open(record: &str, leaf: bool, attachments: &str) -> Result<f64, JsValue> {
    let mut hub = Hub::restore(record, leaf);
    for attachment in split(attachments, "\n") {
        hub.readd(attachment);
    }
    keep(Machine::Hub(hub.into()))
}

/// Three lines: the socket of the leader, the header of the state, and the header of a page of stored events that ends with
/// `last`. A line is empty without a leader or a state.
#[wasm_bindgen(js_name = hubAsk)]
pub fn hub_ask(hub: f64, now: f64, seen: f64, last: f64) -> Result<String, JsValue> {
    with_hub(hub, |hub| {
        let mut text = hub.leader().map_or_else(String::new, to_decimal);
        text.push('\n');
        text.push_str(&hub.state().unwrap_or_default());
        text.push('\n');
        text.push_str(&hub.page(millis(now), time(seen), millis(last)));
        text
    })
}

/// A watcher asks to join. `kind` has the bits of `pkg/gateway/hub/effects.js`; `seen` is -1 without an automatic answer.
#[wasm_bindgen(js_name = hubJoin)]
pub fn hub_join(
    hub: f64,
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
pub fn hub_step(hub: f64, now: f64, seen: f64, event: u32, from: f64, header: &str) -> Result<String, JsValue> {
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
pub fn budget_open(record: &str) -> Result<f64, JsValue> {
    keep(Machine::Budget(Budget::restore(record).into()))
}

/// Asks for a permit. `throttled` is -1 unless a call was refused. Returns `wait`, the wait in milliseconds, the seconds to
/// lengthen a long poll by, and the text to store, separated by tabs.
#[wasm_bindgen(js_name = budgetPermit)]
pub fn budget_permit(budget: f64, now: f64, bucket: u32, key: &str, throttled: f64) -> Result<String, JsValue> {
    let random = random()?;
    with_budget(budget, |budget| {
        let permit = budget.permit(millis(now), random, bucket_of(bucket), key, time(throttled));
        let Permit { wait_ms, stretch_seconds } = permit;
        let mut out = Lines::default();
        out.line("wait").number(wait_ms).number(stretch_seconds.into()).text(&budget.record());
        out.0
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
) -> Result<f64, JsValue> {
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
#[allow(clippy::too_many_arguments, reason = "the numbers of an input, without an object for them")]
pub fn watch_step(
    watch: f64,
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
    let Some((place, Machine::Watch(mut watch))) = take(watch) else { return Err(lost()) };
    let text = actions(&watch.step(millis(now), random, input));
    give_back(place, Machine::Watch(watch));
    Ok(text)
}

/// Removes a machine.
#[wasm_bindgen(js_name = machineClose)]
pub fn machine_close(machine: f64) {
    if let Some((place, _)) = take(machine) {
        MACHINES.with_borrow_mut(|machines| machines.free.push(place));
    }
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
        3 => Bucket::First,
        _ => Bucket::List,
    }
}

/// Writes lines of fields.
#[derive(Default)]
struct Lines(String);

impl Lines {
    /// Begins a line with a word.
    #[inline(never)]
    fn line(&mut self, word: &str) -> &mut Self {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(word);
        self
    }

    #[inline(never)]
    fn text(&mut self, field: &str) -> &mut Self {
        self.0.push('\t');
        self.0.push_str(field);
        self
    }

    /// A number up to 2^53.
    #[inline(never)]
    fn number(&mut self, field: u64) -> &mut Self {
        self.text(&to_decimal(field.min(1 << 53)))
    }

    /// An empty field if it is absent.
    #[inline(never)]
    fn maybe(&mut self, field: Option<u64>) -> &mut Self {
        match field {
            Some(field) => self.number(field),
            None => self.text(""),
        }
    }

    fn flag(&mut self, field: bool) -> &mut Self {
        self.text(if field { "1" } else { "" })
    }

    #[inline(never)]
    fn ids(&mut self, ids: &[u32]) -> &mut Self {
        let mut separator = '\t';
        for id in ids {
            self.0.push(separator);
            self.0.push_str(&to_decimal(*id));
            separator = ',';
        }
        self
    }

    fn body(&mut self, body: BodyOf) -> &mut Self {
        match body {
            BodyOf::Nothing => self.text(""),
            BodyOf::Current => self.text("current"),
            BodyOf::Stored => self.text("stored"),
            BodyOf::Events { after } => self.number(after),
        }
    }
}

#[inline(never)]
fn effects(effects: &[Effect]) -> String {
    let mut out = Lines::default();
    for effect in effects {
        match effect {
            Effect::Answer { header, body } => out.line("answer").text(header).body(*body),
            Effect::Leaves(leaves) => out.line("leaves").number((*leaves).into()),
            Effect::Accept { id, attachment } => out.line("accept").number((*id).into()).text(attachment),
            Effect::Attach { id, attachment } => out.line("attach").number((*id).into()).text(attachment),
            Effect::Send { to, header, body } => out.line("send").ids(to).text(header).body(*body),
            Effect::Close { ids, reason } => out.line("close").ids(ids).text(reason),
            Effect::SaveState => out.line("state"),
            Effect::SaveEvents { after, last } => out.line("events").number(*after).number(*last),
            Effect::SaveRecord(record) => out.line("record").text(record),
            Effect::Alarm(at) => out.line("alarm").maybe(*at),
            Effect::Poll => out.line("poll"),
            Effect::Clear => out.line("clear"),
        };
    }
    out.0
}

#[inline(never)]
fn actions(actions: &[Do]) -> String {
    let mut out = Lines::default();
    for action in actions {
        match action {
            Do::Connect { since, deadline, after, leaf } => {
                out.line("connect").number(*since).number(*deadline).number(*after).maybe(leaf.map(u64::from))
            }
            Do::Send(header, payload) => out.line("send").text(header).text(payload_name(*payload)),
            Do::Permit { bucket, throttled } => out.line("permit").number(*bucket as u64).maybe(*throttled),
            Do::Describe { wait_seconds, timeout_ms } => {
                out.line("describe").number((*wait_seconds).into()).number(*timeout_ms)
            }
            Do::History { after } => out.line("history").number(*after),
            Do::Parent { since, after, history, deadline } => {
                out.line("parent").number(*since).number(*after).flag(*history).number(*deadline)
            }
            Do::LeaveParent => out.line("leave"),
            Do::AbortCalls => out.line("abort"),
            Do::Wake(at) => out.line("wake").number(*at),
            Do::Keep => out.line("keep"),
            Do::Deliver => out.line("deliver"),
            Do::DeliverEvents { after, done } => out.line("deliver-events").number(*after).flag(*done),
            Do::DeliverFault => out.line("deliver-fault"),
            Do::Answer => out.line("answer"),
            Do::Disconnect => out.line("disconnect"),
            Do::Done => out.line("done"),
        };
    }
    out.0
}

fn payload_name(payload: Payload) -> &'static str {
    match payload {
        Payload::Nothing => "",
        Payload::State => "state",
        Payload::Events => "events",
        Payload::Fault => "fault",
    }
}

#[allow(clippy::cast_precision_loss, reason = "the numbers have less than 53 bits")]
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

/// Places of a table; the numbers of machines are exact in a float.
const PLACES: u64 = 1 << 20;

fn keep(machine: Machine) -> Result<f64, JsValue> {
    let random = random()?;
    MACHINES.with_borrow_mut(|machines| {
        let new = u32::try_from(machines.slots.len()).unwrap_or(u32::MAX);
        let place = machines.free.pop().unwrap_or(new);
        if u64::from(place) >= PLACES {
            return Err(error(ErrorCode::Internal, "there are too many machines"));
        }
        let slot = Slot { random, machine: Some(machine) };
        match machines.slots.get_mut(place as usize) {
            Some(free) => *free = slot,
            None => machines.slots.push(slot),
        }
        Ok(float(u64::from(random) * PLACES + u64::from(place)))
    })
}

/// Takes a machine out of the table, and its place.
#[inline(never)]
fn take(id: f64) -> Option<(u32, Machine)> {
    let (place, random) = (millis(id) % PLACES, millis(id) / PLACES);
    MACHINES.with_borrow_mut(|machines| {
        let slot = machines.slots.get_mut(usize::try_from(place).ok()?)?;
        if u64::from(slot.random) != random {
            return None;
        }
        Some((u32::try_from(place).ok()?, slot.machine.take()?))
    })
}

#[inline(never)]
fn give_back(place: u32, machine: Machine) {
    MACHINES.with_borrow_mut(|machines| {
        if let Some(slot) = machines.slots.get_mut(place as usize) {
            slot.machine = Some(machine);
        }
    });
}

fn with_hub<T>(id: f64, act: impl FnOnce(&mut Hub) -> T) -> Result<T, JsValue> {
    let Some((place, Machine::Hub(mut hub))) = take(id) else { return Err(lost()) };
    let result = act(&mut hub);
    give_back(place, Machine::Hub(hub));
    Ok(result)
}

fn with_budget<T>(id: f64, act: impl FnOnce(&mut Budget) -> T) -> Result<T, JsValue> {
    let Some((place, Machine::Budget(mut budget))) = take(id) else { return Err(lost()) };
    let result = act(&mut budget);
    give_back(place, Machine::Budget(budget));
    Ok(result)
}

fn lost() -> JsValue {
    error(ErrorCode::Internal, "the machine was released, or was lost with its instance")
}
