//! The JSON Schemas in `pkg/schema`, generated from the tables of the loader. Therefore editors and `validateFlow` accept
//! the same keys.
//!
//! Draft 7 is the newest draft that the YAML and JSON services of all editors support completely. `UPDATE_EXPECT=1` writes
//! the files. Without it, outdated files fail the test.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::{env, fs};

use cloudflow_language::flow::Dialect;
use cloudflow_language::flow::dialect::{Dynamic, Key, Shape, Slot, Standing, StateType, StateTypes, Value as Kind};
use serde_json::{Map, Value, json};

#[test]
fn schemas_follow_the_tables() {
    let flow = document(Dialect::Flow, Maker { dialect: Dialect::Flow, prefix: "" }.definitions());
    let machine = document(Dialect::StateMachine, Maker { dialect: Dialect::StateMachine, prefix: "" }.definitions());
    let mut stale = Vec::new();
    for (name, schema) in [("flow", flow), ("statemachine", machine), ("cloudflow", both())] {
        let path = format!("{}/pkg/schema/{name}.schema.json", cloudflow_tests::root().display());
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if env::var("UPDATE_EXPECT").is_ok_and(|v| v == "1") {
            fs::create_dir_all(format!("{}/pkg/schema", cloudflow_tests::root().display())).unwrap();
            fs::write(&path, text).unwrap();
        } else if fs::read_to_string(&path).unwrap_or_default() != text {
            stale.push(name);
        }
    }
    assert!(stale.is_empty(), "stale: {stale:?}; UPDATE_EXPECT=1 writes them");
}

const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

fn document(dialect: Dialect, definitions: Map<String, Value>) -> Value {
    json!({
        "$schema": DRAFT,
        "title": format!("CloudFlow flow definition ({dialect})", dialect = dialect.as_str()),
        "$ref": "#/definitions/document",
        "definitions": definitions,
    })
}

/// One schema for both dialects, selected by the type key.
fn both() -> Value {
    let mut definitions = Map::new();
    for (dialect, prefix) in [(Dialect::Flow, "flow."), (Dialect::StateMachine, "StateMachine.")] {
        definitions.extend(Maker { dialect, prefix }.definitions());
    }
    let old = Dialect::Flow.key(Shape::Document, Slot::Type);
    let new = Dialect::StateMachine.key(Shape::Document, Slot::Type);
    json!({
        "$schema": DRAFT,
        "title": "CloudFlow flow definition",
        "description": "Either dialect: `type: flow` or `Type: StateMachine`.",
        "type": "object",
        "anyOf": [{ "required": [old] }, { "required": [new] }],
        "if": { "required": [new] },
        "then": { "$ref": "#/definitions/StateMachine.document" },
        "else": { "$ref": "#/definitions/flow.document" },
        "definitions": definitions,
    })
}

struct Maker {
    dialect: Dialect,
    prefix: &'static str,
}

const SHAPES: [(Shape, &str); 11] = [
    (Shape::Document, "document"),
    (Shape::Option, "option"),
    (Shape::Default, "default"),
    (Shape::Branch, "branch"),
    (Shape::Processor, "processor"),
    (Shape::Iteration, "iteration"),
    (Shape::Mapping, "mapping"),
    (Shape::Retry, "retry"),
    (Shape::Catch, "catch"),
    (Shape::OnError, "onError"),
    (Shape::OnErrorRetry, "onErrorRetry"),
];

impl Maker {
    fn definitions(&self) -> Map<String, Value> {
        let mut all = Map::new();
        for (shape, name) in SHAPES {
            let keys: Vec<&Key> = self.dialect.keys(shape).iter().collect();
            if !keys.is_empty() {
                let mut schema = self.object(&keys, |key| key.required != StateTypes::NONE);
                if shape == Shape::Document {
                    let name = self.key(shape, Slot::Type);
                    schema["properties"][&name]["const"] = self.dialect.as_str().into();
                }
                all.insert(format!("{}{name}", self.prefix), schema);
            }
        }
        all.insert(format!("{}state", self.prefix), self.state());
        for (name, of) in self.dialect.types() {
            all.insert(format!("{}{name}", self.prefix), self.state_of(name, *of));
        }
        if self.dialect == Dialect::StateMachine {
            all.insert(format!("{}constructor", self.prefix), json!({
                "type": "object",
                "patternProperties": { "\\.\\$$": { "description": "An expression.", "type": ["string", "number", "boolean"] } },
                "additionalProperties": { "if": { "type": "object" }, "then": self.reference("constructor") },
            }));
        }
        all.insert(
            format!("{}placeholder", self.prefix),
            json!({
                "description": "A placeholder of a template language.",
                "type": "string",
                "pattern": "\\$\\{.*\\}|\\{\\{.*\\}\\}|^<[^<> =]+>$",
            }),
        );
        all
    }

    fn key(&self, shape: Shape, slot: Slot) -> String {
        self.dialect.key(shape, slot).to_owned()
    }

    fn reference(&self, name: &str) -> Value {
        json!({ "$ref": format!("#/definitions/{}{name}", self.prefix) })
    }

    /// A state of any type. The type determines the allowed keys.
    fn state(&self) -> Value {
        let key = self.key(Shape::State, Slot::Type);
        let name = self.key(Shape::State, Slot::Name);
        let names: Vec<&str> = self.dialect.types().iter().map(|(name, _)| *name).collect();
        let each = self.dialect.types().iter().map(|(of, _)| {
            json!({
                "if": { "required": [key], "properties": { &key: { "const": of } } },
                "then": self.reference(of),
            })
        });
        let state = json!({
            "type": "object",
            "required": [&key, &name],
            "properties": { &key: {
                "description": about(self.dialect, Slot::Type),
                "anyOf": [{ "enum": names }, self.reference("placeholder")],
            } },
            "allOf": each.collect::<Vec<_>>(),
        });
        // A template may fill in a complete state.
        json!({ "if": { "type": "string" }, "then": self.reference("placeholder"), "else": state })
    }

    fn state_of(&self, name: &str, of: StateType) -> Value {
        let keys: Vec<&Key> = self.dialect.keys(Shape::State).iter().filter(|key| key.on.contains(of)).collect();
        let mut schema = self.object(&keys, |key| key.required.contains(of));
        schema["description"] = about_type(of).into();
        let type_key = self.key(Shape::State, Slot::Type);
        schema["properties"][&type_key]["const"] = name.into();
        let find = |slot: Slot| keys.iter().filter(|key| key.slot == slot).map(|key| key.name).collect::<Vec<_>>();
        let mut rules: Vec<Value> = schema.get("allOf").and_then(Value::as_array).cloned().unwrap_or_default();
        let require = |name: &str| json!({ "required": [name] });
        match (self.dialect, of) {
            (Dialect::Flow, StateType::Task) => {
                let each = [find(Slot::Resource), find(Slot::Action)].concat();
                rules.push(json!({ "oneOf": each.iter().map(|name| require(name)).collect::<Vec<_>>() }));
            }
            (Dialect::Flow, StateType::Wait) => {
                let each = [find(Slot::Seconds), find(Slot::Timestamp)].concat();
                rules.push(json!({ "oneOf": each.iter().map(|name| require(name)).collect::<Vec<_>>() }));
            }
            (Dialect::StateMachine, StateType::Map) => {
                let sources = [find(Slot::Items), find(Slot::ItemReader)].concat();
                rules.push(json!({ "anyOf": sources.iter().map(|name| require(name)).collect::<Vec<_>>() }));
                rules.push(json!({ "not": { "required": find(Slot::MaxConcurrency) } }));
            }
            _ => {}
        }
        if let (Some(next), Some(end)) = (find(Slot::Next).first(), find(Slot::End).first()) {
            let ends = json!({ "required": [end], "properties": { *end: { "not": { "const": false } } } });
            rules.push(json!({ "oneOf": [{ "required": [next], "not": ends }, { "allOf": [ends, { "not": require(next) }] }] }));
        }
        if !rules.is_empty() {
            schema["allOf"] = rules.into();
        }
        schema
    }

    fn object(&self, keys: &[&Key], is_required: impl Fn(&Key) -> bool) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        let mut rules = Vec::new();
        for key in keys {
            let must = is_required(key) && key.standing != Standing::Advised;
            properties.insert(key.name.to_owned(), self.property(key));
            if key.dynamic == Dynamic::Key {
                // With `.$`, the value is an expression.
                let computed = format!("{}.$", key.name);
                let description = format!("{} Computed by an expression.", about(self.dialect, key.slot));
                properties.insert(computed.clone(), json!({ "description": description, "type": "string" }));
                rules.push(match must {
                    true => json!({ "oneOf": [{ "required": [key.name] }, { "required": [computed] }] }),
                    false => json!({ "not": { "required": [key.name, computed] } }),
                });
            } else if must {
                required.push(key.name);
            }
        }
        let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
        if !required.is_empty() {
            schema["required"] = required.into();
        }
        if !rules.is_empty() {
            schema["allOf"] = rules.into();
        }
        schema
    }

    fn property(&self, key: &Key) -> Value {
        let (least, most) = key.range;
        let bounded = |mut schema: Value, low: &str, high: &str| {
            if least != i64::MIN {
                schema[low] = least.into();
            }
            if most != i64::MAX {
                schema[high] = most.into();
            }
            schema
        };
        let or_placeholder = |schemas: Vec<Value>| {
            let mut any = schemas;
            any.push(self.reference("placeholder"));
            if key.dynamic == Dynamic::Value {
                any.push(
                    json!({ "description": "A path into the step's own input.", "type": "string", "pattern": "^\\$" }),
                );
            }
            json!({ "anyOf": any })
        };
        let mut schema = match key.value {
            // Like in the loader: the text about an error may be empty.
            Kind::Text if matches!(key.slot, Slot::Detail | Slot::Code) => json!({ "type": "string" }),
            Kind::Text | Kind::Target => json!({ "type": "string", "minLength": 1 }),
            Kind::Remark => json!({ "type": ["string", "null"] }),
            // The boolean `true` is a condition.
            Kind::Expression => json!({ "type": ["string", "boolean"], "minLength": 1 }),
            Kind::OneOf(words) => or_placeholder(vec![json!({ "enum": words })]),
            Kind::Bool => or_placeholder(vec![json!({ "type": "boolean" })]),
            Kind::Whole => or_placeholder(vec![bounded(json!({ "type": "integer" }), "minimum", "maximum")]),
            Kind::Digits => or_placeholder(vec![
                bounded(json!({ "type": "integer" }), "minimum", "maximum"),
                json!({ "type": "string", "pattern": "^[0-9]+$" }),
            ]),
            Kind::Factor => or_placeholder(vec![json!({ "type": "number", "exclusiveMinimum": 0 })]),
            Kind::Texts => json!({ "type": "array", "items": { "type": "string", "minLength": 1 }, "minItems": 1 }),
            Kind::Constructor => json!({ "allOf": [self.reference("constructor")] }),
            Kind::Object => json!({ "type": "object" }),
            Kind::Any => json!({}),
            Kind::One(shape) => json!({ "allOf": [self.reference(shape_name(shape))] }),
            Kind::Many(shape) => {
                let list = json!({ "type": "array", "items": self.reference(shape_name(shape)) });
                let list = bounded(list, "minItems", "maxItems");
                json!({ "if": { "type": "string" }, "then": self.reference("placeholder"), "else": list })
            }
        };
        let mut description = about(self.dialect, key.slot).to_owned();
        match key.standing {
            Standing::Deprecated(instead) => {
                description += &format!(" Deprecated: use {instead}.");
                schema["deprecated"] = true.into();
            }
            Standing::Undocumented => description += " Not documented, but in use.",
            Standing::Plain | Standing::Advised => {}
        }
        schema["description"] = description.into();
        schema
    }
}

fn shape_name(shape: Shape) -> &'static str {
    SHAPES.iter().find(|(known, _)| *known == shape).map_or("state", |(_, name)| name)
}

fn about_type(of: StateType) -> &'static str {
    match of {
        StateType::Task => "Calls something outside the flow.",
        StateType::Pass => "Does nothing but shape data.",
        StateType::Wait => "Waits.",
        StateType::Choice => "Goes one of several ways.",
        StateType::Parallel => "Runs branches side by side.",
        StateType::Map => "Runs its body for each item of a list.",
        StateType::Succeed => "Ends its list of states well.",
        StateType::Fail => "Ends its list of states with an error.",
    }
}

fn about(dialect: Dialect, slot: Slot) -> &'static str {
    let machine = dialect == Dialect::StateMachine;
    match slot {
        Slot::Type => "What it is.",
        Slot::Name => "The name; others lead here by it.",
        Slot::Description => "A remark for people.",
        Slot::Version => "The version of the language.",
        Slot::StartAt => "The name of the state to begin with.",
        Slot::States if machine => "The states, joined by `Next`.",
        Slot::States => "The steps, run one after another.",
        Slot::Timeout => "How long it may take, in seconds.",
        Slot::Input if machine => "Makes the input of the state; keys that end in `.$` hold expressions.",
        Slot::Input => "Makes the input from the input and the local data around it.",
        Slot::Output if machine => "Makes the output; keys that end in `.$` hold expressions.",
        Slot::Output => "Makes the output from its own input and local data.",
        Slot::Global => "What is merged into `$Global`; keys that end in `.$` hold expressions.",
        Slot::ErrorMappings => {
            "Makes the output after an error that is caught, from `$local.error` and `$local.cause`."
        }
        Slot::End => "Nothing comes after it in its list.",
        Slot::Next => "The name of what comes next, in the same list.",
        Slot::Resource => "The resource name of the function, flow, queue or topic.",
        Slot::Action => "The operation to call: `Service:Operation`.",
        Slot::Mode => "When the task is done: at the answer, at the end of the job, or when somebody reports.",
        Slot::Params if machine => "The arguments of the call; keys that end in `.$` hold expressions.",
        Slot::Params => {
            "Parameters for the called service; texts that begin with `$` are paths into the step's own input."
        }
        Slot::Retry => "What is tried again after which errors; the first rule that matches counts.",
        Slot::Catch => "Where to go after which errors; the first rule that matches counts.",
        Slot::OnErrors => "What happens after which errors.",
        Slot::Seconds => "How long to wait, in seconds.",
        Slot::Timestamp => "Until when to wait, as RFC 3339 writes it.",
        Slot::Branches => "The ways of a choice, or the branches of a parallel.",
        Slot::Default => "Where to go when no way is taken.",
        Slot::Iteration => "What is repeated over.",
        Slot::Items => "The list: an expression.",
        Slot::Item => "The key of the item in the input of an iteration.",
        Slot::Index => "The key of the index in the input of an iteration.",
        Slot::Processor => "What is run for each item.",
        Slot::MaxConcurrency => "How many items at once.",
        Slot::Config => "How the items are run.",
        Slot::ItemReader => "Reads the items from storage (distributed mode).",
        Slot::ItemConstructor => "Makes each item from `$Item` (distributed mode).",
        Slot::ItemBatcher => "Takes items together (distributed mode).",
        Slot::ResultWriter => "Writes the results to storage (distributed mode).",
        Slot::MaxItems => "How many items at most (distributed mode).",
        Slot::ToleratedPercentage => "How many of a hundred items may fail (distributed mode).",
        Slot::ToleratedCount => "How many items may fail (distributed mode).",
        Slot::Code => "The name of the error.",
        Slot::Detail => "What happened, for people.",
        Slot::Condition => "When the way is taken.",
        Slot::Errors => "The names of errors; `FnF.ALL` is all of them.",
        Slot::MaxAttempts => "How often it is tried again.",
        Slot::Interval => "How long to wait before the first retry, in seconds.",
        Slot::Multiplier => "By what the wait grows from retry to retry.",
        Slot::MaxInterval => "The longest wait between retries, in seconds.",
        Slot::Target => "The key that is made.",
        Slot::Source => "Its value: `$input.a`, `$local.a`, `$context.a`, or any constant.",
    }
}
