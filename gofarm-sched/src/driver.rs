//! What waits, with tokio: workers for a queue of keys, and loops at a period. Nothing here decides.
//!
//! [`Controller`] runs a [`Reconciler`] for the keys of a [`WorkQueue`](crate::reconcile::WorkQueue) with so many workers at
//! once, ends runs that take too long or were cancelled by dropping their futures at the next `await`, and stops in good
//! order. [`every`] runs a step at a fixed period; steps that come too late are skipped and not made up for.
//!
//! A future that is dropped takes what it awaits with it, so cancellation reaches as deep as the reconciler awaits. It does
//! not reach what the reconciler has spawned: use a `tokio::task::JoinSet` there, which ends its tasks when it is dropped. Code
//! that computes without awaiting is not ended.

mod clock;
mod control_loop;
mod controller;
mod reconciler;

pub use clock::TokioClock;
pub use control_loop::{Tick, every};
pub use controller::{Controller, Stopped};
pub use reconciler::Reconciler;
