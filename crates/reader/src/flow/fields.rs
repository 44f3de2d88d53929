//! The values of a mapping by slot, and the conversion of single values.

use super::dialect::{Slot, Slots};
use super::model::{Flag, Number, NumberValue, Target, Text, TextValue};
use crate::yaml::{Items, Kind, Node, Resolved, Style};
use cloudflow_base::small::parse_int;

/// An attribute whose presence matters even if its value is unusable.
#[derive(Clone, Copy, Debug, Default)]
pub enum Field<T> {
    /// The key is absent.
    #[default]
    Absent,
    /// The key is present. Its value has the wrong type, or a template fills it in later.
    Unreadable,
    /// The key is present and its value is of the right type.
    Value(T),
}

/// The usable values of a mapping.
#[derive(Default)]
pub(super) struct Fields<'a> {
    pub items: Vec<Item<'a>>,
    // The slots whose key is present, even if the value is unusable.
    pub present: Slots,
    // The first key occurs again: the rest is ignored, because it is another state without its `- `.
    pub cut: bool,
}

#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub slot: Slot,
    pub value: Node<'a>,
    pub computed: bool,
}

impl<T> Field<T> {
    /// A field from the presence of its key and its value, if the value is usable.
    pub(super) fn new(present: bool, value: Option<T>) -> Self {
        match value {
            Some(value) => Field::Value(value),
            None if present => Field::Unreadable,
            None => Field::Absent,
        }
    }

    /// True if the key is present, even if its value is unusable.
    pub fn is_present(&self) -> bool {
        !matches!(self, Field::Absent)
    }

    /// True if the key is present and its value is unusable.
    pub fn is_unreadable(&self) -> bool {
        matches!(self, Field::Unreadable)
    }

    /// The value, if it is usable.
    pub fn get(&self) -> Option<T>
    where
        T: Copy,
    {
        self.as_ref().copied()
    }

    /// The value, if it is usable.
    pub fn as_ref(&self) -> Option<&T> {
        match self {
            Field::Value(value) => Some(value),
            Field::Absent | Field::Unreadable => None,
        }
    }

    /// The value, if it is usable.
    pub fn as_mut(&mut self) -> Option<&mut T> {
        match self {
            Field::Value(value) => Some(value),
            Field::Absent | Field::Unreadable => None,
        }
    }
}

impl<'a> Fields<'a> {
    /// True if the key is present, even if its value is unusable.
    pub fn has(&self, slot: Slot) -> bool {
        self.present.contains(slot)
    }

    pub fn node(&self, slot: Slot) -> Option<Node<'a>> {
        self.item(slot).map(|item| item.value)
    }

    /// The attribute of a slot, with its value if the value is usable.
    pub fn field<T>(&self, slot: Slot, read: impl FnOnce(&Self, Slot) -> Option<T>) -> Field<T> {
        Field::new(self.has(slot), read(self, slot))
    }

    /// The entries of a list. Empty if a template fills it in.
    pub fn items(&self, slot: Slot) -> Items<'a> {
        self.node(slot).map(Node::items).unwrap_or_default()
    }

    pub fn text(&self, slot: Slot) -> Option<Text<'a>> {
        self.node(slot).and_then(text)
    }

    pub fn target(&self, slot: Slot) -> Option<Target<'a>> {
        self.text(slot).map(|text| Target { text, state: None })
    }

    #[inline(never)]
    pub fn texts(&self, slot: Slot) -> Vec<Text<'a>> {
        self.items(slot).filter_map(text).collect()
    }

    pub fn text_value(&self, slot: Slot) -> Option<TextValue<'a>> {
        let item = self.item(slot)?;
        let text = text(item.value)?;
        Some(if item.computed { TextValue::Expression(text) } else { TextValue::Literal(text) })
    }

    pub fn number(&self, slot: Slot) -> Option<Number<'a>> {
        let item = self.item(slot)?;
        let node = item.value;
        let value = if item.computed {
            NumberValue::Expression(text(node)?)
        } else if is_opaque(node) {
            NumberValue::Opaque
        } else {
            match node.resolve()? {
                Resolved::Int(number) => NumberValue::Int(number),
                Resolved::Float(text) => NumberValue::Float(text),
                Resolved::Text(text) => NumberValue::Int(parse_int(text)?),
                _ => return None,
            }
        };
        Some(Number { value, span: node.span(), node })
    }

    pub fn flag(&self, slot: Slot) -> Option<Flag<'a>> {
        let node = self.node(slot)?;
        match node.resolve()? {
            Resolved::Bool(value) => Some(Flag { value, span: node.span(), node }),
            _ => None,
        }
    }

    fn item(&self, slot: Slot) -> Option<Item<'a>> {
        // Fast path: most slots are absent.
        if !self.has(slot) {
            return None;
        }
        self.items.iter().find(|item| item.slot == slot).copied()
    }
}

/// True for a value that a template fills in later. Checks ignore it.
#[inline]
pub(super) fn is_opaque(node: Node<'_>) -> bool {
    !node.is_certain() && is_template(node)
}

#[inline(never)]
fn is_template(node: Node<'_>) -> bool {
    // YAML reads an unquoted `{{ name }}` as a mapping in a mapping.
    if node.kind() == Kind::Mapping && node.style() == Style::Flow {
        return node.entries().next().is_some_and(|(key, _)| key.kind() == Kind::Mapping && key.style() == Style::Flow);
    }
    match node.tag() {
        // `!Ref`. `!$Input.a`, `!($.a == 1)` and `!true` are conditions without their quotes.
        Some(tag) => tag.strip_prefix('!').is_some_and(|name| name.starts_with(|c: char| c.is_ascii_uppercase())),
        None => node.is_template(),
    }
}

/// The text of a scalar with its position.
pub fn text(node: Node<'_>) -> Option<Text<'_>> {
    Some(Text { value: node.text()?, span: node.span(), node, opaque: is_opaque(node) })
}

pub(super) fn is_reference(node: Node<'_>) -> bool {
    node.text().is_some_and(|text| text.starts_with('$'))
}
