//! What to do in a quarter of an hour, and why: [`Choice`].

use core::time::Duration;

use gofarm_core::command::CommandId;
use gofarm_core::quality::{Agreement, Disagreement};
use gofarm_core::reading::Reading;
use gofarm_core::time::{Instant, hours, minutes, secs};
use gofarm_crdt::clock::Now;
use gofarm_resilience::policy::Reason as Rejection;
use serde::{Deserialize, Serialize};

use super::{Controller, RATE, day_of};
use crate::season::state::{FieldState, Forecast, Reason};
use crate::season::upkeep::Settings;

/// Probes in one root zone are within so many m³/m³ of each other: twice what calibration and noise make of it.
const AGREE: Disagreement = Disagreement::new(0.02, hours(1));
/// The shortest run that it plans.
const SHORTEST_RUN: Duration = minutes(5);
/// For rain that was forecast it waits if this share of it would do, as long as the crop has this share of what it can
/// take without stress.
const RAIN_TO_TRUST: f64 = 0.6;
const CAN_WAIT: f64 = 0.95;

/// What to do in a quarter of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::season) enum Decision {
    /// Nothing: enough water, rain, a command under way, or a run that is going on.
    Hold,
    /// Nothing, because fewer than two probes can be trusted.
    Withhold,
    /// Give water for this long.
    Open(Duration),
    /// Stop now.
    Close,
}

/// What became of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(in crate::season) enum Issue {
    /// It needs no command.
    NotWanted,
    /// This command went out.
    Sent(CommandId),
    /// The breaker of the radio keeps it from going out, as the last ones did not arrive.
    HeldBack {
        why: Rejection,
        retry_after: Duration,
    },
    /// Too many commands are under way.
    NoRoom,
}

/// A decision, and what it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(in crate::season) struct Choice {
    pub(in crate::season) decision: Decision,
    pub(in crate::season) reason: Reason,
    /// Water content of the root zone by the probes that can be trusted, in m³/m³.
    pub(in crate::season) water: Option<f64>,
    /// What is missing to field capacity, in mm.
    pub(in crate::season) depletion: Option<f64>,
    /// How much may be missing without stress, in mm.
    pub(in crate::season) readily_available: f64,
    /// At which share of it a run ends.
    pub(in crate::season) stop_at: f64,
    /// Rain that was forecast for today and has not fallen, in mm.
    pub(in crate::season) rain_to_come: f64,
}

impl Choice {
    /// What it rests on, in words.
    pub(in crate::season) fn reasons(&self) -> String {
        let (water, depletion) = self.water.zip(self.depletion).unwrap_or_default();
        format!(
            "{}: water content {water:.3} m3/m3, {depletion:.1} mm below field capacity of {:.1} that the crop takes \
             without stress; a run ends at {:.0} % of that; {:.1} mm of rain to come",
            self.reason.as_str(),
            self.readily_available,
            100.0 * self.stop_at,
            self.rain_to_come,
        )
    }
}

impl Controller {
    pub(super) fn choose(
        &mut self,
        at: Now,
        rain: f64,
        settings: &Settings,
        field: &FieldState,
    ) -> Choice {
        let forecast = todays(at, field);
        let readily_available = self.outlook.readily_available(&self.plan, forecast);
        let water = self.water_content(at.instant());
        let choice = Choice {
            decision: Decision::Hold,
            reason: Reason::Enough,
            water,
            depletion: water.map(|water| self.outlook.roots().missing(water)),
            readily_available,
            stop_at: f64::from(*field.stop_at.get().unwrap_or(&settings.stop_at)),
            rain_to_come: self.outlook.rain_to_come(forecast),
        };
        let was_refilling = field.reason.get() == Some(&Reason::Refilling);
        let (decision, reason) = self.decide(at, rain, settings, &choice, was_refilling);
        match reason {
            Reason::Untrusted => self.counts.withheld += 1,
            Reason::RainExpected => self.counts.waited_for_rain += 1,
            _ => {}
        }
        Choice {
            decision,
            reason,
            ..choice
        }
    }

    fn decide(
        &self,
        at: Now,
        rain: f64,
        settings: &Settings,
        known: &Choice,
        was_refilling: bool,
    ) -> (Decision, Reason) {
        let is_running = self.running_until.is_some() && self.pending.is_none();
        let stop = if is_running {
            Decision::Close
        } else {
            Decision::Hold
        };
        if self.is_main_closed {
            return (stop, Reason::Leak);
        }
        if rain > f64::from(settings.rain_stops_mm) {
            return (stop, Reason::Raining);
        }
        let Some(depletion) = known.depletion else {
            return (Decision::Withhold, Reason::Untrusted);
        };
        let readily = known.readily_available;
        let wanted = depletion - known.stop_at * readily;
        let is_refilling = depletion >= f64::from(settings.start_at) * readily || was_refilling;
        if !is_refilling || wanted <= 0.5 {
            return (Decision::Hold, Reason::Enough);
        }
        if self.pending.is_some() || self.running_until.is_some() {
            return (Decision::Hold, Reason::Refilling);
        }
        if known.rain_to_come * RAIN_TO_TRUST >= wanted && depletion < CAN_WAIT * readily {
            return (Decision::Hold, Reason::RainExpected);
        }
        if at.wall().is_none() {
            return (Decision::Hold, Reason::TimeUnknown);
        }
        let time = Duration::from_secs_f64((wanted / RATE * 3_600.0).max(0.0).round());
        let run = time.clamp(SHORTEST_RUN, secs(settings.longest_run.into()));
        (Decision::Open(run), Reason::Refilling)
    }

    /// The mean of the probes with a good reading within the last hour that another one confirms, in m³/m³; `None` without
    /// two of them. One that drifts would otherwise draw the mean with it, and a field is watered until that is satisfied.
    pub(in crate::season) fn water_content(&self, now: Instant) -> Option<f64> {
        let add = |(sum, n), (_, reading): (usize, &Reading<f32>)| {
            (sum + f64::from(*reading.value()), n + 1)
        };
        let (sum, count) = self.trusted(now).fold((0.0, 0), add);
        (count >= 2).then(|| sum / f64::from(count))
    }

    /// Each probe with a good reading within the last hour that another one confirms: its place, and the reading in m³/m³.
    pub(in crate::season) fn trusted(
        &self,
        now: Instant,
    ) -> impl Iterator<Item = (usize, &Reading<f32>)> {
        let good = || self.good.iter().enumerate();
        let good_ones = good().filter_map(|(place, good)| Some((place, good.as_ref()?)));
        good_ones.filter(move |(place, one)| {
            let others = good().filter(|(other, _)| other != place);
            let mut others = others.filter_map(|(_, other)| other.as_ref());
            others.any(|other| AGREE.compare(now, *one, other) == Agreement::Agree)
        })
    }
}

/// The forecast, if it is for today and it is known which day that is.
fn todays(at: Now, field: &FieldState) -> Option<&Forecast> {
    let today = day_of(at.wall()?);
    field.forecast.get().filter(|known| known.day == today)
}
