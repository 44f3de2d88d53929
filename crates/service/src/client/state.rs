//! The state that the calls of one client share.

use std::cell::RefCell;
use std::rc::Rc;

use super::credentials::{Keys, Source};
use super::options::Settings;
use crate::poll::{Millis, Pacing};

/// Number of clients in the table. It is exceeded only while the calls of more clients run.
const MAX_CLIENTS: usize = 64;

/// A result of the function `credentials` that is pending for longer is not waited for: the function is called again.
/// In a Worker, the request that called it may have ended.
const MAX_PENDING_MS: Millis = 10_000;

/// The state that the calls of one client share. A call without a client has its own.
///
/// `V` is a value of the host, see [`Value`](cloudflow_base::value::Value).
#[derive(Clone, Debug)]
pub struct ClientState<V> {
    /// Budgets, the longest hold, and the service's clock.
    pub(super) pacing: Pacing,
    /// The credentials that the function returned last.
    pub(super) keys: Option<Rc<Keys>>,
    /// The pending result of the function, and since when it is pending.
    pending: Option<(V, Millis)>,
}

impl<V> Default for ClientState<V> {
    fn default() -> Self {
        ClientState { pacing: Pacing::default(), keys: None, pending: None }
    }
}

impl<V: Clone + PartialEq> ClientState<V> {
    /// The pending result of the function `credentials`, which all calls of the client wait for. Absent if the function
    /// has to be called.
    pub fn pending_credentials(&self, now: Millis) -> Option<V> {
        let recent = self.pending.as_ref().filter(|(_, since)| now.saturating_sub(*since) < MAX_PENDING_MS);
        recent.map(|(pending, _)| pending.clone())
    }

    /// The function was called and returned `pending`.
    pub fn set_pending_credentials(&mut self, now: Millis, pending: V) {
        self.pending = Some((pending, now));
    }

    /// The result arrived. True for the first call that receives it: this call stores it for the client.
    pub fn take_pending_credentials(&mut self, pending: &V) -> bool {
        let is_first = self.pending.as_ref().is_some_and(|(known, _)| known == pending);
        if is_first {
            self.pending = None;
        }
        is_first
    }
}

/// The states of the clients, found by the number of the client.
///
/// Nothing has to be freed: the table keeps the clients that were used last. A client that was removed starts with a
/// new state.
#[derive(Debug)]
pub struct Clients<V> {
    // INVARIANT: in the order of use, the client used last at the end.
    entries: Vec<Entry<V>>,
}

#[derive(Debug)]
struct Entry<V> {
    client: u32,
    base: String,
    account: Account<V>,
    state: Rc<RefCell<ClientState<V>>>,
}

/// Whose calls are counted.
#[derive(Debug, PartialEq)]
enum Account<V> {
    None,
    AccessKey(String),
    Function(V),
}

impl<V: Clone + PartialEq> Clients<V> {
    /// An empty table.
    pub const fn new() -> Self {
        Clients { entries: Vec::new() }
    }

    /// The state of a client for the endpoint and the account of the settings. Client 0 is no client: the state belongs
    /// to this call only.
    pub fn state(&mut self, client: u32, settings: &Settings<V>) -> Rc<RefCell<ClientState<V>>> {
        if client == 0 {
            return Rc::default();
        }
        let base = settings.endpoint.base();
        let account = match &settings.credentials {
            Source::None => Account::None,
            Source::Fixed(keys) => Account::AccessKey(keys.credentials.access_key_id.clone()),
            Source::Function(function) => Account::Function(function.clone()),
        };
        let same = |entry: &Entry<V>| entry.client == client && entry.base == base && entry.account == account;
        let entry = match self.entries.iter().position(same) {
            Some(at) => self.entries.remove(at),
            None => Entry { client, base: base.to_owned(), account, state: Rc::default() },
        };
        let state = entry.state.clone();
        self.entries.push(entry);
        if self.entries.len() > MAX_CLIENTS
            && let Some(idle) = self.entries.iter().position(|entry| Rc::strong_count(&entry.state) == 1)
        {
            self.entries.remove(idle);
        }
        state
    }
}

impl<V: Clone + PartialEq> Default for Clients<V> {
    fn default() -> Self {
        Clients::new()
    }
}
