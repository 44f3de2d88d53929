//! The driver of the calls.

use cloudflow_local::emulate::Request;
use cloudflow_service::poll::{Action, Attempt, Input};
use serde_json::{Value, json};

use super::super::caller::Json;
use super::super::plan::{ALL_KINDS, Kind};
use super::{Back, CHECK_MS, Event, Fate, Phase, World};

impl World {
    pub(super) fn step(&mut self, slot: usize, input: Input) -> Action {
        let machine = self.slots[slot].machine;
        let ignores_abort = self.slots[slot].caller.ignores_abort();
        let input = if self.slots[slot].left && !ignores_abort { Input::Aborted } else { input };
        let (steady, random) = (self.steady(machine), self.dice.next() as u32);
        self.slots[slot].caller.step(&mut self.machines[machine].state, steady, random, input)
    }

    pub(super) fn act(&mut self, slot: usize, action: Action) {
        let machine = self.slots[slot].machine;
        let steady = self.steady(machine);
        self.slots[slot].turn += 1;
        match action {
            Action::Send(attempt) => {
                let until = steady + attempt.timeout_ms;
                self.slots[slot].phase = Phase::Keys(attempt, until);
                self.fetch_keys(slot);
            }
            Action::Sleep(ms) => {
                self.slots[slot].phase = Phase::Sleeping(steady.saturating_add(ms));
                self.set_timer(slot);
            }
            Action::Stay => self.violate("the action `Stay` without a pending operation".into()),
            Action::Finish(outcome) => self.finish(slot, outcome),
        }
    }

    pub(super) fn set_timer(&mut self, slot: usize) {
        let machine = self.slots[slot].machine;
        let steady = self.steady(machine);
        if let Phase::Keys(_, until) | Phase::InFlight(until) | Phase::Sleeping(until) = self.slots[slot].phase {
            let turn = self.slots[slot].turn;
            self.at(self.now + until.saturating_sub(steady).min(CHECK_MS) + 1, Event::Timer(slot, turn));
        }
    }

    pub(super) fn fetch_keys(&mut self, slot: usize) {
        let machine = self.slots[slot].machine;
        let wall = self.wall(machine);
        let Phase::Keys(attempt, until) = self.slots[slot].phase else { return };
        let caller = &mut self.slots[slot].caller;
        if caller.call.credentials_function(&self.machines[machine].state, wall).is_none() {
            self.slots[slot].phase = Phase::InFlight(until);
            return self.send(slot, attempt);
        }
        self.set_timer(slot);
        if !self.machines[machine].fetching_keys {
            self.machines[machine].fetching_keys = true;
            let fails = self.dice.chance(self.machines[machine].planned.credentials_fail);
            let lifetime = self.machines[machine].planned.lifetime.unwrap_or(0);
            let keys = (!fails && self.keys.len() < 64).then(|| {
                self.keys.push(self.service_time(self.now + lifetime));
                self.machines[machine].keys += 1;
                json!({ "accessKeyId": format!("k{}", self.keys.len() - 1), "accessKeySecret": "secret", "securityToken": "token" })
            });
            let delay = self.dice.from(0, 400);
            self.at(self.now + delay, Event::Keys(machine, keys));
        }
    }

    pub(super) fn keys(&mut self, machine: usize, keys: Option<Value>) {
        if self.postpone(machine, Event::Keys(machine, keys.clone())) {
            return;
        }
        self.machines[machine].fetching_keys = false;
        let mut is_first = true;
        for slot in 0..self.slots.len() {
            if self.slots[slot].machine != machine || !matches!(self.slots[slot].phase, Phase::Keys(..)) {
                continue;
            }
            let Some(keys) = &keys else {
                self.count(Kind::CredentialsFail);
                self.slots[slot].phase = Phase::Over;
                self.figures.failed += 1;
                continue;
            };
            let given = Json(std::rc::Rc::new(keys.clone()));
            let done = self.slots[slot].caller.call.set_credentials(&mut self.machines[machine].state, given, is_first);
            assert!(done.is_ok(), "{done:?}");
            is_first = false;
            let Phase::Keys(attempt, until) = self.slots[slot].phase else { continue };
            self.slots[slot].phase = Phase::InFlight(until);
            self.send(slot, attempt);
        }
    }

    pub(super) fn send(&mut self, slot: usize, attempt: Attempt) {
        let machine = self.slots[slot].machine;
        let wall = self.wall(machine);
        let mut random = [0; 16];
        random[..8].copy_from_slice(&self.dice.next().to_le_bytes());
        let state = &self.machines[machine].state;
        let signed = self.slots[slot].caller.request(state, attempt, wall, random);
        self.slots[slot].sent += 1;
        self.figures.sent += 1;
        let query = signed.url.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default();
        self.check_sending(slot, &query);
        self.set_timer(slot);
        let turn = self.slots[slot].turn;
        if self.machines[machine].offline {
            return self.at(self.now + 5, Event::Back(slot, turn, Back::Failure));
        }
        let mut fate = Fate { kind: None, down: self.dice.from(1, self.plan.slowest) };
        let mut up = self.dice.from(1, self.plan.slowest);
        if self.now < self.plan.faults_end_at {
            fate.kind = ALL_KINDS
                .iter()
                .zip(self.plan.chances)
                .find(|(_, chance)| self.dice.chance(*chance))
                .map(|(kind, _)| *kind);
        }
        if let Some(kind) = fate.kind {
            self.count(kind);
            self.machines[machine].last_fault = self.now + 20_000;
        }
        let request = Request {
            method: "GET".into(),
            host: "service.example".into(),
            path: "/".into(),
            query,
            ..Request::default()
        };
        match fate.kind {
            Some(Kind::LostRequest) => return self.at(self.now + up, Event::Back(slot, turn, Back::Failure)),
            Some(Kind::SilentRequest) => return,
            Some(Kind::Slow) => {
                up += self.dice.from(0, 8_000);
                fate.down += self.dice.from(0, 8_000);
            }
            Some(Kind::Duplicate) => {
                let later = self.now + up + self.dice.from(0, 3_000);
                self.at(later, Event::Arrive(slot, turn, request.clone(), fate));
            }
            _ => {}
        }
        self.at(self.now + up, Event::Arrive(slot, turn, request, fate));
    }
}
