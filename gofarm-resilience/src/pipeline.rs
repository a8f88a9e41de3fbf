//! Lines of steps with bounded stages between them: readings are checked, converted, stored and forwarded.
//!
//! Steps joined by unbounded queues work until one of them is slower than its source for an hour; then the process is
//! killed with everything that was in the queues. Steps called one after the other work until one hangs; then nothing
//! moves. A line here is made of [`Stage`]s: each has a buffer of known size, computed from what it is for (peak rate ×
//! delay), a time-out for each item, and waits when the next one is full, up to the source, which is told to wait.
//!
//! [`Stage`] is the plan, with its arithmetic, without a runtime. With the feature `tokio`, `Pipeline` runs it; a step is
//! a tower `Service` or an async function; what fails or finds no room is told as signals (`PipelineBuilder::observe`).
//!
//! What holds, and is tested:
//!
//! - Every accepted item comes out of each branch once, or is reported once to `on_failure` on its way there: failed,
//!   timed out, panicked, unclaimed.
//! - An error concerns its item alone; the line goes on.
//! - Items of one key leave a stage in the order in which they came; a stage of one lane keeps the order of all.
//! - After a fan-out each branch gets every item, and the slowest branch sets the pace.
//! - The line never holds more items than [`Stage::holds`] says, summed over its stages.
//! - A shutdown takes nothing new and ends when what was accepted has left.
//!
//! What it does not do: it keeps nothing across a restart of the process (a step that stores does), repeats nothing (a
//! retry Layer around a step does), and joins no branches.

#[cfg(feature = "tokio")]
mod account;
#[cfg(feature = "tokio")]
mod builder;
#[cfg(feature = "tokio")]
mod ends;
#[cfg(feature = "tokio")]
mod failure;
#[cfg(feature = "tokio")]
mod lane;
#[cfg(feature = "tokio")]
mod line;
#[cfg(feature = "tokio")]
mod signal;
mod stage;

#[cfg(feature = "tokio")]
pub use account::StageCount;
#[cfg(feature = "tokio")]
pub use builder::{Flow, LineError, PipelineBuilder, StepFn, step_fn};
#[cfg(feature = "tokio")]
pub use ends::{Inlet, NotAccepted, Outlet, TryNotAccepted};
#[cfg(feature = "tokio")]
pub use failure::{Failure, FailureReason};
#[cfg(feature = "tokio")]
pub use line::{Pipeline, Unfinished};
#[cfg(feature = "tokio")]
pub use signal::INSTRUMENTS;
pub use stage::{Stage, StageBuilder, StageError};
