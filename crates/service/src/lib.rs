//! A sans-IO client for executions of Alibaba Cloud CloudFlow (Serverless Workflow): requests, both signatures, long
//! polls, retries and faults.
//!
//! The crate has no clock, no network and no random numbers. The caller passes them in, and carries requests and
//! responses. So the same client runs in a browser, in a Worker, and in a simulated network in a test.
//!
//! # Example
//!
//! Sign a request, send the URL, and read the response. `send` is any HTTP client.
//!
//! ```
//! use cloudflow_service::sign::{self, Credentials, Scheme, Stamp};
//! use cloudflow_service::wire::execution;
//! use cloudflow_service::wire::fault::{self, Body};
//! use cloudflow_service::wire::request::{DescribeExecution, Endpoint};
//!
//! # fn send(url: &str) -> (u16, String) {
//! #     assert!(url.starts_with("https://cn-hangzhou.fnf.aliyuncs.com/?AccessKeyId=id&Action=DescribeExecution&"));
//! #     (200, r#"{ "RequestId": "r", "FlowName": "f", "Name": "e", "Status": "Succeeded", "FlowDefinition": "" }"#.into())
//! # }
//! let request =
//!     DescribeExecution { flow_name: "f".into(), execution_name: "e".into(), wait_time_seconds: 20 };
//! let endpoint = Endpoint::of_region("cn-hangzhou").unwrap();
//! let credentials =
//!     Credentials { access_key_id: "id".into(), access_key_secret: "secret".into(), security_token: None };
//! // The time in Unix milliseconds, and 16 random bytes.
//! let nonce = sign::nonce([7; 16]);
//! let stamp = Stamp { now: 1_714_979_289_000, nonce: &nonce };
//! let signed = sign::sign(Scheme::HmacSha1, &endpoint, &request, Some(&credentials), stamp);
//!
//! let (status, text) = send(&signed.url);
//! let json: serde_json::Value = serde_json::from_str(&text).unwrap();
//! assert_eq!(fault::read(status, &Body::Json(&json)), None);
//! let execution = execution::read(&&json).execution.unwrap();
//! assert!(execution.done);
//! ```
//!
//! A whole call with retries, and with the options of the npm package, is a [`Call`](client::call::Call):
//!
//! ```
//! use cloudflow_service::client::call::Call;
//! use cloudflow_service::client::options::Host;
//! use cloudflow_service::client::state::ClientState;
//! use cloudflow_service::poll::{Action, Input};
//! use cloudflow_service::wire::fault::Body;
//! use serde_json::json;
//!
//! let request = json!({ "flowName": "f", "executionName": "e" });
//! let options = json!({ "endpoint": "https://gateway.example", "waitTimeSeconds": 20 });
//! let response = json!({ "RequestId": "r", "FlowName": "f", "Name": "e", "Status": "Failed", "FlowDefinition": "" });
//!
//! let mut state = ClientState::default();
//! let mut call = Call::new(Some(&request), Some(&options), true, &Host::default()).unwrap();
//! let (mut now, mut input) = (0, Input::Start);
//! let outcome = loop {
//!     input = match call.step(&mut state, now, 0, input) {
//!         Action::Send(attempt) => {
//!             let signed = call.signed_request(&state, attempt, 1_714_979_289_000, [7; 16]);
//!             assert!(signed.url.starts_with("https://gateway.example/?Action=DescribeExecution&"));
//!             // Send the URL and the headers, then pass the response.
//!             call.answered(&mut state, 1_714_979_289_000, 200, &|_| None, Body::Json(&response)).0
//!         }
//!         Action::Sleep(ms) => {
//!             now += ms;
//!             Input::Woke
//!         }
//!         Action::Stay => continue,
//!         Action::Finish(outcome) => break outcome,
//!     };
//! };
//! assert_eq!(call.finish(&state, outcome).unwrap().status.as_str(), Some("Failed"));
//! ```
//!
//! # Modules
//!
//! - [`client`]: one call, from its arguments to its result.
//! - [`hub`]: many watchers of an execution, one poll.
//! - [`poll`]: when to send, retry, sleep and end.
//! - [`sign`]: signatures and redaction.
//! - [`wire`]: requests, executions and faults in the format of the service.
//! - [`read`]: the body of a response without a call.
//!
//! # Invariants
//!
//! - The URL that was signed is sent unchanged. Each attempt is signed anew.
//! - [`sign`] alone has secrets. No message contains one.
//! - Unknown statuses and fields are kept. A missing required field is a finding with its path.
//! - JSON values are any [`Value`](cloudflow_base::value::Value). With the feature `serde_json` of `cloudflow-base`,
//!   references to `serde_json::Value` are values.

pub mod client;
pub mod hub;
pub mod poll;
pub mod read;
pub mod sign;
pub mod wire;
