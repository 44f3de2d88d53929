//! A generator of flows of the old dialect as people write them, of their inputs, and of the answers to their tasks.

use serde_json::{Map, Value, json};

use crate::simulate::random::Dice;
use crate::simulate::random::flows::next_names;

const KEYS: [&str; 7] = ["a", "b", "list", "n", "ok", "map", "r"];
const ERRORS: [&str; 4] = ["Bad", "FC.ResourceThrottled", "FnF.TaskTimeout", "FnF.ALL"];

/// Inputs of executions: with all keys, with some, with none.
pub fn inputs(dice: &mut Dice) -> Vec<Value> {
    let all = json!({ "a": 1, "b": "x", "list": [{ "a": 1, "n": 2 }, { "a": 3 }], "n": 5, "ok": true,
        "map": { "a": 1, "list": [1, 2] }, "r": "given" });
    let mut some = all.clone();
    let object = some.as_object_mut().unwrap();
    for key in KEYS {
        if dice.one_in(3) {
            object.shift_remove(key);
        } else if dice.one_in(4) {
            object.insert(key.to_owned(), value(dice, key));
        }
    }
    vec![all, some, json!({})]
}

fn value(dice: &mut Dice, key: &str) -> Value {
    match key {
        "a" | "n" => json!(dice.below(7)),
        "ok" => json!(dice.one_in(2)),
        "list" => dice.pick(&[json!([]), json!([{ "a": 4 }]), json!([{ "a": 4, "n": 1 }, { "n": 2 }])]).clone(),
        "map" => json!({ "a": dice.below(3), "list": [dice.below(5)] }),
        _ => dice.pick(&[json!("x"), json!("y"), json!("")]).clone(),
    }
}

/// The answer to a call: it depends on the seed, the state and the number of the call.
pub fn answer(name: &str, count: u64, seed: u64) -> Value {
    let of_name = name.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let mut dice = Dice(seed.wrapping_mul(1_000_003) ^ of_name.wrapping_mul(101) ^ count);
    let dice = &mut dice;
    match dice.below(14) {
        0 => return json!({ "error": "Bad", "cause": "said so" }),
        1 => return json!({ "error": "FC.ResourceThrottled", "cause": "again" }),
        2 if dice.one_in(4) => return json!({ "output": dice.pick(&[json!(7), json!([1]), json!(null)]) }),
        _ => {}
    }
    let mut output = Map::new();
    for key in KEYS {
        // Every second flow gets all keys: most of its references lead to values.
        if seed % 2 == 1 || !dice.one_in(9) {
            output.insert(key.to_owned(), value(dice, key));
        }
    }
    let mut found = json!({ "output": output });
    if dice.one_in(4) {
        found["after"] = json!(dice.below(3) * 1000);
    }
    found
}

pub fn flow(dice: &mut Dice) -> Value {
    let mut writer = Writer { left: 3 + dice.below(8) as usize, dice, named: 0, item: Vec::new() };
    let list = writer.list(0);
    let dice = writer.dice;
    let mut flow = json!({ "version": "v1", "type": "flow" });
    if dice.one_in(8) {
        flow["inputMappings"] = mappings(dice, &["$input"], &KEYS);
    }
    flow["steps"] = list;
    if dice.one_in(3) {
        flow["outputMappings"] = mappings(dice, &["$local", "$local", "$input"], &KEYS);
    }
    flow
}

struct Writer<'d> {
    dice: &'d mut Dice,
    left: usize,
    named: usize,
    /// The items of the foreach steps around.
    item: Vec<&'static str>,
}

impl Writer<'_> {
    fn list(&mut self, depth: usize) -> Value {
        let count = (1 + self.dice.below(4) as usize).min(self.left.max(1));
        self.left = self.left.saturating_sub(count);
        let names = next_names(&mut self.named, count);
        (0..count).map(|at| self.step(&names, at, depth)).collect()
    }

    fn step(&mut self, names: &[String], at: usize, depth: usize) -> Value {
        let nests = depth < 3 && self.left > 0;
        let mut step = match self.dice.below(if nests { 20 } else { 12 }) {
            0..=3 => json!({ "type": "pass" }),
            4..=7 => self.task(names, at),
            8 => self.wait(),
            9 if at + 1 == names.len() || self.dice.one_in(3) => json!({ "type": "succeed" }),
            10 if self.dice.one_in(3) => json!({ "type": "fail", "error": "Stop", "cause": "a step" }),
            9..=11 => self.choice(names, at, depth + 9),
            12..=15 => self.choice(names, at, depth),
            16..=17 => {
                let count = 1 + self.dice.below(3);
                let branches: Vec<Value> = (0..count).map(|_| json!({ "steps": self.list(depth + 1) })).collect();
                json!({ "type": "parallel", "branches": branches })
            }
            _ => self.foreach(depth),
        };
        step["name"] = names[at].as_str().into();
        let kind = step["type"].as_str().unwrap().to_owned();
        if kind == "fail" {
            return step;
        }
        if kind != "succeed" && self.dice.one_in(12) {
            step["end"] = true.into();
        }
        if step.get("inputMappings").is_none() && self.dice.one_in(if kind == "task" { 2 } else { 5 }) {
            step["inputMappings"] = self.inputs();
        }
        if kind == "foreach" && step.get("inputMappings").is_some() {
            let list = json!({ "target": "list", "source": self.dice.pick(&["$input.list", "$local.list"]) });
            step["inputMappings"].as_array_mut().unwrap().retain(|entry| entry["target"] != "list");
            step["inputMappings"].as_array_mut().unwrap().push(list);
        }
        let maps = match &*kind {
            "pass" => !self.dice.one_in(4),
            "succeed" | "wait" => self.dice.one_in(5),
            "choice" => self.dice.one_in(6),
            _ => self.dice.one_in(2),
        };
        if maps {
            step["outputMappings"] = match &*kind {
                "foreach" | "parallel" => self.collected(&kind),
                "pass" | "wait" | "succeed" => mappings(self.dice, &["$input"], &KEYS),
                _ => mappings(self.dice, &["$local", "$local", "$input"], &KEYS),
            };
        }
        step
    }

    /// Mappings that mostly keep the names of the keys.
    fn inputs(&mut self) -> Value {
        let mut made = mappings(self.dice, &["$input", "$local", "$input"], &KEYS);
        if let Some(item) = self.item.last().filter(|_| self.dice.one_in(2)) {
            let source = format!("$input.{item}");
            made.as_array_mut().unwrap().push(json!({ "target": item, "source": source }));
        }
        made
    }

    fn collected(&mut self, kind: &str) -> Value {
        let key = *self.dice.pick(&["a", "n", "r"]);
        let all = match self.dice.below(4) {
            0 => json!("$local"),
            1 => json!("$local[*]"),
            2 if kind == "parallel" => json!(format!("$local[0].{key}")),
            _ => json!(format!("$local[*].{key}")),
        };
        let mut made = vec![json!({ "target": "list", "source": all })];
        if self.dice.one_in(3) {
            made.push(json!({ "target": "b", "source": "$input.b" }));
        }
        if self.dice.one_in(6) {
            made.push(json!({ "target": "r", "source": "done" }));
        }
        made.into()
    }

    fn wait(&mut self) -> Value {
        match self.dice.below(4) {
            0 => json!({ "type": "wait", "duration": 300 * self.dice.below(5) + self.dice.below(2) }),
            1 => json!({ "type": "wait", "duration": "$.n" }),
            _ => json!({ "type": "wait", "duration": 1 + self.dice.below(300) }),
        }
    }

    fn foreach(&mut self, depth: usize) -> Value {
        let item = *self.dice.pick(&["item", "a", "key"]);
        let mut iteration = json!({ "collection": "$.list", "item": item });
        if self.dice.one_in(8) {
            iteration["index"] = "i".into();
        }
        self.item.push(item);
        let steps = self.list(depth + 1);
        self.item.pop();
        json!({ "type": "foreach", "iterationMapping": iteration, "steps": steps })
    }

    fn task(&mut self, names: &[String], at: usize) -> Value {
        let mut task = json!({ "type": "task", "resourceArn": "acs:fc:::services/s.v/functions/f" });
        if self.dice.one_in(6) {
            task = json!({ "type": "task", "action": "ocr:Recognize",
                "serviceParams": { "Side": "face", "ImageURL": self.dice.pick(&["$.b", "$.map.a", "$.r"]) } });
        }
        if self.dice.one_in(4) {
            let rules = if self.dice.one_in(8) { 2 } else { 1 };
            let rule = |dice: &mut Dice| json!({ "errors": [*dice.pick(&ERRORS)], "maxAttempts": dice.below(4), "intervalSeconds": 1 + dice.below(9) });
            task["retry"] = (0..rules).map(|_| rule(self.dice)).collect();
        }
        if self.dice.one_in(3)
            && let Some(target) = self.target(names, at)
        {
            task["catch"] = json!([{ "errors": [*self.dice.pick(&ERRORS)], "goto": target }]);
            if self.dice.one_in(2) {
                let target = *self.dice.pick(&KEYS);
                task["errorMappings"] =
                    json!([{ "target": target, "source": self.dice.pick(&["$local.error", "$local.cause"]) }]);
            }
        }
        if self.dice.one_in(12) {
            task["pattern"] = "waitForCallback".into();
            task["inputMappings"] = json!([{ "target": "token", "source": "$context.execution.name" }]);
        }
        task
    }

    fn choice(&mut self, names: &[String], at: usize, depth: usize) -> Value {
        let count = 1 + self.dice.below(3);
        let mut options: Vec<Value> = (0..count).map(|_| self.option(names, at, depth)).collect();
        for option in &mut options {
            option["condition"] = condition(self.dice).into();
        }
        let mut choice = json!({ "type": "choice", "choices": options });
        if self.dice.one_in(2) {
            choice["default"] = self.option(names, at, depth);
        }
        choice
    }

    fn option(&mut self, names: &[String], at: usize, depth: usize) -> Value {
        let mut option = Map::new();
        if depth < 3 && !self.dice.one_in(3) {
            option.insert("steps".into(), self.list(depth + 1));
        }
        if (option.is_empty() || self.dice.one_in(4))
            && let Some(target) = self.target(names, at)
        {
            option.insert("goto".into(), target);
        }
        Value::Object(option)
    }

    /// Mostly forwards. Absent: there is no later step.
    fn target(&mut self, names: &[String], at: usize) -> Option<Value> {
        if self.dice.one_in(60) {
            return Some(self.dice.pick(names).as_str().into());
        }
        let later = names.get(at + 1..).filter(|later| !later.is_empty())?;
        Some(self.dice.pick(later).as_str().into())
    }
}

fn mappings(dice: &mut Dice, roots: &[&str], keys: &[&str]) -> Value {
    let mut targets: Vec<&str> = keys.to_vec();
    let entries = (0..1 + dice.below(3)).map(|_| {
        let target = targets.swap_remove(dice.below(targets.len() as u64) as usize);
        let root = *dice.pick(roots);
        let source = match dice.below(12) {
            0..=3 => constant(dice, target),
            4 if target == "map" => json!(root),
            5 => json!(format!("{root}.map.a")),
            6 => json!(format!("{root}.list[*].a")),
            7 => json!(format!("{root}.{}", dice.pick(&["a", "b", "r", "gone"]))),
            8 if target == "b" => json!("$context.execution.name"),
            9 if target == "r" => json!("$context.step.name"),
            _ => json!(format!("{root}.{target}")),
        };
        json!({ "target": target, "source": source })
    });
    entries.collect()
}

fn constant(dice: &mut Dice, key: &str) -> Value {
    if dice.one_in(6) {
        return dice.pick(&[json!(null), json!({}), json!([]), json!(-1), json!("text: #1")]).clone();
    }
    value(dice, key)
}

fn condition(dice: &mut Dice) -> String {
    let one = |dice: &mut Dice| match dice.below(9) {
        0 => "$.ok".to_owned(),
        1 => "!($.n > 3)".to_owned(),
        2 => "!$.ok".to_owned(),
        3 => "$.b == \"x\"".to_owned(),
        4 => format!("$.{} != {}", dice.pick(&["n", "gone", "map.a"]), dice.below(3)),
        5 => "\"a\" in $.map".to_owned(),
        6 => "$.map.a == 1".to_owned(),
        7 => "$.r == $.b".to_owned(),
        _ => format!("$.a {} {}", dice.pick(&["<", ">=", "==", ">"]), dice.below(4)),
    };
    let first = one(dice);
    match dice.below(6) {
        0 => format!("{first} && {}", one(dice)),
        1 => format!("{first} || {}", one(dice)),
        2 => format!("!({first} && {}) || {}", one(dice), one(dice)),
        _ => first,
    }
}
