//! Inference jobs: reasons, reservations of memory, and loads that fail where only bytes are counted.

mod arena;
mod fleet;
mod fragmentation;
