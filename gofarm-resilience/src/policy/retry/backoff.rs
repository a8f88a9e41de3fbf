//! [`Backoff`]: how long to wait before the next attempt.

use core::time::Duration;

use gofarm_core::random::Random;

/// Waits that double from a base up to a cap, with jitter.
///
/// The names of the jitters are those of Brooker, "Exponential Backoff And Jitter" (AWS, 2015), whose measurements
/// show full jitter to need the fewest calls in all.
///
/// ```
/// use gofarm_core::random::SplitMix64;
/// use gofarm_core::time::millis;
/// use gofarm_resilience::policy::{Backoff, Jitter};
///
/// let backoff = Backoff::exponential(millis(100), millis(500), Jitter::Equal);
/// let third = backoff.delay(2, &mut SplitMix64::new(7));
/// assert!(third >= millis(200) && third <= millis(400));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Backoff {
    base: Duration,
    cap: Duration,
    jitter: Jitter,
}

/// Which part of a wait is random; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Jitter {
    /// None: for tests, and where only one caller exists.
    None,
    /// All of it: from zero to the full wait.
    Full,
    /// Half of it: from half to the full wait. For calls that must not be repeated at once.
    Equal,
}

impl Backoff {
    /// 100 ms, doubled up to 10 s, with full jitter.
    pub const DEFAULT: Self = Self::exponential(
        Duration::from_millis(100),
        Duration::from_secs(10),
        Jitter::Full,
    );

    /// Waits from `base`, doubled with each attempt, up to `cap`.
    #[must_use]
    pub const fn exponential(base: Duration, cap: Duration, jitter: Jitter) -> Self {
        Self { base, cap, jitter }
    }

    /// The first wait, before jitter.
    #[must_use]
    pub const fn base(&self) -> Duration {
        self.base
    }

    /// The longest wait.
    #[must_use]
    pub const fn cap(&self) -> Duration {
        self.cap
    }

    /// The wait after the attempt that has been repeated this often: 0 after the first.
    pub fn delay<R: Random + ?Sized>(&self, repeated: u32, random: &mut R) -> Duration {
        let full = 2_u32
            .checked_pow(repeated)
            .map_or(self.cap, |factor| self.base.saturating_mul(factor))
            .min(self.cap);
        match self.jitter {
            Jitter::None => full,
            Jitter::Full => upto(full, random),
            Jitter::Equal => full - full / 2 + upto(full / 2, random),
        }
    }

    /// The wait, but no shorter than what the other side asked for; then a random part of the base is added, so
    /// that those who were sent away together do not return together.
    pub(super) fn delay_at_least<R: Random + ?Sized>(
        &self,
        asked: Duration,
        repeated: u32,
        random: &mut R,
    ) -> Duration {
        let own = self.delay(repeated, random);
        if own >= asked {
            return own;
        }
        match self.jitter {
            Jitter::None => asked,
            Jitter::Full | Jitter::Equal => asked + upto(self.base, random),
        }
    }
}

/// A uniformly random time from zero to `longest`, in microseconds.
fn upto<R: Random + ?Sized>(longest: Duration, random: &mut R) -> Duration {
    let micros = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(random.below(micros.saturating_add(1)))
}
