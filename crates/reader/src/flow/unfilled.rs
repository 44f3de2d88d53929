//! Placeholders that a template should have replaced, at places that decide how a flow runs.

use super::Dialect;
use super::dialect::{Shape, Slot, Value};
use super::fields::is_opaque;
use crate::yaml::Node;

/// The first value of `node`, a mapping of this shape, that a template still has to fill in. Data, remarks and the
/// resource of a task may contain placeholders: an interpreter passes them unchanged. The states of a nested list are
/// not searched.
pub fn unfilled(node: Node<'_>, shape: Shape, dialect: Dialect) -> Option<Node<'_>> {
    // The depth is that of the shapes, which do not contain themselves except through states.
    if is_opaque(node) {
        return Some(node);
    }
    for (key, value) in node.entries() {
        let name = key.text().unwrap_or_default();
        let base = name.strip_suffix(".$").unwrap_or(name);
        let Some(known) = dialect.keys(shape).iter().find(|key| key.name == base) else { continue };
        let found = match (known.value, known.slot) {
            (_, Slot::Name | Slot::Version | Slot::Resource | Slot::Action | Slot::Code | Slot::Detail) => None,
            (Value::Remark | Value::Constructor | Value::Object | Value::Any, _) => None,
            _ if is_opaque(value) => Some(value),
            (Value::Texts, _) => value.items().find(|item| is_opaque(*item)),
            (Value::Many(Shape::State), _) => None,
            // The entries of a choice and of a parallel have the same key.
            (Value::Many(_), Slot::Branches) => value.items().find_map(|item| {
                unfilled(item, Shape::Option, dialect).or_else(|| unfilled(item, Shape::Branch, dialect))
            }),
            (Value::Many(shape), _) => value.items().find_map(|item| unfilled(item, shape, dialect)),
            (Value::One(shape), _) => unfilled(value, shape, dialect),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}
