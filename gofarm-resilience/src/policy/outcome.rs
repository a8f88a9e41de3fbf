//! How a call ended: [`Outcome`].

use gofarm_core::error::{Classify, Kind};

/// How a call ended, as far as a policy is concerned.
///
/// ```
/// use gofarm_core::error::Kind;
/// use gofarm_resilience::Outcome;
///
/// assert_eq!(Outcome::of_kind(Kind::TimedOut), Outcome::Failure);
/// // The caller's own mistake says nothing about the device.
/// assert_eq!(Outcome::of_kind(Kind::Invalid), Outcome::Neutral);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Outcome {
    /// The other side did what was asked.
    Success,
    /// The other side, or the way there, failed.
    Failure,
    /// It says nothing about the other side: the request was wrong, or the caller gave up.
    Neutral,
}

impl Outcome {
    /// The outcome of a result whose error says what [kind](Kind) it is.
    pub fn of<T, E: Classify>(result: &Result<T, E>) -> Self {
        match result {
            Ok(_) => Self::Success,
            Err(error) => Self::of_error(error),
        }
    }

    /// The outcome of a call that failed: as its [kind](Self::of_kind) says, but neutral if it was
    /// [never sent](Classify::was_sent). A limit of our own that rejects must not open the breaker outside of it.
    pub fn of_error(error: &impl Classify) -> Self {
        if error.was_sent() {
            Self::of_kind(error.kind())
        } else {
            Self::Neutral
        }
    }

    /// The outcome of a failure of this kind: a failure, but for invalid requests and cancelled ones.
    #[must_use]
    pub const fn of_kind(kind: Kind) -> Self {
        match kind {
            Kind::Transient | Kind::Permanent | Kind::Overloaded | Kind::TimedOut => Self::Failure,
            Kind::Invalid | Kind::Cancelled => Self::Neutral,
        }
    }
}
