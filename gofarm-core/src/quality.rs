//! How far a reading can be trusted: [`Quality`], the [`Pipeline`] that decides it, and [`Disagreement`] of two probes.
//!
//! A probe that has come loose reads 0, a failed conversion reads full scale, a dead one repeats its last value for
//! days, and a smoothing filter mixes all of that into numbers that look fine. So nothing is corrected or averaged
//! here: each raw reading keeps its value and gets a quality, and control says the worst that it acts on. The rules
//! come from the device's contract, where they are written once.
//!
//! ```
//! use gofarm_core::contract::{Number, Numeric, Property, Rate, Repr, Schema};
//! use gofarm_core::quality::{Fault, Grade, Pipeline, Quality, Suspicion};
//! use gofarm_core::time::{Instant, minutes};
//!
//! const WATER: Property = Property::new(
//!     "water",
//!     Schema::Numeric(Numeric::new(Repr::F32).at_least(Number::F32(0.0)).at_most(Number::F32(0.6))),
//! )
//! .max_rate(Rate::new(Number::F32(0.05), minutes(1)))
//! .stale_after(minutes(30));
//!
//! let mut water = Pipeline::of(&WATER);
//! let t = Instant::ZERO;
//! assert_eq!(water.assess(t, 0.31_f32).quality(), Quality::Good);
//! assert_eq!(water.assess(t + minutes(1), 0.55_f32).quality(), Quality::Suspect(Suspicion::Rate));
//! assert_eq!(water.assess(t + minutes(2), 33_783.0_f32).quality(), Quality::Suspect(Suspicion::Range));
//! assert_eq!(water.assess(t + minutes(3), f32::NAN).quality(), Quality::Bad(Fault::NotFinite));
//! assert_eq!(water.assess(t + minutes(4), 0.32_f32).quality(), Quality::Good);
//!
//! // Nothing new for half an hour: control that needs good readings stops using the last one.
//! assert!(!water.quality(t + minutes(34)).satisfies(Grade::Good));
//! ```
//!
//! What this does not do: it does not find a slow drift, and it does not know which of two probes is right.

mod disagreement;
mod pipeline;

pub use disagreement::{Agreement, Disagreement};
pub use pipeline::Pipeline;

use core::fmt;

use crate::observe::{Instrument, Label, Signal};

/// How far a reading can be trusted, with the reason where it cannot.
///
/// ```
/// use gofarm_core::quality::{Fault, Grade, Quality, Suspicion};
///
/// let rate = Quality::Suspect(Suspicion::Rate);
/// assert_eq!(Quality::Good.worst(rate), rate);
/// assert!(rate.satisfies(Grade::Suspect) && !rate.satisfies(Grade::Good));
/// assert_eq!(rate.to_string(), "suspect (rate)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Quality {
    /// Nothing speaks against it.
    Good,
    /// It is fresh and may be true, and something speaks against it.
    Suspect(Suspicion),
    /// It is too old, or there never was one.
    Stale,
    /// It is no measurement at all.
    Bad(Fault),
}

/// What speaks against a reading.
///
/// ```
/// use gofarm_core::quality::{Pipeline, Quality, Suspicion};
/// use gofarm_core::time::{Instant, minutes};
///
/// let mut water = Pipeline::new().stuck_after(minutes(60));
/// let _ = water.assess(Instant::ZERO, 0.31_f32);
/// let reading = water.assess(Instant::ZERO + minutes(60), 0.31_f32); // to the last bit
/// assert_eq!(reading.quality(), Quality::Suspect(Suspicion::Stuck));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Suspicion {
    /// It is outside the limits of its contract.
    Range,
    /// It changed faster than its contract allows.
    Rate,
    /// It has not changed at all for longer than its contract expects.
    Stuck,
    /// It differs too much from a second probe.
    Disagree,
}

/// Why a reading is no measurement.
///
/// ```
/// use gofarm_core::quality::{Fault, Grade, Pipeline, Quality};
/// use gofarm_core::time::Instant;
///
/// let mut water = Pipeline::new();
/// let _ = water.assess(Instant::ZERO, 0.31_f32);
/// water.failed(); // the bus gave an error
/// let quality = water.quality(Instant::from_secs(1));
/// assert_eq!(quality, Quality::Bad(Fault::ReadFailed));
/// assert!(!quality.satisfies(Grade::Stale));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Fault {
    /// NaN or infinite.
    NotFinite,
    /// The sensor gave an error in place of a value.
    ReadFailed,
}

/// A quality without its reason, from best to worst; control names the worst that it acts on.
///
/// ```
/// use gofarm_core::quality::{Grade, Quality, Suspicion};
///
/// assert!(Grade::Good < Grade::Suspect && Grade::Suspect < Grade::Stale && Grade::Stale < Grade::Bad);
/// // Irrigation needs good readings; the frost alarm acts on a suspect one as well.
/// let quality = Quality::Suspect(Suspicion::Rate);
/// assert!(!quality.satisfies(Grade::Good) && quality.satisfies(Grade::Suspect));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Grade {
    /// Nothing speaks against it.
    Good,
    /// Something speaks against it.
    Suspect,
    /// Too old.
    Stale,
    /// No measurement.
    Bad,
}

impl Quality {
    /// The quality without its reason.
    #[must_use]
    pub const fn grade(self) -> Grade {
        match self {
            Self::Good => Grade::Good,
            Self::Suspect(_) => Grade::Suspect,
            Self::Stale => Grade::Stale,
            Self::Bad(_) => Grade::Bad,
        }
    }

    /// Whether control that acts on `worst` and better may act on this.
    #[must_use]
    pub fn satisfies(self, worst: Grade) -> bool {
        self.grade() <= worst
    }

    /// The worse of two qualities; of two equal grades the reason of `self` stays.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        if other.grade() > self.grade() {
            other
        } else {
            self
        }
    }

    /// The quality's name in lower case, for labels: the reason where there is one, else the grade.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Suspect(Suspicion::Range) => "range",
            Self::Suspect(Suspicion::Rate) => "rate",
            Self::Suspect(Suspicion::Stuck) => "stuck",
            Self::Suspect(Suspicion::Disagree) => "disagree",
            Self::Stale => "stale",
            Self::Bad(Fault::NotFinite) => "not_finite",
            Self::Bad(Fault::ReadFailed) => "read_failed",
        }
    }

    /// One reading of this quality, for `gofarm.reading.assessed`.
    #[must_use]
    pub const fn signal(self) -> Signal<'static> {
        macro_rules! quality {
            ($quality:expr) => {
                const { &[Label::text("quality", $quality.as_str())] }
            };
        }
        let labels: &'static [Label<'static>] = match self {
            Self::Good => quality!(Quality::Good),
            Self::Suspect(Suspicion::Range) => quality!(Quality::Suspect(Suspicion::Range)),
            Self::Suspect(Suspicion::Rate) => quality!(Quality::Suspect(Suspicion::Rate)),
            Self::Suspect(Suspicion::Stuck) => quality!(Quality::Suspect(Suspicion::Stuck)),
            Self::Suspect(Suspicion::Disagree) => quality!(Quality::Suspect(Suspicion::Disagree)),
            Self::Stale => quality!(Quality::Stale),
            Self::Bad(Fault::NotFinite) => quality!(Quality::Bad(Fault::NotFinite)),
            Self::Bad(Fault::ReadFailed) => quality!(Quality::Bad(Fault::ReadFailed)),
        };
        ASSESSED.count(1).labelled(labels)
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good | Self::Stale => f.write_str(self.as_str()),
            Self::Suspect(_) => write!(f, "suspect ({})", self.as_str()),
            Self::Bad(Fault::NotFinite) => f.write_str("bad (not finite)"),
            Self::Bad(Fault::ReadFailed) => f.write_str("bad (read failed)"),
        }
    }
}

static ASSESSED: Instrument = Instrument::counter(
    "gofarm.reading.assessed",
    "{reading}",
    "Readings by quality: good, range, rate, stuck, disagree, stale, not_finite, read_failed",
);

/// All instruments of reading quality, for a listener that registers them ahead of the first signal.
pub static INSTRUMENTS: [&Instrument; 1] = [&ASSESSED];
