//! The emulator, and the proxies and gateways in front of it.

use cloudflow_base::time;
use cloudflow_local::emulate::{Reply, Request, Response};
use cloudflow_service::poll::Input;
use cloudflow_service::sign::{encode, rpc};
use cloudflow_service::wire::fault::Retry;
use serde_json::{Value, json};

use super::super::plan::Kind;
use super::{Back, Event, Fate, Phase, World, ZERO};

impl World {
    pub(super) fn arrive(&mut self, slot: usize, turn: u64, request: &Request, fate: Fate) {
        let now = self.service_time(self.now);
        if slot == usize::MAX {
            let reply = self.emulator.request(now, request);
            assert!(matches!(&reply, Reply::Answer(answer) if answer.status == 200), "{reply:?}");
            return self.wake_service();
        }
        let error = |status: u16, code: &str, after: Option<u64>| Response {
            status,
            headers: after.map(|after| ("x-acs-retry-after".to_owned(), after.to_string())).into_iter().collect(),
            body: json!({ "RequestId": "r", "Code": code, "Message": "m" }).to_string().into_bytes(),
            cut: false,
        };
        let after = self.dice.chance(500).then(|| self.dice.from(0, 15_000));
        let key = request
            .query
            .split('&')
            .find_map(|pair| pair.strip_prefix("AccessKeyId=k"))
            .map(|key| key.parse::<usize>().unwrap());
        let expired = key.is_some_and(|key| self.keys[key] < now);
        let front = match fate.kind {
            Some(Kind::Throttled) => Some(error(429, "ResourceThrottled", after)),
            Some(Kind::ServerError) => Some(error(500, "InternalServerError", None)),
            Some(Kind::BadGateway) => Some(page(502)),
            Some(Kind::Unavailable) => Some(error(503, "ServiceUnavailable", None)),
            Some(Kind::EmptyBody) => Some(Response { body: Vec::new(), ..error(200, "", None) }),
            Some(Kind::Xml) => {
                Some(Response { body: b"<Error><Code>InternalError</Code></Error>".to_vec(), ..error(500, "", None) })
            }
            Some(Kind::Denied) => Some(error(403, "AccessDenied", None)),
            _ if expired => {
                self.count(Kind::ExpiredToken);
                self.note_fault(slot);
                Some(error(400, "InvalidSecurityToken.Expired", None))
            }
            _ => None,
        };
        if let Some(front) = front {
            return self.answer(slot, turn, front, fate);
        }
        let mut request = request.clone();
        if key.is_none() {
            // An unsigned request goes to a gateway, which signs it.
            request = gateway(&request, now, &format!("gateway-{}", self.order));
        }
        match self.emulator.request(now, &request) {
            Reply::Answer(answer) => self.answer(slot, turn, answer, fate),
            Reply::Hold(waiter) => {
                self.held.insert(waiter, (slot, turn, fate));
                let machine = self.slots[slot].machine;
                if let Some((long, cut)) = self.machines[machine].planned.proxy {
                    self.at(self.now + long, Event::Cut(slot, turn, waiter, cut));
                }
            }
        }
        self.wake_service();
    }

    pub(super) fn service(&mut self) {
        if self.service_at.is_some_and(|due| due <= self.now) {
            self.service_at = None;
        }
        for (waiter, response) in self.emulator.advance(self.service_time(self.now)) {
            if let Some((slot, turn, fate)) = self.held.remove(&waiter) {
                self.answer(slot, turn, response, fate);
            }
        }
        self.wake_service();
    }

    pub(super) fn wake_service(&mut self) {
        if let Some(at) = self.emulator.wake_at() {
            let at = (at as i64 - (ZERO as i64 + self.plan.skew)).max(self.now as i64) as u64;
            if self.service_at.is_none_or(|due| at < due) {
                self.service_at = Some(at);
                self.at(at, Event::Service);
            }
        }
    }

    pub(super) fn answer(&mut self, slot: usize, turn: u64, mut answer: Response, fate: Fate) {
        let code = serde_json::from_slice::<Value>(&answer.body)
            .ok()
            .and_then(|body| Some(body.get("Code")?.as_str()?.to_owned()));
        if fate.kind.is_none() && code.is_some() {
            self.note_fault(slot);
        }
        if answer.status == 429 && fate.kind != Some(Kind::Throttled) {
            self.count(Kind::OverQuota);
            // Calls of a single client are never throttled, unless the network delays requests and delivers them in a burst.
            let is_even = self.plan.slowest <= 500 && self.plan.chances.iter().all(|chance| *chance == 0);
            if self.machines.len() == 1 && self.machines[0].planned.counted && is_even {
                self.violate(format!("call {slot} is throttled"));
            }
        }
        match fate.kind {
            Some(Kind::LostAnswer) => return self.at(self.now + fate.down, Event::Back(slot, turn, Back::Failure)),
            Some(Kind::SilentAnswer) => return,
            Some(Kind::Truncated) => answer.body.truncate(answer.body.len() / 2),
            _ => {}
        }
        self.at(self.now + fate.down, Event::Back(slot, turn, Back::Answer(answer)));
    }

    pub(super) fn back(&mut self, slot: usize, turn: u64, back: Back) {
        if slot == usize::MAX || self.slots[slot].turn != turn || !matches!(self.slots[slot].phase, Phase::InFlight(_))
        {
            return;
        }
        let machine = self.slots[slot].machine;
        if let Some((_, until)) = self.machines[machine].suspended {
            return self.at(until + 2, Event::Back(slot, turn, back));
        }
        let input = match back {
            Back::Failure => self.slots[slot].caller.call.no_response("broken"),
            Back::Answer(answer) => self.receive(slot, &answer),
        };
        self.failed(slot, input);
        let action = self.step(slot, input);
        if matches!(input, Input::Fault { retry: Retry::Never, .. }) {
            self.slots[slot].refused = true;
        }
        self.act(slot, action);
    }
}

pub(super) fn page(status: u16) -> Response {
    Response { status, headers: Vec::new(), body: b"<html><title>Bad Gateway</title></html>".to_vec(), cut: false }
}

/// A signed request that belongs to no client.
pub(super) fn service_call(now: u64, nonce: &str, action: &str, parameters: &[(&str, &str)]) -> Request {
    let stamp = time::utc(now);
    let mut pairs = vec![
        ("Action", action),
        ("Version", "2019-03-15"),
        ("Format", "json"),
        ("Timestamp", &stamp),
        ("SignatureNonce", nonce),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("AccessKeyId", "k0"),
        ("SecurityToken", "token"),
    ];
    pairs.extend(parameters);
    let canonical = rpc::canonical(&pairs);
    let signature = encode::percent(&rpc::signature("secret", &rpc::string_to_sign("GET", &canonical)));
    let query = format!("{canonical}&Signature={signature}");
    Request { method: "GET".into(), host: "service.example".into(), path: "/".into(), query, ..Request::default() }
}

/// The request as the gateway signs it.
fn gateway(request: &Request, now: u64, nonce: &str) -> Request {
    let field = |name: &str| request.query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let parameters: Vec<(&str, &str)> = ["FlowName", "ExecutionName", "WaitTimeSeconds"]
        .into_iter()
        .filter_map(|name| Some((name, field(name)?)))
        .collect();
    service_call(now, nonce, "DescribeExecution", &parameters)
}
