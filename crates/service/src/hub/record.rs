//! The stored texts of the machines: words separated by spaces.
