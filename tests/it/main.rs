//! The one native test binary. Each family of cases is a module; the data stand in `tests/cases`.

mod check;
mod emulate;
mod execution;
mod graph;
mod poll;
mod sign;
mod simulate;
mod support;
mod tidy;
mod yaml;
