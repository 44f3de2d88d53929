//! What an offset is about.
