//! # What it does
//! Looks at the `Map` states of the `StateMachine` dialect: where the items come from, how many
//! run at once, whether attributes of the distributed mode stand on an inline one, and how that
//! mode is configured.
//!
//! # Why is this bad?
//! A map without items cannot start. Inline, at most 40 iterations run at once
//! (<https://help.aliyun.com/document_detail/2851868.html>). What belongs to the distributed mode
//! does nothing without it (<https://help.aliyun.com/en/document_detail/2851869.html>).
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
use crate::diagnostic::{Code, Severity};
use crate::flow::{Config, Dialect, Findings, Flow, StateKind, text};
use crate::text::decimal;

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    if flow.dialect != Dialect::StateMachine {
        return;
    }
    for state in flow.states() {
        let StateKind::Map(map) = &state.kind else { continue };
        if !map.items.is_present() && map.item_reader.is_none() {
            let message = "`ItemsPath` is missing: a `Map` state needs it, or an `ItemReader`";
            findings.report(Code::MissingKey, state.place(), message, &[]).about(state.node.span());
        }
        if let Some(config) = map.config {
            mode(config, findings);
            if let Some(again) = map.config_again {
                let scope = map.body.and_then(|body| flow.scope(body));
                let place = scope.and_then(|scope| key_of(scope.node, again.node)).unwrap_or(again.node);
                let first = key_of(state.node, config.node).unwrap_or(config.node);
                let message = "`ProcessorConfig` stands on the `Map` already: keep one";
                findings.report(Code::ConflictingKeys, place.span(), message, &[]).related(
                    first.span(),
                    "the other one",
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
            let message = "an inline `Map` runs from 1 to 40 iterations at once, not {}";
            findings.report(Code::OutOfRange, number.span, message, &[&decimal(value)]);
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
            let message = "`{}` does nothing in the inline mode: the distributed one needs a `ProcessorConfig`";
            findings.report(Code::NoEffect, key.span(), message, &[key.text().unwrap_or_default()]);
        }
    }
}

/// In which mode the children run.
fn mode(config: Config<'_>, findings: &mut Findings) {
    let Some(mode) = literal(config.mode.and_then(text)) else { return };
    if config.execution_mode().is_none() {
        // The page names both, but not that there is no third.
        let message = "`ExecutionMode` should be `Express` or `Standard`, not `{}`";
        findings.report(Code::UnknownValue, mode.span, message, &[mode.value]).severity(Severity::Warning);
    }
}
