//! What a call's end means.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::permit::Permit;
use super::phase::{Deadline, Mode, Phase, Stand};
use super::settings::Settings;
use super::state::{ONE_LATE, State};
use super::transition::{Recorded, Transition};
use super::trip;
use crate::memory::{Memory, Word};
use crate::policy::Outcome;
use crate::policy::sliding_window::{Mark, Window, count, time};

/// One ended call.
#[derive(Clone, Copy)]
struct Call {
    mark: Mark,
    micros: u64,
    /// Whether it may trip a rule: a success within all limits may not.
    may_trip: bool,
}

impl Call {
    fn new<M: Memory, const W: usize>(
        settings: &Settings<M, W>,
        time: Duration,
        outcome: Outcome,
    ) -> Self {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let bounds = settings.bounds();
        let mark = Mark {
            failed: outcome == Outcome::Failure,
            slow: bounds.slow < u32::MAX && micros > u64::from(bounds.slow),
            over: bounds.percentile < u32::MAX && micros > u64::from(bounds.percentile),
        };
        let limit = settings.average_limit();
        let is_heavy = limit < u32::MAX && micros > u64::from(limit);
        Self {
            mark,
            micros,
            may_trip: mark.failed || mark.slow || mark.over || is_heavy,
        }
    }

    const fn is_slow(&self) -> bool {
        self.may_trip && !self.mark.failed
    }
}

impl<M: Memory, const W: usize> State<M, W> {
    pub(super) fn record(
        &self,
        settings: &Settings<M, W>,
        permit: Permit,
        now: Instant,
        outcome: Outcome,
    ) -> Recorded {
        let mut transition = None;
        let (word, stand) = self.after_ramp(self.stand.load(), now, &mut transition);
        let mut is_late = stand.generation != permit.generation;
        if !is_late {
            let time = now.saturating_since(permit.started);
            match (stand.mode, stand.phase) {
                (Mode::Automatic, Phase::HalfOpen) => {
                    is_late = !self.record_trial(
                        settings,
                        word,
                        stand,
                        now,
                        (time, outcome),
                        &mut transition,
                    );
                }
                (Mode::Automatic | Mode::MetricsOnly, _) if outcome != Outcome::Neutral => {
                    let call = Call::new(settings, time, outcome);
                    self.record_run(settings, stand, now, call, &mut transition);
                }
                _ => {}
            }
        }
        if is_late {
            self.tally.add(ONE_LATE);
        }
        Recorded {
            transition,
            is_late,
        }
    }

    /// Whether the trial was counted; if not, it came too late.
    fn record_trial(
        &self,
        settings: &Settings<M, W>,
        word: u64,
        stand: Stand,
        now: Instant,
        (time, outcome): (Duration, Outcome),
        moved: &mut Option<Transition>,
    ) -> bool {
        let verdict = settings.stable(Settings::verdict);
        if let Some(verdict) = verdict
            && stand.deadline.has_passed(now)
        {
            self.settle_trials(settings, word, stand, verdict, now, moved);
            return self.is_current(stand.generation);
        }
        let counted = self.change_trials(stand.generation, |mut trials| {
            trials.under_way = trials.under_way.checked_sub(1)?;
            if outcome != Outcome::Neutral {
                let call = Call::new(settings, time, outcome);
                if call.mark.failed {
                    trials.failed += 1;
                } else if call.is_slow() {
                    trials.slow += 1;
                } else {
                    trials.healthy += 1;
                }
            }
            Some(trials)
        });
        if counted.is_none() {
            return false;
        }
        if let Some(verdict) = verdict {
            self.settle_trials(settings, word, stand, verdict, now, moved);
        }
        true
    }

    fn record_run(
        &self,
        settings: &Settings<M, W>,
        stand: Stand,
        now: Instant,
        call: Call,
        moved: &mut Option<Transition>,
    ) {
        let generation = stand.generation;
        let mut failures = 0;
        if settings.consecutive() > 0 {
            let run = self.change_run(generation, |mut run| {
                let after = if call.mark.failed {
                    run.failures.saturating_add(1)
                } else {
                    0
                };
                (after != run.failures).then(|| {
                    run.failures = after;
                    run
                })
            });
            failures = run.map_or(0, |run| run.failures);
        }
        if settings.watches_window() {
            self.record_in_window(settings, generation, now, call);
        }
        if !call.may_trip || stand.mode != Mode::Automatic {
            return;
        }
        let cause = settings.stable(|settings| {
            let totals = self.totals(settings, generation, now);
            trip::cause(settings, failures, totals)
        });
        if let Some(Some(cause)) = cause {
            self.trip(settings, generation, now, |from, to| {
                Transition::note(moved, from, to, cause);
            });
        }
    }

    fn record_in_window(
        &self,
        settings: &Settings<M, W>,
        generation: u16,
        now: Instant,
        call: Call,
    ) {
        match settings.window() {
            Window::Calls(calls) => {
                count::record(&self.window, calls, generation, call.mark, || {
                    self.is_current(generation)
                });
            }
            Window::Time { bucket, buckets } => {
                let ring = time::Ring::new(bucket, buckets);
                let micros = settings.watches_average().then_some(call.micros);
                time::record(&self.window, ring, generation, now, call.mark, micros);
            }
        }
    }

    /// Opens, if the generation still goes on and nobody holds it.
    fn trip(
        &self,
        settings: &Settings<M, W>,
        generation: u16,
        now: Instant,
        note: impl FnOnce(Stand, Stand),
    ) {
        loop {
            let word = self.stand.load();
            let stand = Stand::unpack(word);
            let goes_on = stand.generation == generation && stand.mode == Mode::Automatic;
            if !goes_on {
                return;
            }
            let next = self.opened(settings, stand, |wait| Deadline::after(now, wait));
            if self.step(word, next) {
                return note(stand, next);
            }
        }
    }
}
