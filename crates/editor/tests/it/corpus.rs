//! Properties over every text of the corpus and of the cases of `check` and `graph`.

use std::thread;

use cloudflow_editor::{Edit, OpenFlow};
use cloudflow_language::flow::Flow;
use cloudflow_language::graph::{Edge, graph};
use cloudflow_language::{Document, Options};
use cloudflow_tests::cases;
use cloudflow_tests::corpus::{FOLDERS, definitions};

/// The definitions of the corpus.
pub fn corpus() -> Vec<(String, String)> {
    definitions(&FOLDERS).into_iter().map(|definition| (definition.name, definition.text)).collect()
}

/// The definitions of the corpus and of the cases.
pub fn everything() -> Vec<(String, String)> {
    let mut all = corpus();
    for family in ["check", "graph"] {
        all.extend(cases(family, "yaml").into_iter().map(|case| (case.name.clone(), case.read("yaml"))));
    }
    all
}

/// Distributes the texts over the processors.
pub fn each(texts: &[(String, String)], work: impl Fn(&str, &str) + Sync) {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for first in 0..threads {
            let work = &work;
            scope.spawn(move || {
                for (name, text) in texts.iter().skip(first).step_by(threads) {
                    work(name, text);
                }
            });
        }
    });
}

/// Places of a text that are distributed over all of it. `seed` moves them, so that texts are not asked at the same ones.
pub fn places(text: &str, seed: &str, most: usize) -> Vec<usize> {
    let stride = (text.len() / most).max(1);
    let first = seed.bytes().fold(7_usize, |sum, byte| sum * 31 % 10_007 + usize::from(byte)) % stride;
    let mut places: Vec<usize> = (first..text.len()).step_by(stride).filter(|at| text.is_char_boundary(*at)).collect();
    places.push(text.len());
    places
}

pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut out = text.to_owned();
    for edit in edits.iter().rev() {
        out.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.new_text);
    }
    out
}

/// The edges, and the names of the states with their scopes.
fn content<'a>(flow: &Flow<'a>) -> (Vec<Edge<'a>>, Vec<(u32, String)>) {
    let name = |state: &cloudflow_language::flow::State<'_>| {
        (state.scope.0, state.name.map_or(String::new(), |name| name.value.to_owned()))
    };
    (graph(flow).edges, flow.states().iter().map(name).collect())
}

/// Renaming any state keeps the graph up to the name, and renaming it back gives the same text.
#[test]
fn renaming_every_state_keeps_the_graph() {
    let all = everything();
    let renamed = std::sync::atomic::AtomicUsize::new(0);
    each(&all, |file, text| {
        let open = OpenFlow::open(text.to_owned(), Options::default());
        let tree = &mut None;
        let Some(flow) = Document::read(text, Options::default(), tree).flow else { return };
        let before = content(&flow);
        for state in flow.states() {
            let Some(name) = state.name.filter(|name| !name.opaque && !name.value.is_empty()) else { continue };
            let offset = name.span.end as usize - usize::from(name.span.of(text).ends_with(['"', '\'']));
            let edits = match open.rename(offset, "Renamed state") {
                Ok(edits) => edits,
                Err(why) if why.contains("an anchor shares it") => continue,
                Err(why) => panic!("{file}: {}: {why}", name.value),
            };
            renamed.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let after = apply(text, &edits);
            let tree = &mut None;
            let flow = Document::read(&after, Options::default(), tree).flow.unwrap();
            let mut expected = before.clone();
            for (other, name) in flow.states().iter().zip(&mut expected.1) {
                if name.1 == *state.name.unwrap().value && other.name.unwrap().value == "Renamed state" {
                    name.1 = "Renamed state".to_owned();
                }
            }
            let got = content(&flow);
            assert_eq!(got.1, expected.1, "{file}: {}", name.value);
            assert!(got.0 == expected.0, "{file}: {}: the edges differ", name.value);
            assert_eq!(comments(text), comments(&after), "{file}: {}", name.value);
        }
    });
    assert!(renamed.into_inner() > 500);
}

/// The lines that are comments as a whole.
pub fn comments(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| line.starts_with('#')).collect()
}
