//! How often and how bad, and what came of it.

use core::time::Duration;

use gofarm_core::random::Random;

/// How often something happens, in 65 536ths.
///
/// ```
/// use gofarm_hal::fault_injector::Chance;
///
/// assert_eq!(Chance::one_in(128), Chance::per_65_536(512));
/// assert_eq!(Chance::one_in(0), Chance::NEVER);
/// assert_eq!(Chance::one_in(1), Chance::ALWAYS);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Chance(u32);

impl Chance {
    /// Not once.
    pub const NEVER: Self = Self(0);
    /// Each time.
    pub const ALWAYS: Self = Self(1 << 16);

    /// `n` times in 65 536; more are [`ALWAYS`](Self::ALWAYS).
    #[must_use]
    pub const fn per_65_536(n: u32) -> Self {
        if n > Self::ALWAYS.0 {
            Self::ALWAYS
        } else {
            Self(n)
        }
    }

    /// Once in `n` times, rounded down to a 65 536th but never to nothing; 0 stands for never.
    #[must_use]
    pub const fn one_in(n: u32) -> Self {
        match n {
            0 => Self::NEVER,
            n if n > Self::ALWAYS.0 => Self(1),
            n => Self(Self::ALWAYS.0 / n),
        }
    }

    /// Whether it happens now. A chance of 0 or 1 draws nothing, so a fault that is off does not move the others.
    pub(super) fn strikes(self, random: &mut impl Random) -> bool {
        match self {
            Self::NEVER => false,
            Self::ALWAYS => true,
            Self(n) => random.below(1 << 16) < u64::from(n),
        }
    }
}

/// What happens to the bytes of a line, and how often; each byte in each direction is drawn by itself.
///
/// ```
/// use gofarm_core::time::{millis, secs};
/// use gofarm_hal::fault_injector::{Chance, FaultConfig};
///
/// // A cable beside a pump: noise, now and then a dead line for up to two seconds.
/// let pump = FaultConfig::new()
///     .corruption(Chance::one_in(100))
///     .noise(Chance::one_in(300))
///     .outage(Chance::one_in(5_000), secs(2));
/// // A gateway behind a slow bridge: bytes come late and in bursts.
/// let bridge = FaultConfig::new().delay(Chance::one_in(20), millis(80));
/// # let _ = (pump, bridge);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a configuration does nothing by itself"]
pub struct FaultConfig {
    pub(super) loss: Chance,
    pub(super) corruption: Chance,
    pub(super) duplication: Chance,
    pub(super) noise: Chance,
    pub(super) delay: (Chance, Duration),
    pub(super) outage: (Chance, Duration),
}

impl FaultConfig {
    /// A good line.
    pub const fn new() -> Self {
        Self {
            loss: Chance::NEVER,
            corruption: Chance::NEVER,
            duplication: Chance::NEVER,
            noise: Chance::NEVER,
            delay: (Chance::NEVER, Duration::ZERO),
            outage: (Chance::NEVER, Duration::ZERO),
        }
    }

    /// A byte is lost.
    pub const fn loss(self, loss: Chance) -> Self {
        Self { loss, ..self }
    }

    /// One bit of a byte is turned over.
    pub const fn corruption(self, corruption: Chance) -> Self {
        Self { corruption, ..self }
    }

    /// A byte comes twice.
    pub const fn duplication(self, duplication: Chance) -> Self {
        Self {
            duplication,
            ..self
        }
    }

    /// A byte that nobody sent comes before a byte.
    pub const fn noise(self, noise: Chance) -> Self {
        Self { noise, ..self }
    }

    /// A byte, and what is behind it, is held back for up to `longest`.
    pub const fn delay(self, chance: Chance, longest: Duration) -> Self {
        Self {
            delay: (chance, longest),
            ..self
        }
    }

    /// The line breaks with a byte: that one, and all that pass in its direction for up to `longest`, are lost.
    pub const fn outage(self, chance: Chance, longest: Duration) -> Self {
        Self {
            outage: (chance, longest),
            ..self
        }
    }
}

/// How often a [`FaultInjector`](super::FaultInjector) did what; the counts stop at their greatest value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Injected {
    /// Bytes that were lost, those of outages included.
    pub lost: u32,
    /// Bytes of which a bit was turned over.
    pub corrupted: u32,
    /// Bytes that came twice.
    pub duplicated: u32,
    /// Bytes that nobody sent.
    pub noise: u32,
    /// Times that bytes were held back.
    pub delayed: u32,
    /// Times that the line broke.
    pub outages: u32,
}

impl Injected {
    pub(super) const NONE: Self = Self {
        lost: 0,
        corrupted: 0,
        duplicated: 0,
        noise: 0,
        delayed: 0,
        outages: 0,
    };
}
