//! The variables of expressions, and the data of the whole flow.

use serde_json::{Value, json};

use super::super::Failure;
use super::super::data::Data;
use super::super::expression::{Context, Env};
use super::super::program::{Kind, Program, Shape};
use super::{Frame, Machine, TaskMode};
use cloudflow_language::flow::Dialect;

impl Machine {
    /// Evaluates with the variables of the current state of a frame.
    pub(super) fn with_env<R>(
        &self,
        frame: &Frame,
        input: &Value,
        output: Option<&Value>,
        local: Option<&Value>,
        evaluate: impl FnOnce(&Env<'_>) -> R,
    ) -> R {
        let context = || self.context(Some((frame, input, output)));
        let context = Context::new(&context);
        evaluate(&Env {
            input,
            own: None,
            output,
            local,
            global: &self.global,
            context: &context,
            random: &self.random,
            meter: &self.meter,
            missing_compares: self.program.dialect == Dialect::StateMachine,
        })
    }

    /// The input of the flow, after its own mappings.
    pub(super) fn flow_input(&self, program: &Program) -> Result<Data, Failure> {
        let Some(shape) = &program.input else { return Ok(self.input.clone()) };
        self.flow_data(shape, &self.input, None, "the input of the flow")
    }

    /// The output of the flow, from the outermost frame.
    pub(super) fn flow_output(&self, program: &Program, frame: &Frame) -> Result<Data, Failure> {
        let Some(shape) = &program.output else { return Ok(frame.data.clone()) };
        self.flow_data(shape, &frame.input, Some(&frame.data), "the output of the flow")
    }

    /// Data of the whole flow, outside of its states.
    fn flow_data(&self, shape: &Shape, input: &Data, local: Option<&Data>, what: &str) -> Result<Data, Failure> {
        let context = || self.context(None);
        let built = shape.build(&Env {
            input,
            own: None,
            output: None,
            local: local.map(|data| &**data),
            global: &self.global,
            context: &Context::new(&context),
            random: &self.random,
            meter: &self.meter,
            missing_compares: false,
        })?;
        let built = Data::new(built);
        self.check_size(&built, what)?;
        Ok(built)
    }

    /// `$context` or `$Context`.
    pub(super) fn context(&self, current: Option<(&Frame, &Value, Option<&Value>)>) -> Value {
        let name = |frame: &Frame| self.program.states.get(frame.at).map(|state| state.name.to_string());
        // Only a task that waits for a report has a token.
        let reported = |frame: &Frame| {
            let state = self.program.states.get(frame.at);
            matches!(state.map(|state| &state.kind), Some(Kind::Task(task)) if task.mode == TaskMode::CustomCallback)
        };
        let token = current.filter(|(frame, ..)| reported(frame)).map(|(frame, ..)| self.token(frame));
        let token = token.unwrap_or_default();
        let mut context = match self.program.dialect {
            Dialect::Flow => json!({
                "flow": { "name": self.flow },
                "execution": { "name": self.execution },
                "step": {
                    "name": current.and_then(|(frame, ..)| name(frame)).unwrap_or_default(),
                    "eventId": self.events.len(),
                },
                "task": { "token": token },
            }),
            Dialect::StateMachine => {
                let error = current.and_then(|(frame, ..)| frame.current.error.clone());
                json!({
                    "Execution": { "Name": self.execution, "Input": *self.input, "RoleArn": self.role },
                    "Current": {
                        "Name": current.and_then(|(frame, ..)| name(frame)).unwrap_or_default(),
                        "Input": current.map(|(_, input, _)| input),
                        "Output": current.and_then(|(.., output)| output).cloned().unwrap_or_else(|| json!({})),
                        "Error": {
                            "Code": error.as_ref().map_or("", |error| &error.error),
                            "Detail": error.as_ref().map_or("", |error| &error.cause),
                        },
                        "RetryCount": current.map_or(0, |(frame, ..)| frame.current.attempt),
                        "TaskToken": token,
                    },
                })
            }
        };
        for (part, fields) in &self.given_context {
            let part = context.get_mut(part).and_then(Value::as_object_mut);
            if let (Some(part), Some(fields)) = (part, fields.as_object()) {
                part.extend(fields.clone());
            }
        }
        context
    }
}
