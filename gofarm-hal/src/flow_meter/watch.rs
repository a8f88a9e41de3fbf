//! [`FlowWatch`]: flow that should not be, and flow that should.

use core::time::Duration;

use gofarm_core::time::{Instant, secs};

/// What the valves on a meter should let through; a watch has to handle all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "a watch has to handle all")]
pub enum Expected {
    /// Nothing: all of them are closed.
    None,
    /// Something: at least one is open.
    Some,
    /// Either: one is on its way.
    Unknown,
}

/// When flow is a leak, and when it is too little.
///
/// ```
/// use gofarm_core::time::secs;
/// use gofarm_hal::flow_meter::FlowLimits;
///
/// let limits = FlowLimits::new(200).at_least(2_000).settle(secs(15)); // ml/min
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "limits do nothing until a valve or a watch is made with them"]
pub struct FlowLimits {
    leak: u32,
    least: u32,
    settle: Duration,
}

impl FlowLimits {
    /// More than `leak` ml/min through closed valves is a leak; as much or less through open ones is no flow. Judged
    /// from 10 s after the valves have come to rest.
    pub const fn new(leak: u32) -> Self {
        Self {
            leak,
            least: leak.saturating_add(1),
            settle: secs(10),
        }
    }

    /// With another rate below which an open line counts as blocked, in ml/min.
    pub const fn at_least(mut self, rate: u32) -> Self {
        self.least = rate;
        self
    }

    /// With another time than 10 s in which pipes fill and run out, and the meter's rate settles.
    pub const fn settle(mut self, time: Duration) -> Self {
        self.settle = time;
        self
    }

    /// Whether so many ml/min are none.
    #[must_use]
    pub const fn is_still(&self, rate: u32) -> bool {
        rate <= self.leak
    }

    /// The time in which the flow settles.
    #[must_use]
    pub const fn settle_time(&self) -> Duration {
        self.settle
    }
}

/// What a watch found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum FlowEvent {
    /// Water flows though all valves are closed.
    Leak {
        /// How much, in ml/min.
        rate: u32,
    },
    /// A leak is over.
    LeakEnded,
    /// Too little flows though a valve is open.
    NoFlow {
        /// How much, in ml/min.
        rate: u32,
    },
}

/// Holds the rate of one meter against what its valves should let through.
///
/// Each event is told once: a leak until it has ended, no flow until the valves change.
///
/// See the [module](super) for an example.
#[derive(Clone, Debug)]
pub struct FlowWatch {
    limits: FlowLimits,
    expected: Expected,
    since: Option<Instant>,
    is_leaking: bool,
    is_told: bool,
}

impl FlowWatch {
    /// A watch that does not know yet what to expect.
    #[must_use]
    pub const fn new(limits: FlowLimits) -> Self {
        Self {
            limits,
            expected: Expected::Unknown,
            since: None,
            is_leaking: false,
            is_told: false,
        }
    }

    /// Takes the rate in ml/min and what is expected; call it with every reading, and whenever a valve changes.
    pub fn update(&mut self, rate: u32, expected: Expected, now: Instant) -> Option<FlowEvent> {
        self.expect(expected, now);
        if self.is_leaking && self.limits.is_still(rate) {
            self.is_leaking = false;
            return Some(FlowEvent::LeakEnded);
        }
        if now < self.since? + self.limits.settle {
            return None;
        }
        match expected {
            Expected::None if !self.is_leaking && !self.limits.is_still(rate) => {
                self.is_leaking = true;
                Some(FlowEvent::Leak { rate })
            }
            Expected::Some if !self.is_told && rate < self.limits.least => {
                self.is_told = true;
                Some(FlowEvent::NoFlow { rate })
            }
            Expected::None | Expected::Some | Expected::Unknown => None,
        }
    }

    /// Takes note of what is expected from now on.
    pub fn expect(&mut self, expected: Expected, now: Instant) {
        if expected != self.expected || self.since.is_none() {
            self.expected = expected;
            self.since = Some(now);
            self.is_told = false;
        }
    }

    /// Whether water was found to flow through closed valves, and has not been found still since.
    #[must_use]
    pub const fn is_leaking(&self) -> bool {
        self.is_leaking
    }
}
