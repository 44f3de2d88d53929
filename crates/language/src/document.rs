//! Reads a definition: YAML, model, checks, in one call.

use crate::check;
use crate::flow::Flow;
use crate::notation;
use crate::repair;
use crate::yaml::{self, Tree};
use cloudflow_base::diagnostic::{Diagnostic, Severity};

/// Facts that the text of a definition does not contain.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The flow runs in express mode. `CreateFlow` sets the mode, not the definition.
    pub express: bool,
}

/// A definition with everything that was found in it.
#[derive(Debug)]
pub struct Document<'a> {
    /// The YAML tree. Every value of [`Document::flow`] points into it.
    pub tree: &'a Tree<'a>,
    /// The flow. Absent if the text has no known dialect.
    pub flow: Option<Flow<'a>>,
    /// The flow with every misspelt key as the intended one. Absent if no key is misspelt.
    #[cfg(feature = "editor")]
    pub meant: Option<Flow<'a>>,
    /// The findings of the YAML reader, the loader and the checks, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl<'a> Document<'a> {
    /// Reads and checks a definition of either dialect. Every text gives a document.
    ///
    /// The document borrows its tree, so the caller provides the place for it: `tree` is overwritten.
    ///
    /// ```
    /// use cloudflow_language::{Document, Options};
    ///
    /// let text = "type: flow\nversion: v1\nsteps:\n- type: succeed\n  name: done\n";
    /// let mut tree = None;
    /// let document = Document::read(text, Options::default(), &mut tree);
    /// assert!(document.is_valid());
    /// assert_eq!(document.flow.map(|flow| flow.states().len()), Some(1));
    /// ```
    pub fn read<'t: 'a>(text: &'t str, options: Options, tree: &'a mut Option<Tree<'t>>) -> Self {
        let (parsed, found) = yaml::parse(text);
        Document::of(text, options, tree.insert(parsed), found)
    }

    /// Checks a definition. `tree` and `found` are what [`yaml::parse`] returned for the text.
    pub fn of(text: &str, options: Options, tree: &'a Tree<'a>, found: Vec<Diagnostic>) -> Self {
        let checked = check::check(tree, found, options);
        let (mut diagnostics, mut dropped) = (checked.diagnostics, checked.dropped);
        if let Some(repaired) = repair::repair(text, tree, &diagnostics, options) {
            (diagnostics, dropped) = repaired;
        }
        check::limit(&mut diagnostics, dropped);
        notation::keep_notation(text, &mut diagnostics);
        Document {
            tree,
            flow: checked.flow,
            #[cfg(feature = "editor")]
            meant: checked.meant,
            diagnostics,
        }
    }

    /// True if no finding is an error.
    pub fn is_valid(&self) -> bool {
        self.diagnostics.iter().all(|found| found.severity != Severity::Error)
    }
}
