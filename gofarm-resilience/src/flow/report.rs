//! What crosses the link: [`ItemHeader`] with each item, [`FlowReport`] back.

use core::time::Duration;

use gofarm_core::time::Instant;

/// The time at which the sender sent an item, on the sender's clock. Only the sender understands it; the receiver
/// sends it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Stamp(u64);

impl Stamp {
    /// A stamp that came over the link.
    #[must_use]
    pub const fn new(raw: u64) -> Self {
        Self(raw)
    }

    /// The stamp as a number, for the link.
    #[must_use]
    pub const fn raw(self) -> u64 {
        self.0
    }

    pub(super) const fn at(now: Instant) -> Self {
        Self(now.as_micros())
    }

    pub(super) const fn instant(self) -> Instant {
        Instant::from_micros(self.0)
    }
}

/// What travels with each item. All fields are for the two ends; an integrator only carries them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ItemHeader {
    /// The sender's session; larger after each restart.
    pub session: u64,
    /// The number of the item in this session, from 1.
    pub number: u64,
    /// When it was sent.
    pub stamp: Stamp,
}

/// What the receiver says of itself. All fields are for the two ends; an integrator only carries them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct FlowReport {
    /// The receiver's session; larger after each restart.
    pub session: u64,
    /// The number of the report in this session, from 1.
    pub number: u64,
    /// How many more items there is room for.
    pub free: u32,
    /// How long items waited on average.
    pub average_delay: Duration,
    /// The last item that was seen, if any.
    pub seen: Option<Echo>,
}

/// The last item that a receiver saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Echo {
    /// Its header.
    pub header: ItemHeader,
    /// How long ago that was when the report was made: not part of the round trip.
    pub held: Duration,
}
