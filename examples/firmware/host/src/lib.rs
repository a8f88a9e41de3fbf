//! The other end of a node: an emulator that runs it, lines to it, and what it says.

pub mod gateway;
pub mod node;
pub mod probes;
pub mod valve;
