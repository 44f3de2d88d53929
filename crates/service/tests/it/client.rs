//! What the calls of one client share.

use std::rc::Rc;

use cloudflow_service::client::options::{Host, Settings, settings};
use cloudflow_service::client::state::{ClientState, Clients};
use serde_json::{Value, json};

#[test]
fn calls_of_a_client_share_state_for_each_endpoint_and_account() {
    let key = |id: &str| json!({ "accessKeyId": id, "accessKeySecret": "very-secret" });
    let options = [
        json!({ "region": "cn-hangzhou", "credentials": key("one") }),
        json!({ "region": "cn-hangzhou", "credentials": key("two") }),
        json!({ "region": "cn-shanghai", "credentials": key("one") }),
        json!({ "region": "cn-hangzhou" }),
    ];
    let mut clients = Clients::new();
    let states: Vec<_> = options.iter().map(|options| clients.state(1, &checked(options))).collect();
    for (at, options) in options.iter().enumerate() {
        for (other, state) in states.iter().enumerate() {
            assert_eq!(Rc::ptr_eq(&clients.state(1, &checked(options)), state), at == other, "{at} {other}");
        }
        assert!(!Rc::ptr_eq(&clients.state(2, &checked(options)), &states[at]), "another client");
        assert!(!Rc::ptr_eq(&clients.state(0, &checked(options)), &clients.state(0, &checked(options))), "no client");
    }
}

#[test]
fn the_table_keeps_the_clients_used_last_and_those_with_calls() {
    let options = json!({ "region": "cn-hangzhou" });
    let options = checked(&options);
    let mut clients = Clients::new();
    let running = clients.state(1, &options);
    let idle = Rc::downgrade(&clients.state(2, &options));
    let used = Rc::downgrade(&clients.state(3, &options));
    for client in 4..=65 {
        clients.state(client, &options);
        clients.state(3, &options);
    }
    assert!(idle.upgrade().is_none(), "64 others were used since");
    assert!(used.upgrade().is_some());
    assert!(Rc::ptr_eq(&running, &clients.state(1, &options)), "its call still runs");
}

#[test]
fn pending_credentials_are_shared_for_ten_seconds() {
    let (pending, other) = (json!("pending"), json!("other"));
    let mut state = ClientState::<&Value>::default();
    assert_eq!(state.pending_credentials(0), None);
    state.set_pending_credentials(1000, &pending);
    assert_eq!(state.pending_credentials(10_999), Some(&pending));
    assert_eq!(state.pending_credentials(11_000), None, "the request that called the function may have ended");
    assert!(!state.take_pending_credentials(&&other));
    assert!(state.take_pending_credentials(&&pending), "the first call stores them");
    assert!(!state.take_pending_credentials(&&pending));
    assert_eq!(state.pending_credentials(1000), None);
}

fn checked(options: &Value) -> Settings<&Value> {
    settings(Some(options), false, 0, &Host::default()).unwrap()
}
