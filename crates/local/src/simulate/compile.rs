//! Compiles the model of a flow to a program.

use cloudflow_base::limits::RETRY_INTERVAL_SECONDS;
use serde_json::{Map, Value};

use super::data::normal;
use super::expression::{Expression, number};
use super::machine::TaskMode;
use super::program::{Catch, Iteration, Kind, Number, Program, Retry, Scope, Shape, State, Task, Wait, Way};
use cloudflow_base::diagnostic::{Diagnostic, Path, PathSegment, Severity};
use cloudflow_base::text::LineIndex;
use cloudflow_language::flow::{self, Dialect, Flow, NumberValue, ScopeId, Shaping, StateId, StateKind, TextValue};
use cloudflow_language::yaml::{self, Node, Resolved};
use cloudflow_language::{Document, Options};

/// Maximum number of values of a definition that become data. A definition of 1 MiB without aliases has fewer.
const MOST_VALUES: usize = 200_000;

/// Maximum size of their texts, in bytes. A text that aliases repeat counts each time.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Reads a definition and compiles it. The error is the first finding of severity error with its place, or the reason
/// why the definition contains too much data.
pub fn read(text: &str, express: bool) -> Result<Program, String> {
    let (program, findings) = read_with_findings(text, express);
    if let Some(problem) = refusal(text, &findings) {
        return Err(problem);
    }
    let program = program.ok_or("the text holds no flow")?;
    match program.oversized {
        Some(why) => Err(why),
        None => Ok(program),
    }
}

/// [`read`] for a definition that an earlier version may have accepted: findings of the checks do not refuse it. Absent
/// if the text contains no flow.
pub(crate) fn read_accepted(text: &str, express: bool) -> Option<Program> {
    read_with_findings(text, express).0
}

fn read_with_findings(text: &str, express: bool) -> (Option<Program>, Vec<Diagnostic>) {
    let tree = &mut None;
    let Document { flow, diagnostics, .. } = Document::read(text, Options { express }, tree);
    (flow.as_ref().map(compile), diagnostics)
}

/// Compiles a flow that passed the checks. If the flow did not pass them, an execution fails when it reaches an invalid
/// state.
pub fn compile(flow: &Flow<'_>) -> Program {
    let mut compiler = Compiler { flow, left: MOST_VALUES, bytes: MOST_BYTES };
    let scopes = flow.scopes().iter().map(|scope| Scope { start: flow.start(scope.id).map(index) }).collect();
    let mut states: Vec<State> = flow.states().iter().map(|state| compiler.state(state)).collect();
    for (state, path) in states.iter_mut().zip(paths(flow)) {
        state.path = path;
    }
    let mut program = Program {
        unfilled: if flow.root.has_template_lines() {
            Some("the lines of a template, such as `{% for … %}`, are not filled in".to_owned())
        } else {
            blank(flow.root, flow::dialect::Shape::Document, flow.dialect)
        },
        oversized: None,
        dialect: flow.dialect,
        express: flow.scope(ScopeId(0)).is_some_and(|scope| scope.express),
        name: flow.name.map(|name| name.value.to_owned()),
        timeout: flow.timeout.as_ref().and_then(|timeout| compiler.number(timeout)),
        input: flow.input.as_ref().map(|shaping| compiler.shaping(shaping)),
        output: flow.output.as_ref().map(|shaping| compiler.shaping(shaping)),
        scopes,
        states,
    };
    if compiler.left == 0 || compiler.bytes == 0 {
        program.oversized = Some(format!(
            "the definition holds more than {MOST_VALUES} values or {MOST_BYTES} bytes of texts, counted where aliases repeat them"
        ));
    }
    program
}

/// The first finding of severity error, with its place: the reason why a flow cannot be run.
pub(crate) fn refusal(text: &str, diagnostics: &[Diagnostic]) -> Option<String> {
    let error = diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error)?;
    Some(match error.span.map(|span| LineIndex::new(text).position(span.start)) {
        Some(at) => format!("line {}, column {}: {}", at.line, at.column, error.message),
        None => error.message.clone(),
    })
}

struct Compiler<'f, 'a> {
    flow: &'f Flow<'a>,
    left: usize,
    bytes: usize,
}

impl Compiler<'_, '_> {
    fn state(&mut self, state: &flow::State<'_>) -> State {
        let next = self.flow.after(state.id).map(index);
        let machine = self.flow.dialect == Dialect::StateMachine;
        let jumps_itself = matches!(state.kind, StateKind::Choice(_));
        let lost = (machine && next.is_none() && !state.ends() && !jumps_itself).then(|| match state.next.get() {
            Some(target) => format!("there is no state `{}` to go to", target.text.value),
            None => "the state has neither `Next` nor `End: true`".to_owned(),
        });
        State {
            name: state.name.map_or("", |name| name.value).into(),
            path: Path::new(),
            kind: self.kind(state),
            next,
            lost,
            input: state.input.as_ref().map(|shaping| self.shaping(shaping)),
            output: state.output.as_ref().map(|shaping| self.shaping(shaping)),
            global: state.global.map(|node| self.shape(node)),
            error: state.error.as_ref().map(|shaping| self.shaping(shaping)),
            retry: state.retry.iter().map(|rule| self.retry(rule)).collect(),
            catch: state
                .catch_rules()
                .iter()
                .map(|rule| Catch {
                    errors: rule.errors.iter().map(|name| name.value.to_owned()).collect(),
                    output: rule.output.map(|node| self.shape(node)),
                    target: rule.target.and_then(|target| target.state).map(index),
                })
                .collect(),
        }
    }

    fn kind(&mut self, state: &flow::State<'_>) -> Kind {
        if let Some(why) = blank(state.node, flow::dialect::Shape::State, self.flow.dialect) {
            return Kind::Invalid(why);
        }
        match &state.kind {
            StateKind::Pass => Kind::Pass,
            StateKind::Succeed => Kind::Succeed,
            StateKind::Wait(wait) => Kind::Wait(match (wait.seconds.as_ref(), wait.timestamp.as_ref()) {
                (Some(seconds), _) => self.number(seconds).map_or(Wait::Nothing, Wait::Seconds),
                (None, Some(timestamp)) => Wait::Until(text(timestamp)),
                (None, None) => Wait::Nothing,
            }),
            StateKind::Fail(fail) => {
                Kind::Fail { error: fail.error.as_ref().map(text), cause: fail.cause.as_ref().map(text) }
            }
            StateKind::Choice(choice) => Kind::Choice {
                options: choice.options.iter().map(way).collect(),
                default: choice.default.as_ref().map(way),
            },
            StateKind::Parallel(parallel) => {
                Kind::Parallel { branches: parallel.branches.iter().map(|scope| scope.0 as usize).collect() }
            }
            StateKind::Map(map) => self.map(map),
            StateKind::Task(task) => self.task(task),
            StateKind::Unknown => Kind::NotSupported(match state.type_name {
                Some(name) => format!("there is no type `{}`", name.value),
                None => "the state has no type".to_owned(),
            }),
        }
    }

    fn map(&mut self, map: &flow::Map<'_>) -> Kind {
        let distributed = map.config.is_some_and(|config| config.mode.is_some());
        if distributed || map.item_reader.is_some() {
            return Kind::NotSupported(
                "a `Map` in the distributed mode is not interpreted here: an inline one, without `ProcessorConfig`, is"
                    .to_owned(),
            );
        }
        match (map.items.get(), map.body) {
            (Some(items), Some(body)) => Kind::Map(Iteration {
                items: Expression::read(items.value),
                item: map.item.map(|text| text.value.to_owned()),
                index: map.index.map(|text| text.value.to_owned()),
                body: body.0 as usize,
                concurrency: map.max_concurrency.as_ref().and_then(|number| self.number(number)),
            }),
            _ => Kind::NotSupported("the state has no list or no body to repeat".to_owned()),
        }
    }

    fn task(&mut self, task: &flow::Task<'_>) -> Kind {
        let Some(action) = task.resource.get().or(task.action.get()) else {
            return Kind::NotSupported("the task has neither `resourceArn` nor `Action`".to_owned());
        };
        let constructor = self.flow.dialect == Dialect::StateMachine;
        Kind::Task(Task {
            action: action.value.into(),
            parameters: task
                .params
                .get()
                .map(|node| if constructor { self.shape(node) } else { self.service_parameters(node) }),
            timeout: task.timeout.as_ref().and_then(|timeout| self.number(timeout)),
            mode: task.mode.and_then(|mode| mode.value).unwrap_or(TaskMode::RequestComplete),
        })
    }

    /// A retry rule. The defaults of the `flow` dialect are documented. `StateMachine` requires the keys that have no
    /// default here; without a rate, the interval is constant.
    fn retry(&mut self, rule: &flow::Retry<'_>) -> Retry {
        let machine = self.flow.dialect == Dialect::StateMachine;
        let value = |number: &Option<flow::Number<'_>>, default: f64| {
            number.as_ref().and_then(constant).filter(|value| *value >= 0.0).unwrap_or(default)
        };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
        let most = value(&rule.max_attempts, 3.0) as u32;
        Retry {
            errors: rule.errors.iter().map(|name| name.value.to_owned()).collect(),
            most,
            interval: value(&rule.interval, 1.0),
            rate: value(&rule.multiplier, if machine { 1.0 } else { 2.0 }),
            cap: value(&rule.max_interval, if machine { f64::INFINITY } else { RETRY_INTERVAL_SECONDS as f64 }),
        }
    }

    fn number(&mut self, number: &flow::Number<'_>) -> Option<Number> {
        match number.value {
            NumberValue::Expression(text) => Some(Number::Computed(Expression::read(text.value))),
            _ => constant(number).map(Number::Value),
        }
    }

    fn shaping(&mut self, shaping: &Shaping<'_>) -> Shape {
        match shaping {
            Shaping::Constructor(node) => self.shape(*node),
            Shaping::Mappings { entries, .. } => {
                let entries = entries.iter().filter_map(|entry| Some((entry.target?, entry.source?)));
                Shape::Object(entries.map(|(target, source)| (target.value.to_owned(), self.source(source))).collect())
            }
        }
    }

    /// A `source` is a reference as a whole, or any constant.
    fn source(&mut self, node: Node<'_>) -> Shape {
        match node.resolve() {
            Some(Resolved::Text(text)) if is_reference(text) => Shape::OrNull(Expression::read(text)),
            _ => Shape::Constant(self.value(node)),
        }
    }

    /// `serviceParams`: texts that begin with `$` refer to the step's own input.
    // Recursion is bounded by the depth that the reader of YAML allows.
    fn service_parameters(&mut self, node: Node<'_>) -> Shape {
        match (node.kind(), node.resolve()) {
            (yaml::Kind::Mapping, _) => {
                let mut entries = Vec::new();
                for (key, value) in node.entries() {
                    let key = key.text().unwrap_or_default();
                    if !self.spend() || !self.spend_text(key) {
                        break;
                    }
                    entries.push((key.to_owned(), self.service_parameters(value)));
                }
                Shape::Object(entries)
            }
            (_, Some(Resolved::Text(text)))
                if (text == "$" || text.starts_with("$.") || is_reference(text)) && self.spend_text(text) =>
            {
                Shape::OrNull(Expression::read(text))
            }
            _ => Shape::Constant(self.value(node)),
        }
    }

    /// A constructor: keys that end in `.$` hold expressions, at any depth.
    // Recursion is bounded by the depth that the reader of YAML allows.
    fn shape(&mut self, node: Node<'_>) -> Shape {
        match node.kind() {
            yaml::Kind::Mapping => {
                let mut entries = Vec::new();
                for (key, value) in node.entries() {
                    if !self.spend() {
                        break;
                    }
                    let key = key.text().unwrap_or_default();
                    if !self.spend_text(key) || value.text().is_some_and(|text| !self.spend_text(text)) {
                        break;
                    }
                    entries.push(match (key.strip_suffix(".$"), value.text()) {
                        (Some(key), Some(text)) => (key.to_owned(), Shape::Computed(Expression::read(text))),
                        (Some(_), None) => {
                            let message = format!("the value of `{key}` must be an expression");
                            (key.to_owned(), Shape::Computed(Expression::Broken(message)))
                        }
                        (None, _) => (key.to_owned(), self.shape(value)),
                    });
                }
                Shape::Object(entries)
            }
            yaml::Kind::Sequence => {
                Shape::List(node.items().map_while(|item| self.spend().then(|| self.shape(item))).collect())
            }
            yaml::Kind::Scalar => Shape::Constant(self.value(node)),
        }
    }

    // Recursion is bounded by the depth that the reader of YAML allows.
    fn value(&mut self, node: Node<'_>) -> Value {
        match node.kind() {
            yaml::Kind::Mapping => {
                let mut object = Map::new();
                for (key, value) in node.entries() {
                    if !self.spend() {
                        break;
                    }
                    let key = key.text().unwrap_or_default();
                    if !self.spend_text(key) {
                        break;
                    }
                    object.insert(key.to_owned(), self.value(value));
                }
                Value::Object(object)
            }
            yaml::Kind::Sequence => node.items().map_while(|item| self.spend().then(|| self.value(item))).collect(),
            yaml::Kind::Scalar => match node.resolve() {
                None | Some(Resolved::Null) => Value::Null,
                Some(Resolved::Bool(value)) => Value::Bool(value),
                Some(Resolved::Int(value)) => Value::Number(normal(value.into())),
                // A number that JSON cannot represent, such as `.inf`, is kept as a text.
                Some(Resolved::Float(text)) => number(text).map_or_else(|| Value::from(text), Value::Number),
                Some(Resolved::Text(text)) if self.spend_text(text) => Value::from(text),
                Some(Resolved::Text(_)) => Value::Null,
            },
        }
    }

    fn spend_text(&mut self, text: &str) -> bool {
        self.bytes = self.bytes.saturating_sub(text.len());
        self.bytes > 0
    }

    fn spend(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }
}

/// Why a mapping with a placeholder at a place that decides how the flow runs cannot run.
fn blank(node: Node<'_>, shape: flow::dialect::Shape, dialect: Dialect) -> Option<String> {
    let text = flow::unfilled(node, shape, dialect)?.text().unwrap_or("{{ }}");
    Some(format!("the placeholder `{text}` is not filled in"))
}

fn index(id: StateId) -> usize {
    id.0 as usize
}

fn way(branch: &flow::Branch<'_>) -> Way {
    Way {
        condition: branch.condition.map(|text| Expression::read(text.value)),
        body: branch.body.map(|scope| scope.0 as usize),
        target: branch.target.and_then(|target| target.state).map(index),
    }
}

fn text(value: &TextValue<'_>) -> Expression {
    match value {
        TextValue::Literal(text) => Expression::Literal(Value::from(text.value)),
        TextValue::Expression(text) => Expression::read(text.value),
    }
}

fn constant(number: &flow::Number<'_>) -> Option<f64> {
    match number.value {
        #[allow(clippy::cast_precision_loss, reason = "seconds beyond 2^53 are clamped anyway")]
        NumberValue::Int(value) => Some(value as f64),
        NumberValue::Float(text) => text.parse().ok(),
        NumberValue::Expression(_) | NumberValue::Opaque => None,
    }
}

/// `$input`, `$local` or `$context`, followed by the end, a dot or a bracket. `$.x`, used on one page of the
/// documentation, is accepted.
fn is_reference(text: &str) -> bool {
    ["$input", "$local", "$context", "$"].iter().any(|root| {
        text.strip_prefix(root).is_some_and(|rest| rest.starts_with(['.', '[']) || (rest.is_empty() && root.len() > 1))
    })
}

/// The path of every state in the definition, in the order of the states.
fn paths(flow: &Flow<'_>) -> Vec<Path> {
    let mut of_state: Vec<Path> = vec![Path::new(); flow.states().len()];
    for scope in flow.scopes() {
        let list = flow.list_path(scope.id);
        for state in flow.states_of(scope.id) {
            let mut path = list.clone();
            path.push(PathSegment::Index(state.index as usize));
            if let Some(slot) = of_state.get_mut(index(state.id)) {
                *slot = path;
            }
        }
    }
    of_state
}
