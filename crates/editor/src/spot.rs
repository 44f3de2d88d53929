//! What an offset is about: the mappings around it with their tables of keys, and the value that belongs there.

use cloudflow_language::flow::Dialect;
use cloudflow_language::flow::dialect::{Key, Shape, Slot, StateType, Value, computed_base};
use cloudflow_language::yaml::{Kind, Node};

use crate::view::View;

/// A mapping around the offset.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub node: Node<'a>,
    /// Absent for a mapping with any keys.
    pub shape: Option<Shape>,
    /// The type of a state.
    pub of: Option<StateType>,
    /// The value that belongs in the place of the mapping.
    pub expects: Value,
    /// The list that contains the mapping directly.
    pub list: Option<Node<'a>>,
}

/// What an offset is about.
pub(crate) struct Spot<'a> {
    pub dialect: Dialect,
    /// The mappings around the offset, the document first.
    pub frames: Vec<Frame<'a>>,
    /// The innermost entry around the offset.
    pub entry: Option<(Node<'a>, Node<'a>)>,
    /// The offset is in the key of the entry.
    pub at_key: bool,
    /// The innermost entry with a table, and its key.
    pub known: Option<&'static Key>,
    /// The value that belongs at the offset.
    pub expects: Value,
    /// The key ends in `.$`.
    pub computed: bool,
    /// The scalar at the offset, if the offset is not in a key.
    pub value: Option<Node<'a>>,
}

impl<'a> Spot<'a> {
    /// Finds what an offset is about.
    pub fn find(view: &View<'a>, at: usize) -> Self {
        let dialect = view.dialect.unwrap_or(Dialect::StateMachine);
        let mut spot = Spot {
            dialect,
            frames: Vec::new(),
            entry: None,
            at_key: false,
            known: None,
            expects: Value::One(Shape::Document),
            computed: false,
            value: None,
        };
        let mut next = view.tree.root();
        let mut list = None;
        while let Some(node) = next.take() {
            match node.kind() {
                Kind::Mapping => next = spot.enter(node, list.take(), at),
                Kind::Sequence => {
                    spot.expects = match spot.expects {
                        Value::Many(shape) => Value::One(shape),
                        Value::Texts => Value::Text,
                        _ => Value::Any,
                    };
                    list = Some(node);
                    next = node.items().take_while(|item| item.span().start as usize <= at).last();
                }
                Kind::Scalar => spot.value = Some(node),
            }
        }
        spot
    }

    /// Goes into a mapping. Returns the value at the offset.
    fn enter(&mut self, node: Node<'a>, list: Option<Node<'a>>, at: usize) -> Option<Node<'a>> {
        let shape = match self.expects {
            Value::One(shape) | Value::Many(shape) => Some(shape),
            _ => None,
        };
        let type_key = self.dialect.key(Shape::State, Slot::Type);
        let name = node.get(type_key).filter(|_| shape == Some(Shape::State)).and_then(Node::text);
        let of = name.and_then(|name| StateType::read(name, self.dialect));
        self.frames.push(Frame { node, shape, of, expects: self.expects, list });
        let (key, value) = node.entries().take_while(|(key, _)| key.span().start as usize <= at).last()?;
        self.entry = Some((key, value));
        let name = key.text().unwrap_or_default();
        let base = computed_base(name);
        self.computed = base.is_some();
        if let Some(shape) = shape {
            self.known = key_named(self.dialect, shape, of, base.unwrap_or(name));
        }
        if at <= key.span().end as usize {
            self.at_key = true;
            return None;
        }
        self.expects = self.known.filter(|_| shape.is_some()).map_or(Value::Any, |known| known.value);
        Some(value)
    }

    /// The innermost state around the offset.
    pub fn state(&self) -> Option<&Frame<'a>> {
        self.frames.iter().rev().find(|frame| frame.shape == Some(Shape::State))
    }

    /// The meaning of the innermost key with a table.
    pub fn slot(&self) -> Option<Slot> {
        self.known.map(|known| known.slot)
    }

    /// The number of mappings with any keys around the offset.
    pub fn free_depth(&self) -> usize {
        self.frames.iter().rev().take_while(|frame| frame.shape.is_none()).count()
    }

    /// The innermost mapping with a table.
    pub fn shaped(&self) -> Option<&Frame<'a>> {
        self.frames.iter().rev().find(|frame| frame.shape.is_some())
    }

    /// The list of states that targets at the offset lead to.
    pub fn targets(&self) -> Option<Node<'a>> {
        if self.slot() == Some(Slot::StartAt) {
            return self.shaped()?.node.get(self.dialect.key(Shape::Document, Slot::States));
        }
        self.state()?.list
    }

    /// True if the value at the offset is an expression, given its text.
    pub fn is_expression(&self, text: &str) -> bool {
        if self.computed || self.expects == Value::Expression {
            return true;
        }
        let path = text.is_empty() || text.starts_with('$');
        let slot = self.slot();
        match self.dialect {
            Dialect::StateMachine => false,
            Dialect::Flow if slot == Some(Slot::Source) => path,
            Dialect::Flow => {
                text.starts_with('$') && matches!(slot, Some(Slot::Params | Slot::Seconds | Slot::Timestamp))
            }
        }
    }

    /// The variables at the offset.
    pub fn variables(&self) -> &'static [&'static str] {
        let slots = self.frames.iter().rev().find_map(|frame| frame.shape);
        match (self.dialect, self.slot(), slots) {
            (Dialect::Flow, Some(Slot::Source), _) => &["$input", "$local", "$context"],
            (Dialect::Flow, ..) => &["$"],
            (_, Some(Slot::Output), Some(Shape::State)) | (_, Some(Slot::Global), _) => {
                &["$Output", "$Input", "$Context", "$Global"]
            }
            (_, Some(Slot::ItemConstructor), _) => &["$Item", "$Input", "$Context", "$Global"],
            _ => &["$Input", "$Context", "$Global"],
        }
    }
}

/// The key of a shape with a name. A state of unknown type has the keys of all types.
pub(crate) fn key_named(dialect: Dialect, shape: Shape, of: Option<StateType>, name: &str) -> Option<&'static Key> {
    let fits = |key: &&Key| key.name == name && of.is_none_or(|of| key.on.contains(of));
    let keys = dialect.keys(shape);
    keys.iter().find(fits).or_else(|| keys.iter().find(|key| key.name == name))
}
