//! What a half-open breaker makes of its trials.

use super::counts::Trials;
use super::share::Share;

/// How trials are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) enum Verdict {
    /// That many healthy ones close; the first other one opens.
    InARow(u8),
    /// After that many answers, by the rate of failed ones, and that of slow ones.
    Rate { trials: u8, rate: Share },
}

/// What follows from the trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// Not enough has been answered.
    Pending,
    Close,
    /// It opens again; whether because of slow trials.
    Reopen {
        slow: bool,
    },
}

impl Verdict {
    /// Answers that decide at the latest, so no more trials are ever admitted.
    pub(super) const fn needed(self) -> u16 {
        match self {
            Self::InARow(trials) | Self::Rate { trials, .. } => trials as u16,
        }
    }

    pub(super) const fn judge(self, trials: Trials) -> Judgement {
        match self {
            Self::InARow(needed) => {
                if trials.failed > 0 {
                    Judgement::Reopen { slow: false }
                } else if trials.slow > 0 {
                    Judgement::Reopen { slow: true }
                } else if trials.healthy >= needed as u16 {
                    Judgement::Close
                } else {
                    Judgement::Pending
                }
            }
            Self::Rate {
                trials: needed,
                rate,
            } => {
                if rate.is_reached(trials.failed as u32, needed as u32) {
                    Judgement::Reopen { slow: false }
                } else if rate.is_reached(trials.slow as u32, needed as u32) {
                    Judgement::Reopen { slow: true }
                } else if trials.settled() >= needed as u16 {
                    Judgement::Close
                } else {
                    Judgement::Pending
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn trials(healthy: u16, failed: u16, slow: u16) -> Trials {
        Trials {
            under_way: 0,
            healthy,
            failed,
            slow,
        }
    }

    #[test]
    fn a_rate_reopens_as_soon_as_it_is_certain_and_closes_only_at_the_end() {
        let verdict = Verdict::Rate {
            trials: 10,
            rate: Share::of(0.5),
        };
        assert_eq!(verdict.judge(trials(9, 0, 0)), Judgement::Pending);
        assert_eq!(verdict.judge(trials(6, 4, 0)), Judgement::Close);
        assert_eq!(
            verdict.judge(trials(0, 5, 0)),
            Judgement::Reopen { slow: false }
        );
        assert_eq!(
            verdict.judge(trials(2, 3, 5)),
            Judgement::Reopen { slow: true }
        );
    }
}
