//! What a Worker does for its watch.

use cloudflow_service::hub::{Do, Input, Kind, Payload, WatchOptions};

use super::{Body, Happening, Owner, Worker, World, state};

impl World {
    pub(super) fn frame(&mut self, worker: usize, header: &str, body: Body) -> Result<(), String> {
        self.worker(worker, Input::Frame(header), header, &body)
    }

    pub(super) fn worker(&mut self, worker: usize, input: Input<'_>, header: &str, body: &Body) -> Result<(), String> {
        if !self.workers[worker].alive || self.workers[worker].done {
            return Ok(());
        }
        let random = self.below(1 << 32) as u32;
        let skew = self.workers[worker].skew;
        let todo = self.workers[worker].watch.step(self.now.saturating_add_signed(skew), random, input);
        let seq = header.split(' ').nth(1).and_then(|seq| seq.parse().ok()).unwrap_or(0);
        for action in todo {
            self.act(worker, action, header, seq, body)?;
        }
        Ok(())
    }

    pub(super) fn act(&mut self, worker: usize, action: Do, header: &str, seq: u64, body: &Body) -> Result<(), String> {
        match action {
            Do::Connect { since, deadline, after, leaf } => {
                self.workers[worker].link += 1;
                let link = self.workers[worker].link;
                let delay = 2 + self.below(30);
                self.after(delay, Happening::Join { worker, link, leaf, since, after, deadline });
            }
            Do::Send(header, payload) => {
                let Worker { state, events, .. } = &self.workers[worker];
                let body = match payload {
                    Payload::Nothing => Body::Nothing,
                    Payload::State => state.clone(),
                    Payload::Events => events.clone(),
                    Payload::Fault => Body::Fault,
                };
                if let Some((object, socket)) = self.workers[worker].socket {
                    let delay = 1 + self.below(20);
                    if let Some(known) = self.objects[object].sockets.get_mut(&socket) {
                        known.up_at = known.up_at.max(self.now + delay);
                        let at = known.up_at;
                        self.at(at, Happening::ToHub { object, socket, header, body });
                    }
                }
            }
            Do::Permit { bucket, throttled } => {
                let delay = 1 + self.below(15);
                self.after(delay, Happening::Ask { worker, bucket, throttled });
            }
            Do::Describe { wait_seconds, timeout_ms } => self.describe(worker, wait_seconds, timeout_ms),
            Do::History { after } => self.fetch(worker, after),
            Do::Parent { since, after, history, deadline } => {
                let execution = self.workers[worker].execution;
                let options =
                    WatchOptions { kind: Kind::Leaf, since, after, history, deadline, ..self.workers[worker].options };
                let parent = self.employ(Owner::Leaf(worker), execution, options);
                self.workers[worker].parent = Some(parent);
                self.worker(parent, Input::Start, "", &Body::Nothing)?;
            }
            Do::LeaveParent => {
                if let Some(parent) = self.workers[worker].parent.take() {
                    self.worker(parent, Input::CallerGone, "", &Body::Nothing)?;
                }
            }
            Do::AbortCalls => self.workers[worker].calls += 1,
            Do::Wake(at) => {
                // Timers are late now and then.
                let late = if self.one_in(20) { self.below(1_500) } else { self.below(5) };
                let at = at.saturating_add_signed(-self.workers[worker].skew);
                self.at(at + late, Happening::Timer { worker });
            }
            Do::Keep => self.workers[worker].kept = state(body),
            Do::Deliver => {
                let version = state(body).ok_or("a state without a body was delivered")?;
                match self.workers[worker].owner {
                    Owner::Client(client) => {
                        self.see(client, worker, seq, version)?;
                        if self.clients[client].kind != Kind::Stream {
                            let pause = if self.clients[client].kind == Kind::Now { 3_000 } else { 0 };
                            self.respond(worker, pause);
                        }
                    }
                    Owner::Leaf(leaf) => self.pass(leaf, worker, header, body)?,
                }
            }
            Do::DeliverEvents { after, done } => match self.workers[worker].owner {
                Owner::Client(client) => {
                    let Body::Events(list) = body else {
                        return if done { self.history_done(client, worker) } else { Err("no events".to_owned()) };
                    };
                    for &event in list.iter().filter(|&&event| event > after) {
                        let known = &mut self.clients[client];
                        if event != known.after + 1 {
                            return Err(format!("event {event} was delivered after {}", known.after));
                        }
                        known.after = event;
                    }
                    if done {
                        self.history_done(client, worker)?;
                    }
                }
                Owner::Leaf(leaf) => self.pass(leaf, worker, header, body)?,
            },
            Do::DeliverFault => {
                self.report.faults += 1;
                match self.workers[worker].owner {
                    Owner::Client(_) => self.respond(worker, 2_000),
                    Owner::Leaf(leaf) => self.pass(leaf, worker, header, body)?,
                }
            }
            Do::Answer => {
                if let (Owner::Client(client), Some(version)) = (self.workers[worker].owner, self.workers[worker].kept)
                {
                    self.see(client, worker, 0, version)?;
                }
                let has_state = self.workers[worker].kept.is_some()
                    || matches!(self.workers[worker].options.kind, Kind::Stream | Kind::Leaf);
                self.report.busy += usize::from(!has_state);
                self.respond(worker, if has_state { 0 } else { 2_000 });
            }
            Do::Disconnect => {
                if let Some((object, socket)) = self.workers[worker].socket.take() {
                    // The close follows the frames that were sent before.
                    if let Some(known) = self.objects[object].sockets.get(&socket) {
                        let at = known.up_at.max(self.now + 1);
                        self.at(at, Happening::HubClosed { object, socket });
                    }
                }
                self.workers[worker].link += 1;
            }
            Do::Done => {
                self.workers[worker].done = true;
                self.respond(worker, 500);
            }
        }
        Ok(())
    }

    pub(super) fn history_done(&mut self, client: usize, worker: usize) -> Result<(), String> {
        let known = &self.clients[client];
        let execution = &self.executions[known.execution];
        if known.after != execution.events.len() as u64 {
            return Err(format!("a history of {} events was complete with {}", execution.events.len(), known.after));
        }
        if execution.is_final(known.version) {
            self.finish(client);
            self.respond(worker, 0);
        }
        Ok(())
    }

    /// Passes a frame of the hub to the leader of a leaf hub.
    pub(super) fn pass(&mut self, leaf: usize, parent: usize, header: &str, body: &Body) -> Result<(), String> {
        if self.workers[leaf].parent != Some(parent) {
            return Ok(());
        }
        match body {
            Body::State(_) => self.workers[leaf].state = body.clone(),
            _ if header.starts_with("events") => {
                self.workers[leaf].events =
                    if *body == Body::Nothing { Body::Events(Vec::new()) } else { body.clone() };
            }
            _ => {}
        }
        self.worker(leaf, Input::Parent(header), header, body)
    }
}
