//! A flow as nodes and edges.
