//! Flow definitions: one model for both dialects.
