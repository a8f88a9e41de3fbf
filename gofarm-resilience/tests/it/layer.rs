//! The policies as Layers in a tower stack.

mod breaker;
mod carry;
mod chaos;
mod clock;
mod contract;
mod deadline;
mod field;
mod meter;
mod retry;
