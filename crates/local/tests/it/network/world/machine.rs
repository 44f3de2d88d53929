//! The machine of a client: its sleep, network, clock and timers.

use cloudflow_service::poll::{Action, Input};

use super::super::plan::Kind;
use super::{Back, Event, Phase, World};

impl World {
    pub(super) fn fault_begins(&mut self, machine: usize, kind: Kind, long: u64) {
        if self.postpone(machine, Event::FaultBegins(machine, kind, long)) {
            return;
        }
        self.count(kind);
        self.machines[machine].last_fault = self.now + long;
        match kind {
            Kind::Suspended => {
                self.machines[machine].suspended = Some((self.now, self.now + long));
                self.at(self.now + long, Event::FaultEnds(machine, kind));
            }
            Kind::Offline | Kind::SilentOffline => {
                self.machines[machine].offline = true;
                self.at(self.now + long, Event::FaultEnds(machine, kind));
                self.break_connections(machine);
                if kind == Kind::Offline {
                    self.machines[machine].reports_offline = true;
                    self.check_all(machine, false);
                }
            }
            Kind::ClockJump => {
                self.machines[machine].jumped += self.dice.one(&[-3_600_000, 3_600_000, 4_000, -90_000_000]);
                self.machines[machine].last_fault = self.now;
            }
            _ => {
                self.machines[machine].last_fault = self.now;
                self.check_all(machine, true);
            }
        }
    }

    pub(super) fn fault_ends(&mut self, machine: usize, kind: Kind) {
        match kind {
            Kind::Suspended => {
                let since = self.machines[machine].suspended.take().map_or(self.now, |(since, _)| since);
                if self.machines[machine].planned.clock_sleeps {
                    self.machines[machine].lost += self.now - since;
                }
                self.break_connections(machine);
            }
            _ => {
                if self.postpone(machine, Event::FaultEnds(machine, kind)) {
                    return;
                }
                self.machines[machine].offline = false;
                self.machines[machine].last_fault = self.now;
                if self.machines[machine].reports_offline {
                    self.machines[machine].reports_offline = false;
                    // The event may be lost. The state that the host reports later is correct.
                    if self.dice.chance(800) {
                        self.check_all(machine, false);
                    }
                }
            }
        }
        let last_fault = &mut self.machines[machine].last_fault;
        *last_fault = (*last_fault).max(self.now);
    }

    /// All open connections fail, with an error or silently.
    pub(super) fn break_connections(&mut self, machine: usize) {
        for slot in 0..self.slots.len() {
            if self.slots[slot].machine == machine && matches!(self.slots[slot].phase, Phase::InFlight(_)) {
                let turn = self.slots[slot].turn;
                for event in self.store.iter_mut() {
                    if matches!(event, Some(Event::Back(s, t, _)) if *s == slot && *t == turn) {
                        *event = Some(Event::Back(usize::MAX, 0, Back::Failure));
                    }
                }
                self.held.retain(|_, held| held.0 != slot || held.1 != turn);
                if self.dice.chance(500) {
                    self.at(self.now + 30, Event::Back(slot, turn, Back::Failure));
                }
            }
        }
    }

    pub(super) fn check_all(&mut self, machine: usize, visible: bool) {
        for slot in 0..self.slots.len() {
            if self.slots[slot].machine == machine && !matches!(self.slots[slot].phase, Phase::NotStarted | Phase::Over)
            {
                self.check(slot, visible);
            }
        }
    }

    /// The driver's reaction to a timer or an event of the host.
    pub(super) fn check(&mut self, slot: usize, visible: bool) {
        let machine = self.slots[slot].machine;
        let (steady, wall) = (self.steady(machine), self.wall(machine));
        let (until, due) = match self.slots[slot].phase {
            Phase::Keys(_, until) | Phase::InFlight(until) | Phase::Sleeping(until) => (until, steady),
            _ => return,
        };
        let online = !self.machines[machine].reports_offline;
        let caller = &mut self.slots[slot].caller;
        let input = if caller.sleep.slept(steady, wall, due) {
            Input::Slept
        } else if online != caller.online {
            caller.online = online;
            if online { Input::Online } else { Input::Offline }
        } else if steady >= until {
            if matches!(self.slots[slot].phase, Phase::Sleeping(_)) { Input::Woke } else { Input::TimedOut }
        } else if visible {
            Input::Visible
        } else {
            return self.set_timer(slot);
        };
        self.failed(slot, input);
        match self.step(slot, input) {
            Action::Stay => self.set_timer(slot),
            action => self.act(slot, action),
        }
    }

    /// Postpones an event until the machine wakes up. Returns whether the machine sleeps.
    pub(super) fn postpone(&mut self, machine: usize, event: Event) -> bool {
        let Some((_, until)) = self.machines[machine].suspended else { return false };
        self.at(until.max(self.now + 1) + 1, event);
        true
    }
}
