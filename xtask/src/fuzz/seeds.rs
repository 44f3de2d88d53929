//! The seeds of the fuzzers: the cases of the tests, the corpus of public flows if `CLOUDFLOW_CORPUS` names it, and the
//! first KiB of binary files.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::{Outcome, paths};

/// The separators of the records of a script and of the fields of a record.
const RECORD: &[u8] = b"\x1E";
const FIELD: &str = "\x1F";

/// Maximum length of a seed: a fuzzer mutates short seeds better and runs them faster.
const LONGEST: usize = 16 * 1024;

/// Replaces the content of `dir` by the seeds of a target.
pub fn write(target: &str, dir: &Path) -> Outcome<usize> {
    let seeds: Vec<Vec<u8>> = match target {
        "flow" => texts("yaml")?.into_iter().chain(heads()).collect(),
        "expression" => expressions()?,
        "response" => responses()?,
        "emulator" => conversations()?,
        "sign" => signed()?,
        _ => return Err(format!("`{target}` is no target")),
    };
    if dir.exists() {
        fs::remove_dir_all(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    }
    fs::create_dir_all(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let mut count = 0;
    for seed in seeds.iter().filter(|seed| seed.len() <= LONGEST) {
        fs::write(dir.join(format!("{count:05}")), seed).map_err(|e| format!("{}: {e}", dir.display()))?;
        count += 1;
    }
    Ok(count)
}

/// The files below `tests/cases/<family>` and of the corpus with this extension. Fails if there are none, so that moved
/// cases are noticed.
fn files(family: &str, ending: &str) -> Outcome<Vec<PathBuf>> {
    let mut todo = vec![paths::root().join("tests/cases").join(family)];
    if family.is_empty() {
        todo.extend(env::var_os("CLOUDFLOW_CORPUS").map(PathBuf::from));
    }
    let mut found = Vec::new();
    while let Some(dir) = todo.pop() {
        for path in fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                todo.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    if found.is_empty() { Err(format!("tests/cases/{family} has no file `*{ending}`")) } else { Ok(found) }
}

fn texts(ending: &str) -> Outcome<Vec<Vec<u8>>> {
    Ok(files("", ending)?.iter().filter_map(|path| fs::read(path).ok()).collect())
}

/// Archives, programs, pictures, documents, texts in other encodings: the first KiB of each.
fn heads() -> Vec<Vec<u8>> {
    let utf16: Vec<u8> = "\u{feff}Type: StateMachine\nName: 流程\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let heads: [&[u8]; 12] = [
        b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00\xDF\xA4\xD2l\x5A\x01\x00\x00 \x05\x00\x00\x13\x00\x08\x02[Content_Types].xml",
        b"PK\x03\x04\x0A\x00\x00\x00\x00\x00\x86\xA6\x10\x36\x05\x00\x00\x00\x05\x00\x00\x00\x05\x00\x00\x00a.txthello",
        b"\x1F\x8B\x08\x00\x00\x00\x00\x00\x00\x03\xCB\x48\xCD\xC9\xC9\x07\x00\x86\xA6\x10\x36\x05\x00\x00\x00",
        b"\x7FELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00>\x00\x01\x00\x00\x00",
        b"\x89PNG\r\n\x1A\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00\x08\x06\x00\x00\x00",
        b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\nstream\n\x78\x9C\x07\x00\n",
        b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xFF\xFF\x00\x00",
        b"\0asm\x01\0\0\0\x01\x07\x01\x60\x02\x7F\x7F\x01\x7F",
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\x00\x00\x00\x00\x00\x00\x00\x00",
        // `流程` in GBK.
        b"Name: \xC1\xF7\xB3\xCC\nType: StateMachine\n",
        b"\xFF\xD8\xFF\xE0\x00\x10JFIF\x00\x01\x01\x00",
        &utf16,
    ];
    let mut all: Vec<Vec<u8>> = heads.iter().map(|head| head.to_vec()).collect();
    // This program.
    let own = env::current_exe().and_then(fs::read).unwrap_or_default();
    all.push(own.into_iter().take(1024).collect());
    // After each header, bytes that resemble compressed data.
    let noise: Vec<u8> = (0..1024_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let long: Vec<Vec<u8>> = heads.iter().map(|head| head.iter().chain(&noise).take(1024).copied().collect()).collect();
    all.extend(long);
    all
}

fn expressions() -> Outcome<Vec<Vec<u8>>> {
    let tables: Vec<_> = files("expr", ".txt")?.iter().filter_map(|path| fs::read(path).ok()).collect();
    let lines = tables.iter().flat_map(|table| table.split(|byte| *byte == b'\n'));
    let mut all: Vec<Vec<u8>> = lines
        .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
        .map(|line| {
            let end = line.windows(4).position(|four| four == b" => ").unwrap_or(line.len());
            line[..end].trim_ascii().to_vec()
        })
        .collect();
    // Expressions of the flows: the values of such keys.
    let flows: Vec<String> = texts("yaml")?.into_iter().filter_map(|text| String::from_utf8(text).ok()).collect();
    for line in flows.iter().flat_map(|text| text.lines()) {
        let Some((key, value)) = line.split_once(": ") else { continue };
        let key = key.trim_start().trim_start_matches("- ");
        if key.ends_with(".$") || ["Condition", "condition", "source", "ItemsPath", "Ready", "ready"].contains(&key) {
            all.push(value.trim().trim_matches(['\'', '"']).as_bytes().to_vec());
        }
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

fn responses() -> Outcome<Vec<Vec<u8>>> {
    let response = |status: usize, headers: &str, body: &[u8]| {
        [&[(status / 10) as u8, (status % 10) as u8], headers.as_bytes(), RECORD, body].concat()
    };
    let mut all = Vec::new();
    for path in files("fault", "answer.txt")? {
        let text = fs::read_to_string(path).unwrap_or_default();
        let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
        let (status, headers) = head.split_once('\n').unwrap_or((head, ""));
        all.push(response(status.trim().parse().unwrap_or(200), headers, body.as_bytes()));
    }
    for path in files("execution", "response.json")? {
        let body = fs::read(path).unwrap_or_default();
        all.push(response(200, "", &body));
        all.push(response(429, "x-acs-retry-after: 100", &body));
    }
    all.extend(heads().iter().map(|head| response(200, "date: Mon, 06 May 2024 07:08:09 GMT", head)));
    Ok(all)
}

/// The scripts of the cases, and all flows of the cases of the interpreter.
fn conversations() -> Outcome<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    for path in files("emulate", "script.txt")? {
        let dir = path.parent().unwrap_or(&path).to_path_buf();
        let script = fs::read_to_string(&path).unwrap_or_default();
        let (mut records, mut now) = (Vec::new(), 0);
        for line in script.lines() {
            let words = words(line);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let record = match words.as_slice() {
                [scheme @ ("rpc" | "acs3"), _, action, arguments @ ..] => {
                    let mut record = format!("{}{action}", if *scheme == "rpc" { "s" } else { "a" });
                    for argument in arguments.iter().filter(|argument| !argument.starts_with('!')) {
                        let (name, value) = argument.split_once('=').unwrap_or((argument, ""));
                        let file = value.strip_prefix('@').and_then(|file| fs::read_to_string(dir.join(file)).ok());
                        record += &[FIELD, name, "=", file.as_deref().unwrap_or(value)].concat();
                    }
                    record
                }
                ["raw", _, method, target] => format!("r{method} {target}\n\n"),
                ["at", at] => {
                    let at = at.parse::<u64>().unwrap_or(now);
                    let pause = at.saturating_sub(now);
                    now = at;
                    format!("t{pause}")
                }
                ["finish", _, json] => format!("f{json}"),
                ["fail", _, error] => format!("e{error}"),
                ["set", ..] => "q\u{11}".to_owned(),
                ["leave", _] => "l".to_owned(),
                ["restart"] => "v".to_owned(),
                _ => continue,
            };
            records.push(record.into_bytes());
        }
        all.push(records.join(RECORD));
    }
    for path in files("simulate", "flow.yaml")? {
        let flow = fs::read_to_string(&path).unwrap_or_default();
        let input = fs::read_to_string(path.with_file_name("input.json")).unwrap_or_else(|_| "{}".to_owned());
        let mode = if flow.len() % 2 == 0 { "Standard" } else { "Express" };
        let create = ["sCreateFlow", "Name=f", "Description=d", "Type=FDL"].join(FIELD);
        let create = [&create, FIELD, "ExecutionMode=", mode, FIELD, "Definition=", &flow].concat();
        let start =
            ["sStartExecution", "FlowName=f", "ExecutionName=e", &format!("Input={}", input.trim())].join(FIELD);
        let look = ["aDescribeExecution", "FlowName=f", "ExecutionName=e", "WaitTimeSeconds=60"].join(FIELD);
        let past = ["aGetExecutionHistory", "FlowName=f", "ExecutionName=e"].join(FIELD);
        let records = [&*create, &start, &look, "t5000", "f{\"a\":1}", "v", "t86400000", "eMine", &look, &past];
        all.push(records.map(|record| record.as_bytes().to_vec()).join(RECORD));
        // The same with short turns.
        let short = ["v1", &*create, &start, &look, "f{\"a\":1}", "v2", "t5000", &past];
        all.push(short.map(|record| record.as_bytes().to_vec()).join(RECORD));
    }
    for head in heads() {
        let header = b"rPOST /?Action=CreateFlow\ncontent-type: application/x-www-form-urlencoded\n\n";
        all.push([header.as_slice(), &head].concat());
        all.push([b"x".as_slice(), &head].concat());
        let definition = [["sCreateFlow", "Name=f", "Type=FDL", "Definition="].join(FIELD).into_bytes(), head].concat();
        all.push(definition);
    }
    Ok(all)
}

/// The words of a line of a script. Words in quotes can contain blanks.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            '#' if !quoted && words.len() == 1 && words.iter().all(String::is_empty) => break,
            ' ' if !quoted => words.push(String::new()),
            _ => {
                if let Some(word) = words.last_mut() {
                    word.push(c);
                }
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The test vectors of the signatures: their parameters and headers, appended to calls of each kind.
fn signed() -> Outcome<Vec<Vec<u8>>> {
    let endpoints =
        ["https://cn-hangzhou.fnf.aliyuncs.com", "http://127.0.0.1:8791/", "/api/cloudflow", "https://[::1]:443/x"];
    let mut all = Vec::new();
    for (at, path) in files("sign", "canonical.txt")?.iter().enumerate() {
        let text = fs::read_to_string(path).unwrap_or_default();
        let endpoint = endpoints[at % endpoints.len()];
        let token = if at % 3 == 0 { "STS.a-token/of+some=length" } else { "" };
        let mut fields =
            vec![endpoint, "my_flow", "流程 1", "testid", "testsecret", token, "15215528852396", "1714979289", "20"];
        for pair in text.split(['&', '\n']) {
            let (name, value) = pair.split_once(['=', ':']).unwrap_or((pair, ""));
            fields.extend([name, value]);
        }
        all.push(fields.join(FIELD).into_bytes());
    }
    Ok(all)
}
