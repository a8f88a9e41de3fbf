//! [`Rate`]: tokens in a time, zero included.

use core::time::Duration;

/// How many tokens flow into a bucket in which time; zero is a rate.
///
/// ```
/// use gofarm_core::time::millis;
/// use gofarm_resilience::policy::Rate;
///
/// assert_eq!(Rate::new(10, millis(100)).per_second_f64(), 100.0);
/// assert!(Rate::ZERO.is_zero());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Rate {
    tokens: u32,
    per: Duration,
}

impl Rate {
    /// Nothing flows.
    pub const ZERO: Self = Self::per_second(0);

    /// `tokens` in each `per`. A bucket accepts 1 µs to 400 days for `per` and at most 64 tokens a microsecond.
    #[must_use]
    pub const fn new(tokens: u32, per: Duration) -> Self {
        Self { tokens, per }
    }

    /// `tokens` a second.
    #[must_use]
    pub const fn per_second(tokens: u32) -> Self {
        Self::new(tokens, Duration::from_secs(1))
    }

    /// The number of tokens in [`Rate::per`].
    #[must_use]
    pub const fn tokens(&self) -> u32 {
        self.tokens
    }

    /// The time in which [`Rate::tokens`] flow.
    #[must_use]
    pub const fn per(&self) -> Duration {
        self.per
    }

    /// Whether nothing flows.
    #[must_use]
    pub const fn is_zero(&self) -> bool {
        self.tokens == 0
    }

    /// Tokens a second; 0 for a rate whose time is zero, which no bucket accepts.
    #[must_use]
    pub fn per_second_f64(&self) -> f64 {
        if self.per.is_zero() {
            return 0.0;
        }
        f64::from(self.tokens) / self.per.as_secs_f64()
    }
}
