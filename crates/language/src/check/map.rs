//! # What it does
//! Checks the `Map` states of the `StateMachine` dialect: the source of the items, the concurrency,
//! attributes of the distributed mode on an inline map, and the configuration of that mode.
//!
//! # Why is this bad?
//! A map without items cannot start. An inline map runs at most 40 iterations concurrently
//! (<https://help.aliyun.com/document_detail/2851868.html>). An attribute of the distributed mode has
//! no effect on an inline map (<https://help.aliyun.com/en/document_detail/2851869.html>).
//!
//! # Example
//! ```yaml
//! - Type: Map
//!   Name: Each
//!   MaxConcuccency: 100
//! ```
//!
//! # Use instead
//! ```yaml
//! - Type: Map
//!   Name: Each
//!   ItemsPath: $Input.items
//!   MaxConcuccency: 40
//! ```

use super::{key_of, literal};
use crate::flow::dialect::EXECUTION_MODE;
use crate::flow::{Config, Dialect, Findings, Flow, StateKind, text};
use cloudflow_base::diagnostic::{Code, Severity, nearest};
use cloudflow_base::small::to_decimal;

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    if flow.dialect != Dialect::StateMachine {
        return;
    }
    for state in flow.states() {
        let StateKind::Map(map) = &state.kind else { continue };
        if !map.items.is_present() && map.item_reader.is_none() {
            let message = "`ItemsPath` is missing: a `Map` state needs it or an `ItemReader`";
            findings.report(Code::MissingKey, state.place(), message, &[]).about(state.node.span());
        }
        if let Some(config) = map.config {
            mode(config, findings);
            if let Some(again) = map.config_again {
                let scope = map.body.and_then(|body| flow.scope(body));
                let place = scope.and_then(|scope| key_of(scope.node, again.node)).unwrap_or(again.node);
                let first = key_of(state.node, config.node).unwrap_or(config.node);
                let message = "`ProcessorConfig` repeats the one of the `Map`: keep one of them";
                findings.report(Code::ConflictingKeys, place.span(), message, &[]).related(
                    first.span(),
                    "the other `ProcessorConfig`",
                    &[],
                );
                mode(again, findings);
            }
            continue;
        }
        if let Some(number) = map.max_concurrency
            && let Some(value) = number.int()
            && value > 40
        {
            let message = "the concurrency of an inline `Map` must be from 1 to 40, not {}";
            findings.report(Code::OutOfRange, number.span, message, &[&to_decimal(value)]);
        }
        let distributed = [
            map.item_reader,
            map.item_constructor,
            map.item_batcher,
            map.result_writer,
            map.max_items,
            map.tolerated_percentage,
            map.tolerated_count,
        ];
        for node in distributed.into_iter().flatten() {
            let Some(key) = key_of(state.node, node) else { continue };
            let message = "`{}` has no effect on an inline `Map`: the distributed mode needs a `ProcessorConfig`";
            findings.report(Code::NoEffect, key.span(), message, &[key.text().unwrap_or_default()]);
        }
    }
}

/// Checks the mode of the child executions.
fn mode(config: Config<'_>, findings: &mut Findings) {
    for (key, _) in config.node.entries().filter(|_| config.mode.is_none()) {
        let name = key.text().unwrap_or_default();
        if nearest(name, [EXECUTION_MODE]).is_some() {
            let message = "unknown key `{}`: did you mean `{}`?";
            let reported = findings.report(Code::UnknownKey, key.span(), message, &[name, EXECUTION_MODE]);
            reported.change(name, key.span(), EXECUTION_MODE);
        }
    }
    let Some(mode) = literal(config.mode.and_then(text)) else { return };
    if config.execution_mode().is_none() {
        // The page names both values, but does not exclude others.
        let message = "`ExecutionMode` should be `Express` or `Standard`, not `{}`";
        findings.report(Code::UnknownValue, mode.span, message, &[mode.value]).severity(Severity::Warning);
    }
}
