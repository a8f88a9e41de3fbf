//! How a node meets its load: [`Mode`], and the machine that moves between them.
//!
//! Three modes. *Balanced*: placement does its ordinary work. *Breaker*: the node's load **by itself** is over its limit;
//! it takes no new work, and replicas are asked to leave it. A relative score cannot say that: where all nodes are full,
//! none is worse than average. *Predictive*: the load rises steadily; what this service calls is asked to scale before
//! the load gets there.
//!
//! Thresholds alone make a machine that moves with every sample around them. So each threshold has a lower one for the
//! way back, and a mode that was entered is kept for a *dwell time*. Only the breaker does not wait: a node that is full
//! is full. That leaves a bound on the number of moves, whatever the loads are: [`ModeConfig::most_moves`].
//!
//! | from | to | when |
//! |---|---|---|
//! | Balanced | Breaker | load over `trip_at` |
//! | Balanced | Predictive | slope over `slope_at`, and the dwell time is over |
//! | Predictive | Breaker | load over `trip_at` |
//! | Predictive | Balanced | slope at most `slope_back`, spread at most `small_spread`, and the dwell time is over |
//! | Breaker | Balanced | load at most `back_at`, and the dwell time is over |
//!
//! There are no others. A large spread alone starts nothing: it is what placement is there to mend.
//!
//! What is not known moves nothing: a node in Breaker of which nothing is heard stays there. Whether it lives is decided
//! elsewhere.
//!
//! ```
//! use gofarm_core::time::{Instant, secs};
//! use gofarm_sched::mode::{Mode, ModeConfig, ModeEvent, ModeMachine};
//!
//! let mut node = ModeMachine::new(ModeConfig::default(), Instant::ZERO);
//! node.handle_load(Instant::from_secs(1), Some(0.95), 0.02);
//! assert!(!node.mode().takes_new_work());
//! let Some(ModeEvent::Moved(moved)) = node.poll_event() else { panic!("it has moved") };
//! assert_eq!((moved.from(), moved.to()), (Mode::Balanced, Mode::Breaker));
//! assert_eq!(node.poll_event(), Some(ModeEvent::MoveReplicas { load: 0.95 }));
//! assert_eq!(node.poll_event(), None);
//! ```

mod config;
mod event;
mod machine;
pub mod signal;
mod slope;

pub use config::ModeConfig;
pub use event::{Cause, ModeEvent, Moved};
pub use machine::ModeMachine;

use core::fmt;

/// How a node meets its load; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Mode {
    /// Ordinary placement.
    Balanced,
    /// Full: no new work, and replicas are asked to leave.
    Breaker,
    /// Rising: what the node's services call is asked to scale ahead of time.
    Predictive,
}

impl Mode {
    /// Whether a node in this mode takes new work.
    #[must_use]
    pub const fn takes_new_work(self) -> bool {
        !matches!(self, Self::Breaker)
    }

    /// Whether the table of the [module](self) has a row from this mode to that one.
    #[must_use]
    pub const fn may_move_to(self, to: Self) -> bool {
        matches!(
            (self, to),
            (Self::Balanced, Self::Breaker | Self::Predictive)
                | (Self::Predictive, Self::Breaker | Self::Balanced)
                | (Self::Breaker, Self::Balanced)
        )
    }

    /// The name in lower case, for labels: `balanced`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Balanced => "balanced",
            Self::Breaker => "breaker",
            Self::Predictive => "predictive",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
