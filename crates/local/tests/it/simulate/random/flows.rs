//! Generates definitions without errors.

use serde_json::{Map, Value, json};

use super::Dice;

const KEYS: [&str; 6] = ["a", "b", "list", "n", "flag", "map"];
const ERRORS: [&str; 5] = ["Bad", "FC.ResourceThrottled", "FnF.TaskTimeout", "Local.ExpressionError", "FnF.ALL"];

/// The `flow` dialect.
pub fn flow(dice: &mut Dice) -> Value {
    let mut steps = Steps { dice, left: 9, named: 0 };
    let list = steps.list(0);
    let mut flow = json!({ "version": "v1", "type": "flow", "steps": list });
    if steps.dice.one_in(4) {
        flow["timeoutSeconds"] = (1 + steps.dice.below(5000)).into();
    }
    if steps.dice.one_in(4) {
        flow["inputMappings"] = mappings(steps.dice, &["$input"]);
    }
    if steps.dice.one_in(3) {
        flow["outputMappings"] = mappings(steps.dice, &["$input", "$local"]);
    }
    flow
}

/// The names of the next `count` steps: `s1`, `s2` and so on.
pub fn next_names(named: &mut usize, count: usize) -> Vec<String> {
    let first = *named + 1;
    *named += count;
    (first..=*named).map(|number| format!("s{number}")).collect()
}

struct Steps<'d> {
    dice: &'d mut Dice,
    left: usize,
    named: usize,
}

impl Steps<'_> {
    fn list(&mut self, depth: usize) -> Value {
        let count = (1 + self.dice.below(4) as usize).min(self.left.max(1));
        self.left = self.left.saturating_sub(count);
        let names = next_names(&mut self.named, count);
        (0..count).map(|at| self.step(&names, at, depth)).collect()
    }

    fn step(&mut self, names: &[String], at: usize, depth: usize) -> Value {
        let kind = if depth < 3 && self.left > 0 { self.dice.below(13) } else { self.dice.below(9) };
        let mut step = match kind {
            0..=1 => json!({ "type": "pass" }),
            2..=4 => self.task(names, at),
            5 => match self.dice.below(3) {
                0 => json!({ "type": "wait", "duration": self.dice.below(100_000) }),
                1 => json!({ "type": "wait", "duration": "$.n" }),
                _ => json!({ "type": "wait", "timestamp": "2024-05-06T09:00:00+00:00" }),
            },
            6 => json!({ "type": "succeed" }),
            7 if self.dice.one_in(2) => json!({ "type": "fail", "error": "Bad", "cause": "a step" }),
            7 | 8 => self.choice(names, at, depth + 9),
            9 => self.choice(names, at, depth),
            10 => {
                let branches: Vec<Value> =
                    (0..1 + self.dice.below(3)).map(|_| json!({ "steps": self.list(depth + 1) })).collect();
                json!({ "type": "parallel", "branches": branches })
            }
            _ => {
                let collection = if self.dice.one_in(5) { "$.map.a" } else { "$.list" };
                let mut mapping = json!({ "collection": collection, "item": *self.dice.pick(&KEYS) });
                if self.dice.one_in(2) {
                    mapping["index"] = "index".into();
                }
                json!({ "type": "foreach", "iterationMapping": mapping, "steps": self.list(depth + 1) })
            }
        };
        step["name"] = names[at].as_str().into();
        let ends = step["type"] == "succeed" || step["type"] == "fail";
        if !ends && self.dice.one_in(9) {
            step["end"] = true.into();
        }
        if self.dice.one_in(4) {
            step["inputMappings"] = mappings(self.dice, &["$input", "$local"]);
        }
        if step["type"] != "fail" && self.dice.one_in(3) {
            step["outputMappings"] = mappings(self.dice, &["$input", "$local"]);
        }
        step
    }

    fn task(&mut self, names: &[String], at: usize) -> Value {
        let mut task = json!({ "type": "task", "resourceArn": "acs:fc:::services/s/functions/f" });
        if self.dice.one_in(3) {
            task["retry"] = json!([{
                "errors": [*self.dice.pick(&ERRORS)],
                "maxAttempts": self.dice.below(4),
                "intervalSeconds": 1 + self.dice.below(50),
                "multiplier": 1.5,
            }]);
        }
        if self.dice.one_in(2) {
            task["catch"] = json!([{ "errors": [*self.dice.pick(&ERRORS)], "goto": self.target(names, at) }]);
            if self.dice.one_in(2) {
                task["errorMappings"] = json!([{ "target": "b", "source": "$local.error" }]);
            }
        }
        if self.dice.one_in(3) {
            task["timeoutSeconds"] = (1 + self.dice.below(5)).into();
        }
        match self.dice.below(6) {
            0 => task["pattern"] = "sync".into(),
            1 => {
                task["pattern"] = "waitForCallback".into();
                task["inputMappings"] = json!([{ "target": "token", "source": "$context.task.token" }]);
            }
            _ => {}
        }
        task
    }

    fn choice(&mut self, names: &[String], at: usize, depth: usize) -> Value {
        let mut options: Vec<Value> = (0..1 + self.dice.below(2)).map(|_| self.option(names, at, depth)).collect();
        for option in &mut options {
            option["condition"] = condition(self.dice, "$").into();
        }
        let mut choice = json!({ "type": "choice", "choices": options });
        if self.dice.one_in(2) {
            choice["default"] = self.option(names, at, depth);
        }
        choice
    }

    fn option(&mut self, names: &[String], at: usize, depth: usize) -> Value {
        let mut option = Map::new();
        if depth < 3 && self.dice.one_in(2) {
            option.insert("steps".into(), self.list(depth + 1));
        }
        if option.is_empty() || self.dice.one_in(2) {
            option.insert("goto".into(), self.target(names, at));
        }
        Value::Object(option)
    }

    /// Mostly forwards.
    fn target(&mut self, names: &[String], at: usize) -> Value {
        let from = if self.dice.one_in(10) { 0 } else { (at + 1).min(names.len() - 1) };
        self.dice.pick(&names[from..]).as_str().into()
    }
}

fn mappings(dice: &mut Dice, roots: &[&str]) -> Value {
    let mut targets: Vec<&str> = KEYS.to_vec();
    let entries = (0..1 + dice.below(5)).map(|_| {
        let target = targets.swap_remove(dice.below(targets.len() as u64) as usize);
        let root = *dice.pick(roots);
        let source = match dice.below(7) {
            0 => constant(dice),
            1 if target == "list" => json!(["x", { "a": 1 }]),
            2 => json!(root),
            3 => json!(format!("{root}.list[*].a")),
            _ => json!(format!("{root}.{target}")),
        };
        json!({ "target": target, "source": source })
    });
    entries.collect()
}

fn constant(dice: &mut Dice) -> Value {
    dice.pick(&[json!(1), json!(-2.5), json!("text"), json!(true), json!(null), json!([]), json!({ "a": ["$input"] })])
        .clone()
}

fn condition(dice: &mut Dice, root: &str) -> String {
    let one = |dice: &mut Dice| match dice.below(6) {
        0 => format!("{root}.flag"),
        1 => format!("!({root}.n > 1)"),
        2 => format!("{root}.b == \"x\""),
        3 => format!("{root}.missing != 1"),
        4 => format!("1 in {root}.list"),
        _ => format!("{root}.a {} {}", dice.pick(&["<", ">=", "==", "!="]), dice.below(3)),
    };
    let first = one(dice);
    match dice.below(4) {
        0 => format!("{first} && {}", one(dice)),
        1 => format!("{first} || {}", one(dice)),
        _ => first,
    }
}

/// The `StateMachine` dialect.
pub fn machine(dice: &mut Dice) -> Value {
    let mut states = States { dice, left: 9, named: 0 };
    let scope = states.scope(0);
    let mut machine = json!({ "Type": "StateMachine", "SpecVersion": "v1", "Name": "f" });
    if states.dice.one_in(4) {
        machine["Timeout"] = (1 + states.dice.below(5000)).into();
    }
    machine.as_object_mut().unwrap().extend(scope.as_object().unwrap().clone());
    machine
}

struct States<'d> {
    dice: &'d mut Dice,
    left: usize,
    named: usize,
}

impl States<'_> {
    fn scope(&mut self, depth: usize) -> Value {
        let count = (1 + self.dice.below(4) as usize).min(self.left.max(1));
        self.left = self.left.saturating_sub(count);
        let names: Vec<String> = (0..count)
            .map(|_| {
                self.named += 1;
                format!("S{}", self.named)
            })
            .collect();
        let states: Vec<Value> = (0..count).map(|at| self.state(&names, at, depth)).collect();
        json!({ "StartAt": names[0], "States": states })
    }

    fn state(&mut self, names: &[String], at: usize, depth: usize) -> Value {
        let kind = if depth < 3 && self.left > 0 { self.dice.below(12) } else { self.dice.below(9) };
        let mut state = match kind {
            0..=1 => json!({ "Type": "Pass" }),
            2..=4 => self.task(),
            5 if self.dice.one_in(2) => json!({ "Type": "Wait", "Seconds.$": "$Input.n" }),
            5 => json!({ "Type": "Wait", "Seconds": 1 + self.dice.below(300) }),
            6 => json!({ "Type": "Succeed" }),
            7 if self.dice.one_in(2) => json!({ "Type": "Fail", "Code": "Bad", "Detail": "a state" }),
            7 | 8 => {
                let branches: Vec<Value> = (0..1 + self.dice.below(2))
                    .map(|_| json!({ "Condition": condition(self.dice, "$Input"), "Next": self.target(names, at) }))
                    .collect();
                json!({ "Type": "Choice", "Branches": branches, "Default": self.target(names, at) })
            }
            9 => {
                let branches: Vec<Value> = (0..1 + self.dice.below(3)).map(|_| self.scope(depth + 1)).collect();
                json!({ "Type": "Parallel", "Branches": branches })
            }
            _ => {
                let items = if self.dice.one_in(5) { "$Input.map" } else { "$Input.list" };
                let mut map = json!({ "Type": "Map", "ItemsPath": items, "Processor": self.scope(depth + 1) });
                if self.dice.one_in(2) {
                    map["MaxConcuccency"] = (1 + self.dice.below(3)).into();
                }
                map
            }
        };
        state["Name"] = names[at].as_str().into();
        let kind = state["Type"].as_str().unwrap().to_owned();
        if !["Succeed", "Fail", "Choice"].contains(&kind.as_str()) {
            if at + 1 == names.len() || self.dice.one_in(9) {
                state["End"] = true.into();
            } else {
                state["Next"] =
                    if self.dice.one_in(8) { self.target(names, at) } else { names[at + 1].as_str().into() };
            }
        }
        if ["Task", "Parallel", "Map"].contains(&kind.as_str()) {
            self.rules(&mut state, names, at);
        }
        if self.dice.one_in(4) {
            state["InputConstructor"] = constructor(self.dice, &["$Input", "$Context.Execution.Input"]);
        }
        if !["Fail", "Choice"].contains(&kind.as_str()) && self.dice.one_in(3) {
            state["OutputConstructor"] = constructor(self.dice, &["$Input", "$Output"]);
        }
        if kind != "Fail" && self.dice.one_in(8) {
            state["GlobalConstructor"] = constructor(self.dice, &["$Input", "$Context.Execution.Input"]);
        }
        state
    }

    fn task(&mut self) -> Value {
        let mut task = json!({ "Type": "Task", "Action": "FC:InvokeFunction" });
        let mode = *self.dice.pick(&["", "", "", "WaitForSystemCallback", "WaitForCustomCallback"]);
        let kind = if mode.is_empty() { "Sync" } else { "Async" };
        task["Parameters"] = json!({ "resourceArn": "acs:fc:::functions/f/LATEST", "invocationType": kind });
        task["Parameters"]["body"] = match self.dice.below(3) {
            0 => json!({ "whole.$": "$Input", "try.$": "$Context.Current.RetryCount" }),
            1 => {
                json!({ "token.$": "$Context.Current.TaskToken", "list": [{ "hash.$": "hash(jsonToString($Input), \"MD5\")" }] })
            }
            _ => json!("text"),
        };
        if !mode.is_empty() {
            task["TaskMode"] = mode.into();
        }
        if self.dice.one_in(3) {
            task["Timeout"] = self.dice.below(5).into();
        }
        task
    }

    fn rules(&mut self, state: &mut Value, names: &[String], at: usize) {
        if self.dice.one_in(3) {
            state["Retry"] = json!([{
                "Errors": [*self.dice.pick(&ERRORS)],
                "Description": "again",
                "MaxAttempts": self.dice.below(4),
                "IntervalSeconds": 1 + self.dice.below(50),
                "BackoffRate": 1.5,
            }]);
        }
        if self.dice.one_in(2) {
            state["Catch"] =
                json!([{ "Errors": [*self.dice.pick(&ERRORS)], "Description": "on", "Next": self.target(names, at) }]);
            if self.dice.one_in(2) {
                state["Catch"][0]["OutputConstructor"] = json!({ "b.$": "$Context.Current.Error.Code", "n": 1 });
            }
        }
    }

    fn target(&mut self, names: &[String], at: usize) -> Value {
        let from = if self.dice.one_in(10) { 0 } else { (at + 1).min(names.len() - 1) };
        self.dice.pick(&names[from..]).as_str().into()
    }
}

fn constructor(dice: &mut Dice, roots: &[&str]) -> Value {
    let mut made = Map::new();
    let mut keys: Vec<&str> = KEYS.to_vec();
    for _ in 0..1 + dice.below(5) {
        let key = keys.swap_remove(dice.below(keys.len() as u64) as usize);
        let root = *dice.pick(roots);
        let (dynamic, value) = match dice.below(9) {
            0 => (false, constant(dice)),
            1 => (true, json!(root)),
            2 => (true, json!("[1, \"two\", $Context.Execution.Input.a]")),
            3 => (true, json!("length(jsonToString($Context.Execution.Input))")),
            4 => (true, json!("$Global")),
            5 => (true, json!("randomInt(1, 9)")),
            6 => (true, json!("uuid()")),
            _ => (true, json!(format!("$Context.Execution.Input.{key}"))),
        };
        // The checks report a text that begins with a variable but is not an expression.
        let value = if dynamic { value } else { without_references(value) };
        made.insert(if dynamic { format!("{key}.$") } else { key.to_owned() }, value);
    }
    Value::Object(made)
}

fn without_references(value: Value) -> Value {
    if value.is_object() { json!({ "a": ["text"] }) } else { value }
}
