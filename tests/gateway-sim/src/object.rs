//! A hub object: the host of a `Hub`, with its storage, its sockets and its alarm.

use std::collections::HashMap;

use cloudflow_service::hub::{BodyOf, Bucket, Effect, Event, Hub, Join, Kind};

use crate::queue::{Body, Caller, Frame, What};
use crate::sim::Sim;
use crate::upstream::{Millis, Reply};
use crate::world::Broken;

/// An object that had no event for this time has hibernated
/// (<https://developers.cloudflare.com/durable-objects/concepts/durable-object-lifecycle/>).
const HIBERNATES: Millis = 10_000;

/// Assumed time of one event in an object, in microseconds. An object is billed for it.
const EVENT_MICROS: u64 = 1_000;

/// One object.
pub struct Object {
    /// Its execution.
    pub execution: u32,
    /// The number of the leaf hub.
    pub leaf: Option<u32>,
    machine: Hub,
    record: String,
    state: Body,
    /// The open sockets: number of the machine, and link. The text is the attachment.
    sockets: HashMap<u32, (u32, String)>,
    alarm: u32,
    skew: u64,
    last_event: Millis,
    born: Millis,
    awake_micros: u64,
    /// The turn of the object's own poll, and when it began.
    poll: u32,
    polling: Option<Millis>,
}

impl Object {
    /// An object without storage.
    pub fn new(execution: u32, leaf: Option<u32>, skew: u64, now: Millis) -> Self {
        Object {
            execution,
            leaf,
            machine: Hub::restore("", leaf.is_some()),
            record: String::new(),
            state: Body::Nothing,
            sockets: HashMap::new(),
            alarm: 0,
            skew,
            last_event: now,
            born: now,
            awake_micros: 0,
            poll: 0,
            polling: None,
        }
    }

    /// The time that was billed and the time that has passed, in ms.
    pub fn billed(&self, now: Millis) -> (u64, u64) {
        let polling = self.polling.map_or(0, |since| now - since);
        (self.awake_micros / 1000 + polling, now - self.born)
    }

    /// The link of the leader.
    pub fn leader(&self) -> Option<u32> {
        let id = self.machine.leader()?;
        self.sockets.get(&id).map(|(link, _)| *link)
    }

    /// The links of the sockets, in a fixed order.
    pub fn links(&self) -> Vec<u32> {
        let mut links: Vec<u32> = self.sockets.values().map(|(link, _)| *link).collect();
        links.sort_unstable();
        links
    }

    /// The object loses its memory. The sockets and the storage remain.
    pub fn evict(&mut self, forgets: bool) {
        if forgets {
            self.record.clear();
        }
        self.machine = Hub::restore(&self.record, self.leaf.is_some());
        let mut texts: Vec<&String> = self.sockets.values().map(|(_, text)| text).collect();
        // The order of the sockets is not defined.
        texts.sort_by_key(|text| text.len());
        for text in texts {
            self.machine.readd(text);
        }
    }

    /// The object loses its memory and its sockets.
    pub fn reset(&mut self) {
        self.sockets.clear();
        self.poll += 1;
        self.polling = None;
        self.machine = Hub::restore(&self.record, self.leaf.is_some());
    }
}

/// What an event of an object carries.
pub struct Carried {
    /// The link of a join.
    pub link: Option<u32>,
    /// The body of a frame.
    pub body: Body,
}

impl Sim {
    /// A join arrives at an object.
    pub fn join(&mut self, link: u32, kind: Kind, history: bool, since: u64, deadline: Millis, after: u64) {
        let Some(at) = self.links.get(&link).map(|link| link.object) else {
            return;
        };
        let Some(object) = self.objects.get(at as usize) else {
            return;
        };
        let id = object.machine.next_id(self.now + object.skew);
        let join = Join { id, since, deadline, kind, history, after };
        self.hub_step(at, Event::Join(join), &Carried { link: Some(link), body: Body::Nothing });
    }

    /// Runs an event of an object.
    pub fn hub_step(&mut self, at: u32, event: Event<'_>, carried: &Carried) {
        let now = self.now;
        let forgets = self.world.broken == Broken::Hub;
        let Some(object) = self.objects.get_mut(at as usize) else {
            return;
        };
        if now.saturating_sub(object.last_event) >= HIBERNATES && object.polling.is_none() {
            object.evict(forgets);
        }
        object.last_event = now;
        object.awake_micros += EVENT_MICROS;
        let leader = object.machine.leader().and_then(|id| object.sockets.get(&id)).map(|(link, _)| *link);
        let mut seen = leader.and_then(|link| self.links.get(&link)).and_then(|link| link.pinged);
        if self.world.broken == Broken::Leader {
            seen = Some(now);
        }
        let Some(object) = self.objects.get_mut(at as usize) else {
            return;
        };
        let local = now + object.skew;
        let seen = seen.map(|time| time + object.skew);
        let effects = object.machine.step(local, seen, event);
        for effect in effects {
            self.effect(at, effect, carried);
        }
    }

    fn effect(&mut self, at: u32, effect: Effect, carried: &Carried) {
        let now = self.now;
        let Some(object) = self.objects.get_mut(at as usize) else {
            return;
        };
        match effect {
            Effect::Answer { header, body } => {
                let frame = Frame { header, body: body_of(object, body, carried.body) };
                if let Some(link) = carried.link {
                    self.send_down(link, |link| What::Answered { link, frame });
                }
            }
            Effect::Leaves(count) => {
                if let Some(link) = carried.link {
                    self.send_down(link, |link| What::Leaves { link, count });
                }
            }
            Effect::Accept { id, attachment } => {
                let Some(link) = carried.link else {
                    return;
                };
                object.sockets.insert(id, (link, attachment));
                if let Some(link) = self.links.get_mut(&link) {
                    link.id = Some(id);
                }
                self.send_down(link, |link| What::Joined { link });
            }
            Effect::Attach { id, attachment } => {
                if let Some(socket) = object.sockets.get_mut(&id) {
                    socket.1 = attachment;
                }
                self.report.leads += 1;
            }
            Effect::Send { to, header, body } => {
                let body = body_of(object, body, carried.body);
                let links: Vec<u32> =
                    to.iter().filter_map(|id| object.sockets.get(id)).map(|(link, _)| *link).collect();
                for link in links {
                    let frame = Frame { header: header.clone(), body };
                    self.send_down(link, |link| What::Down { link, frame });
                }
            }
            Effect::Close { ids, .. } => {
                let closed: Vec<u32> =
                    ids.iter().filter_map(|id| object.sockets.remove(id)).map(|(link, _)| link).collect();
                for link in closed {
                    // The object accepts nothing more from it.
                    if let Some(link) = self.links.get_mut(&link) {
                        link.open = false;
                    }
                    self.send_down(link, |link| What::ClosedDown { link });
                }
            }
            Effect::SaveState => {
                object.state = carried.body;
                let (execution, leaf) = (object.execution, object.leaf);
                if carried.body == Body::State(3) && leaf.is_none() {
                    self.known(execution);
                }
            }
            Effect::SaveEvents { .. } => {}
            Effect::SaveRecord(text) => object.record = text,
            Effect::Alarm(time) => {
                object.alarm += 1;
                let (turn, skew) = (object.alarm, object.skew);
                if let Some(time) = time.filter(|_| self.world.broken != Broken::Leader) {
                    let time = time.saturating_sub(skew).max(now);
                    self.queue.push(time, What::Alarm { object: at, turn });
                }
            }
            Effect::Poll => {
                object.poll += 1;
                object.polling = Some(now);
                let turn = object.poll;
                self.ask(Caller::Object(at), false, None, turn);
            }
            Effect::Clear => {
                object.record.clear();
                object.state = Body::Nothing;
            }
        }
    }

    /// The alarm of an object is due.
    pub fn alarm(&mut self, at: u32, turn: u32) {
        if self.objects.get(at as usize).is_some_and(|object| object.alarm == turn) {
            self.hub_step(at, Event::Alarm, &Carried { link: None, body: Body::Nothing });
        }
    }

    /// A frame arrives at an object.
    pub fn up(&mut self, link: u32, frame: &Frame) {
        let Some((object, id)) = self.links.get(&link).filter(|link| link.open).map(|link| (link.object, link.id))
        else {
            return;
        };
        if frame.header == "p" {
            let now = self.now;
            if let Some(link) = self.links.get_mut(&link) {
                link.pinged = Some(now);
            }
            return;
        }
        let carried = Carried { link: None, body: frame.body };
        self.hub_step(object, Event::Frame { from: id, header: &frame.header }, &carried);
    }

    /// An object is told that a socket is closed.
    pub fn closed_up(&mut self, link: u32) {
        let Some((at, id)) = self.links.get(&link).map(|link| (link.object, link.id)) else {
            return;
        };
        if let Some(entry) = self.links.get_mut(&link) {
            entry.open = false;
            // The Worker may be told later.
            if entry.session.is_none() {
                self.links.remove(&link);
            }
        }
        let Some(id) = id else {
            return;
        };
        let Some(object) = self.objects.get_mut(at as usize) else {
            return;
        };
        if object.sockets.get(&id).is_none_or(|(known, _)| *known != link) {
            return;
        }
        let leads = object.machine.leader() == Some(id);
        if leads && self.world.broken == Broken::Leader {
            return;
        }
        object.sockets.remove(&id);
        self.hub_step(at, Event::Closed(id), &Carried { link: None, body: Body::Nothing });
    }

    /// The answer to a request of an object's own poll.
    pub fn own_permit(&mut self, at: u32, wait_ms: Millis, turn: u32) {
        if self.objects.get(at as usize).is_none_or(|object| object.poll != turn) {
            return;
        }
        if wait_ms > 0 {
            let (time, ask) =
                (self.now + wait_ms, What::Ask { caller: Caller::Object(at), history: false, throttled: None, turn });
            self.queue.push(time, ask);
            return;
        }
        let call = What::Call { caller: Caller::Object(at), history: false, wait_ms: 0, after: 0, turn };
        self.queue.push(self.now + 20, call);
        self.queue
            .push(self.now + 10_000, What::Reply { caller: Caller::Object(at), history: false, reply: None, turn });
    }

    /// The result of an object's own poll.
    pub fn own_reply(&mut self, at: u32, reply: Option<Reply>, turn: u32) {
        let now = self.now;
        let Some(object) = self.objects.get_mut(at as usize).filter(|object| object.poll == turn) else {
            return;
        };
        object.poll += 1;
        if let Some(since) = object.polling.take() {
            object.awake_micros += (now - since) * 1000;
        }
        let header;
        let (event, body) = match reply {
            Some(Reply::State(version)) => {
                header = format!("report 0 {version:016x} {}", rank(version));
                (Event::Frame { from: None, header: &header }, Body::State(version))
            }
            Some(Reply::Throttled { .. } | Reply::Unavailable) => {
                header = format!("fault 0 {} 503 0", Bucket::Describe.as_str());
                (Event::Frame { from: None, header: &header }, Body::Fault)
            }
            _ => (Event::Polled, Body::Nothing),
        };
        self.hub_step(at, event, &Carried { link: None, body });
    }
}

/// The rank of a version.
pub fn rank(version: u8) -> u8 {
    version.clamp(1, 3)
}

fn body_of(object: &Object, body: BodyOf, current: Body) -> Body {
    match body {
        BodyOf::Nothing => Body::Nothing,
        BodyOf::Current => current,
        BodyOf::Stored => object.state,
        BodyOf::Events { after } => Body::Events { after, last: u64::MAX },
    }
}
