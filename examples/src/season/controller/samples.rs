//! [`Quarter`]: what is measured, and what becomes of each sample: [`Verdict`].

use gofarm_core::reading::Reading;
use gofarm_core::time::{Instant, hours};
use gofarm_resilience::Outcome;
use serde::{Deserialize, Serialize};

use super::{Controller, MOVED};
use crate::season::probe::Sample;
use crate::season::state::FieldState;

/// What the gateway measures of a field each quarter of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::season) struct Quarter {
    /// One sample of each probe that was polled.
    pub(in crate::season) samples: [Sample; 3],
    /// What the rain gauge counted since the last, in mm.
    pub(in crate::season) rain: f64,
    /// What flows through the main to this field, in ml/min.
    pub(in crate::season) flow: u32,
}

/// What became of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(in crate::season) enum Verdict {
    /// There is none: a breaker keeps polls from the probe.
    Spared,
    /// Its quality is good and it is within the contract.
    Good,
    /// It is not used, for this reason.
    Refused(&'static str),
}

impl Controller {
    pub(super) fn end_polls(&mut self, now: Instant, samples: &[Sample; 3]) {
        for (poll, sample) in self.polls.iter_mut().zip(samples) {
            let Some(poll) = poll.take() else { continue };
            let outcome = match sample {
                Sample::Record(_) => Outcome::Success,
                Sample::Silent | Sample::Spared => Outcome::Failure,
            };
            self.breakers.polled(now, poll, outcome, &self.listener);
        }
    }

    /// What becomes of each sample; and the good readings that are worth telling, with the number of the probe: each that
    /// has moved, and one an hour.
    pub(super) fn take_samples(
        &mut self,
        now: Instant,
        samples: [Sample; 3],
        field: &FieldState,
    ) -> ([Verdict; 3], Vec<(u8, f32)>) {
        let mut verdicts = [Verdict::Spared; 3];
        let mut news = Vec::new();
        let probes = (0..).zip(&mut self.probes);
        let known = self.good.iter_mut().zip(&mut verdicts);
        for (((number, probe), sample), (known, verdict)) in probes.zip(samples).zip(known) {
            let sample = match sample {
                Sample::Record(raw) => Some(raw),
                Sample::Silent => None,
                // What was read before gets older, no more.
                Sample::Spared => {
                    self.counts.spared += 1;
                    continue;
                }
            };
            self.counts.taken += 1;
            match probe.take(now, sample, &self.listener) {
                Ok(water) => {
                    self.counts.accepted += 1;
                    *known = Some(Reading::new(water, now));
                    *verdict = Verdict::Good;
                    let told = field.water.get(&number);
                    let moved = told.is_none_or(|told| (told - water).abs() >= MOVED);
                    if moved || now >= self.told[usize::from(number)] + hours(1) {
                        self.told[usize::from(number)] = now;
                        news.push((number, water));
                    }
                }
                Err(reason) => {
                    *self.counts.refused.entry(reason).or_default() += 1;
                    *verdict = Verdict::Refused(reason);
                }
            }
        }
        (verdicts, news)
    }
}
