//! Which thing to bring into its wanted state next: a level-triggered queue of keys.
//!
//! A controller that acts on events misses some, sees others twice and acts on old ones. A level-triggered one keeps only
//! *which* things may be wrong; whoever takes a key looks at how things are then. So a hundred events of one valve become one
//! run, an event that comes while the valve is being looked at makes one more run after it, and a lost event costs a delay, not
//! a field. The rules and the verbs are those of Kubernetes' `client-go/util/workqueue` and controller-runtime: `add`,
//! `add_after`, `add_rate_limited`, `get`, `done`, `forget`. The law is theirs too: **one key never runs twice at once**.
//!
//! [`WorkQueue`] is a plain value: time and randomness are arguments, nothing waits, one owner. What goes beyond its models:
//!
//! - the number of keys is bounded ([`AddError::Full`]);
//! - a run that takes too long, or whose key was cancelled, is told once by [`poll_interrupt`](WorkQueue::poll_interrupt). Its
//!   key stays taken until the run has really ended;
//! - [`finish`](WorkQueue::finish) does what controller-runtime does with the result of a reconciler, and asks an error by its
//!   [`Kind`](gofarm_core::error::Kind) whether trying again can help.
//!
//! What it does not do: it keeps nothing over a restart. After one, add every key: that is what level-triggered means.
//!
//! ```
//! use gofarm_core::random::SplitMix64;
//! use gofarm_core::time::{Instant, secs};
//! use gofarm_sched::reconcile::{Outcome, QueueConfig, WorkQueue};
//!
//! let mut queue: WorkQueue<&str> = QueueConfig::new().build()?;
//! let mut random = SplitMix64::new(1);
//! let now = Instant::from_secs(10);
//! queue.add("valve-7").unwrap();
//! queue.add("valve-7").unwrap();                        // the same run
//!
//! let run = queue.get(now).unwrap();
//! queue.add("valve-7").unwrap();                        // once more, after this one
//! assert!(queue.get(now).is_none());
//! queue.finish(now, run, Ok(Outcome::Done), &mut random);
//!
//! let run = queue.get(now).unwrap();
//! queue.finish(now, run, Ok(Outcome::Requeue), &mut random);
//! assert_eq!(queue.poll_timeout(), Some(now + secs(30)));
//! # Ok::<(), gofarm_sched::ConfigError>(())
//! ```

mod add_error;
mod config;
mod counts;
mod entry;
mod queue;
mod run;
mod signal;

pub use add_error::AddError;
pub use config::QueueConfig;
pub use counts::QueueCounts;
pub use queue::WorkQueue;
pub use run::{Interrupt, Outcome, Run, RunId};
pub use signal::INSTRUMENTS;
