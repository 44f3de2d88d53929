//! The only room that knows JavaScript: convert, call `api`, convert back.
