//! Whether a call may go out.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::half_open::{Judgement, Verdict};
use super::permit::Permit;
use super::phase::{self, Deadline, Mode, Phase, Stand};
use super::ramp;
use super::settings::Settings;
use super::state::{ONE_REJECTION, State};
use super::transition::{Cause, Transition};
use crate::memory::{Memory, Word};
use crate::policy::{Admission, Reason, Rejected};

/// What comes of an attempt at one phase.
enum Attempt {
    Done(Result<Permit, Rejected>),
    /// It has moved, here or elsewhere: look again.
    Moved,
}

impl<M: Memory, const W: usize> State<M, W> {
    pub(super) fn try_acquire(
        &self,
        settings: &Settings<M, W>,
        now: Instant,
    ) -> Result<Permit, Rejected> {
        let word = self.stand.load();
        if phase::is_plainly_closed(word) {
            return self.within_rate(settings, phase::generation(word), now);
        }
        if let Some(remaining) = phase::plainly_open(word, now) {
            return Err(self.reject(Reason::Open, remaining));
        }
        self.admit(settings, now).result
    }

    pub(super) fn admit(
        &self,
        settings: &Settings<M, W>,
        now: Instant,
    ) -> Admission<Permit, Transition> {
        let mut event = None;
        loop {
            let word = self.stand.load();
            let attempt = self.attempt(settings, word, now, &mut event);
            if let Attempt::Done(result) = attempt {
                return Admission { result, event };
            }
        }
    }

    fn attempt(
        &self,
        settings: &Settings<M, W>,
        word: u64,
        now: Instant,
        moved: &mut Option<Transition>,
    ) -> Attempt {
        let stand = Stand::unpack(word);
        match (stand.mode, stand.phase) {
            (Mode::ForcedOpen, _) => {
                let hint = Duration::from_millis(u64::from(settings.open_ms()));
                Attempt::Done(Err(self.reject(Reason::ForcedOpen, hint)))
            }
            (Mode::Disabled | Mode::MetricsOnly, _) => {
                Attempt::Done(Ok(admitted(stand.generation, false, now)))
            }
            (Mode::Automatic, Phase::Closed) => {
                Attempt::Done(self.within_rate(settings, stand.generation, now))
            }
            (Mode::Automatic, Phase::Open) => self.attempt_open(settings, word, stand, now, moved),
            (Mode::Automatic, Phase::HalfOpen) => {
                self.attempt_trial(settings, word, stand, now, moved)
            }
            (Mode::Automatic, Phase::Ramping) => {
                self.attempt_ramp(settings, word, stand, now, moved)
            }
        }
    }

    fn attempt_open(
        &self,
        settings: &Settings<M, W>,
        word: u64,
        stand: Stand,
        now: Instant,
        moved: &mut Option<Transition>,
    ) -> Attempt {
        if let Some(remaining) = phase::plainly_open(word, now) {
            return Attempt::Done(Err(self.reject(Reason::Open, remaining)));
        }
        let next = Stand {
            phase: Phase::HalfOpen,
            deadline: Deadline::after(now, u64::from(settings.half_open_ms())),
            ..stand
        }
        .renewed();
        if self.step(word, next) {
            Transition::note(moved, stand, next, Cause::Waited);
        }
        Attempt::Moved
    }

    fn attempt_trial(
        &self,
        settings: &Settings<M, W>,
        word: u64,
        stand: Stand,
        now: Instant,
        moved: &mut Option<Transition>,
    ) -> Attempt {
        let remaining = stand.deadline.remaining(now);
        let Some((verdict, permits)) = settings.stable(|s| (s.verdict(), s.permits())) else {
            // Figures are being replaced at this moment.
            return Attempt::Done(Err(self.reject(Reason::HalfOpenFull, remaining)));
        };
        if self.settle_trials(settings, word, stand, verdict, now, moved) {
            return Attempt::Moved;
        }
        let admitted_trial = self.change_trials(stand.generation, |mut trials| {
            let has_room = trials.under_way < permits
                && trials.under_way + trials.settled() < verdict.needed();
            has_room.then(|| {
                trials.under_way += 1;
                trials
            })
        });
        match admitted_trial {
            Some(_) => Attempt::Done(Ok(admitted(stand.generation, true, now))),
            None if self.stand.load() != word => Attempt::Moved,
            None => Attempt::Done(Err(self.reject(Reason::HalfOpenFull, remaining))),
        }
    }

    /// Draws the consequence if the trials are decided or their time is over. Whether something has moved.
    pub(super) fn settle_trials(
        &self,
        settings: &Settings<M, W>,
        word: u64,
        stand: Stand,
        verdict: Verdict,
        now: Instant,
        moved: &mut Option<Transition>,
    ) -> bool {
        let trials = self.trials(stand.generation);
        let is_over = stand.deadline.has_passed(now);
        let (next, cause) = match verdict.judge(trials) {
            Judgement::Close => (
                Self::recovered(settings, stand, |length| Deadline::after(now, length)),
                Cause::TrialsSucceeded,
            ),
            Judgement::Reopen { slow } => (
                self.opened(settings, stand, |wait| Deadline::after(now, wait)),
                if slow {
                    Cause::TrialsSlow
                } else {
                    Cause::TrialsFailed
                },
            ),
            Judgement::Pending if !is_over => return false,
            Judgement::Pending if trials.under_way == 0 => {
                // Nobody has called, or all was neutral: the next trials get the whole time.
                let length = u64::from(settings.half_open_ms());
                let next = Stand {
                    deadline: Deadline::after(now, length),
                    ..stand
                };
                self.step(word, next);
                return true;
            }
            // What follows has followed when that time was over, not now.
            Judgement::Pending => match verdict.judge(trials.unanswered()) {
                Judgement::Close => (
                    Self::recovered(settings, stand, |length| stand.deadline.later(length)),
                    Cause::TrialsSucceeded,
                ),
                // Also without enough answers for a verdict.
                Judgement::Reopen { .. } | Judgement::Pending => (
                    self.opened(settings, stand, |wait| stand.deadline.later(wait)),
                    Cause::TrialsUnanswered,
                ),
            },
        };
        if self.step(word, next) {
            Transition::note(moved, stand, next, cause);
        }
        true
    }

    fn attempt_ramp(
        &self,
        settings: &Settings<M, W>,
        word: u64,
        stand: Stand,
        now: Instant,
        moved: &mut Option<Transition>,
    ) -> Attempt {
        if stand.deadline.has_passed(now) {
            self.after_ramp(word, now, moved);
            return Attempt::Moved;
        }
        let remaining = stand.deadline.remaining(now);
        let share = ramp::share(settings, remaining);
        let mut owed = 0;
        let changed = self.change_run(stand.generation, |mut run| {
            owed = run.owed;
            run.owed = ramp::next(owed, share);
            Some(run)
        });
        if changed.is_none() {
            return Attempt::Moved;
        }
        if owed >= share {
            let hint = ramp::retry_after(remaining, owed);
            return Attempt::Done(Err(self.reject(Reason::Ramping, hint)));
        }
        Attempt::Done(self.within_rate(settings, stand.generation, now))
    }

    fn within_rate(
        &self,
        settings: &Settings<M, W>,
        generation: u16,
        now: Instant,
    ) -> Result<Permit, Rejected> {
        let (interval, ahead) = settings.rate();
        if interval > 0
            && let Err(wait) = self.rate.take(now, interval, ahead)
        {
            return Err(self.reject(Reason::RateExceeded, wait));
        }
        Ok(admitted(generation, false, now))
    }

    fn reject(&self, reason: Reason, retry_after: Duration) -> Rejected {
        self.tally.add(ONE_REJECTION);
        Rejected::new(reason, retry_after)
    }
}

const fn admitted(generation: u16, is_trial: bool, started: Instant) -> Permit {
    Permit {
        generation,
        is_trial,
        started,
    }
}
