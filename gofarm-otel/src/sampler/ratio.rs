//! A share of all traces: [`Ratio`].

use core::fmt;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::trace_context::TraceId;

use super::{Decision, Head, Sample};

/// A share from 0 (none) to 1 (all), in steps of 2⁻⁵⁶.
///
/// As a sampler it decides by the last seven bytes of the trace id alone, as OpenTelemetry's consistent probability
/// sampling does (specification, *TraceState: Probability Sampling*): each process that asks the same question
/// gets the same answer, and what a small ratio keeps a greater one keeps as well. Ids whose last bytes are not
/// random defeat it; see [`DeviceHash`](super::DeviceHash). The member `ot` of `tracestate`, by which that specification
/// tells others the ratio, is neither read nor written.
///
/// ```
/// use gofarm_otel::sampler::{Percent, Ratio};
///
/// assert_eq!(10.percent(), Ratio::of(1, 10));
/// assert_eq!(Ratio::new(0.25)?.to_string(), "25 %");
/// assert!(Ratio::new(1.5).is_err());
/// # Ok::<(), gofarm_otel::sampler::RatioError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "f64", into = "f64"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ratio(u64);

impl Ratio {
    /// Keeps nothing.
    pub const NEVER: Self = Self(0);
    /// Keeps everything.
    pub const ALWAYS: Self = Self(1 << 56);

    /// The ratio as a number from 0.0 to 1.0.
    ///
    /// # Errors
    /// [`RatioError`] if it is outside, or not a number.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the product lies between 0 and 2^56"
    )]
    pub fn new(ratio: f64) -> Result<Self, RatioError> {
        if (0.0..=1.0).contains(&ratio) {
            Ok(Self((ratio * ONE) as u64))
        } else {
            Err(RatioError)
        }
    }

    /// `part` out of `whole`, at most all; none if `whole` is 0.
    #[must_use]
    pub const fn of(part: u32, whole: u32) -> Self {
        if whole == 0 {
            return Self::NEVER;
        }
        if part >= whole {
            return Self::ALWAYS;
        }
        let kept = ((part as u128) << 56) / whole as u128;
        #[expect(clippy::cast_possible_truncation, reason = "below 2^56")]
        Self(kept as u64)
    }

    /// How many of 2⁵⁶ equally likely traces are kept, from 0 to 2⁵⁶.
    #[must_use]
    pub const fn threshold(self) -> u64 {
        self.0
    }

    /// The ratio that keeps that many of 2⁵⁶ traces; `None` above 2⁵⁶.
    #[must_use]
    pub const fn from_threshold(threshold: u64) -> Option<Self> {
        if threshold <= Self::ALWAYS.0 {
            Some(Self(threshold))
        } else {
            None
        }
    }

    /// The ratio as a number from 0.0 to 1.0.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53, then rounded")]
    pub const fn as_f64(self) -> f64 {
        self.0 as f64 / ONE
    }

    /// Whether a trace of this id is kept.
    #[must_use]
    pub const fn keeps(self, trace_id: &TraceId) -> bool {
        let [.., a, b, c, d, e, f, g] = *trace_id.as_bytes();
        let randomness = u64::from_be_bytes([0, a, b, c, d, e, f, g]);
        // The specification rejects below a threshold: the greatest values are kept.
        randomness >= Self::ALWAYS.0 - self.0
    }

    /// Whether a hash whose 64 bits are all alike is among those kept.
    pub(super) const fn keeps_hash(self, hash: u64) -> bool {
        hash >> 8 < self.0
    }
}

/// 2⁵⁶.
const ONE: f64 = 72_057_594_037_927_936.0;

impl Sample for Ratio {
    fn sample(&self, head: &Head<'_>) -> Decision {
        Decision::keep_if(self.keeps(&head.trace_id))
    }
}

/// In percent.
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Six digits behind the point are finer than anybody sets and hide the steps of 2⁻⁵⁶.
        let millionths = (u128::from(self.0) * 100_000_000 + (1 << 55)) >> 56;
        let (whole, mut rest, mut digits) = (millionths / 1_000_000, millionths % 1_000_000, 6);
        if rest == 0 {
            return write!(f, "{whole} %");
        }
        while rest % 10 == 0 {
            rest /= 10;
            digits -= 1;
        }
        write!(f, "{whole}.{rest:0digits$} %")
    }
}

impl TryFrom<f64> for Ratio {
    type Error = RatioError;

    fn try_from(ratio: f64) -> Result<Self, RatioError> {
        Self::new(ratio)
    }
}

impl From<Ratio> for f64 {
    fn from(ratio: Ratio) -> Self {
        ratio.as_f64()
    }
}

/// Ratios in percent: `10.percent()`, `0.5.percent()`.
///
/// More than 100 is 100, less than 0 and what is not a number is 0.
///
/// ```
/// use gofarm_otel::sampler::{Percent, Ratio};
///
/// assert_eq!(0.5.percent().to_string(), "0.5 %");
/// assert_eq!(250.percent(), Ratio::ALWAYS);
/// ```
pub trait Percent {
    /// That many of a hundred.
    fn percent(self) -> Ratio;
}

impl Percent for u32 {
    fn percent(self) -> Ratio {
        Ratio::of(self, 100)
    }
}

impl Percent for f64 {
    fn percent(self) -> Ratio {
        Ratio::new((self / 100.0).clamp(0.0, 1.0)).unwrap_or(Ratio::NEVER)
    }
}

/// A ratio that is not from 0 to 1.
///
/// ```
/// use gofarm_otel::sampler::Ratio;
///
/// let error = Ratio::new(f64::NAN).unwrap_err();
/// assert_eq!(error.to_string(), "a sampling ratio is a number from 0 to 1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sampling ratio is a number from 0 to 1")]
pub struct RatioError;

impl Classify for RatioError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gofarm_core::random::{Random, SplitMix64};
    use gofarm_core::trace_context::TraceContext;

    #[test]
    fn what_a_small_ratio_keeps_a_greater_one_keeps_as_well() {
        let mut random = SplitMix64::new(1);
        for _ in 0..if cfg!(miri) { 100 } else { 20_000 } {
            let id = TraceContext::root(&mut random).trace_id();
            let (a, b) = (random.below(1 << 56), random.below(1 << 56));
            let (small, great) = (Ratio(a.min(b)), Ratio(a.max(b)));
            assert!(!small.keeps(&id) || great.keeps(&id), "{small} {great}");
            assert!(Ratio::ALWAYS.keeps(&id) && !Ratio::NEVER.keeps(&id));
        }
    }

    #[test]
    fn the_ends_of_the_range_are_exact() {
        let highest = TraceId::new([0xff; 16]).unwrap();
        let lowest = TraceId::new([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).unwrap();
        assert!(Ratio(1).keeps(&highest));
        assert!(!Ratio((1 << 56) - 1).keeps(&lowest));
        assert!(!Ratio::NEVER.keeps_hash(0) && Ratio::ALWAYS.keeps_hash(u64::MAX));
        assert_eq!(Ratio::from_threshold((1 << 56) + 1), None);
        assert_eq!(Ratio::new(1.0), Ok(Ratio::ALWAYS));
    }

    #[cfg(feature = "serde")]
    #[test]
    fn a_configuration_has_a_number_from_0_to_1() {
        use serde::Deserialize;
        use serde::de::IntoDeserializer;
        use serde::de::value::{Error, F64Deserializer};

        let read = |number: f64| {
            let from: F64Deserializer<Error> = number.into_deserializer();
            Ratio::deserialize(from)
        };
        assert_eq!(read(0.25), Ok(Ratio::of(1, 4)));
        assert!(read(1.01).is_err() && read(-0.1).is_err() && read(f64::NAN).is_err());
    }

    #[test]
    fn ratios_are_told_in_percent() {
        let rows = [
            (Ratio::ALWAYS, "100 %"),
            (Ratio::of(1, 3), "33.333333 %"),
            (Ratio::of(1, 1_000), "0.1 %"),
            (Ratio::NEVER, "0 %"),
            (Ratio::of(9, 0), "0 %"),
        ];
        for (ratio, text) in rows {
            assert_eq!(ratio.to_string(), text);
        }
        assert_eq!(f64::NAN.percent(), Ratio::NEVER);
        assert_eq!((-3.0).percent(), Ratio::NEVER);
    }
}
