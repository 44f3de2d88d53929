//! Keys that are not in the table of a mapping: misspelt ones, keys of the other dialect, keys of other languages, keys
//! of other types of states.

use super::Dialect;
use super::dialect::{Dynamic, Key, Shape, Slot, StateType, StateTypes, amazon, synonym};
use super::fields::Fields;
use super::reader::Reader;
use crate::yaml::{Node, Resolved};
use cloudflow_base::diagnostic::{Code, Severity, nearest};

impl Reader<'_, '_> {
    /// Reports a key that is not in the table. Returns the key that is certainly meant, and whether its value is
    /// computed, unless only correct keys are read.
    #[cold]
    #[inline(never)]
    #[allow(clippy::too_many_arguments, reason = "the state of the only caller")]
    pub fn unknown(
        &mut self,
        keys: &'static [Key],
        node: Node<'_>,
        key: Node<'_>,
        text: &str,
        shape: Shape,
        of: Option<StateType>,
        fields: &mut Fields<'_>,
    ) -> Option<(&'static Key, bool)> {
        if let Some(found) = self.foreign(keys, node, key, text, shape, of, fields) {
            return found;
        }
        let allowed = |key: &Key| of.is_none_or(|of| key.on.contains(of));
        let fitting = || keys.iter().filter(|key| allowed(key) && !fields.has(key.slot));
        let other = self.dialect.other();
        if let Some(foreign) = other.keys(shape).iter().find(|key| key.name == text) {
            let same = fitting().find(|key| key.slot == foreign.slot);
            // The detection of the dialect has reported the header.
            if shape == Shape::Document && (foreign.slot == Slot::Type || self.other_header) {
                return same.map(|same| (same, false)).filter(|_| !self.strict);
            }
            let reported = match same {
                Some(same) => {
                    let message = "`{}` is a key of the `{}` dialect: use `{}` here";
                    let args = [text, other.as_str(), same.name];
                    self.findings.report(Code::UnknownKey, key.span(), message, &args)
                }
                None => {
                    let message = "`{}` is a key of the `{}` dialect";
                    self.findings.report(Code::UnknownKey, key.span(), message, &[text, other.as_str()])
                }
            };
            reported.severity(Severity::Error);
            if let Some(same) = same.filter(|same| same.value != foreign.value && !self.strict) {
                // Present, with a value that is not known.
                fields.present.insert(same.slot);
                self.findings.typo(key.span(), node.span(), true);
            }
            return same.filter(|same| same.value == foreign.value).and_then(|same| self.meant(same, node, key, false));
        }
        // `Secnds.$`
        let base = text.strip_suffix(".$").filter(|base| !base.is_empty());
        let computed = base.is_some();
        let dynamic = |key: &&Key| !computed || key.dynamic == Dynamic::Key;
        let name = nearest(base.unwrap_or(text), fitting().filter(dynamic).map(|key| key.name));
        // `Duration` for `Seconds`, as in the other dialect.
        let alike = || other.keys(shape).iter().find(|key| !computed && key.name.eq_ignore_ascii_case(text));
        let meant = match name {
            Some(name) => fitting().find(|key| key.name == name),
            None => alike().and_then(|alike| fitting().find(|key| key.slot == alike.slot && key.value == alike.value)),
        };
        // Only the keys that every state requires are known for a state of unknown type.
        let untyped = shape == Shape::State && of.is_none();
        if untyped && meant.is_none_or(|meant| !meant.is_required(None)) {
            return None;
        }
        let Some(meant) = meant else {
            let holder = self.holder(shape, of);
            self.findings.report(Code::UnknownKey, key.span(), "unknown key `{}` in {}", &[text, &holder]);
            return None;
        };
        let right = [meant.name, if computed { ".$" } else { "" }].concat();
        let message = "unknown key `{}`: did you mean `{}`?";
        let reported = self.findings.report(Code::UnknownKey, key.span(), message, &[text, &right]);
        // `Ends: true` next to `Next`: the key that is meant would exclude the other one.
        let [next, end] = [self.dialect.key(Shape::State, Slot::Next), self.dialect.key(Shape::State, Slot::End)];
        let end = match (self.dialect, meant.slot) {
            (Dialect::StateMachine, Slot::End) => node.get(next).and_then(|_| node.get(text)),
            (Dialect::StateMachine, Slot::Next) if shape == Shape::State => node.get(end),
            _ => None,
        };
        if end.is_some_and(|end| end.resolve() == Some(Resolved::Bool(true))) {
            return None;
        }
        reported.change(text, key.span(), &right);
        self.meant(meant, node, key, computed)
    }

    /// Reports a key of Amazon States Language and another word for a key. Absent for any other key.
    #[allow(clippy::too_many_arguments, reason = "the state of the only caller")]
    fn foreign(
        &mut self,
        keys: &'static [Key],
        node: Node<'_>,
        key: Node<'_>,
        text: &str,
        shape: Shape,
        of: Option<StateType>,
        fields: &mut Fields<'_>,
    ) -> Option<Option<(&'static Key, bool)>> {
        let amazon = amazon(self.dialect, shape, text);
        let foreign = amazon.or_else(|| synonym(self.dialect, shape, text))?;
        let allowed = |key: &&Key| key.slot == foreign.slot && of.is_none_or(|of| key.on.contains(of));
        let same = keys.iter().find(allowed)?;
        if fields.has(same.slot) && node.get(same.name).is_none() {
            // A second key with the meaning of one key of ours: `Variable` and `StringEquals`.
            return Some(None);
        }
        let message = match amazon {
            Some(_) => "`{}` is a key of Amazon States Language: use `{}` here",
            None => "unknown key `{}`: did you mean `{}`?",
        };
        let reported = self.findings.report(Code::UnknownKey, key.span(), message, &[text, same.name]);
        if fields.has(same.slot) || self.strict {
            return Some(None);
        }
        if foreign.same_value {
            reported.change(text, key.span(), same.name);
            return Some(self.meant(same, node, key, false));
        }
        // Present, with a value that is not known.
        fields.present.insert(same.slot);
        self.findings.typo(key.span(), node.span(), true);
        Some(None)
    }

    /// Reads a key as `meant`, unless only correct keys are read.
    fn meant(
        &mut self,
        meant: &'static Key,
        node: Node<'_>,
        key: Node<'_>,
        computed: bool,
    ) -> Option<(&'static Key, bool)> {
        if self.strict {
            return None;
        }
        self.findings.typo(key.span(), node.span(), meant.required != StateTypes::NONE || meant.slot.is_one_of_group());
        Some((meant, computed))
    }

    #[cold]
    #[inline(never)]
    pub fn misplaced(&mut self, known: &Key, key: Node<'_>, of: Option<StateType>) {
        let types = self.dialect.types();
        let names: Vec<&str> = types.iter().filter(|(_, of)| known.on.contains(*of)).map(|(name, _)| *name).collect();
        let holder = self.holder(Shape::State, of);
        let message = "`{}` is not a key of {}: it belongs to `{}`";
        let args = [known.name, &holder, &names.join("`, `")];
        let reported = self.findings.report(Code::MisplacedKey, key.span(), message, &args);
        // The lists of allowed keys on the pages may be incomplete.
        if self.dialect == Dialect::StateMachine && !matches!(known.slot, Slot::Next | Slot::End) {
            reported.severity(Severity::Warning);
        }
    }
}
