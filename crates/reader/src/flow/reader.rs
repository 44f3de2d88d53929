//! Checks one mapping against its table of keys: unknown keys, missing keys, values of the wrong
//! type. This module depends on the tables, not on the model.

use super::Dialect;
use super::damage::{self, Damage};
use super::dialect::{Dynamic, Key, Shape, Slot, Slots, Standing, StateType, StateTypes, Value, computed_base};
use super::fields::{Fields, Item, is_opaque, is_reference};
use super::sink::Findings;
use crate::yaml::{Kind, Node, Resolved, Style};
use cloudflow_base::diagnostic::{Code, Severity, nearest};
use cloudflow_base::limits;
use cloudflow_base::small::{is_one_of, parse_int, to_decimal};
use cloudflow_base::text::Span;

pub(super) struct Reader<'a, 'f> {
    pub dialect: Dialect,
    pub findings: &'f mut Findings,
    /// The text of the document.
    pub text: &'f str,
    /// The syntax errors: no key is reported as missing near one of them.
    pub damaged: Vec<Damage>,
    /// The current scope runs in express mode.
    pub express: bool,
    /// Only keys that are spelt correctly are read.
    pub strict: bool,
    /// The header is that of the other dialect.
    pub other_header: bool,
    /// The key of the current value.
    pub key: Span,
    /// Released lists for reuse: thousands of mappings are read, one or two at a time.
    pub spare: Vec<Vec<Item<'a>>>,
    /// The required slots by [`Shape::index`], filled on first use.
    pub needed: [Option<Slots>; Shape::INDICES],
}

impl<'a> Reader<'a, '_> {
    /// Reads a mapping. `of` is the type of a state; it is absent for other shapes and for a state
    /// of unknown type. Returns none, after a report, if the node is not a mapping, and without a
    /// report if a template fills it in.
    pub fn read(&mut self, node: Node<'a>, shape: Shape, of: Option<StateType>) -> Option<Fields<'a>> {
        if is_opaque(node) {
            return None;
        }
        if node.kind() != Kind::Mapping {
            self.no_mapping(node, shape);
            return None;
        }
        let keys = self.dialect.keys(shape);
        // Only states have types. Nothing is known about a state of unknown type.
        let types = match of {
            Some(of) => StateTypes::of(&[of]),
            None if shape == Shape::State => StateTypes::NONE,
            None => StateTypes::ALL,
        };
        let items = self.spare.pop().unwrap_or_else(|| Vec::with_capacity(16));
        let mut fields = Fields { items, present: Slots::default(), cut: false };
        let mut next = 0;
        for (key, value) in node.entries() {
            let Some(text) = key.text() else {
                self.findings.report(Code::WrongType, key.span(), "a key must be a text", &[]);
                continue;
            };
            let (known, computed) = match known(keys, text, types, &mut next) {
                Some(known) => known,
                None if is_opaque(key) => continue,
                None => match self.unknown(keys, node, key, text, shape, of, &mut fields) {
                    Some(meant) => meant,
                    None => continue,
                },
            };
            if types != StateTypes::NONE && !known.on.intersects(types) {
                self.misplaced(known, key, of);
                continue;
            }
            if fields.has(known.slot) {
                // A state without its `- `. The YAML reader reports the repeated keys.
                if shape == Shape::State && node.entries().next().is_some_and(|(first, _)| first.text() == Some(text)) {
                    fields.cut = true;
                    return Some(fields);
                }
                self.repeated(node, keys, known, key, text);
                continue;
            }
            fields.present.insert(known.slot);
            // A wrong header has one finding.
            if !self.other_header || shape != Shape::Document {
                self.standing(known, key, node, value);
            }
            if self.value(known, key, value, computed) {
                let computed = computed || known.dynamic == Dynamic::Value && is_reference(value);
                fields.items.push(Item { slot: known.slot, value, computed });
            } else if is_absent(known, value, value.resolve()) {
                fields.present.remove(known.slot);
            }
        }
        self.missing(node, keys, shape, of, &fields);
        Some(fields)
    }

    /// Reports a second key with the meaning of an earlier one. The YAML reader reports duplicate keys.
    #[cold]
    #[inline(never)]
    fn repeated(&mut self, node: Node<'_>, keys: &[Key], known: &Key, key: Node<'_>, text: &str) {
        let mut first = "";
        for (other, _) in node.entries() {
            if other.span() == key.span() || !self.findings.may_search(1) {
                break;
            }
            let other = other.text().unwrap_or_default();
            if other == text {
                return;
            }
            let name = computed_base(other).unwrap_or(other);
            if keys.iter().any(|key| key.slot == known.slot && key.name == name) {
                first = other;
            }
        }
        // The earlier key is misspelt, which has been reported.
        if first.is_empty() {
            return;
        }
        let message = "`{}` repeats `{}`: keep one of them";
        self.findings.report(Code::ConflictingKeys, key.span(), message, &[text, first]);
    }

    /// Releases the result of [`Self::read`].
    pub fn release(&mut self, fields: Fields<'a>) {
        let mut items = fields.items;
        items.clear();
        self.spare.push(items);
    }

    fn standing(&mut self, known: &Key, key: Node<'_>, node: Node<'_>, value: Node<'_>) {
        match known.standing {
            Standing::Plain | Standing::Advised => {}
            Standing::Deprecated(instead) => {
                let message = "`{}` is deprecated: use {}";
                let reported = self.findings.report(Code::Deprecated, key.span(), message, &[known.name, instead]);
                let catch = self.dialect.key(Shape::State, Slot::Catch);
                if node.get(catch).is_none()
                    && value.items().all(|rule| is_catch(self.dialect, rule))
                    && value.items().next().is_some()
                {
                    reported.change(known.name, key.span(), catch);
                }
            }
            // A check reports the undocumented key if the documented one is present too.
            Standing::Undocumented if node.get(self.dialect.key(Shape::State, Slot::Resource)).is_some() => {}
            Standing::Undocumented => {
                let message = "`{}` works, but it is not documented";
                self.findings.report(Code::Undocumented, key.span(), message, &[known.name]);
            }
        }
    }

    fn missing(&mut self, node: Node<'_>, keys: &[Key], shape: Shape, of: Option<StateType>, fields: &Fields<'_>) {
        let required = |key: &&Key| key.is_required(of);
        let index = shape.index(of);
        let needed = self.needed.get(index).copied().flatten().unwrap_or_else(|| {
            let mut all = Slots::default();
            keys.iter().filter(required).for_each(|key| all.insert(key.slot));
            if let Some(place) = self.needed.get_mut(index) {
                *place = Some(all);
            }
            all
        });
        // A wrong header has one finding.
        if fields.present.contains_all(needed) || self.other_header && shape == Shape::Document {
            return;
        }
        for key in keys.iter().filter(required) {
            if fields.has(key.slot) || self.is_damaged(node.span()) {
                continue;
            }
            let holder = self.holder(shape, of);
            let place = self.place(node, shape);
            let message = "`{}` is missing: {} needs it";
            let reported = self.findings.report(Code::MissingKey, place, message, &[key.name, &holder]);
            let reported = reported.about(node.span());
            if key.standing == Standing::Advised {
                reported.severity(Severity::Warning);
            }
        }
    }

    /// The position of a finding about an absent key: the name of a state, or else the first key.
    fn place(&self, node: Node<'_>, shape: Shape) -> Span {
        if shape == Shape::State
            && let Some(name) = node.get(self.dialect.key(shape, Slot::Name))
            && name.text().is_some_and(|text| !text.is_empty())
        {
            return name.span();
        }
        node.entries().next().map_or(node.span(), |(key, _)| key.span())
    }

    /// True if a syntax error may hide a part of the node.
    pub fn is_damaged(&self, span: Span) -> bool {
        damage::is_damaged(&self.damaged, self.text, span)
    }

    /// The description of a kind of mapping for messages.
    pub fn holder(&self, shape: Shape, of: Option<StateType>) -> String {
        match shape {
            Shape::Document => "a flow",
            Shape::State => {
                let word = self.dialect.state_word();
                let name = self.dialect.types().iter().find(|(_, t)| Some(*t) == of).map(|(name, _)| *name);
                return match name {
                    Some(name) => ["a `", name, "` ", word].concat(),
                    None => ["a ", word].concat(),
                };
            }
            Shape::Option => "an option of a choice",
            Shape::Default => "a `default`",
            Shape::Branch => "a branch",
            Shape::Processor => "a `Processor`",
            Shape::Iteration => "an `iterationMapping`",
            Shape::Mapping => "a data mapping",
            Shape::Retry => "a retry rule",
            Shape::Catch => "a catch rule",
            Shape::OnError => "a rule of `OnErrors`",
            Shape::OnErrorRetry => "a `Retry` in `OnErrors`",
        }
        .to_owned()
    }

    #[cold]
    #[inline(never)]
    fn no_mapping(&mut self, node: Node<'_>, shape: Shape) {
        let holder = self.holder(shape, None);
        if let Some(text) = node.text() {
            // YAML reads `Condition:$Input.a` as one plain scalar.
            let glued = self
                .dialect
                .keys(shape)
                .iter()
                .find(|key| text.strip_prefix(key.name).is_some_and(|rest| rest.starts_with(':')));
            if let Some(key) = glued.filter(|_| node.style() == Style::Plain) {
                let span = node.span();
                let colon = Span::new(span.start as usize, span.start as usize + key.name.len() + 1);
                let after = Span { start: colon.end, end: colon.end };
                let message = "a space is missing after `{}:`";
                let reported = self.findings.report(Code::WrongType, colon, message, &[key.name]).about(span);
                reported.fix("insert a space", &[], after, " ");
                return;
            }
        }
        if self.is_damaged(node.span()) {
            return;
        }
        let what = described(node);
        self.findings.report(Code::WrongType, node.span(), "{} must be a mapping, {}", &[&holder, &what]);
    }

    /// True if the value has the type of the key. Otherwise reports it.
    fn value(&mut self, key: &Key, name: Node<'_>, node: Node<'_>, computed: bool) -> bool {
        if is_opaque(node) {
            return true;
        }
        self.key = name.span();
        let resolved = node.resolve();
        if is_absent(key, node, resolved) {
            return false;
        }
        if computed && matches!(resolved, Some(Resolved::Int(_) | Resolved::Float(_))) {
            let (written, value) = (name.text().unwrap_or_default(), node.text().unwrap_or_default());
            let message = "`{}` must be an expression, not {}: a constant needs the key `{}`";
            let reported = self.findings.report(Code::WrongType, node.span(), message, &[written, value, key.name]);
            reported.about(name.span());
            if matches!(resolved, Some(Resolved::Int(number)) if (key.range.0..=key.range.1).contains(&number)) {
                reported.change(written, name.span(), key.name);
            }
            return false;
        }
        if computed {
            return self.text(key, node, resolved, "an expression");
        }
        match key.value {
            Value::Any => true,
            Value::Remark if resolved == Some(Resolved::Null) => true,
            Value::Text if key.dynamic == Dynamic::Value && is_reference(node) => true,
            Value::Text | Value::Remark => self.text(key, node, resolved, "a text"),
            Value::Expression => self.text(key, node, resolved, "an expression"),
            // Thousands of targets are read: the description is for a report.
            Value::Target if matches!(resolved, Some(Resolved::Text(text)) if !text.is_empty()) => true,
            Value::Target => {
                let expected = ["the name of a ", self.dialect.state_word()].concat();
                self.text(key, node, resolved, &expected)
            }
            Value::OneOf(words) => self.text(key, node, resolved, "a text") && self.one_of(key, node, words),
            Value::Bool => match resolved {
                Some(Resolved::Bool(_)) => true,
                _ => {
                    let meant = match node.text().unwrap_or_default() {
                        "true" | "True" | "TRUE" | "yes" | "on" => Some("true"),
                        "false" | "False" | "FALSE" | "no" | "off" => Some("false"),
                        _ => None,
                    };
                    self.wrong_type(key, node, "true or false", meant)
                }
            },
            Value::Whole | Value::Digits => self.integer(key, name, node, resolved),
            Value::Factor => match resolved {
                Some(Resolved::Int(number)) if number > 0 => true,
                Some(Resolved::Float(text)) if is_positive(text) => true,
                Some(Resolved::Int(_) | Resolved::Float(_)) => {
                    let text = node.text().unwrap_or_default();
                    let message = "`{}` must be greater than 0, not {}";
                    self.findings.report(Code::OutOfRange, node.span(), message, &[key.name, text]);
                    false
                }
                _ => self.wrong_type(key, node, "a number", None),
            },
            Value::Texts => self.texts(key, node),
            Value::Constructor | Value::Object | Value::One(_) => {
                node.kind() == Kind::Mapping || self.wrong_type(key, node, "a mapping", None)
            }
            Value::Many(_) => {
                if node.kind() != Kind::Sequence {
                    return self.wrong_type(key, node, "a list", None);
                }
                let (least, most) = key.range;
                // Stops counting at the limit.
                let limit = usize::try_from(most).unwrap_or(usize::MAX).min(1 << 16).saturating_add(1);
                let limit = if most == i64::MAX { 1 } else { limit };
                let count = node.items().take(limit).count() as i64;
                if count == 0 && least > 0 {
                    self.empty(key, node);
                    return false;
                }
                if count > most {
                    let message = "`{}` may have at most {} entries";
                    self.findings.report(Code::OutOfRange, name.span(), message, &[key.name, &to_decimal(most)]);
                }
                true
            }
        }
    }

    fn text(&mut self, key: &Key, node: Node<'_>, resolved: Option<Resolved<'_>>, expected: &str) -> bool {
        match resolved {
            Some(Resolved::Text("")) if node.tag().is_some() => self.wrong_type(key, node, expected, None),
            Some(Resolved::Text(text)) if !text.is_empty() => true,
            Some(Resolved::Text(_)) if matches!(key.slot, Slot::Description | Slot::Detail | Slot::Code) => true,
            Some(Resolved::Text(_)) => {
                self.empty(key, node);
                false
            }
            Some(Resolved::Int(_) | Resolved::Float(_) | Resolved::Bool(_)) if key.value == Value::Expression => true,
            Some(Resolved::Int(_) | Resolved::Float(_) | Resolved::Bool(_)) => {
                let quoted = match key.slot {
                    Slot::Version => "v1".to_owned(),
                    _ => ["\"", node.text().unwrap_or_default(), "\""].concat(),
                };
                // The name of a flow does not begin with a digit.
                let is_flow = key.slot == Slot::Name
                    && self.dialect.keys(Shape::Document).iter().any(|known| std::ptr::eq(known, key))
                    && !matches!(resolved, Some(Resolved::Bool(_)));
                self.wrong_type(key, node, expected, Some(&*quoted).filter(|_| !is_flow))
            }
            _ => self.wrong_type(key, node, expected, None),
        }
    }

    fn one_of(&mut self, key: &Key, node: Node<'_>, words: &[&'static str]) -> bool {
        let text = node.text().unwrap_or_default();
        if is_one_of(text, words) {
            return true;
        }
        let all = words.join("`, `");
        let message = "`{}` must be one of `{}`, not `{}`";
        let reported = self.findings.report(Code::UnknownValue, node.span(), message, &[key.name, &all, text]);
        if let Some(meant) = nearest(text, words.iter().copied()) {
            reported.change(text, node.span(), meant);
        }
        false
    }

    fn integer(&mut self, key: &Key, name: Node<'_>, node: Node<'_>, resolved: Option<Resolved<'_>>) -> bool {
        let digits = |text: &str| if key.value == Value::Digits { parse_int(text) } else { None };
        let number = match resolved {
            Some(Resolved::Int(number)) => Some(number),
            Some(Resolved::Text(text)) => digits(text),
            _ => None,
        };
        let Some(number) = number else {
            if is_reference(node) {
                if key.dynamic == Dynamic::Value {
                    return true;
                }
                if key.dynamic == Dynamic::Key {
                    let right = [key.name, ".$"].concat();
                    let message = "an expression needs the key `{}`";
                    let reported = self.findings.report(Code::WrongType, name.span(), message, &[&right]);
                    reported.about(node.span()).change(key.name, name.span(), &right);
                    return false;
                }
            }
            let bare = node.text().filter(|text| parse_int(text).is_some());
            return self.wrong_type(key, node, "a whole number", bare);
        };
        let (least, mut most) = key.range;
        // The maximum is lower in express mode.
        let shorter = self.express && key.slot == Slot::Seconds;
        if shorter {
            most = limits::EXPRESS_WAIT_SECONDS;
        }
        if (least..=most).contains(&number) {
            return true;
        }
        let [least, bound, number] = [to_decimal(least), to_decimal(most), to_decimal(number)];
        let args = [key.name, &least, &bound, &number];
        if most == i64::MAX {
            let message = "`{}` must be at least {}, not {}";
            self.findings.report(Code::OutOfRange, node.span(), message, &[key.name, &least, &number]);
        } else if shorter {
            let message = "`{}` must be from {} to {} in express mode, not {}";
            self.findings.report(Code::OutOfRange, node.span(), message, &args);
        } else {
            self.findings.report(Code::OutOfRange, node.span(), "`{}` must be from {} to {}, not {}", &args);
        }
        false
    }

    fn texts(&mut self, key: &Key, node: Node<'_>) -> bool {
        if node.kind() != Kind::Sequence {
            let listed = match node.resolve() {
                Some(Resolved::Text(text)) if !text.is_empty() => {
                    Some(["[", node.text().unwrap_or_default(), "]"].concat())
                }
                _ => None,
            };
            return self.wrong_type(key, node, "a list", listed.as_deref().filter(|_| node.style() == Style::Plain));
        }
        let mut count = 0;
        for item in node.items() {
            count += 1;
            if !is_opaque(item) && !matches!(item.resolve(), Some(Resolved::Text(_))) {
                let what = described(item);
                let message = "an entry of `{}` must be a text, {}";
                self.findings.report(Code::WrongType, item.span(), message, &[key.name, &what]);
            }
        }
        if count == 0 {
            self.empty(key, node);
        }
        count > 0
    }

    #[cold]
    #[inline(never)]
    fn wrong_type(&mut self, key: &Key, node: Node<'_>, expected: &str, fix: Option<&str>) -> bool {
        if self.is_damaged(node.span()) {
            return false;
        }
        let what = described(node);
        // An absent value is reported at its key, a value of several lines at its first line.
        let span = node.span();
        let place = match node.entries().next() {
            _ if span.is_empty() => self.key,
            _ if node.style() != Style::Block => span,
            Some((first, _)) => first.span(),
            // The dash of the first item.
            None => Span { start: span.start, end: span.start + 1 },
        };
        let reported =
            self.findings.report(Code::WrongType, place, "`{}` must be {}, {}", &[key.name, expected, &what]);
        let reported = reported.about(self.key);
        if let Some(right) = fix {
            reported.write(node.span(), right);
        }
        false
    }

    fn empty(&mut self, key: &Key, node: Node<'_>) {
        self.findings.report(Code::EmptyValue, node.span(), "`{}` must not be empty", &[key.name]);
    }
}

/// The key with this name, and whether the name marks a computed value. If the table has several
/// keys with the name, the one that fits `types`. The search starts at `next`, the key after the
/// previous match, because most authors keep the order of the pages.
fn known(keys: &'static [Key], text: &str, types: StateTypes, next: &mut usize) -> Option<(&'static Key, bool)> {
    // No name in a table ends in `.$`.
    let stripped = computed_base(text);
    let name = stripped.unwrap_or(text);
    let (len, initial) = (name.len(), name.as_bytes().first());
    let mut fitting = None;
    let mut at = *next;
    for _ in keys {
        let key = keys.get(at).or_else(|| {
            at = 0;
            keys.first()
        })?;
        at += 1;
        // Fast path: most keys differ in length or in the first byte.
        let alike = key.on.intersects(types) && key.name.len() == len && key.name.as_bytes().first() == initial;
        if alike && key.name == name {
            *next = at;
            fitting = Some(key);
            break;
        }
    }
    let key = fitting.or_else(|| keys.iter().find(|key| key.name == name))?;
    (stripped.is_none() || key.dynamic == Dynamic::Key).then_some((key, stripped.is_some()))
}

/// True for an explicit null, which is allowed for an optional key and has the meaning of an absent key.
fn is_absent(key: &Key, node: Node<'_>, resolved: Option<Resolved<'_>>) -> bool {
    key.required == StateTypes::NONE && resolved == Some(Resolved::Null) && node.text() != Some("")
}

/// True for a rule of `OnErrors` that is also a complete rule of `Catch`.
#[cold]
fn is_catch(dialect: Dialect, rule: Node<'_>) -> bool {
    let has = |slot| rule.get(dialect.key(Shape::OnError, slot)).is_some();
    [Slot::Errors, Slot::Description, Slot::Next].into_iter().all(has) && !has(Slot::Retry)
}

fn is_positive(text: &str) -> bool {
    !text.starts_with('-') && text.bytes().any(|b| matches!(b, b'1'..=b'9')) && !text.contains(['n', 'N'])
}

/// The description of a value, as the end of a message.
fn described(node: Node<'_>) -> String {
    if let Some(tag) = node.tag()
        && !tag.starts_with("!!")
    {
        return "but `!` begins a tag here: quote the value".to_owned();
    }
    match (node.kind(), node.resolve()) {
        (Kind::Sequence, _) => "not a list".to_owned(),
        (Kind::Mapping, _) => "not a mapping".to_owned(),
        (Kind::Scalar, Some(Resolved::Null)) => "but has no value".to_owned(),
        (Kind::Scalar, Some(Resolved::Text(_))) => {
            let text = node.text().unwrap_or_default();
            let not = if node.style() == Style::Plain { "not `" } else { "not the text `" };
            match text.char_indices().nth(40) {
                None if !text.contains('\n') => [not, text, "`"].concat(),
                _ => "not a text".to_owned(),
            }
        }
        (Kind::Scalar, _) => ["not `", node.text().unwrap_or_default(), "`"].concat(),
    }
}
