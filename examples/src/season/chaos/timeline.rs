//! [`Timeline`]: a script as it is played.

use gofarm_core::time::Instant;

use super::Chaos;
use super::failure::Failure;

/// A failure begins or ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// It goes wrong from now on.
    Begins(Failure),
    /// It is over.
    Ends(Failure),
}

impl Change {
    /// When it is.
    #[must_use]
    pub const fn at(&self) -> Instant {
        match self {
            Self::Begins(failure) => failure.at(),
            Self::Ends(failure) => failure.end(),
        }
    }

    /// What begins or ends.
    #[must_use]
    pub const fn failure(&self) -> &Failure {
        match self {
            Self::Begins(failure) | Self::Ends(failure) => failure,
        }
    }
}

/// A script as it is played: what changes, in order of time.
///
/// At equal times what ends comes before what begins, and otherwise the order is that of the script. Poll until nothing
/// is left whenever [`poll_timeout`](Self::poll_timeout) is due; one that is polled late gives all that was due.
///
/// ```
/// use gofarm_core::time::{Instant, days};
/// use gofarm_examples::season::chaos::{Chaos, Timeline};
///
/// let mut timeline = Timeline::new(Chaos::draw(7, 145));
/// let noon = Instant::ZERO + days(60);
/// while let Some(change) = timeline.poll(noon) {
///     assert!(change.at() <= noon);
/// }
/// assert!(timeline.poll_timeout() > noon);
/// for failure in timeline.active() {
///     assert!(failure.at() <= noon && noon < failure.end());
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    changes: Vec<Change>,
    played: usize,
    /// In order of their begin.
    active: Vec<Failure>,
}

impl Timeline {
    /// The script from its begin.
    #[must_use]
    pub fn new(chaos: Chaos) -> Self {
        let failures = chaos.failures;
        let ends = failures.iter().copied().map(Change::Ends);
        let begins = failures.iter().copied().map(Change::Begins);
        let mut changes: Vec<Change> = ends.chain(begins).collect();
        changes.sort_by_key(Change::at);
        Self {
            changes,
            played: 0,
            active: Vec::new(),
        }
    }

    /// When the next failure begins or ends; [`Instant::FAR_FUTURE`] after the last one.
    #[must_use]
    pub fn poll_timeout(&self) -> Instant {
        let next = self.changes.get(self.played);
        next.map_or(Instant::FAR_FUTURE, Change::at)
    }

    /// The next change up to `now`.
    pub fn poll(&mut self, now: Instant) -> Option<Change> {
        let change = *self
            .changes
            .get(self.played)
            .filter(|next| next.at() <= now)?;
        self.played += 1;
        match change {
            Change::Begins(failure) => self.active.push(failure),
            Change::Ends(failure) => {
                // Two that are equal would overlap, and no script has these.
                self.active.retain(|active| *active != failure);
            }
        }
        Some(change)
    }

    /// What has begun and not ended, as far as it was polled, in order of the begin.
    pub fn active(&self) -> impl Iterator<Item = &Failure> {
        self.active.iter()
    }
}
