//! The one build tool of the project.
fn main() {}
