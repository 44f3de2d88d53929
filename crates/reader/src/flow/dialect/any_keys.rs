//! The keys of a dialect in any shape.

use super::{Dialect, Key, Shape};

/// The keys of a dialect by name: of each name the first key in any shape. A search of the tables for every word of a text
/// takes most of the time of a repair.
#[derive(Debug)]
pub struct AnyKeys([Option<&'static Key>; AnyKeys::PLACES]);

impl AnyKeys {
    // More than twice the number of names: each is near its place.
    const PLACES: usize = 256;
    const SHAPES: [Shape; 12] = [
        Shape::State,
        Shape::Document,
        Shape::Option,
        Shape::Default,
        Shape::Branch,
        Shape::Processor,
        Shape::Iteration,
        Shape::Mapping,
        Shape::Retry,
        Shape::Catch,
        Shape::OnError,
        Shape::OnErrorRetry,
    ];

    /// The keys of a dialect.
    pub fn new(dialect: Dialect) -> Self {
        let mut table = AnyKeys([None; AnyKeys::PLACES]);
        for shape in AnyKeys::SHAPES {
            for key in dialect.keys(shape) {
                let (place, found) = table.find(key.name);
                if found.is_none()
                    && let Some(free) = table.0.get_mut(place)
                {
                    *free = Some(key);
                }
            }
        }
        table
    }

    /// The first key with this name in any shape.
    pub fn get(&self, name: &str) -> Option<&'static Key> {
        self.find(name).1
    }

    /// The place of a name, and the key there.
    fn find(&self, name: &str) -> (usize, Option<&'static Key>) {
        let byte = |byte: Option<&u8>| byte.map_or(0, |byte| usize::from(*byte));
        let bytes = name.as_bytes();
        let mut place = name.len() * 37 + byte(bytes.first()) * 7 + byte(bytes.last()) * 13;
        loop {
            place %= AnyKeys::PLACES;
            match self.0.get(place) {
                Some(Some(key)) if key.name != name => place += 1,
                found => return (place, found.copied().flatten()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_key_of_each_name_is_found() {
        for dialect in Dialect::ALL {
            let table = AnyKeys::new(dialect);
            let all: Vec<&Key> = AnyKeys::SHAPES.into_iter().flat_map(|shape| dialect.keys(shape)).collect();
            for key in &all {
                let first = all.iter().find(|first| first.name == key.name).copied();
                assert!(std::ptr::eq(table.get(key.name).unwrap(), first.unwrap()), "{}", key.name);
            }
            let longer = all.iter().map(|key| format!("{}x", key.name));
            let unknown = longer.chain(["".to_owned(), "流".to_owned(), "x".repeat(300)]);
            for name in unknown.filter(|name| !all.iter().any(|key| key.name == name)) {
                assert!(table.get(&name).is_none(), "{name}");
            }
        }
    }
}
