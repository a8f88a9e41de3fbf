//! The plan of one stage: [`Stage`], its figures and what follows from them.

use core::time::Duration;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::secs;

use crate::policy::ConfigError;

/// A stage of a line: a buffer, a step with a time-out, and how many lanes run it; made by [`Stage::named`].
///
/// The buffer holds what arrives at the peak rate while the step is delayed: `peak rate × delay`, rounded up (Little's
/// law, for the longest delay instead of the mean). A larger one hides an overload for longer and loses more in a crash.
///
/// ```
/// use gofarm_core::time::{millis, secs};
/// use gofarm_resilience::pipeline::Stage;
///
/// // 2 000 probes report once a minute, all at the full minute within 4 s; the database may pause for 1.5 s.
/// const STORE: Stage = match Stage::named("store")
///     .peak(2_000, secs(4))
///     .delay(millis(1_500))
///     .timeout(secs(5))
///     .lanes(4)
///     .build()
/// {
///     Ok(stage) => stage,
///     Err(_) => panic!("a figure is out of range"),
/// };
/// assert_eq!(STORE.buffer(), 752); // 750, in four equal lanes
/// assert_eq!(STORE.holds(), 756); // and one in each lane's hands
/// assert_eq!(STORE.longest_stay(), secs(945)); // if every step runs into its time-out
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Stage {
    name: &'static str,
    lane_buffer: u32,
    lanes: u16,
    timeout: Duration,
}

impl Stage {
    /// The largest buffer of a stage, in items.
    pub const MAX_BUFFER: u32 = 1 << 20;

    /// Starts a stage with this name, for its figures and failures. One lane; a time-out of 5 s; peak rate and delay
    /// have no default.
    pub const fn named(name: &'static str) -> StageBuilder {
        StageBuilder {
            name,
            items: 0,
            per: Duration::ZERO,
            delay: Duration::ZERO,
            buffer: None,
            lanes: 1,
            timeout: secs(5),
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How many items wait before the step at most, in all lanes.
    #[must_use]
    pub const fn buffer(&self) -> u32 {
        self.lane_buffer * self.lanes as u32
    }

    /// How many items wait in one lane at most.
    #[must_use]
    pub const fn lane_buffer(&self) -> u32 {
        self.lane_buffer
    }

    /// How many items are worked on at the same time.
    #[must_use]
    pub const fn lanes(&self) -> u16 {
        self.lanes
    }

    /// How long the step may work on one item.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// How many items the stage holds at most: its buffer, and one that each lane works on or hands on.
    #[must_use]
    pub const fn holds(&self) -> u32 {
        self.buffer() + self.lanes as u32
    }

    /// How long an item stays in the stage at most, while the next stage takes what it is given.
    #[must_use]
    pub const fn longest_stay(&self) -> Duration {
        self.timeout.saturating_mul(self.lane_buffer + 1)
    }
}

/// Collects the figures of a [`Stage`]; see there.
#[derive(Clone, Copy, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct StageBuilder {
    name: &'static str,
    items: u32,
    per: Duration,
    delay: Duration,
    buffer: Option<u32>,
    lanes: u16,
    timeout: Duration,
}

impl StageBuilder {
    /// The highest rate at which items arrive: so many in this time, 1 or more in over 0.
    pub const fn peak(mut self, items: u32, per: Duration) -> Self {
        self.items = items;
        self.per = per;
        self
    }

    /// The longest time for which the step may be delayed without its source having to wait; may be 0.
    pub const fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// A buffer larger than `peak rate × delay`; a smaller one is refused.
    pub const fn buffer(mut self, items: u32) -> Self {
        self.buffer = Some(items);
        self
    }

    /// How many lanes work at the same time, 1 to 65 535; 1. The items of one key always take the same lane. The buffer
    /// is divided among the lanes, rounded up, at least one item each.
    pub const fn lanes(mut self, lanes: u16) -> Self {
        self.lanes = lanes;
        self
    }

    /// How long the step may work on one item, over 0; 5 s.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Checks the figures and computes the buffer.
    ///
    /// # Errors
    /// The first rule that is broken.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "compared with MAX_BUFFER just before"
    )]
    pub const fn build(self) -> Result<Stage, StageError> {
        if self.items == 0 || self.per.is_zero() {
            return Err(StageError::Config(ConfigError::new(
                "peak",
                "at least 1 item in a time over 0",
            )));
        }
        if self.timeout.is_zero() {
            return Err(StageError::Config(ConfigError::new("timeout", "over 0")));
        }
        if self.lanes == 0 {
            return Err(StageError::Config(ConfigError::new(
                "lanes",
                "from 1 to 65535",
            )));
        }
        // Below 2^32 × 2^94, of which there is no overflow; and `per` is not 0.
        let needed = (self.items as u128 * self.delay.as_nanos()).div_ceil(self.per.as_nanos());
        let needed = if needed == 0 { 1 } else { needed };
        if needed > Stage::MAX_BUFFER as u128 {
            return Err(StageError::Config(ConfigError::new(
                "buffer",
                "at most 1048576 items",
            )));
        }
        let needed = needed as u32;
        let buffer = match self.buffer {
            Some(buffer) if buffer < needed => return Err(StageError::TooSmall { needed }),
            Some(buffer) if buffer > Stage::MAX_BUFFER => {
                return Err(StageError::Config(ConfigError::new(
                    "buffer",
                    "at most 1048576 items",
                )));
            }
            Some(buffer) => buffer,
            None => needed,
        };
        Ok(Stage {
            name: self.name,
            lane_buffer: buffer.div_ceil(self.lanes as u32),
            lanes: self.lanes,
            timeout: self.timeout,
        })
    }
}

/// A figure of a [`Stage`] that breaks a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum StageError {
    /// A figure that is out of its range.
    #[error(transparent)]
    Config(ConfigError),
    /// A buffer that cannot hold what arrives during the delay.
    #[error("buffer must be at least peak rate × delay, {needed} items")]
    TooSmall {
        /// Peak rate × delay, in items.
        needed: u32,
    },
}

impl Classify for StageError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

#[cfg(test)]
mod tests {
    use gofarm_core::time::{days, millis};
    use proptest::prelude::*;

    use super::*;

    fn stage() -> StageBuilder {
        Stage::named("step").peak(100, secs(1))
    }

    #[test]
    fn each_rule_is_checked() {
        let cases = [
            (
                Stage::named("step"),
                StageError::Config(ConfigError::new("peak", "at least 1 item in a time over 0")),
            ),
            (
                stage().peak(0, secs(1)),
                StageError::Config(ConfigError::new("peak", "at least 1 item in a time over 0")),
            ),
            (
                stage().timeout(secs(0)),
                StageError::Config(ConfigError::new("timeout", "over 0")),
            ),
            (
                stage().lanes(0),
                StageError::Config(ConfigError::new("lanes", "from 1 to 65535")),
            ),
            (
                stage().delay(millis(101)).buffer(10),
                StageError::TooSmall { needed: 11 },
            ),
            (
                stage().delay(days(1)),
                StageError::Config(ConfigError::new("buffer", "at most 1048576 items")),
            ),
            (
                stage().buffer(u32::MAX),
                StageError::Config(ConfigError::new("buffer", "at most 1048576 items")),
            ),
            (
                stage()
                    .peak(u32::MAX, Duration::from_nanos(1))
                    .delay(Duration::MAX),
                StageError::Config(ConfigError::new("buffer", "at most 1048576 items")),
            ),
        ];
        for (builder, expected) in cases {
            assert_eq!(builder.build(), Err(expected));
        }
        assert_eq!(stage().build().map(|stage| stage.buffer()), Ok(1));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 8 } else { 256 }))]

        #[test]
        fn the_buffer_holds_what_arrives_during_the_delay(
            items in 1_u32..5_000,
            per in 1_u64..100_000,
            delay in 0_u64..100_000,
            lanes in 1_u16..64,
        ) {
            let plan = stage().peak(items, millis(per)).delay(millis(delay)).lanes(lanes).build();
            let exact = u64::from(items) * delay;
            match plan {
                Ok(stage) => {
                    prop_assert!(u64::from(stage.buffer()) * per >= exact);
                    // Rounding adds at most one item and one a lane.
                    let spare = u64::from(stage.buffer()).saturating_sub(u64::from(lanes) + 1);
                    prop_assert!(spare * per <= exact);
                }
                Err(error) => {
                    prop_assert_eq!(error, StageError::Config(ConfigError::new("buffer", "at most 1048576 items")));
                    prop_assert!(exact > u64::from(Stage::MAX_BUFFER) * per);
                }
            }
        }
    }
}
