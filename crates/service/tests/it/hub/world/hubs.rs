//! What an object does for its hub, and what happens to objects and Workers.

use cloudflow_service::hub::{BodyOf, Effect, Event, Hub, Input, Join, Kind, Millis};

use super::{Body, Broken, Happening, OBJECTS, Object, Owner, Socket, Worker, World};

impl World {
    pub(super) fn join(
        &mut self,
        worker: usize,
        link: u64,
        leaf: Option<u32>,
        since: u64,
        after: u64,
        deadline: Millis,
    ) -> Result<(), String> {
        let Worker { execution, options, alive, done, link: current, .. } = self.workers[worker];
        if !alive || done || current != link {
            return Ok(());
        }
        if self.plan.chaos > 0 && self.one_in(20) {
            return self.worker(worker, Input::JoinFailed, "", &Body::Nothing);
        }
        if self.plan.leaves && leaf.is_none() && options.kind != Kind::Leaf {
            return self.worker(worker, Input::Leaves(2), "", &Body::Nothing);
        }
        let object = execution * OBJECTS + leaf.map_or(0, |leaf| leaf as usize + 1);
        // Evictions are more frequent than in reality, where a second passes between two.
        let id = self.objects[object].hub.next_id(self.now).max(self.objects[object].last_id + 1);
        self.objects[object].last_id = id;
        let join = Join { id, since, deadline, kind: options.kind, history: options.history, after };
        self.hub(object, Event::Join(join), Body::Nothing, Some((worker, link)))
    }

    pub(super) fn evict(&mut self, object: usize) {
        let broken = self.plan.broken == Broken::ForgetfulHub;
        let Object { record, leaf, sockets, .. } = &self.objects[object];
        let mut hub = Hub::restore(if broken { "" } else { record }, *leaf);
        for socket in sockets.values() {
            hub.readd(&socket.attachment);
        }
        self.objects[object].hub = hub;
    }

    pub(super) fn hub(
        &mut self,
        object: usize,
        event: Event<'_>,
        body: Body,
        joiner: Option<(usize, u64)>,
    ) -> Result<(), String> {
        self.report.wakes += 1;
        let now = self.now;
        let known = &self.objects[object];
        let mut seen = known.hub.leader().and_then(|id| known.sockets.get(&id)?.answered_at);
        if self.plan.broken == Broken::ImmortalLeader {
            seen = Some(now);
        }
        let mut never_evicted = known.hub.clone();
        let is_evicted = self.one_in(3);
        if is_evicted {
            self.evict(object);
        }
        let effects = self.objects[object].hub.step(now, seen, event);
        if is_evicted && self.plan.broken != Broken::ForgetfulHub {
            let expected = never_evicted.step(now, seen, event);
            if effects != expected {
                return Err(format!("an evicted hub differs: {effects:?} instead of {expected:?} for {event:?}"));
            }
        }
        let mut joined = None;
        for effect in effects {
            match effect {
                Effect::Answer { header, body: of } => {
                    let (worker, link) = joiner.ok_or("an answer without a join")?;
                    let body = self.body(object, of, &body);
                    self.after(3, Happening::ToWorker { worker, link, header: Some(header), body });
                }
                Effect::Leaves(_) => return Err("leaf hubs for few watchers".to_owned()),
                Effect::Accept { id, attachment } => {
                    let (worker, link) = joiner.ok_or("a socket without a join")?;
                    let socket = Socket { worker, link, attachment, answered_at: None, down_at: now, up_at: now };
                    if self.objects[object].sockets.insert(id, socket).is_some() {
                        return Err(format!("two sockets with number {id}"));
                    }
                    self.workers[worker].socket = Some((object, id));
                    joined = Some(worker);
                }
                Effect::Attach { id, attachment } => {
                    if let Some(socket) = self.objects[object].sockets.get_mut(&id) {
                        socket.attachment = attachment;
                    }
                }
                Effect::Send { to, header, body: of } => {
                    if header.starts_with("lead ") {
                        self.check_leader(object, to[0])?;
                    }
                    let body = self.body(object, of, &body);
                    for id in to {
                        self.down(object, id, Some(header.clone()), body.clone());
                    }
                }
                Effect::Close { ids, .. } => {
                    for id in ids {
                        self.down(object, id, None, Body::Nothing);
                        self.objects[object].sockets.remove(&id);
                    }
                }
                Effect::SaveState => self.objects[object].state = body.clone(),
                Effect::SaveEvents { after, last } => {
                    let Body::Events(list) = &body else {
                        return Err("events without a body".to_owned());
                    };
                    let stored = &mut self.objects[object].events;
                    stored.extend(list.iter().filter(|&&event| event > after));
                    if stored.iter().copied().ne(1..=last) {
                        return Err(format!("stored events until {last}: {stored:?}"));
                    }
                }
                Effect::SaveRecord(record) => self.objects[object].record = record,
                Effect::Alarm(at) => {
                    self.objects[object].alarm = at;
                    if let Some(at) = at {
                        let late = self.below(200);
                        self.at(at + late, Happening::Alarm { object, at });
                    }
                }
                Effect::Poll => self.after(20, Happening::OwnPoll { object }),
                Effect::Clear => return Err("a hub was cleared within a day".to_owned()),
            }
        }
        if let Some(worker) = joined {
            // Nothing arrives before the socket is open.
            self.worker(worker, Input::Joined, "", &Body::Nothing)?;
        }
        Ok(())
    }

    pub(super) fn check_leader(&mut self, object: usize, id: u32) -> Result<(), String> {
        let Object { sockets, leader, .. } = &mut self.objects[object];
        let before = leader.replace(id);
        // One that resigned has an attachment that says so.
        let leads = |socket: &Socket| !socket.attachment.ends_with(" 0");
        match before.and_then(|before| sockets.get(&before)) {
            Some(socket) if before != Some(id) && leads(socket) => Err(format!("two leaders: {before:?} and {id}")),
            _ if before == Some(id) => Err(format!("{id} was elected twice")),
            _ => Ok(()),
        }
    }

    pub(super) fn body(&self, object: usize, of: BodyOf, current: &Body) -> Body {
        match of {
            BodyOf::Nothing => Body::Nothing,
            BodyOf::Current => current.clone(),
            BodyOf::Stored => self.objects[object].state.clone(),
            BodyOf::Events { after } => {
                let events = &self.objects[object].events;
                Body::Events(events.iter().copied().filter(|&event| event > after).collect())
            }
        }
    }

    /// A frame, or the close, from a hub to a Worker.
    pub(super) fn down(&mut self, object: usize, id: u32, header: Option<String>, body: Body) {
        let delay = 1 + self.below(20);
        if let Some(socket) = self.objects[object].sockets.get_mut(&id) {
            socket.down_at = socket.down_at.max(self.now + delay);
            let (at, worker, link) = (socket.down_at, socket.worker, socket.link);
            self.at(at, Happening::ToWorker { worker, link, header, body });
        }
    }

    // ---- Chaos ----

    pub(super) fn chaos(&mut self) -> Result<(), String> {
        let object = self.below(self.objects.len() as u64) as usize;
        let ids: Vec<u32> = self.objects[object].sockets.keys().copied().collect();
        let any = self.below(ids.len() as u64) as usize;
        let leader = self.objects[object].hub.leader();
        let victim = if self.one_in(2) { leader } else { ids.get(any).copied() };
        match self.below(5) {
            // The object is reset: its sockets are lost, its storage remains.
            0 => {
                for &id in &ids {
                    self.down(object, id, None, Body::Nothing);
                }
                self.objects[object].sockets.clear();
                self.objects[object].leader = None;
                self.evict(object);
            }
            // A socket is cut.
            1 => {
                if let Some(id) = victim {
                    self.down(object, id, None, Body::Nothing);
                    let delay = self.below(500);
                    self.after(delay, Happening::HubClosed { object, socket: id });
                }
            }
            // A Worker dies. The hub may hear of it or not.
            kind => {
                let Some(worker) = victim.and_then(|id| Some(self.objects[object].sockets.get(&id)?.worker)) else {
                    return Ok(());
                };
                if kind == 4 {
                    // Its caller has left, and asks again.
                    self.respond(worker, 0);
                    return self.worker(worker, Input::CallerGone, "", &Body::Nothing);
                }
                self.die(worker);
                if kind == 2 {
                    let delay = self.below(500);
                    self.after(delay, Happening::HubClosed { object, socket: victim.unwrap() });
                }
            }
        }
        Ok(())
    }

    pub(super) fn die(&mut self, worker: usize) {
        self.workers[worker].alive = false;
        match self.workers[worker].owner {
            Owner::Client(_) => self.respond(worker, 0),
            // Both watches are in one Worker.
            Owner::Leaf(leaf) => self.die(leaf),
        }
        if let Some(parent) = self.workers[worker].parent.take() {
            self.die(parent);
        }
    }
}
