//! When a policy looks at the time: [`TimeUse`].

/// When a policy looks at the time that it is given.
///
/// A look at a clock costs more than most policies do, so who reads one for a policy reads it only then; at other
/// times it may pass any instant. A policy states it once, as [`Policy::TIME`](super::Policy::TIME).
///
/// ```
/// use gofarm_resilience::Policy;
/// use gofarm_resilience::policy::breaker::Breaker;
/// use gofarm_resilience::policy::{Bulkhead, TimeUse, TokenBucket};
///
/// assert_eq!(<Bulkhead as Policy>::TIME, TimeUse::Never);
/// assert_eq!(<TokenBucket as Policy>::TIME, TimeUse::Admitting);
/// assert_eq!(<Breaker as Policy>::TIME, TimeUse::Always);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeUse {
    /// At no time: calls are only counted.
    Never,
    /// When a call asks for leave; not when it is settled.
    Admitting,
    /// When a call asks for leave and when it is settled.
    Always,
}

impl TimeUse {
    /// Whether the time counts when a call asks for leave.
    #[must_use]
    pub const fn admitting(self) -> bool {
        !matches!(self, Self::Never)
    }

    /// Whether the time counts when a call is settled.
    #[must_use]
    pub const fn settling(self) -> bool {
        matches!(self, Self::Always)
    }
}
