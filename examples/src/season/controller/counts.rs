//! [`Counts`]: what a controller took and decided.

use alloc::collections::BTreeMap;
use core::time::Duration;

/// What the controller took and decided.
#[derive(Clone, Debug, Default)]
pub(in crate::season) struct Counts {
    pub(in crate::season) taken: u32,
    /// Polls that a breaker kept off the bus.
    pub(in crate::season) spared: u32,
    pub(in crate::season) accepted: u32,
    pub(in crate::season) refused: BTreeMap<&'static str, u32>,
    pub(in crate::season) decisions: u32,
    pub(in crate::season) withheld: u32,
    /// Commands to open that were not sent, because the last ones did not arrive.
    pub(in crate::season) held_back: u32,
    /// Decisions to wait for rain that was forecast.
    pub(in crate::season) waited_for_rain: u32,
    /// Commands that were executed and of which the flow meter said nothing.
    pub(in crate::season) unconfirmed: u32,
    /// Time with water, as the valve reported it with each close.
    pub(in crate::season) reported: Duration,
    /// Water that nobody asked for, seen at the main.
    pub(in crate::season) leaks: u32,
}
