//! [`Tally`]: how many commands there were and how each ended.

use super::instrument::OUTCOMES;
use crate::observe::{Label, Signal};

/// How a command ended; every command ends in exactly one way, so this can be matched fully.
///
/// ```
/// use gofarm_core::command::Outcome;
///
/// assert_eq!(Outcome::ALL.map(Outcome::as_str), ["executed", "expired", "refused", "indeterminate"]);
/// assert_eq!(Outcome::Expired.signal().instrument().name(), "gofarm.command.outcomes");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Outcome {
    /// It took effect, once.
    Executed,
    /// It came too late and did nothing.
    Expired,
    /// It was refused for another reason and did nothing.
    Refused,
    /// Nobody knows whether it took effect; it will not be run again.
    Indeterminate,
}

impl Outcome {
    /// All outcomes, in the order of declaration.
    pub const ALL: [Self; 4] = [
        Self::Executed,
        Self::Expired,
        Self::Refused,
        Self::Indeterminate,
    ];

    /// The outcome's name in lower case, for labels: `executed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Executed => "executed",
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::Indeterminate => "indeterminate",
        }
    }

    /// One command with this outcome, for `gofarm.command.outcomes`.
    #[must_use]
    pub const fn signal(self) -> Signal<'static> {
        let labels: &'static [Label<'static>] = match self {
            Self::Executed => const { &[Label::text("outcome", Self::Executed.as_str())] },
            Self::Expired => const { &[Label::text("outcome", Self::Expired.as_str())] },
            Self::Refused => const { &[Label::text("outcome", Self::Refused.as_str())] },
            Self::Indeterminate => {
                const { &[Label::text("outcome", Self::Indeterminate.as_str())] }
            }
        };
        OUTCOMES.count(1).labelled(labels)
    }
}

impl core::fmt::Display for Outcome {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Counts of commands: issued = executed + expired + refused + indeterminate + pending, always.
///
/// A device counts deliveries (a repeated command is issued once more and refused); a controller counts commands.
///
/// ```
/// use gofarm_core::command::{Command, CommandId, Outcome, Report, Tracker};
/// use gofarm_core::time::{Instant, secs};
///
/// let mut tracker = Tracker::<8>::new(secs(10));
/// let (a, b) = (CommandId::new([1; 16]), CommandId::new([2; 16]));
/// tracker.issue(&Command::new(a, "open"), Instant::ZERO)?;
/// tracker.issue(&Command::new(b, "open"), Instant::ZERO)?;
/// tracker.report(a, Report::Ended(Outcome::Refused), Instant::from_secs(1));
/// let tally = tracker.tally();
/// assert_eq!((tally.issued(), tally.ended(Outcome::Refused), tally.pending()), (2, 1, 1));
/// assert!(tally.is_balanced());
/// # Ok::<(), gofarm_core::command::IssueError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Tally {
    pub(super) issued: u64,
    pub(super) executed: u64,
    pub(super) expired: u64,
    pub(super) refused: u64,
    pub(super) indeterminate: u64,
    pub(super) pending: u64,
}

impl Tally {
    /// No commands yet.
    pub(super) const NONE: Self = Self {
        issued: 0,
        executed: 0,
        expired: 0,
        refused: 0,
        indeterminate: 0,
        pending: 0,
    };

    /// How many commands there were.
    #[must_use]
    pub const fn issued(&self) -> u64 {
        self.issued
    }

    /// How many ended in this way.
    #[must_use]
    pub const fn ended(&self, outcome: Outcome) -> u64 {
        match outcome {
            Outcome::Executed => self.executed,
            Outcome::Expired => self.expired,
            Outcome::Refused => self.refused,
            Outcome::Indeterminate => self.indeterminate,
        }
    }

    /// How many have not ended yet.
    #[must_use]
    pub const fn pending(&self) -> u64 {
        self.pending
    }

    /// Whether every command is accounted for exactly once.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        Outcome::ALL
            .iter()
            .try_fold(self.pending, |sum, &o| sum.checked_add(self.ended(o)))
            == Some(self.issued)
    }

    /// One more command, pending.
    pub(super) fn issue(&mut self) {
        self.issued += 1;
        self.pending += 1;
    }

    /// One pending command has ended.
    pub(super) fn settle(&mut self, outcome: Outcome) {
        self.settle_all(1, outcome);
    }

    /// This many pending commands have ended.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(super) fn settle_all(&mut self, commands: u64, outcome: Outcome) {
        debug_assert!(commands <= self.pending, "only a pending command can end");
        let commands = commands.min(self.pending);
        self.pending -= commands;
        let ended = match outcome {
            Outcome::Executed => &mut self.executed,
            Outcome::Expired => &mut self.expired,
            Outcome::Refused => &mut self.refused,
            Outcome::Indeterminate => &mut self.indeterminate,
        };
        *ended += commands;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signal_carries_the_outcome() {
        for outcome in Outcome::ALL {
            let label = outcome.signal().labels()[0];
            assert_eq!(label, Label::text("outcome", outcome.as_str()));
        }
    }

    #[test]
    fn a_tally_that_lost_a_command_is_not_balanced() {
        let mut tally = Tally::default();
        for outcome in Outcome::ALL {
            tally.issue();
            tally.issue();
            tally.settle(outcome);
            assert!(tally.is_balanced());
            assert_eq!(tally.ended(outcome), 1);
        }
        assert_eq!((tally.issued(), tally.pending()), (8, 4));
        tally.executed += 1;
        assert!(!tally.is_balanced());
        tally.executed = u64::MAX;
        assert!(!tally.is_balanced());
    }
}
