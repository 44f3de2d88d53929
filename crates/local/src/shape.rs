//! The emulator as JavaScript sees it: options, answers, tasks.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::emulate::{self, AccessKey, Emulator, FailRule, How, Reply, WaiterId};
use crate::simulate;
use cloudflow_base::diagnostic::PathSegment;

/// The options of `createEmulator` that do not stay in JavaScript.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EmulatorOptions {
    /// AccessKey ID and secret.
    #[serde(default)]
    pub access_keys: Vec<(String, String)>,
    /// AccessKey ID and the STS token that it requires.
    #[serde(default)]
    pub security_tokens: Vec<(String, String)>,
    /// The rate limits of the service apply.
    #[serde(default)]
    pub quotas: bool,
    /// A nonce is refused the second time.
    #[serde(default)]
    pub nonces: bool,
    /// Milliseconds on the clock of the flows per millisecond.
    #[serde(default)]
    pub speed: u32,
    /// The clock of the flows jumps to the next event.
    #[serde(default)]
    pub skip_waits: bool,
    /// The faults to inject.
    #[serde(default)]
    pub faults: Faults,
}

/// The option `faults`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Faults {
    /// The `StoppedTime` of an execution that has not ended is the epoch.
    #[serde(default)]
    pub epoch_stopped_time: bool,
    /// Maximum time of a long poll, in milliseconds.
    pub early_after_ms: Option<u32>,
    /// Delay of the answer to a long poll that times out, in milliseconds.
    #[serde(default)]
    pub late_by_ms: u32,
    /// Delay of every answer, in milliseconds.
    #[serde(default)]
    pub latency_ms: u32,
    /// Fields without a value are absent.
    #[serde(default)]
    pub missing_fields: bool,
    /// Replaces every status that is not final.
    pub status: Option<String>,
    /// The CORS headers of the shared gateway.
    #[serde(default)]
    pub cors: bool,
    /// Requests that fail.
    #[serde(default)]
    pub fail: Vec<Fail>,
}

/// Requests of one kind that fail.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fail {
    /// The operation. Absent: every operation.
    pub action: Option<String>,
    /// Number of requests that succeed first.
    #[serde(default)]
    pub skip: u32,
    /// Number of requests that fail. Absent: all.
    pub times: Option<u32>,
    /// The kind of failure.
    pub how: Way,
    /// The HTTP status. Absent: 500.
    pub status: Option<u16>,
    /// `Code`.
    pub code: Option<String>,
    /// `Message`.
    pub message: Option<String>,
    /// `x-acs-retry-after`.
    pub retry_after_ms: Option<u32>,
}

/// A kind of failure.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// The request takes effect; the connection is closed without an answer.
    Cut,
    /// An error in JSON.
    Error,
    /// An error in XML.
    Xml,
    /// A success with truncated JSON.
    Garbage,
    /// An error without a body.
    Empty,
}

/// The result of a request.
#[derive(Debug, Default, Serialize)]
pub struct Answer {
    /// The number of a held request. Its answer comes later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiter: Option<u64>,
    /// The HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
    /// Whether the connection is closed without an answer.
    pub cut: bool,
}

/// The tasks of executions.
#[derive(Debug, Serialize)]
pub struct Tasks {
    /// Tasks to do.
    pub requested: Vec<Task>,
    /// Cancelled tasks.
    pub cancelled: Vec<u64>,
    /// Executions that have failed.
    pub failed: Vec<ExecutionFailure>,
}

/// An execution that failed or timed out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionFailure {
    /// The flow.
    pub flow_name: String,
    /// The execution.
    pub execution_name: String,
    /// `Failed` or `TimedOut`.
    pub status: &'static str,
    /// The state whose error ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The name of the error.
    pub error: String,
    /// Its cause.
    pub cause: String,
}

/// The result of a restore.
#[derive(Debug, Serialize)]
pub struct Restored {
    /// Number of flows.
    pub flows: usize,
    /// Number of executions.
    pub executions: usize,
    /// The parts that were not restored, with the reason.
    pub problems: Vec<String>,
}

/// A task to do.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// The number of the call, to be passed with the result.
    pub id: u64,
    /// The name of the state.
    pub name: String,
    /// `resourceArn` or `Action`.
    pub action: String,
    /// `resourceArn` in the parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The number of retries before this call.
    pub attempt: u32,
    /// Number of earlier calls of the state.
    pub call: u32,
    /// The input as JSON text: JavaScript reads it as plain data.
    pub input: String,
    /// The state waits for a report by this token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_token: Option<String>,
}

/// Creates an emulator.
pub fn create(options: EmulatorOptions, seed: u64, reserve_memory: Option<fn()>) -> Emulator {
    let access_keys = options
        .access_keys
        .into_iter()
        .map(|(id, secret)| {
            let token = options.security_tokens.iter().find(|(key, _)| *key == id);
            AccessKey { security_token: token.map(|(_, token)| token.clone()), id, secret }
        })
        .collect();
    let faults = faults_of(options.faults);
    let EmulatorOptions { quotas, nonces, speed, skip_waits, .. } = options;
    let work = None;
    Emulator::new(emulate::Options {
        seed,
        access_keys,
        quotas,
        nonces,
        faults,
        speed,
        skip_waits,
        reserve_memory,
        work,
    })
}

/// Replaces the faults to inject.
pub fn set_faults(emulator: &mut Emulator, faults: Faults) {
    emulator.set_faults(faults_of(faults));
}

/// Restores a saved state.
pub fn restore(emulator: &mut Emulator, text: &str) -> Result<Restored, String> {
    let emulate::Restored { flows, executions, problems } = emulator.restore(text)?;
    Ok(Restored { flows, executions, problems })
}

fn faults_of(faults: Faults) -> emulate::Faults {
    emulate::Faults {
        epoch_stopped_time: faults.epoch_stopped_time,
        early_after: faults.early_after_ms.map(u64::from),
        late_by: faults.late_by_ms.into(),
        latency: faults.latency_ms.into(),
        missing_fields: faults.missing_fields,
        status: faults.status,
        cors: faults.cors,
        failures: faults.fail.into_iter().map(fail_rule).collect(),
    }
}

/// Passes a request.
pub fn request(emulator: &mut Emulator, now: u64, request: &emulate::Request) -> Answer {
    match emulator.request(now, request) {
        Reply::Answer(response) => answer(None, response),
        Reply::Hold(WaiterId(waiter)) => Answer { waiter: Some(waiter), ..Answer::default() },
    }
}

/// The answers that are due.
pub fn advance(emulator: &mut Emulator, now: u64) -> Vec<Answer> {
    emulator.advance(now).into_iter().map(|(WaiterId(waiter), response)| answer(Some(waiter), response)).collect()
}

/// The tasks that were requested or cancelled since the last call.
pub fn tasks(emulator: &mut Emulator) -> Tasks {
    let requested = emulator.take_tasks().into_iter().map(|call| task(call.id, call.request)).collect();
    let failed = emulator.take_failed().into_iter().map(|ended| ExecutionFailure {
        flow_name: ended.flow,
        execution_name: ended.execution,
        status: ended.status.as_str(),
        state: ended.state,
        error: ended.failure.error,
        cause: ended.failure.cause,
    });
    Tasks { requested, cancelled: emulator.take_cancelled(), failed: failed.collect() }
}

/// Passes the result of a task: JSON text, or the name and the cause of an error. It arrives after a delay in
/// milliseconds on the clock of the flows, or, with a delay that is not finite, not at all.
pub fn finish_task(emulator: &mut Emulator, now: u64, task: u64, result: Result<&str, (String, String)>, delay: f64) {
    emulator.finish_task_later(now, task, task_result(result), delay);
}

pub(crate) fn task(id: u64, request: simulate::TaskRequest) -> Task {
    Task {
        id,
        name: request.name,
        action: request.action,
        resource: request.resource,
        attempt: request.attempt,
        call: request.call,
        input: request.input.to_string(),
        task_token: request.token,
    }
}

pub(crate) fn task_result(result: Result<&str, (String, String)>) -> simulate::TaskResult {
    match result {
        Ok(text) => simulate::json(text).map_err(|problem| simulate::Failure {
            error: "Local.InvalidResult".to_owned(),
            cause: format!("the result of the task is not JSON: {problem}"),
        }),
        Err((error, cause)) => Err(simulate::Failure { error, cause }),
    }
}

/// A path in a definition as JSON.
pub(crate) fn path_value(path: &[PathSegment]) -> Value {
    let segment = |segment: &PathSegment| match segment {
        PathSegment::Key(key) => Value::from(key.as_str()),
        PathSegment::Index(index) => Value::from(*index),
    };
    path.iter().map(segment).collect()
}

fn answer(waiter: Option<u64>, response: emulate::Response) -> Answer {
    Answer {
        waiter,
        status: Some(response.status),
        headers: response.headers,
        body: String::from_utf8_lossy(&response.body).into_owned(),
        cut: response.cut,
    }
}

fn fail_rule(fail: Fail) -> FailRule {
    let status = fail.status.filter(|status| (400..600).contains(status)).unwrap_or(500);
    let code = fail.code.unwrap_or_else(|| "InternalServerError".to_owned());
    let message = fail.message.unwrap_or_else(|| "An internal error has occurred. Please retry.".to_owned());
    let how = match fail.how {
        Way::Cut => How::Cut,
        Way::Empty => How::Empty { status },
        Way::Garbage => {
            How::Garbage { status: fail.status.filter(|status| (200..600).contains(status)).unwrap_or(200) }
        }
        Way::Xml => How::Xml { status, code, message },
        Way::Error => How::Error { status, code, message, retry_after: fail.retry_after_ms.map(u64::from) },
    };
    FailRule { action: fail.action, skip: fail.skip, times: fail.times, how }
}
