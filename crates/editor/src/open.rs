//! The open definition: its text, edits, offsets, and the questions.

use std::cell::{OnceCell, RefCell};

use cloudflow_base::diagnostic::{Diagnostic, Edit};
use cloudflow_base::text::{Span, utf16_units};
use cloudflow_language::yaml::{self, Tree};
use cloudflow_language::{Document, Options};

use crate::about::{self, Hint, Hover, Signature};
use crate::actions::{self, Action};
use crate::complete::{self, Completion};
use crate::format::{self, FormatOptions, Formatted};
use crate::names::{self, Refusal};
use crate::outline::{self, Fold, Symbol};
use crate::tokens::{self, Token};
use crate::view::{View, flow};

/// One definition that is open in an editor.
#[derive(Clone, Debug, Default)]
pub struct OpenFlow {
    text: String,
    options: Options,
    // Length in UTF-16 units. Equal to the length in bytes for ASCII.
    units: usize,
    // What the text contains, for the next question about the same text.
    parsed: RefCell<Option<Parsed>>,
    found: OnceCell<Found>,
}

/// A text as a tree.
#[derive(Clone, Debug)]
struct Parsed {
    // Without its text, which belongs to the open definition.
    tree: Tree<'static>,
    // Length of the part of the text that the tree contains.
    length: usize,
    found: Vec<Diagnostic>,
}

/// The findings about a text.
#[derive(Clone, Debug)]
struct Found {
    diagnostics: Vec<Diagnostic>,
    // A key is misspelled. The flow that runs is without it.
    is_misspelled: bool,
}

impl OpenFlow {
    /// Opens a definition.
    pub fn open(text: String, options: Options) -> Self {
        let units = units(&text);
        OpenFlow { text, options, units, ..OpenFlow::default() }
    }

    /// The current text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The facts that the text does not contain.
    pub fn options(&self) -> Options {
        self.options
    }

    /// The length of the text in UTF-16 units.
    pub fn units(&self) -> usize {
        self.units
    }

    /// The byte offset of an offset in UTF-16 units. An offset past the end is the end. An offset inside a character
    /// is the start of the character.
    pub fn byte(&self, offset: usize) -> usize {
        if self.units == self.text.len() {
            return offset.min(self.units);
        }
        let (mut left, mut start) = (offset, 0);
        for block in self.text.as_bytes().chunks(256) {
            let units = utf16_units(block) as usize;
            if units > left {
                break;
            }
            left -= units;
            start += block.len();
        }
        // The block may begin inside a character, which was counted before.
        while !self.text.is_char_boundary(start) {
            start += 1;
        }
        for (at, c) in self.text.get(start..).unwrap_or_default().char_indices() {
            if left < c.len_utf16() {
                return start + at;
            }
            left -= c.len_utf16();
        }
        self.text.len()
    }

    /// Replaces the text between two offsets in UTF-16 units.
    ///
    /// An edit that divides a surrogate pair leaves two lone surrogates in JavaScript. Each of them is U+FFFD here, so
    /// that offsets stay equal.
    pub fn edit(&mut self, start: usize, end: usize, new_text: &str) {
        self.parsed = RefCell::default();
        self.found = OnceCell::new();
        let (start, end) = (start.min(end), start.max(end).min(self.units));
        let start = self.split_pair(start.min(self.units));
        let end = self.split_pair(end).max(start);
        self.units = self.units - units(self.text.get(start..end).unwrap_or_default()) + units(new_text);
        self.text.replace_range(start..end, new_text);
    }

    /// The byte offset of an offset in UTF-16 units, after a pair at the offset was replaced.
    fn split_pair(&mut self, offset: usize) -> usize {
        let at = self.byte(offset);
        if self.units == self.text.len() || units(self.text.get(..at).unwrap_or_default()) == offset {
            return at;
        }
        let Some(pair) = self.text.get(at..).and_then(|rest| rest.chars().next()) else { return at };
        self.text.replace_range(at..at + pair.len_utf8(), "\u{fffd}\u{fffd}");
        at + '\u{fffd}'.len_utf8()
    }

    /// Calls `ask` with the tree of the text and the findings of the YAML reader.
    #[inline(never)]
    fn parsed(&self, ask: &mut dyn FnMut(&Tree<'_>, &[Diagnostic])) {
        let (tree, found) = match self.parsed.take() {
            Some(kept) => (kept.tree.over(self.text.get(..kept.length).unwrap_or_default()), kept.found),
            None => yaml::parse(&self.text),
        };
        ask(&tree, &found);
        let length = tree.text().len();
        self.parsed.replace(Some(Parsed { tree: tree.over(""), length, found }));
    }

    /// Calls `ask` with the definition that the text contains.
    pub(crate) fn view<R: Default>(&self, ask: impl Fn(&View<'_>) -> R) -> R {
        let mut answer = R::default();
        self.with_view(&mut |view| answer = ask(view));
        answer
    }

    /// As [`OpenFlow::view`], without the flow.
    pub(crate) fn view_of_tree<R: Default>(&self, ask: impl Fn(&View<'_>) -> R) -> R {
        let mut answer = R::default();
        self.parsed(&mut |tree, _| answer = ask(&View::new(&self.text, tree, None)));
        answer
    }

    #[inline(never)]
    fn with_view(&self, ask: &mut dyn FnMut(&View<'_>)) {
        self.parsed(&mut |tree, found| ask(&View::new(&self.text, tree, flow(tree, found, false))));
    }

    /// As [`OpenFlow::view`], with the findings. `strict`: the flow is the one that runs, without misspelled keys.
    #[inline(never)]
    pub(crate) fn checked(&self, strict: bool, ask: &mut dyn FnMut(&View<'_>, &[Diagnostic])) {
        self.parsed(&mut |tree, found| {
            let mut read = None;
            let known = self.found.get_or_init(|| {
                let document = Document::of(&self.text, self.options, tree, found.to_vec());
                let is_misspelled = document.meant.is_some();
                read = if strict { document.flow } else { document.meant.or(document.flow) };
                Found { diagnostics: document.diagnostics, is_misspelled }
            });
            let flow = read.or_else(|| flow(tree, found, strict && known.is_misspelled));
            ask(&View::new(&self.text, tree, flow), &known.diagnostics);
        });
    }

    /// The changes that an editor offers for a range in bytes.
    pub fn code_actions(&self, start: usize, end: usize) -> Vec<Action> {
        actions::actions(self, start, end)
    }

    /// The edits that give the text its usual layout.
    pub fn format(&self, options: FormatOptions) -> Formatted {
        let mut answer = Formatted::default();
        self.parsed(&mut |tree, found| answer = format::format(&self.text, tree, found, options));
        answer
    }

    /// The findings, as `validateFlow` reports them.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        if self.found.get().is_none() {
            self.checked(true, &mut |_, _| ());
        }
        self.found.get().map_or(&[], |found| &found.diagnostics)
    }

    /// The states as a tree, in the order of the text.
    pub fn symbols(&self) -> Vec<Symbol> {
        self.view(outline::symbols)
    }

    /// The ranges that an editor can fold.
    pub fn folding(&self) -> Vec<Fold> {
        self.view_of_tree(outline::folding)
    }

    /// The spans that contain an offset in bytes, from the innermost one to the whole text.
    pub fn selection_ranges(&self, at: usize) -> Vec<Span> {
        self.view_of_tree(|view| outline::selection(view, at))
    }

    /// What is at an offset in bytes.
    pub fn hover(&self, at: usize) -> Option<Hover> {
        self.view(|view| about::hover(view, at))
    }

    /// The function whose call contains an offset in bytes.
    pub fn signature_help(&self, at: usize) -> Option<Signature> {
        self.view(|view| about::signature(view, at))
    }

    /// Where states lead by default.
    pub fn inlay_hints(&self) -> Vec<Hint> {
        self.view(about::hints)
    }

    /// The words of the text with their kinds, in the order of the text.
    pub fn semantic_tokens(&self) -> Vec<Token> {
        self.view(tokens::tokens)
    }

    /// What can be written at an offset in bytes.
    pub fn completion(&self, at: usize) -> Completion {
        complete::completion(&self.text, at)
    }

    /// The name of the state that a reference at an offset in bytes leads to.
    pub fn definition(&self, at: usize) -> Option<Span> {
        self.view(|view| names::definition(view, at))
    }

    /// The name of the state at an offset in bytes, and all its references, in the order of the text. Empty if the offset
    /// is not at the name of a state.
    pub fn references(&self, at: usize) -> Vec<Span> {
        self.view(|view| names::references(view, at))
    }

    /// The span of the name that [`OpenFlow::rename`] would replace at an offset in bytes.
    pub fn renamed(&self, at: usize) -> Option<Span> {
        self.view(|view| names::named(view, at))
    }

    /// The edits that rename the state at an offset in bytes and all its references.
    ///
    /// # Errors
    /// The offset is not at the name of a state, or the new name is not valid there.
    pub fn rename(&self, at: usize, name: &str) -> Result<Vec<Edit>, Refusal> {
        self.view(|view| Some(names::rename(view, at, name))).unwrap_or_else(|| Ok(Vec::new()))
    }
}

/// The length of a text in UTF-16 units.
fn units(text: &str) -> usize {
    utf16_units(text.as_bytes()) as usize
}
