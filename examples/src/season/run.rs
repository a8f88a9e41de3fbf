//! [`Season`]: joins the parts and moves time from event to event.

use core::time::Duration;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, UnixMillis, days, minutes};
use jiff::civil::Date;

use super::controller::{Controller, Decision, RATE, Today};
use super::field::{Field, SLOTS};
use super::listener::Listener;
use super::plan::Plan;
use super::probe::{Probe, Sample};
use super::radio::{Arrival, Radio};
use super::referee::Referee;
use super::report::{self, Report};
use super::site::{Affairs, Site, Slot};
use super::valve::ValveNode;
use crate::weather::WeatherDay;

const SLOT: Duration = minutes(15);
/// Somebody at the valve sets the target about once a day, and the gateway loses its power about every fourth day.
const BY_HAND: u64 = 96;
const POWER_CUTS: u64 = 400;
/// The year of the devices: the weather may be of any, but no clock believes a time from before it was built. It has a
/// 29 February.
const YEAR: i16 = 2028;
/// For so long both sides may go on talking after the last day.
const PATIENCE: Duration = days(2);

/// A real clock, read only to time decisions: nanoseconds since any start.
pub trait Stopwatch {
    /// Nanoseconds since a start that stays the same.
    fn nanos(&mut self) -> u64;
}

impl<F: FnMut() -> u64> Stopwatch for F {
    fn nanos(&mut self) -> u64 {
        self()
    }
}

/// One season in play.
#[derive(Debug)]
pub struct Season<'a> {
    pub(super) plan: Plan,
    days: &'a [WeatherDay],
    played: u16,
    now: Instant,
    weather: SplitMix64,
    pub(super) field: Field,
    probes: [Probe; 3],
    pub(super) controller: Controller,
    pub(super) radio: Radio,
    pub(super) valve: ValveNode,
    pub(super) referee: Referee,
    pub(super) site: Site,
    pub(super) start_depletion: f64,
    accidents: SplitMix64,
    decision_nanos: Vec<u64>,
}

impl<'a> Season<'a> {
    /// Makes the field and its devices ready for the first day of `plan`, with its days of `weather`.
    #[must_use]
    pub fn start(plan: Plan, weather: &'a [WeatherDay]) -> Self {
        let within = |day: &&WeatherDay| (plan.from..=plan.to).contains(&day.date);
        let first = weather.iter().position(|day| within(&day)).unwrap_or(0);
        let count = weather.iter().filter(within).count();
        let epoch = unix_start(plan.from);
        let mut seeds = SplitMix64::new(plan.seed);
        let mut referee = Referee::default();
        let field = Field::new(&plan);
        Self {
            days: weather.get(first..first + count).unwrap_or_default(),
            played: 0,
            now: Instant::ZERO,
            weather: SplitMix64::new(seeds.next_u64()),
            start_depletion: field.irrigated().depletion(),
            field,
            probes: core::array::from_fn(|_| Probe::new(seeds.next_u64())),
            controller: Controller::new(seeds.next_u64(), epoch, plan),
            radio: Radio::new(seeds.next_u64()),
            valve: ValveNode::new(seeds.next_u64(), epoch, &mut referee),
            referee,
            accidents: SplitMix64::new(seeds.next_u64()),
            site: Site::new(seeds.next_u64(), count),
            decision_nanos: Vec::with_capacity(count * SLOTS),
            plan,
        }
    }

    /// This season, told to `listener`; nothing else changes.
    #[must_use]
    pub fn told(mut self, listener: &Listener) -> Self {
        self.controller.listen(listener);
        self.valve.listen(listener);
        self.site.listen(listener);
        self
    }

    /// How many days the season has.
    #[must_use]
    pub fn days(&self) -> usize {
        self.days.len()
    }

    /// Plays the next day and returns its date; `None` after the last one.
    pub fn next_day(&mut self, stopwatch: &mut impl Stopwatch) -> Option<Date> {
        let today = self.days.get(usize::from(self.played))?;
        self.field
            .start_day(self.played, today, &self.plan, &mut self.weather);
        self.controller.start_day(self.now);
        self.site.start_day(self.now, today);
        for slot in 0..SLOTS {
            self.play_slot(slot, stopwatch);
        }
        self.played += 1;
        Some(today.date)
    }

    /// Moves the field's water, samples, decides, and then everything that happens until the next slot.
    fn play_slot(&mut self, slot: usize, stopwatch: &mut impl Stopwatch) {
        let irrigation = self.valve.take_flow(self.now).as_secs_f64() / 3_600.0 * RATE;
        self.field.step(slot, irrigation);
        let zone = self.field.irrigated();
        let today = Today {
            rooting_depth: self.plan.crop.rooting_depth(self.played),
            readily_available: zone.readily_available(),
        };
        let mut samples = [Sample::Spared; 3];
        for (number, (sample, probe)) in samples.iter_mut().zip(&mut self.probes).enumerate() {
            if let Some(poll) = self.controller.poll_probe(self.now, number) {
                *sample = probe.sample(self.now, &self.field, slot);
                self.controller.polled(self.now, poll, *sample);
            }
        }
        let before = stopwatch.nanos();
        let rain = self.field.rain(slot);
        let decision = self
            .controller
            .decide(self.now, samples, today, rain, &mut self.referee);
        self.decision_nanos
            .push(stopwatch.nanos().saturating_sub(before));
        let issued = self.controller.tracker().tally().issued();
        self.controller.act(self.now, decision, &mut self.radio);
        let went_out = self.controller.tracker().tally().issued() > issued;
        self.valve.housekeep(self.now, &mut self.referee);
        if self.accidents.below(BY_HAND) == 0 {
            let tenths = 2 + self.accidents.below(5);
            self.valve.set_by_hand(self.now, tenths as f32 / 10.0);
        }
        let gateway_restarts = self.accidents.below(POWER_CUTS) == 0;
        if gateway_restarts {
            self.controller.lose_power(self.now, &mut self.referee);
        }
        let opens = match decision {
            Decision::Open(run) if went_out => Some(run),
            _ => None,
        };
        self.play_site(slot, opens, gateway_restarts);
        self.happen();
        self.play_until(self.now + SLOT);
    }

    /// Tells the site's machines what happens in the slot.
    fn play_site(&mut self, slot: usize, opens: Option<Duration>, gateway_restarts: bool) {
        #[expect(clippy::cast_possible_truncation, reason = "°C and mm")]
        let affairs = Affairs {
            by_day: (7 * 4..18 * 4).contains(&slot),
            hottest: self.field.hottest() as f32,
            rain: self.field.rain(slot) as f32,
            watering: self.controller.state().read().open.get() == Some(&true),
        };
        let slot = Slot {
            number: slot,
            daylight: self.field.daylight(slot),
            affairs,
            water: self.controller.water_content(self.now),
            opens,
            gateway_restarts,
        };
        self.site.play(self.now, &slot);
    }

    fn play_until(&mut self, end: Instant) {
        loop {
            self.referee.check(self.now);
            let next = self
                .radio
                .poll_timeout()
                .min(self.valve.poll_timeout())
                .min(self.controller.poll_timeout());
            if next >= end {
                break;
            }
            self.now = self.now.max(next);
            self.happen();
        }
        self.now = end;
    }

    /// Everything that is due now.
    fn happen(&mut self) {
        self.valve
            .poll(self.now, &mut self.radio, &mut self.referee);
        while let Some(arrival) = self.radio.poll(self.now) {
            match arrival {
                Arrival::AtValve(message) => {
                    self.valve
                        .handle(self.now, message, &mut self.radio, &mut self.referee);
                }
                Arrival::AtController(message) => self.controller.handle(self.now, message),
                Arrival::LinkFound => self.valve.link_found(),
                Arrival::LinkLost => self.valve.link_lost(self.now),
            }
        }
        self.controller.poll(self.now, &mut self.radio);
        self.valve
            .sync(self.now, &mut self.radio, &mut self.referee);
    }

    /// Lets both sides talk until they are of one mind, and gives up after two days.
    fn settle(&mut self) {
        let end = self.now + PATIENCE;
        while !(self.valve.state().is_synced() && self.controller.state().is_synced())
            && self.now < end
        {
            self.play_until(self.now + minutes(1));
        }
    }

    /// Ends the season and gives its report.
    #[must_use]
    pub fn finish(mut self) -> Report {
        self.settle();
        let left = self.valve.take_flow(self.now).as_secs_f64() / 3_600.0 * RATE;
        let nanos = core::mem::take(&mut self.decision_nanos);
        report::of(&self, usize::from(self.played), left, nanos)
    }
}

/// Wall time at the start of `day`, UTC, in [`YEAR`].
fn unix_start(day: Date) -> UnixMillis {
    let day = day.with().year(YEAR).build().unwrap_or(day);
    let days = jiff::civil::date(1970, 1, 1)
        .until(day)
        .map_or(0, |span| span.get_days());
    UnixMillis::new(u64::try_from(days).unwrap_or(0) * 86_400_000)
}
