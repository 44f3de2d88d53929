//! The machine under the calls: its sleep, its network, its clock, its timers.

use cloudflow_service::poll::{Action, Input};

use super::super::plan::Kind;
use super::{Back, Doing, Event, World};

impl World {
    pub(super) fn happens(&mut self, machine: usize, kind: Kind, long: u64) {
        if self.postpone(machine, Event::Happens(machine, kind, long)) {
            return;
        }
        self.met(kind);
        self.machines[machine].trouble = self.now + long;
        match kind {
            Kind::Suspended => {
                self.machines[machine].suspended = Some((self.now, self.now + long));
                self.at(self.now + long, Event::Over(machine, kind));
            }
            Kind::Offline | Kind::UntoldOffline => {
                self.machines[machine].offline = true;
                self.at(self.now + long, Event::Over(machine, kind));
                self.break_connections(machine);
                if kind == Kind::Offline {
                    self.machines[machine].told_offline = true;
                    self.look_all(machine, false);
                }
            }
            Kind::ClockJump => {
                self.machines[machine].jumped += self.dice.one(&[-3_600_000, 3_600_000, 4_000, -90_000_000]);
                self.machines[machine].trouble = self.now;
            }
            _ => {
                self.machines[machine].trouble = self.now;
                self.look_all(machine, true);
            }
        }
    }

    pub(super) fn over(&mut self, machine: usize, kind: Kind) {
        match kind {
            Kind::Suspended => {
                let since = self.machines[machine].suspended.take().map_or(self.now, |(since, _)| since);
                if self.machines[machine].planned.clock_sleeps {
                    self.machines[machine].lost += self.now - since;
                }
                self.break_connections(machine);
            }
            _ => {
                if self.postpone(machine, Event::Over(machine, kind)) {
                    return;
                }
                self.machines[machine].offline = false;
                self.machines[machine].trouble = self.now;
                if self.machines[machine].told_offline {
                    self.machines[machine].told_offline = false;
                    // The event may be lost; what the host says later is not.
                    if self.dice.chance(800) {
                        self.look_all(machine, false);
                    }
                }
            }
        }
        let trouble = &mut self.machines[machine].trouble;
        *trouble = (*trouble).max(self.now);
    }

    /// Everything open fails, soon or without a word.
    pub(super) fn break_connections(&mut self, machine: usize) {
        for slot in 0..self.slots.len() {
            if self.slots[slot].machine == machine && matches!(self.slots[slot].doing, Doing::Flying(_)) {
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

    pub(super) fn look_all(&mut self, machine: usize, visible: bool) {
        for slot in 0..self.slots.len() {
            if self.slots[slot].machine == machine && !matches!(self.slots[slot].doing, Doing::Nothing | Doing::Over) {
                self.look(slot, visible);
            }
        }
    }

    /// What the driver does when its timer fires or the host has news.
    pub(super) fn look(&mut self, slot: usize, visible: bool) {
        let machine = self.slots[slot].machine;
        let (steady, wall) = (self.steady(machine), self.wall(machine));
        let (until, due) = match self.slots[slot].doing {
            Doing::Keys(_, until) | Doing::Flying(until) | Doing::Sleeping(until) => (until, steady),
            _ => return,
        };
        let online = !self.machines[machine].told_offline;
        let caller = &mut self.slots[slot].caller;
        let input = if caller.sleep.slept(steady, wall, due) {
            Input::Slept
        } else if online != caller.online {
            caller.online = online;
            if online { Input::Online } else { Input::Offline }
        } else if steady >= until {
            if matches!(self.slots[slot].doing, Doing::Sleeping(_)) { Input::Woke } else { Input::TimedOut }
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

    /// Puts an event off until the machine is awake; true where it did.
    pub(super) fn postpone(&mut self, machine: usize, event: Event) -> bool {
        let Some((_, until)) = self.machines[machine].suspended else { return false };
        self.at(until.max(self.now + 1) + 1, event);
        true
    }
}
