//! What the calls of one client share, found by the number that `createClient` gave it.
//!
//! Nothing has to be freed: the table keeps the clients used last, and one that was dropped out of
//! it begins anew. A fresh instance after a trap does the same.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsValue;

use crate::value::Js;
use cloudflow_service::client::options::{Settings, Source};
use cloudflow_service::client::call;

/// So many are kept; more only while they are at work.
const KEPT: usize = 64;

/// What the calls of one client share.
#[derive(Default)]
pub(super) struct ClientState {
    /// What has nothing to do with JavaScript.
    pub shared: call::ClientState,
    /// The function is being asked for credentials, since this time.
    pub asking: Option<(JsValue, u64)>,
}

struct Entry {
    client: u32,
    base: String,
    who: JsValue,
    common: Rc<RefCell<ClientState>>,
}

thread_local! {
    static CLIENTS: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
}

/// What a call of this client shares with others, where endpoint and account are the same. Client 0
/// is no client: the call stands alone.
pub(super) fn common(client: u32, settings: &Settings<Js>) -> Rc<RefCell<ClientState>> {
    if client == 0 {
        return Rc::default();
    }
    let base = settings.endpoint.base();
    let who = match &settings.credentials {
        Source::None => JsValue::UNDEFINED,
        Source::Fixed(keys) => JsValue::from_str(&keys.credentials.access_key_id),
        Source::Function(function) => function.0.clone(),
    };
    CLIENTS.with_borrow_mut(|clients| {
        let known = clients.iter().position(|entry| entry.client == client && entry.base == base && entry.who == who);
        let entry = match known {
            Some(at) => clients.remove(at),
            None => Entry { client, base: base.to_owned(), who, common: Rc::default() },
        };
        let common = entry.common.clone();
        // The one used last stands last.
        clients.push(entry);
        if clients.len() > KEPT
            && let Some(idle) = clients.iter().position(|entry| Rc::strong_count(&entry.common) == 1)
        {
            clients.remove(idle);
        }
        common
    })
}
