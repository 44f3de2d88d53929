//! The exports of the module `local`. Emulators and simulations are numeric handles, closed by the facade. The numbers
//! are random, so that a handle of an instance that no longer exists is not valid in the next one.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use wasm_bindgen::prelude::*;

use crate::convert;
use crate::error::error;
use crate::sign::{millis, pairs};
use crate::value::put;
use cloudflow_base::diagnostic::ErrorCode;
use cloudflow_base::plain::Plain;
use cloudflow_language::shape::too_long;
use cloudflow_local::emulate::{Emulator, Request, WaiterId};
use cloudflow_local::migrate::shape::{Migration, migrate_flow as migrate};
use cloudflow_local::shape::{self, EmulatorOptions, Faults};
use cloudflow_local::simulation::{Simulation, SimulationOptions};
use cloudflow_local::single::{self, Refusal};

thread_local! {
    static EMULATORS: RefCell<BTreeMap<u32, Box<Emulator>>> = const { RefCell::new(BTreeMap::new()) };
    static SIMULATIONS: RefCell<BTreeMap<u32, Box<Simulation>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Creates an emulator and returns its handle. The seed has two integers of 32 bits.
#[wasm_bindgen(js_name = emulatorCreate)]
pub fn emulator_create(options: JsValue, seed_high: u32, seed_low: u32) -> Result<u32, JsValue> {
    let options: EmulatorOptions = options_of(options)?;
    let seed = u64::from(seed_high) << 32 | u64::from(seed_low);
    let emulator = shape::create(options, seed, Some(make_room));
    Ok(EMULATORS.with_borrow_mut(|emulators| keep(emulators, emulator, seed_low)))
}

/// Replaces the injected faults.
#[wasm_bindgen(js_name = emulatorFaults)]
pub fn emulator_faults(emulator: u32, faults: JsValue) -> Result<(), JsValue> {
    let faults: Faults = options_of(faults)?;
    with(emulator, |emulator| shape::set_faults(emulator, faults))
}

/// Creates a flow or changes its definition. False if the flow has this definition already.
#[wasm_bindgen(js_name = emulatorPutFlow)]
pub fn emulator_put_flow(
    emulator: u32,
    now: f64,
    name: &str,
    definition: &str,
    express: bool,
) -> Result<bool, JsValue> {
    with(emulator, |emulator| emulator.put_flow(millis(now), name, definition, express))?
        .map_err(|problem| error(ErrorCode::WrongDefinition, &problem))
}

/// Removes a flow. False if it does not exist.
#[wasm_bindgen(js_name = emulatorRemoveFlow)]
pub fn emulator_remove_flow(emulator: u32, now: f64, name: &str) -> Result<bool, JsValue> {
    with(emulator, |emulator| emulator.remove_flow(millis(now), name))
}

/// Answers every held request with the next `emulatorAdvance`.
#[wasm_bindgen(js_name = emulatorAnswerHeld)]
pub fn emulator_answer_held(emulator: u32, now: f64) -> Result<(), JsValue> {
    with(emulator, |emulator| emulator.answer_held(millis(now)))
}

/// Flows and executions as text. With `journal`, changes are recorded from here on.
#[wasm_bindgen(js_name = emulatorSave)]
pub fn emulator_save(emulator: u32, journal: bool) -> Result<String, JsValue> {
    with(emulator, |emulator| if journal { emulator.save_and_record() } else { emulator.save() })
}

/// The changes since recording started, or since the last call.
#[wasm_bindgen(js_name = emulatorJournal)]
pub fn emulator_journal(emulator: u32) -> Result<String, JsValue> {
    with(emulator, |emulator| emulator.journal())
}

/// The time on the clock of the flows, in milliseconds since 1970.
#[wasm_bindgen(js_name = emulatorTime)]
pub fn emulator_time(emulator: u32, now: f64) -> Result<f64, JsValue> {
    #[allow(clippy::cast_precision_loss, reason = "milliseconds fit for 285,000 years")]
    with(emulator, |emulator| emulator.time(millis(now)) as f64)
}

/// A counter of the changes that a saved text contains.
#[wasm_bindgen(js_name = emulatorChanges)]
pub fn emulator_changes(emulator: u32) -> Result<f64, JsValue> {
    #[allow(clippy::cast_precision_loss, reason = "the number of changes is smaller")]
    with(emulator, |emulator| emulator.changes() as f64)
}

/// Restores a saved text.
#[wasm_bindgen(js_name = emulatorRestore)]
pub fn emulator_restore(emulator: u32, text: &str) -> Result<JsValue, JsValue> {
    let restored = with(emulator, |emulator| shape::restore(emulator, text))?;
    convert::to_js(&restored.map_err(|problem| error(ErrorCode::WrongState, &problem))?)
}

/// Closes an emulator.
#[wasm_bindgen(js_name = emulatorClose)]
pub fn emulator_close(emulator: u32) {
    EMULATORS.with_borrow_mut(|emulators| emulators.remove(&emulator));
}

/// Handles a request. `headers` are names and values in turn.
#[wasm_bindgen(js_name = emulatorRequest)]
#[allow(clippy::too_many_arguments, reason = "a request in its parts: an object would be copied twice")]
pub fn emulator_request(
    emulator: u32,
    now: f64,
    method: String,
    host: String,
    path: String,
    query: String,
    headers: Vec<String>,
    body: Vec<u8>,
) -> Result<JsValue, JsValue> {
    let request = Request { method, host, path, query, headers: pairs(headers), body };
    with(emulator, |emulator| convert::to_js(&shape::request(emulator, millis(now), &request)))?
}

/// The answers that are due.
#[wasm_bindgen(js_name = emulatorAdvance)]
pub fn emulator_advance(emulator: u32, now: f64) -> Result<JsValue, JsValue> {
    with(emulator, |emulator| convert::to_js(&shape::advance(emulator, millis(now))))?
}

/// The time of the next event, for `emulatorAdvance`.
#[wasm_bindgen(js_name = emulatorWakeAt)]
pub fn emulator_wake_at(emulator: u32) -> Result<Option<f64>, JsValue> {
    #[allow(clippy::cast_precision_loss, reason = "milliseconds fit for 285,000 years")]
    with(emulator, |emulator| emulator.wake_at().map(|at| at as f64))
}

/// The client of a held request has disconnected.
#[wasm_bindgen(js_name = emulatorDisconnect)]
pub fn emulator_disconnect(emulator: u32, waiter: f64) -> Result<(), JsValue> {
    with(emulator, |emulator| emulator.disconnect(WaiterId(millis(waiter))))
}

/// The tasks that executions start or cancel.
#[wasm_bindgen(js_name = emulatorTasks)]
pub fn emulator_tasks(emulator: u32) -> Result<JsValue, JsValue> {
    with(emulator, |emulator| convert::to_js(&shape::tasks(emulator)))?
}

/// The result of a task, as JSON text, that many milliseconds after now, on the clock of the flows.
#[wasm_bindgen(js_name = emulatorTaskSucceeded)]
pub fn emulator_task_succeeded(emulator: u32, now: f64, task: f64, output: String, delay: f64) -> Result<(), JsValue> {
    with(emulator, |emulator| shape::finish_task(emulator, millis(now), millis(task), Ok(&output), delay))
}

/// The failure of a task, that many milliseconds after now, on the clock of the flows.
#[wasm_bindgen(js_name = emulatorTaskFailed)]
pub fn emulator_task_failed(
    emulator: u32,
    now: f64,
    task: f64,
    code: String,
    cause: String,
    delay: f64,
) -> Result<(), JsValue> {
    with(emulator, |emulator| shape::finish_task(emulator, millis(now), millis(task), Err((code, cause)), delay))
}

/// Grows the memory in large steps, by a quarter of its size. The allocator grows it page by page, and each step has a
/// cost: measured in Node, one microsecond at first, one millisecond after a thousand steps.
fn make_room() {
    thread_local! {
        static KNOWN: Cell<usize> = const { Cell::new(0) };
    }
    let pages = core::arch::wasm32::memory_size::<0>();
    if pages <= KNOWN.get() {
        return;
    }
    let mut room: Vec<u8> = Vec::new();
    // If the memory cannot grow, the next allocation fails.
    drop(room.try_reserve_exact((pages / 4).max(16) * 65_536));
    drop(std::hint::black_box(room));
    KNOWN.set(core::arch::wasm32::memory_size::<0>());
}

fn options_of<T: serde::de::DeserializeOwned>(options: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(options)
        .map_err(|problem| error(ErrorCode::WrongOptions, &format!("the emulator's options: {problem}")))
}

fn keep<T>(all: &mut BTreeMap<u32, Box<T>>, one: T, mut number: u32) -> u32 {
    while all.contains_key(&number) {
        number = number.wrapping_add(1);
    }
    all.insert(number, Box::new(one));
    number
}

fn with<R>(emulator: u32, act: impl FnOnce(&mut Emulator) -> R) -> Result<R, JsValue> {
    EMULATORS.with_borrow_mut(|emulators| match emulators.get_mut(&emulator) {
        Some(emulator) => Ok(act(emulator)),
        None => Err(error(ErrorCode::Internal, "the emulator is closed, or was lost with its instance")),
    })
}

/// Starts a flow on a virtual clock. Returns the handle of the simulation, or the reason why the flow cannot be started.
#[wasm_bindgen(js_name = simulationStart)]
pub fn simulation_start(
    text: &JsValue,
    options: JsValue,
    now: f64,
    seed_high: u32,
    seed_low: u32,
) -> Result<JsValue, JsValue> {
    // The same result as for other texts that cannot be started.
    let Some(text) = convert::text(text, "text")? else {
        return Ok(too_long().into_iter().map(|found| found.message).collect::<String>().into());
    };
    let options: SimulationOptions = serde_wasm_bindgen::from_value(options)
        .map_err(|problem| error(ErrorCode::WrongOptions, &format!("the simulation's options: {problem}")))?;
    let seed = u64::from(seed_high) << 32 | u64::from(seed_low);
    Ok(match Simulation::start(&text, &options, millis(now), seed) {
        Err(problem) => problem.into(),
        Ok(simulation) => SIMULATIONS.with_borrow_mut(|simulations| keep(simulations, simulation, seed_low)).into(),
    })
}

/// Runs until tasks are requested. Returns the requested and the cancelled tasks.
#[wasm_bindgen(js_name = simulationTurn)]
pub fn simulation_turn(simulation: u32, busy: bool) -> Result<JsValue, JsValue> {
    with_simulation(simulation, |simulation| convert::to_js(&simulation.turn(busy)))?
}

/// Passes the result of a task as JSON text. It arrives after `delay` milliseconds.
#[wasm_bindgen(js_name = simulationTaskSucceeded)]
pub fn simulation_task_succeeded(simulation: u32, task: f64, output: &str, delay: f64) -> Result<(), JsValue> {
    with_simulation(simulation, |simulation| simulation.finish_task(millis(task), Ok(output), delay))
}

/// Passes the failure of a task. It arrives after `delay` milliseconds.
#[wasm_bindgen(js_name = simulationTaskFailed)]
pub fn simulation_task_failed(
    simulation: u32,
    task: f64,
    code: String,
    cause: String,
    delay: f64,
) -> Result<(), JsValue> {
    with_simulation(simulation, |simulation| simulation.finish_task(millis(task), Err((code, cause)), delay))
}

/// Whether all executions have ended.
#[wasm_bindgen(js_name = simulationIsOver)]
pub fn simulation_is_over(simulation: u32) -> Result<bool, JsValue> {
    with_simulation(simulation, |simulation| simulation.is_over())
}

/// The next part of the result as JSON text: an execution with its first events, or a list of further events. Absent
/// after the last part.
#[wasm_bindgen(js_name = simulationPart)]
pub fn simulation_part(simulation: u32) -> Result<Option<String>, JsValue> {
    with_simulation(simulation, Simulation::next_part)
}

/// Closes a simulation.
#[wasm_bindgen(js_name = simulationClose)]
pub fn simulation_close(simulation: u32) {
    SIMULATIONS.with_borrow_mut(|simulations| simulations.remove(&simulation));
}

fn with_simulation<R>(simulation: u32, act: impl FnOnce(&mut Simulation) -> R) -> Result<R, JsValue> {
    SIMULATIONS.with_borrow_mut(|simulations| match simulations.get_mut(&simulation) {
        Some(simulation) => Ok(act(simulation)),
        None => Err(error(ErrorCode::Internal, "the simulation is over, or was lost with its instance")),
    })
}

/// Runs one attempt of one state. `options` is JSON. Returns the result as JSON text.
#[wasm_bindgen(js_name = simulateState)]
pub fn simulate_state(
    text: &JsValue,
    options: &str,
    now: f64,
    seed_high: u32,
    seed_low: u32,
) -> Result<String, JsValue> {
    let seed = u64::from(seed_high) << 32 | u64::from(seed_low);
    let result = match convert::text(text, "text")? {
        Some(text) => single::simulate_state(&text, options, millis(now), seed),
        None => Err(single::too_long()),
    };
    result.map_err(|Refusal { code, message, diagnostics }| {
        let thrown = error(code, &message);
        if diagnostics.is_empty() {
            return thrown;
        }
        if let (Some(object), Ok(list)) = (thrown.dyn_ref(), convert::plain(&Plain::list(diagnostics))) {
            put(object, "diagnostics", &list);
        }
        thrown
    })
}

/// Converts a definition of the `flow` dialect to the `StateMachine` dialect.
#[wasm_bindgen(js_name = migrateFlow)]
pub fn migrate_flow(flow: &JsValue) -> Result<JsValue, JsValue> {
    convert::to_js(&match convert::text(flow, "text")? {
        Some(text) => migrate(&text),
        None => Migration { text: None, diagnostics: too_long() },
    })
}
