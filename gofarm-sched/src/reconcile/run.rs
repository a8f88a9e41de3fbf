//! [`Run`]: a key that was taken; [`Outcome`]: how it ended.

use core::time::Duration;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::Instant;

/// The number of a run, never used twice by one queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RunId(pub(super) u64);

/// A key that was taken out of the queue; nobody else gets it before this is given back.
///
/// See the [module](super) for an example.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "its key is taken until it is given to `finish` or `done`"]
pub struct Run<K> {
    pub(super) key: K,
    pub(super) id: RunId,
    pub(super) attempt: u32,
    pub(super) deadline: Instant,
}

impl<K> Run<K> {
    /// What to look at.
    #[must_use]
    pub const fn key(&self) -> &K {
        &self.key
    }

    /// The number of this run.
    #[must_use]
    pub const fn id(&self) -> RunId {
        self.id
    }

    /// 1, and one more for each failure of this key since it last went well.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// When it is interrupted.
    #[must_use]
    pub const fn deadline(&self) -> Instant {
        self.deadline
    }
}

/// How a run ended that did not fail; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Outcome {
    /// All is as wanted: nothing more before the key is added again.
    Done,
    /// Look again after the queue's usual time, 30 s by default.
    Requeue,
    /// Look again after this time.
    RequeueAfter(Duration),
}

/// Why a run was ended from outside; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Interrupt {
    /// It took too long.
    #[error("the run took too long")]
    TimedOut,
    /// Its key was cancelled.
    #[error("the key was cancelled")]
    Cancelled,
    /// It panicked.
    #[error("the run panicked")]
    Panicked,
}

impl Classify for Interrupt {
    fn kind(&self) -> Kind {
        match self {
            Self::TimedOut => Kind::TimedOut,
            Self::Cancelled => Kind::Cancelled,
            Self::Panicked => Kind::Transient,
        }
    }
}
