//! Staged rollouts: a new version to a few devices first, onward only while it does well, back by itself when it does not.
//!
//! A new image that is bad for one greenhouse in a hundred is found by giving it to one in a hundred. The figures: 1 % of
//! the devices for 5 min, 10 % for 15 min, then 5 % more in each step up to 100 %; errors at 0.02 % of the calls or more
//! roll back, latency over 150 ms holds the step. What those figures leave open is decided here, on the side of the crop:
//!
//! - **A stage counts only time in which it was seen to do well.** Latency over the limit, a paused rollout, or no report for
//!   a minute stop the clock of the stage; it goes on from where it stood. No news is not good news.
//! - **The error rate is that of the whole stage so far.** One error in the first 4 999 calls is over 0.02 %, and rolls back.
//!   A service whose single errors mean nothing sets [`RolloutConfig::least_errors`]. If a stage is held for longer than it
//!   should last, the rate is that of its last one to two lengths, so that an outage is not hidden behind days of good calls.
//! - **Who is in stays in.** Membership is a hash of the rollout's number and the device's or tenant's name against the
//!   share, so whoever is among the first 1 % is among the first 10 %, on every machine and after every restart.
//! - **Risk makes stages longer and asks for a person.** [`Risk`] is 0.4 business + 0.35 data + 0.25 dependency, each 0..=1.
//!   Stages last (1 + risk) times as long, and a rollout over 0.6 does not start before somebody has approved it.
//! - **After it rolled back nothing resumes by itself**: another attempt is another rollout.
//!
//! A [`Rollout`] is a plain value; [`Rollout::snapshot`] is what must survive a restart. What it does not do: it installs
//! nothing, and it reads no metrics.

mod config;
mod machine;
mod membership;
mod plan;
mod risk;
mod signal;
mod snapshot;
mod tally;

pub use config::RolloutConfig;
pub use machine::{HoldCause, Phase, Report, RollbackCause, Rollout, RolloutEvent};
pub use membership::position;
pub use plan::{RolloutPlan, Share, Stage};
pub use risk::Risk;
pub use signal::{INSTRUMENTS, observe};
pub use snapshot::{RestoreError, RolloutSnapshot};
