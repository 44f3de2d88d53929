//! Saved states that are damaged.

use super::*;

/// A saved text that is truncated or changed at any position is refused, like a text of another kind.
#[test]
fn a_damaged_state_is_refused() {
    let case = cases("emulate", "script.txt").into_iter().find(|case| case.name == "restart").unwrap();
    let mut session = Session::new(&case);
    let script = case.read("script.txt");
    for line in script.lines().take_while(|line| !line.starts_with("restart")).filter(|line| line.starts_with("rpc")) {
        let words = words(line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let request = session.signed(words[0], words[2], &words[3..]);
        session.send(words[1], &request);
    }
    let text = session.emulator().save();
    let restore = |text: &str| Emulator::new(Options::default()).restore(text);
    assert_eq!((1, 1), restore(&text).map(|back| (back.flows, back.executions)).unwrap());
    for end in 0..text.len() {
        assert!(restore(&text[..end]).is_err(), "cut at {end}");
        let changed = format!("{}~{}", &text[..end], &text[end + 1..]);
        assert!(restore(&changed).is_err(), "changed at {end}");
    }
    // An incomplete batch ends the text. The text before it is restored.
    let saved = session.emulator().save_and_record();
    let request = session.signed("rpc", "DeleteFlow", &["Name=f"]);
    session.send("deleted", &request);
    let first = session.emulator().journal();
    let request =
        session.signed("rpc", "CreateFlow", &["Name=g", "Type=FDL", "Description=d", "Definition=@flow.yaml"]);
    session.send("created", &request);
    let second = session.emulator().journal();
    let flows = |text: &str| restore(text).map(|back| (back.flows, back.problems.len())).unwrap();
    assert_eq!(flows(&saved), (1, 0));
    assert_eq!(flows(&format!("{saved}{first}")), (0, 0));
    assert_eq!(flows(&format!("{saved}{first}{second}")), (1, 0));
    for end in 1..first.len() {
        assert_eq!(flows(&format!("{saved}{}", &first[..end])), (1, 1), "cut at {end}");
        let changed = format!("{saved}{}~{}{second}", &first[..end], &first[end + 1..]);
        assert_eq!(flows(&changed), (1, 1), "changed at {end}");
    }
    assert_eq!(flows(&format!("{saved}{second}")), (1, 1), "a batch continues one text only");
    let problem = restore(&format!("{saved}{first}{}", &second[..9])).unwrap().problems.pop().unwrap();
    let line = 1 + saved.lines().count() + first.lines().count();
    assert!(problem.starts_with(&format!("the changes from line {line} on (9 bytes)")), "{problem}");
    let older = text.replacen("\"version\":2", "\"version\":9", 1);
    assert!(restore(&older).unwrap_err().contains("format 9"));
    assert!(restore("{\"flows\": []}\n").unwrap_err().contains("not a saved state"));
    assert!(session.emulator().restore(&text).unwrap_err().contains("in use"));
}
