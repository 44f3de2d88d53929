//! One call in the simulation: the driver `src/ask.rs` with a simulated clock and network, and mutants that the rules must
//! detect.

use std::rc::Rc;

use cloudflow_base::value::{Kind, Value};
use cloudflow_service::client::call::Call;
use cloudflow_service::client::options::Host;
use cloudflow_service::client::state;
use cloudflow_service::poll::{Action, Attempt, Input, SleepDetector};
use cloudflow_service::sign::SignedRequest;
use cloudflow_service::wire::fault::{Body, Retry};
use serde_json::json;

use super::plan::{PlannedClient, PlannedWatcher};

/// A text that represents a function in the options.
const FUNCTION: &str = "<function>";

/// The state of a client in the simulation.
pub type ClientState = state::ClientState<Json>;

/// A JSON value with shared ownership.
#[derive(Clone, Debug, PartialEq)]
pub struct Json(pub Rc<serde_json::Value>);

impl Value for Json {
    fn kind(&self) -> Kind {
        if self.0.as_str() == Some(FUNCTION) { Kind::Function } else { self.0.as_ref().kind_of() }
    }
    fn text(&self) -> Option<String> {
        self.0.as_str().map(str::to_owned)
    }
    fn is_empty_text(&self) -> bool {
        self.0.as_str() == Some("")
    }
    fn boolean(&self) -> Option<bool> {
        self.0.as_bool()
    }
    fn number(&self) -> Option<f64> {
        self.0.as_f64()
    }
    fn member(&self, key: &str) -> Option<Self> {
        self.0.get(key).filter(|value| !value.is_null()).map(|value| Json(Rc::new(value.clone())))
    }
    fn keys(&self) -> Vec<String> {
        self.0.as_object().map(|object| object.keys().cloned().collect()).unwrap_or_default()
    }
    fn len(&self) -> usize {
        self.0.as_array().map_or(0, Vec::len)
    }
    fn item(&self, index: usize) -> Option<Self> {
        self.0.get(index).map(|value| Json(Rc::new(value.clone())))
    }
    fn holds_json(&self) -> bool {
        true
    }
}

trait KindOf {
    fn kind_of(&self) -> Kind;
}

impl KindOf for serde_json::Value {
    fn kind_of(&self) -> Kind {
        Value::kind(&self)
    }
}

/// The mutants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// No mutation.
    None,
    /// Continues after an abort.
    IgnoresAbort,
    /// Sends a request again without a new signature.
    ReusesRequest,
    /// Never corrects its clock.
    IgnoresClock,
    /// Ignores the rate limit of the account.
    IgnoresBudget,
    /// Ignores final statuses.
    ContinuesAfterEnd,
    /// Retries permanent errors.
    RetriesPermanentErrors,
    /// Sleeps far too long.
    SleepsTooLong,
    /// Gives up at the first failure.
    NeverRetries,
    /// Reports every change twice.
    ReportsTwice,
}

pub struct Caller {
    pub call: Call<Json>,
    pub planned: PlannedWatcher,
    pub sleep: SleepDetector,
    pub online: bool,
    mutant: Mutant,
    sent: Option<SignedRequest>,
}

impl Caller {
    pub fn new(planned: PlannedWatcher, client: &PlannedClient, mutant: Mutant, steady: u64, wall: u64) -> Self {
        let execution = planned.execution;
        let mut request = json!({ "flowName": format!("f{execution}"), "executionName": "e" });
        let mut options =
            json!({ "endpoint": "https://service.example", "retry": { "maxAttempts": planned.attempts } });
        if client.counted {
            options["credentials"] = match client.lifetime {
                None => json!({ "accessKeyId": "k0", "accessKeySecret": "secret", "securityToken": "token" }),
                Some(_) => json!(FUNCTION),
            };
        }
        if let Some(timeout) = planned.timeout {
            options["timeoutMs"] = json!(timeout);
        }
        match planned.until_done {
            true => {
                options["waitTimeSeconds"] = json!(planned.wait);
                if planned.is_watched {
                    options["onUpdate"] = json!(FUNCTION);
                }
            }
            false => request["waitTimeSeconds"] = json!(planned.wait),
        }
        let (request, options) = (Json(Rc::new(request)), Json(Rc::new(options)));
        let call = Call::new(Some(request), Some(options), planned.until_done, &Host::default()).unwrap();
        Caller { call, planned, sleep: SleepDetector::new(steady, wall), online: true, mutant, sent: None }
    }

    pub fn ignores_abort(&self) -> bool {
        self.mutant == Mutant::IgnoresAbort
    }

    pub fn step(&mut self, state: &mut ClientState, now: u64, random: u32, input: Input) -> Action {
        let input = match (self.mutant, input) {
            (Mutant::ContinuesAfterEnd, Input::Execution { done: true }) => Input::Execution { done: false },
            (Mutant::RetriesPermanentErrors, Input::Fault { retry: Retry::Never, .. }) => Input::NetworkError,
            _ => input,
        };
        let mut fresh = ClientState::default();
        let state = if self.mutant == Mutant::IgnoresBudget { &mut fresh } else { state };
        let failed = matches!(input, Input::NetworkError | Input::TimedOut | Input::Fault { .. });
        match (self.mutant, self.call.step(state, now, random, input)) {
            (Mutant::SleepsTooLong, Action::Sleep(ms)) => Action::Sleep(ms * 60),
            (Mutant::NeverRetries, Action::Sleep(_)) if failed => {
                Action::Finish(cloudflow_service::poll::Outcome::NetworkError)
            }
            (_, action) => action,
        }
    }

    pub fn request(&mut self, state: &ClientState, attempt: Attempt, wall: u64, random: [u8; 16]) -> SignedRequest {
        if let (Mutant::ReusesRequest, Some(sent)) = (self.mutant, &self.sent) {
            return sent.clone();
        }
        let request = match self.mutant {
            Mutant::IgnoresClock => self.call.signed_request(&ClientState::default(), attempt, wall, random),
            _ => self.call.signed_request(state, attempt, wall, random),
        };
        self.sent = Some(request.clone());
        request
    }

    /// The event of a response, and whether it is reported to the caller.
    pub fn answered(
        &mut self,
        state: &mut ClientState,
        wall: u64,
        status: u16,
        headers: &[(String, String)],
        body: &[u8],
    ) -> (Input, bool) {
        let header = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let text = String::from_utf8_lossy(body);
        let body = match serde_json::from_str(&text) {
            _ if text.trim().is_empty() => Body::Empty,
            Ok(value) => Body::Json(Json(Rc::new(value))),
            Err(_) => Body::Text(text.into_owned()),
        };
        let (input, changed) = self.call.answered(state, wall, status, &header, body);
        (input, changed || self.mutant == Mutant::ReportsTwice && matches!(input, Input::Execution { .. }))
    }
}
