//! Small algorithms: sort, search, numbers, hexadecimal, Base64. The only implementations.
//!
//! The standard library's versions are made for speed on large inputs. Each of them adds code to the
//! WebAssembly modules, and generic ones add it again for each type.
//!
//! # What they save
//!
//! The bytes that one use adds to a module built with `opt-level = "z"`, measured by
//! `sh tests/bench/small_sizes.sh`:
//!
//! | use | standard library | this module |
//! |---|---|---|
//! | sort one type | 6,686 | 2,205 |
//! | sort two types | 12,426 | 2,920 |
//! | find a text | 4,279 | 266 |
//! | a number as text | 905 | 616 |
//!
//! The standard library has no hexadecimal and no Base64.

mod encode;
mod find;
mod number;
mod sort;

pub use encode::{LOWER, UPPER, base64, from_base64, from_hex, hex, push_hex, uuid};
pub use find::{contains, find, head, is_one_of, split, split_once, strip_one, trim_end};
pub use number::{parse_digits, parse_int, to_decimal};
pub use sort::{sort, sort_by};
