//! Reads flow definitions of [Alibaba Cloud CloudFlow](https://www.alibabacloud.com/help/en/cloudflow): a text to a tree,
//! a tree to the model of both dialects.
//!
//! The crate contains the code that takes most of the time for a valid text, and is compiled for speed. Everything else
//! is compiled for size. `cloudflow-language` contains the entry point, and both modules of this crate.

pub mod flow;
pub mod yaml;
