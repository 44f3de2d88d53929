//! One call of the client: its options ([`ask`]), and its conversation with the service ([`talk`]).

pub mod call;
pub mod options;
