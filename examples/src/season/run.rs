//! [`Season`]: joins the parts and moves time from event to event.

mod chronicle;
mod events;
mod incidents;
mod slot;
mod standing;
mod stored;
mod view;

use core::time::Duration;
use std::path::Path;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, UnixMillis, days, minutes};
use gofarm_crdt::clock::Now;
use jiff::civil::Date;

use self::chronicle::Chronicle;
use self::standing::Standing;
use super::backbone::mqtt::{BrokerAddress, BrokerError, MqttBackbone};
use super::backbone::{Backbone, InProcess};
use super::board::{Board, BoardError};
use super::chaos::{Chaos, Failure, Timeline};
use super::cloud::Cloud;
use super::controller::{Controller, Morning};
use super::field::{EvenField, Field, SLOTS};
use super::flight::{Flight, GATEWAYS};
use super::gateway::{Gateway, Input};
use super::listener::Listener;
use super::measured_field::{MeasuredField, MeasuredSeason, Reference};
use super::party::Party;
use super::plan::{Background, FIELDS, Plan};
use super::plot::Plot;
use super::record::{Digest, RecordError, Recorded, Recorder};
use super::referee::FarmReferee;
use super::report::Report;
use super::roots::Roots;
use super::saved::Saved;
use super::site::Site;
use super::state::Forecast;
use super::upkeep::Firmware;
use crate::weather::WeatherDay;

/// The year of the devices: the weather may be of any, but no clock believes a time from before it was built. It has a
/// 29 February.
const YEAR: i16 = 2028;
/// For so long all sides may go on talking after the last day.
const PATIENCE: Duration = days(4);

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
    measured: Option<&'a MeasuredSeason>,
    played: u16,
    now: Instant,
    epoch: UnixMillis,
    weather: SplitMix64,
    forecasts: SplitMix64,
    accidents: SplitMix64,
    pub(super) plots: [Plot; FIELDS],
    flight: Flight,
    recorder: Option<Recorder>,
    saved: Option<Saved>,
    /// Stands for what goes wrong by script.
    script: u64,
    pub(super) gateways: [Gateway; 2],
    pub(super) cloud: Cloud,
    pub(super) backbone: Box<dyn Backbone>,
    pub(super) firmware: Firmware,
    timeline: Timeline,
    chronicle: Chronicle,
    pub(super) incidents: Vec<Failure>,
    standings: [Standing; Party::ALL.len()],
    pub(super) referee: FarmReferee,
    pub(super) site: Site,
    pub(super) settled_after: Duration,
    decision_nanos: Vec<u64>,
}

impl<'a> Season<'a> {
    /// Makes the farm ready for the first day of `plan`, with its days of `weather`, and what is to go wrong.
    #[must_use]
    pub fn start(plan: Plan, weather: &'a [WeatherDay], chaos: Chaos) -> Self {
        Self::new(plan, weather, None, chaos)
    }

    /// Makes the farm ready for the first day of a measured season, each field the one that was measured, and what is to go
    /// wrong: by script, and by itself.
    ///
    /// ```no_run
    /// use gofarm_examples::season::chaos::Chaos;
    /// use gofarm_examples::season::{Background, MeasuredSeason, Season};
    ///
    /// let measured = MeasuredSeason::read("data/field/cotton_2022_maricopa".as_ref())?;
    /// let chaos = Chaos::draw(7, measured.plan().days());
    /// let mut season = Season::start_measured(&measured, 7, Background::Rough, chaos);
    /// while season.next_day(&mut || 0).is_some() {}
    /// assert!(season.finish().reference.is_some());
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    #[must_use]
    pub fn start_measured(
        measured: &'a MeasuredSeason,
        seed: u64,
        background: Background,
        chaos: Chaos,
    ) -> Self {
        let plan = measured.plan().seed(seed).background(background);
        Self::new(plan, measured.weather(), Some(measured), chaos)
    }

    fn new(
        plan: Plan,
        weather: &'a [WeatherDay],
        measured: Option<&'a MeasuredSeason>,
        chaos: Chaos,
    ) -> Self {
        let within = |day: &&WeatherDay| (plan.from..=plan.to).contains(&day.date);
        let first = weather.iter().position(|day| within(&day)).unwrap_or(0);
        let count = weather.iter().filter(within).count();
        let epoch = unix_start(plan.from);
        let now = Now::new(Instant::ZERO, Some(epoch));
        let mut seeds = SplitMix64::new(plan.seed);
        let mut fields = Plan::fields();
        let [weather_seed, forecasts, accidents] = core::array::from_fn(|_| seeds.next_u64());
        let plots = core::array::from_fn(|_| {
            let field = fields.next().unwrap_or_default();
            let soil: Box<dyn Field> = match measured {
                Some(measured) => Box::new(MeasuredField::new(measured)),
                None => Box::new(EvenField::new(&plan)),
            };
            Plot::new(field, seeds.next_u64(), epoch, plan.background, soil)
        });
        let flight = Flight::new(plan, GATEWAYS.map(|_| seeds.next_u64()), epoch);
        Self {
            days: weather.get(first..first + count).unwrap_or_default(),
            measured,
            played: 0,
            now: Instant::ZERO,
            epoch,
            weather: SplitMix64::new(weather_seed),
            forecasts: SplitMix64::new(forecasts),
            accidents: SplitMix64::new(accidents),
            plots,
            gateways: flight.gateways(),
            flight,
            recorder: None,
            saved: None,
            script: Digest::of(&chaos.to_string()),
            cloud: Cloud::new(seeds.next_u64(), now),
            backbone: Box::new(InProcess::new(seeds.next_u64(), plan.background)),
            firmware: Firmware::new(seeds.next_u64(), FIELDS),
            timeline: Timeline::new(chaos),
            chronicle: Chronicle::new(&plan),
            incidents: Vec::new(),
            standings: [Standing::default(); Party::ALL.len()],
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
        self.firmware.listen(listener);
        self
    }

    /// This season, with a real broker between the gateways and the cloud.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub fn through(mut self, broker: BrokerAddress) -> Result<Self, BrokerError> {
        self.backbone = Box::new(MqttBackbone::start(broker)?);
        Ok(self)
    }

    /// This season, with the real firmware at the valve of field 1.
    ///
    /// # Errors
    /// [`BoardError`].
    pub fn with_board(mut self) -> Result<Self, BoardError> {
        let board = Board::start(&Board::image(), self.epoch)?;
        self.plots[0].valve.set_board(board);
        Ok(self)
    }

    /// Whether the board has failed in the emulator: nothing holds from then on.
    #[must_use]
    pub fn has_board_failed(&self) -> bool {
        let mut boards = self.plots.iter().filter_map(|plot| plot.valve.board());
        boards.any(Board::is_gone)
    }

    /// This season, with every input of its gateways written to a recording at `path`; nothing else changes.
    ///
    /// # Errors
    /// [`RecordError`] if the recording cannot be begun; what was at `path` is still there then.
    pub fn recorded(mut self, path: &Path) -> Result<Self, RecordError> {
        self.recorder = Some(Recorder::create(path, &self.flight)?);
        Ok(self)
    }

    /// Ends the recording, if there is one, where the season is. One that is not ended counts as cut off.
    ///
    /// # Errors
    /// [`RecordError`] if not all of it could be written.
    pub fn end_recording(&mut self) -> Result<Option<Recorded>, RecordError> {
        self.recorder.take().map(Recorder::finish).transpose()
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
            plot.field.start_day(self.played, today, &mut shower);
        }
        let forecast = self.foretell(today);
        self.cloud.start_day(self.true_time(), forecast);
        let yesterday = place.checked_sub(1).and_then(|place| days.get(place));
        let morning = Morning {
            day: self.played,
            et0: yesterday.map(|day| self.et0(day)),
            roots: match self.measured {
                Some(measured) => measured.roots_on(self.played),
                None => Roots::of(&self.plan, self.played),
            },
        };
        for party in GATEWAYS {
            self.tell(party, Input::Morning(morning));
        }
        self.site.start_day(self.now, today);
        for slot in 0..SLOTS {
            self.play_slot(slot, stopwatch);
        }
        self.played += 1;
        self.note_day(today);
        Some(today.date)
    }

    /// The forecast for a day: right about the sun, and about rain as forecasts are.
    fn foretell(&mut self, today: &WeatherDay) -> Forecast {
        let percent = |random: &mut SplitMix64, spread: u64| {
            (100 - spread + random.below(2 * spread + 1)) as f64 / 100.0
        };
        let et0 = self.et0(today) * percent(&mut self.forecasts, 10);
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

    /// The reference evapotranspiration of a day in mm, of the reference that the crop's coefficients are for.
    fn et0(&self, day: &WeatherDay) -> f64 {
        let measured = self.measured.and_then(|measured| measured.et0(day.date));
        measured.unwrap_or_else(|| day.reference_evapotranspiration(&self.plan.station))
    }

    /// The measured season that is played, beside what is known of it.
    pub(super) fn reference(&self) -> Option<Reference> {
        let accounts = self.plots.iter().filter_map(|plot| plot.field.account());
        Some(self.measured?.reference(accounts.collect()))
    }

    pub(super) fn controllers(&self) -> impl Iterator<Item = &Controller> {
        self.gateways.iter().flat_map(Gateway::controllers)
    }

    /// The controller of a field.
    pub(super) fn controller(&self, field: u8) -> Option<&Controller> {
        self.controllers()
            .find(|controller| controller.number() == field)
    }

    fn plot(&mut self, field: u8) -> &mut Plot {
        &mut self.plots[usize::from(field) - 1]
    }

    /// What the clocks of a gateway say.
    fn time(&self, party: Party) -> Now {
        Now::new(
            self.now,
            self.standings[party.index()].wall(self.true_wall()),
        )
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
        Report::of(&self, usize::from(self.played), left, nanos)
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
