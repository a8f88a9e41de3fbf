//! [`Season`]: joins the parts and moves time from event to event.

use core::time::Duration;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, UnixMillis, days, minutes};
use gofarm_crdt::clock::Now;
use jiff::civil::Date;

use super::backbone::{Backbone, Delivery, InProcess};
use super::cloud::Cloud;
use super::controller::{Decision, Morning, Quarter};
use super::field::SLOTS;
use super::gateway::{Gateway, Input, Output};
use super::listener::Listener;
use super::party::Party;
use super::plan::{FIELDS, Plan};
use super::plot::Plot;
use super::referee::FarmReferee;
use super::report::{self, Report};
use super::site::{Affairs, Site, Slot};
use super::state::Forecast;
use crate::weather::WeatherDay;

const SLOT: Duration = minutes(15);
/// A gateway loses its power about every fourth day.
const POWER_CUTS: u64 = 400;
/// The year of the devices: the weather may be of any, but no clock believes a time from before it was built. It has a
/// 29 February.
const YEAR: i16 = 2028;
/// For so long all sides may go on talking after the last day.
const PATIENCE: Duration = days(4);
/// The gateways, as [`Season::gateways`] has them.
const GATEWAYS: [Party; 2] = [Party::Gateway1, Party::Gateway2];

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
    epoch: UnixMillis,
    weather: SplitMix64,
    forecasts: SplitMix64,
    accidents: SplitMix64,
    pub(super) plots: [Plot; FIELDS],
    pub(super) gateways: [Gateway; 2],
    pub(super) cloud: Cloud,
    pub(super) backbone: Box<dyn Backbone>,
    pub(super) referee: FarmReferee,
    pub(super) site: Site,
    pub(super) settled_after: Duration,
    decision_nanos: Vec<u64>,
}

impl<'a> Season<'a> {
    /// Makes the farm ready for the first day of `plan`, with its days of `weather`.
    #[must_use]
    pub fn start(plan: Plan, weather: &'a [WeatherDay]) -> Self {
        let within = |day: &&WeatherDay| (plan.from..=plan.to).contains(&day.date);
        let first = weather.iter().position(|day| within(&day)).unwrap_or(0);
        let count = weather.iter().filter(within).count();
        let epoch = unix_start(plan.from);
        let now = Now::new(Instant::ZERO, Some(epoch));
        let mut seeds = SplitMix64::new(plan.seed);
        let mut fields = Plan::fields();
        Self {
            days: weather.get(first..first + count).unwrap_or_default(),
            played: 0,
            now: Instant::ZERO,
            epoch,
            weather: SplitMix64::new(seeds.next_u64()),
            forecasts: SplitMix64::new(seeds.next_u64()),
            accidents: SplitMix64::new(seeds.next_u64()),
            plots: core::array::from_fn(|_| {
                let field = fields.next().unwrap_or_default();
                Plot::new(field, seeds.next_u64(), epoch, &plan)
            }),
            gateways: GATEWAYS.map(|party| Gateway::new(party, plan, seeds.next_u64(), now)),
            cloud: Cloud::new(seeds.next_u64(), now),
            backbone: Box::new(InProcess::new(seeds.next_u64(), plan.background)),
            referee: FarmReferee::default(),
            site: Site::new(seeds.next_u64(), count),
            settled_after: Duration::ZERO,
            decision_nanos: Vec::with_capacity(count * SLOTS * FIELDS),
            plan,
        }
    }

    /// This season, told to `listener`; nothing else changes.
    #[must_use]
    pub fn told(mut self, listener: &Listener) -> Self {
        for gateway in &mut self.gateways {
            gateway.listen(listener);
        }
        for plot in &mut self.plots {
            plot.listen(listener);
        }
        self.cloud.listen(listener);
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
        let days = self.days;
        let place = usize::from(self.played);
        let today = days.get(place)?;
        let rain_at = self.weather.next_u64();
        for plot in &mut self.plots {
            // One sky over all fields.
            let mut shower = SplitMix64::new(rain_at);
            plot.field
                .start_day(self.played, today, &self.plan, &mut shower);
        }
        let forecast = self.foretell(today);
        self.cloud.start_day(self.true_time(), forecast);
        let yesterday = place.checked_sub(1).and_then(|place| days.get(place));
        let station = self.plan.station;
        let morning = Morning {
            day: self.played,
            et0: yesterday.map(|day| day.reference_evapotranspiration(&station)),
        };
        for party in GATEWAYS {
            self.tell(party, Input::Morning(morning));
        }
        self.site.start_day(self.now, today);
        for slot in 0..SLOTS {
            self.play_slot(slot, stopwatch);
        }
        self.played += 1;
        Some(today.date)
    }

    /// The forecast for a day: right about the sun, and about rain as forecasts are.
    fn foretell(&mut self, today: &WeatherDay) -> Forecast {
        let percent = |random: &mut SplitMix64, spread: u64| {
            (100 - spread + random.below(2 * spread + 1)) as f64 / 100.0
        };
        let et0 = today.reference_evapotranspiration(&self.plan.station);
        let et0 = et0 * percent(&mut self.forecasts, 10);
        let rain = match self.forecasts.below(10) {
            0 => 0.0,                                                 // not seen coming
            1 => today.rain + self.forecasts.below(60) as f64 / 10.0, // a shower that passes by
            _ => today.rain * percent(&mut self.forecasts, 40),
        };
        Forecast {
            day: u32::try_from(self.true_wall().as_millis() / 86_400_000).unwrap_or(u32::MAX),
            rain: tenths(rain),
            et0: tenths(et0),
        }
    }

    /// Moves the fields' water, samples, decides, and then everything that happens until the next slot.
    fn play_slot(&mut self, slot: usize, stopwatch: &mut impl Stopwatch) {
        let mut opens = None;
        for place in 0..FIELDS {
            let now = self.now;
            let field = self.plots[place].number();
            let home = Plan::home(field);
            let at = self.time(home);
            let plot = &mut self.plots[place];
            plot.step(now, slot);
            let (rain, flow) = (plot.field.rain(slot), plot.valve.flow());
            let gateway = &mut self.gateways[home.index()];
            gateway.handle(at, Input::Poll { field });
            let may =
                core::iter::from_fn(|| gateway.poll_output()).find_map(|output| match output {
                    Output::Poll { probes, .. } => Some(probes),
                    _ => None,
                });
            let samples = plot.sample(now, slot, may.unwrap_or_default());
            let quarter = Quarter {
                samples,
                rain,
                flow,
            };
            let before = stopwatch.nanos();
            gateway.handle(at, Input::Quarter { field, quarter });
            self.decision_nanos
                .push(stopwatch.nanos().saturating_sub(before));
            opens = self.route(home).or(opens);
            self.plots[place].housekeep(now);
            if self.plots[place].is_mended(now) {
                self.tell(home, Input::Mended { field });
            }
        }
        let mut gateway_restarts = false;
        for party in GATEWAYS {
            if self
                .plan
                .background
                .strikes(&mut self.accidents, POWER_CUTS)
            {
                self.tell(party, Input::PowerCut);
                self.backbone_restarted(party);
                gateway_restarts |= party == Party::Gateway1;
            }
        }
        self.play_site(slot, opens, gateway_restarts);
        self.happen();
        self.play_until(self.now + SLOT);
    }

    /// A gateway that restarts connects anew; here the broker takes it back at once.
    fn backbone_restarted(&mut self, party: Party) {
        self.tell(party, Input::Linked(true));
    }

    /// Tells the site's machines what happens in the slot.
    fn play_site(&mut self, slot: usize, opens: Option<Duration>, gateway_restarts: bool) {
        let field = &self.plots[0].field;
        let copies = self.gateways[0].copies();
        #[expect(clippy::cast_possible_truncation, reason = "°C and mm")]
        let affairs = Affairs {
            by_day: (7 * 4..18 * 4).contains(&slot),
            hottest: field.hottest() as f32,
            rain: field.rain(slot) as f32,
            watering: Plan::fields().any(|n| copies.field(n).read().open.get() == Some(&true)),
        };
        let controllers = self.gateways[0].controllers();
        let slot = Slot {
            number: slot,
            daylight: field.daylight(slot),
            affairs,
            water: controllers
                .first()
                .and_then(|controller| controller.water_content(self.now)),
            opens,
            gateway_restarts,
        };
        self.site.play(self.now, &slot);
    }

    fn play_until(&mut self, end: Instant) {
        loop {
            let plots = self.plots.iter().map(Plot::poll_timeout);
            let gateways = self.gateways.iter().map(Gateway::poll_timeout);
            let next = plots
                .chain(gateways)
                .chain([self.cloud.poll_timeout(), self.backbone.poll_timeout()])
                .min();
            let next = next.unwrap_or(Instant::FAR_FUTURE);
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
        let now = self.now;
        for place in 0..FIELDS {
            if self.plots[place].poll_timeout() > now {
                continue;
            }
            let field = self.plots[place].number();
            let mut heard = Vec::new();
            self.plots[place].poll(now, |message| heard.push(message));
            for message in heard {
                self.tell(Plan::home(field), Input::Heard { field, message });
            }
        }
        if self.backbone.poll_timeout() <= now {
            while let Some(delivery) = self.backbone.poll(now) {
                self.deliver(delivery);
            }
        }
        for party in GATEWAYS {
            if self.gateways[party.index()].poll_timeout() <= now {
                self.tell(party, Input::Time);
            }
        }
        if self.cloud.poll_timeout() <= now {
            self.cloud.transmit(self.true_time());
        }
        self.route_cloud();
    }

    fn deliver(&mut self, delivery: Delivery) {
        match delivery {
            Delivery::Packet {
                from,
                to: Party::Cloud,
                packet,
            } => self.cloud.handle(self.true_time(), from, &packet),
            Delivery::Packet { from, to, packet } => {
                self.tell(to, Input::Packet { from, packet });
            }
            Delivery::Found(Party::Cloud) => self.cloud.linked(self.true_time(), true),
            Delivery::Lost(Party::Cloud) => self.cloud.linked(self.true_time(), false),
            Delivery::Found(party) => self.tell(party, Input::Linked(true)),
            Delivery::Lost(party) => self.tell(party, Input::Linked(false)),
        }
    }

    /// Gives a gateway an input, and the world what it does.
    fn tell(&mut self, party: Party, input: Input) {
        let at = self.time(party);
        self.gateways[party.index()].handle(at, input);
        self.route(party);
    }

    /// Gives the world what a gateway did; the longest run that it opened.
    fn route(&mut self, party: Party) -> Option<Duration> {
        let now = self.now;
        let mut opened = None;
        while let Some(output) = self.gateways[party.index()].poll_output() {
            match output {
                Output::Radio { field, message } => self.plot(field).send(now, message),
                Output::Packet { to, packet } => self.backbone.send(now, party, to, packet),
                Output::Main { field, is_open } => self.plot(field).set_main(now, is_open),
                Output::Decided {
                    choice, is_sent, ..
                } => {
                    if let (Decision::Open(run), true) = (choice.decision, is_sent) {
                        opened = opened.max(Some(run));
                    }
                }
                Output::Committed { field, readings } => {
                    self.plot(field).referee.committed_readings(&readings);
                }
                Output::Dispatched(_) => self.referee.dispatched(),
                Output::Settled { .. } => self.referee.settled += 1,
                Output::Restored { damaged } => self.referee.damaged += damaged,
                Output::Ended { .. } | Output::Poll { .. } => {}
            }
        }
        opened
    }

    fn route_cloud(&mut self) {
        while let Some(output) = self.cloud.poll_output() {
            match output {
                Output::Packet { to, packet } => {
                    self.backbone.send(self.now, Party::Cloud, to, packet);
                }
                Output::Settled { .. } => self.referee.settled += 1,
                _ => {}
            }
        }
    }

    fn plot(&mut self, field: u8) -> &mut Plot {
        &mut self.plots[usize::from(field) - 1]
    }

    /// What the clocks of a gateway say.
    fn time(&self, _: Party) -> Now {
        self.true_time()
    }

    fn true_time(&self) -> Now {
        Now::new(self.now, Some(self.true_wall()))
    }

    fn true_wall(&self) -> UnixMillis {
        self.epoch + self.now.saturating_since(Instant::ZERO)
    }

    /// Lets all sides talk until they are of one mind, and gives up after a while.
    fn settle(&mut self) {
        let start = self.now;
        while !self.is_settled() && self.now < start + PATIENCE {
            self.play_until(self.now + minutes(1));
        }
        self.settled_after = self.now.saturating_since(start);
    }

    fn is_settled(&self) -> bool {
        let nodes = self.plots.iter().all(|plot| plot.valve.state().is_synced());
        let gateways = self
            .gateways
            .iter()
            .all(|gateway| gateway.copies().is_synced() && gateway.dispatches().waiting() == 0);
        nodes && gateways && self.cloud.copies().is_synced()
    }

    /// Ends the season and gives its report.
    #[must_use]
    pub fn finish(mut self) -> Report {
        self.settle();
        let now = self.now;
        let left = self.plots.each_mut().map(|plot| plot.take_rest(now));
        let nanos = core::mem::take(&mut self.decision_nanos);
        report::of(&self, usize::from(self.played), left, nanos)
    }
}

/// At most 6 553 mm.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and is not negative"
)]
fn tenths(mm: f64) -> u16 {
    (mm * 10.0).round() as u16
}

/// Wall time at the start of `day`, UTC, in [`YEAR`].
fn unix_start(day: Date) -> UnixMillis {
    let day = day.with().year(YEAR).build().unwrap_or(day);
    let days = jiff::civil::date(1970, 1, 1)
        .until(day)
        .map_or(0, |span| span.get_days());
    UnixMillis::new(u64::try_from(days).unwrap_or(0) * 86_400_000)
}
