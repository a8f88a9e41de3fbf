//! Why a ring refused.

use gofarm_core::error::{Classify, Kind};

/// The ring was full: the record was not taken, and is counted as lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("the ring is full: a record was lost")]
pub struct Full;

impl Classify for Full {
    fn kind(&self) -> Kind {
        Kind::Overloaded
    }

    fn was_sent(&self) -> bool {
        false
    }
}

/// The ends of the ring were given out before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("the ends of the ring were given out before")]
pub struct AlreadySplit;

impl Classify for AlreadySplit {
    fn kind(&self) -> Kind {
        Kind::Permanent
    }

    fn was_sent(&self) -> bool {
        false
    }
}
