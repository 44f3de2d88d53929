//! The YAML reader.

use cloudflow_wasm::diagnostic::Code;
use cloudflow_wasm::yaml::{self, Kind, Resolved, Style};

#[test]
fn reads_a_flow() {
    let text = "Type: StateMachine\nStates:\n- Name: 流程\n  Timeout: 60\n  Parameters: {a: \"x\\ty\", b: !Ref c}\n  E: >-\n    one\n    two\n  N:\n";
    let (tree, diagnostics) = yaml::parse(text);
    assert_eq!(diagnostics, []);
    let root = tree.root().unwrap();
    assert_eq!(root.kind(), Kind::Mapping);
    assert_eq!(root.entries().count(), 2);
    let state = root.get("States").unwrap().items().next().unwrap();
    assert_eq!(state.get("Name").unwrap().span().of(text), "流程");
    assert_eq!(
        state.get("Timeout").unwrap().resolve(),
        Some(Resolved::Int(60))
    );
    let parameters = state.get("Parameters").unwrap();
    assert_eq!(parameters.style(), Style::Flow);
    assert_eq!(parameters.span().of(text), "{a: \"x\\ty\", b: !Ref c}");
    assert_eq!(parameters.get("a").unwrap().text(), Some("x\ty"));
    let reference = parameters.get("b").unwrap();
    assert_eq!(
        (reference.tag(), reference.span().of(text)),
        (Some("!Ref"), "c")
    );
    assert_eq!(state.get("E").unwrap().text(), Some("one two"));
    assert_eq!(state.get("N").unwrap().resolve(), Some(Resolved::Null));
    assert!(state.get("N").unwrap().span().is_empty());
}

#[test]
fn reports_a_key_that_stands_twice() {
    let (_, diagnostics) = yaml::parse("a: 1\nb: 2\na: 3\n");
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].code, Code::DuplicateKey);
    assert_eq!(diagnostics[0].span.unwrap().start, 10);
    assert_eq!(diagnostics[0].related[0].span.start, 0);
}

#[test]
fn an_alias_shows_as_the_node_it_names() {
    let (tree, diagnostics) = yaml::parse("a: &x [1, 2]\nb: *x\nc: *y\n");
    let root = tree.root().unwrap();
    assert_eq!(root.get("b").unwrap().items().count(), 2);
    assert_eq!(root.entries().count(), 3);
    assert_eq!(
        diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(),
        [Code::YamlUnknownAlias]
    );
}

#[test]
fn an_alias_bomb_stays_small() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for n in 1..12 {
        let alias = format!("*a{}, ", n - 1).repeat(9);
        text += &format!("a{n}: &a{n} [{alias}]\n");
    }
    let (_, diagnostics) = yaml::parse(&text);
    assert!(diagnostics.iter().any(|d| d.code == Code::YamlLimit));
}
