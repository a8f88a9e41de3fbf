//! [`LifecycleError`]: who said no, or what came at the wrong time.

use core::fmt;

use super::Stage;
use crate::error::{Classify, Kind};

/// Why a moment did not take place.
///
/// ```
/// use gofarm_core::lifecycle::{Lifecycle, LifecycleError, Stage, SyncOutcome};
/// use gofarm_core::time::Instant;
///
/// let early = Lifecycle::new(()).sync_end(Instant::ZERO, "cloud", SyncOutcome::Completed);
/// assert_eq!(early, Err(LifecycleError::OutOfOrder { stage: Stage::SyncEnd }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum LifecycleError {
    /// A hook said no.
    Vetoed {
        /// The moment.
        stage: Stage,
        /// The hook's name.
        hook: &'static str,
        /// The hook's reason.
        reason: &'static str,
    },
    /// The moment cannot come now: before boot, or inside or outside of a sync.
    OutOfOrder {
        /// The moment.
        stage: Stage,
    },
}

impl fmt::Display for LifecycleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vetoed {
                stage,
                hook,
                reason,
            } => write!(f, "{stage} vetoed by {hook}: {reason}"),
            Self::OutOfOrder { stage } => write!(f, "{stage} is out of order"),
        }
    }
}

impl core::error::Error for LifecycleError {}

impl Classify for LifecycleError {
    fn kind(&self) -> Kind {
        match self {
            Self::Vetoed { .. } => Kind::Transient,
            Self::OutOfOrder { .. } => Kind::Invalid,
        }
    }
}
