//! Leave to make one call: [`Permit`].

use gofarm_core::time::Instant;

/// Leave to make one call; must be settled by `record` or `cancel` of the breaker that gave it.
///
/// It has no `Drop`, since settling takes a clock. One that is lost in a half-open breaker is missed until the
/// half-open time is over, and then counts as a trial that failed; in a closed one it costs nothing.
#[derive(Debug)]
#[must_use = "a permit that is not settled is a trial that never answers: record or cancel it"]
pub struct Permit {
    pub(super) generation: u16,
    pub(super) is_trial: bool,
    pub(super) started: Instant,
}

impl Permit {
    /// When the call was admitted; its time counts from here.
    #[must_use]
    pub const fn started(&self) -> Instant {
        self.started
    }

    /// Whether the call is a trial of a half-open breaker.
    #[must_use]
    pub const fn is_trial(&self) -> bool {
        self.is_trial
    }

    /// The generation of the breaker that admitted it.
    #[must_use]
    pub const fn generation(&self) -> u16 {
        self.generation
    }
}
