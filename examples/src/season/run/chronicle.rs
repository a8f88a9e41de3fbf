//! What a season was like, noted while it goes on: [`Chronicle`].

use alloc::collections::BTreeMap;

use gofarm_core::time::Instant;
use gofarm_resilience::policy::breaker::Phase;
use jiff::ToSpan;
use jiff::civil::DateTime;

use super::view::SHOWN;
use super::{GATEWAYS, Season};
use crate::season::controller::{self, Decision};
use crate::season::field::SLOTS;
use crate::season::history::{
    self, Conflict, Day, FieldDay, FieldFacts, History, Incident, Measured,
};
use crate::season::party::Party;
use crate::season::plan::{FIELDS, Plan};
use crate::season::ranked::Ranked;
use crate::season::replica::Settled;
use crate::weather::WeatherDay;

/// One opening in so many is told with its reasons.
const TOLD: u32 = 12;

/// The history of a season, and what is needed to go on with it.
#[derive(Debug, Default)]
pub(super) struct Chronicle {
    history: History,
    start: DateTime,
    /// Quarters of an hour of today in which a link was down or a breaker not closed.
    links: BTreeMap<String, u32>,
    breakers: BTreeMap<String, u32>,
    /// Sums up to the end of yesterday.
    before: Sums,
    opened: u32,
    /// The last openings, the newest first.
    decisions: Vec<String>,
}

/// What only grows.
#[derive(Debug, Default)]
struct Sums {
    irrigation_mm: [f64; FIELDS],
    placed: BTreeMap<String, u32>,
    refused: BTreeMap<String, u32>,
    flash: BTreeMap<String, u64>,
    decisions: usize,
}

impl Chronicle {
    pub(super) fn new(plan: &Plan) -> Self {
        let fields = Plan::fields().map(|number| FieldFacts {
            name: format!("field {number}"),
            crop: plan.crop.name.to_owned(),
            soil: plan.soil.name.to_owned(),
            field_capacity: plan.soil.field_capacity,
            wilting_point: plan.soil.wilting_point,
        });
        Self {
            history: History {
                fields: fields.collect(),
                ..History::default()
            },
            start: plan.from.at(0, 0, 0, 0),
            ..Self::default()
        }
    }

    /// The day and hour of the season at a time.
    pub(super) fn date_time(&self, now: Instant) -> DateTime {
        let seconds = now.saturating_since(Instant::ZERO).as_secs();
        let span = i64::try_from(seconds).unwrap_or(0).seconds();
        self.start.checked_add(span).unwrap_or(self.start)
    }

    pub(super) fn history(&self) -> &History {
        &self.history
    }

    /// The last openings, the newest first.
    pub(super) fn decisions(&self) -> &[String] {
        &self.decisions
    }

    pub(super) fn incident(&mut self, now: Instant, text: String) {
        let at = self.date_time(now);
        self.history.incidents.push(Incident { at, text });
    }

    pub(super) fn settled(&mut self, now: Instant, field: u8, settled: Settled) {
        let at = self.date_time(now);
        self.history.conflicts.push(Conflict {
            at,
            what: format!("field {field}: {}", settled.what),
            values: settled.values,
            settled: settled.how,
        });
    }

    /// A decision was made; one that opened the valve is told, or one in some.
    pub(super) fn decided(&mut self, now: Instant, field: u8, choice: &controller::Choice) {
        let Decision::Open(run) = choice.decision else {
            return;
        };
        let at = self.date_time(now);
        let chosen = format!("open for {} min", run.as_secs() / 60);
        let reasons = choice.reasons();
        self.decisions
            .insert(0, format!("{at} field {field}: {chosen}; {reasons}"));
        self.decisions.truncate(SHOWN);
        if self.opened.is_multiple_of(TOLD) {
            self.history.choices.push(history::Choice {
                at,
                what: format!("irrigation of field {field}"),
                chosen,
                reasons,
            });
        }
        self.opened += 1;
    }
}

impl Season<'_> {
    /// Takes note of which links and breakers are in order in this quarter of an hour.
    pub(super) fn note_quarter(&mut self) {
        for (name, is_up) in self.links() {
            *self.chronicle.links.entry(name).or_default() += u32::from(!is_up);
        }
        for (name, phase) in self.breakers() {
            let is_closed = phase == Phase::Closed;
            *self.chronicle.breakers.entry(name).or_default() += u32::from(!is_closed);
        }
    }

    /// Takes note of a day that is over.
    pub(super) fn note_day(&mut self, weather: &WeatherDay) {
        let mut day = Day::new(weather.date);
        day.rain_mm = weather.rain;
        day.reference_mm = self.et0(weather);
        let share = |(name, quarters)| (name, f64::from(quarters) / SLOTS as f64);
        day.links_down = core::mem::take(&mut self.chronicle.links)
            .into_iter()
            .map(share)
            .collect();
        day.breakers_open = core::mem::take(&mut self.chronicle.breakers)
            .into_iter()
            .map(share)
            .collect();
        let sums = self.sums();
        let before = core::mem::replace(&mut self.chronicle.before, sums);
        let sums = &self.chronicle.before;
        day.placed = grown(&before.placed, &sums.placed);
        day.refused = grown(&before.refused, &sums.refused);
        day.flash_bytes = grown(&before.flash, &sums.flash);
        let given = sums.irrigation_mm.iter().zip(before.irrigation_mm);
        let given: Vec<f64> = given.map(|(sum, before)| sum - before).collect();
        let decisions = Ranked::new(self.decision_nanos[before.decisions..].to_vec());
        day.fields = (0..FIELDS)
            .map(|place| self.field_day(place, given[place]))
            .collect();
        self.chronicle.history.days.push(day);
        self.chronicle.history.measured.push(Measured {
            decision_p50_us: decisions.percentile(50),
            decision_p99_us: decisions.percentile(99),
            commit_p99_us: None,
        });
    }

    fn field_day(&self, place: usize, irrigation_mm: f64) -> FieldDay {
        let plot = &self.plots[place];
        let water = plot.field.water();
        FieldDay {
            depletion_mm: water.depletion,
            readily_available_mm: water.readily_available,
            total_available_mm: water.total_available,
            water_content: water.content,
            trusted: self.trusted(plot.number()),
            outside: None,
            irrigation_mm,
            stress: water.stress,
        }
    }

    /// What the gateway takes the water content of a field to be.
    pub(super) fn trusted(&self, field: u8) -> Option<f64> {
        self.controller(field)?.water_content(self.now)
    }

    /// Each link, and whether it is up.
    pub(super) fn links(&self) -> Vec<(String, bool)> {
        let radios = self.plots.iter();
        let radios = radios.map(|plot| {
            (
                format!("radio of field {}", plot.number()),
                plot.radio.is_connected(),
            )
        });
        let parties = Party::ALL.iter().zip(&self.standings);
        let parties = parties.map(|(party, standing)| {
            (
                format!("broker to {party}"),
                standing.is_linked && !standing.is_dark,
            )
        });
        radios.chain(parties).collect()
    }

    /// Each breaker, and where it stands.
    pub(super) fn breakers(&self) -> Vec<(String, Phase)> {
        self.controllers()
            .flat_map(|controller| {
                let field = controller.number();
                let phases = controller.breakers(self.now);
                phases.map(move |(name, phase)| (format!("field {field}: {name}"), phase))
            })
            .collect()
    }

    fn sums(&self) -> Sums {
        let mut refused = BTreeMap::new();
        for controller in self.controllers() {
            for (reason, count) in &controller.counts().refused {
                *refused.entry((*reason).to_owned()).or_default() += *count;
            }
        }
        let gateways = GATEWAYS.iter().zip(&self.gateways).map(|(party, gateway)| {
            let bytes = gateway.disks().map(|disk| disk.usage().bytes).sum();
            (party.to_string(), bytes)
        });
        let nodes = self.plots.iter().map(|plot| {
            let bytes = plot.valve.state().disk().usage().bytes;
            (format!("node of field {}", plot.number()), bytes)
        });
        Sums {
            irrigation_mm: self
                .plots
                .each_ref()
                .map(|plot| plot.field.moved().irrigation),
            placed: self.site.account().machines,
            refused,
            flash: gateways.chain(nodes).collect(),
            decisions: self.decision_nanos.len(),
        }
    }

    /// What the season was like up to now.
    #[must_use]
    pub fn history(&self) -> History {
        let mut history = self.chronicle.history.clone();
        let account = self.site.account();
        if !account.reasons().is_empty() {
            history.choices.push(history::Choice {
                at: self.chronicle.date_time(self.now),
                what: "the place of a piece of work, the one with most to tell".to_owned(),
                chosen: account
                    .reasons()
                    .split(" = ")
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
                reasons: account.reasons().to_owned(),
            });
        }
        history
    }
}

/// By how much each has grown; what has not is left out.
fn grown<N: Copy + Default + PartialEq + core::ops::Sub<Output = N>>(
    before: &BTreeMap<String, N>,
    sums: &BTreeMap<String, N>,
) -> BTreeMap<String, N> {
    let grown = sums.iter().map(|(name, sum)| {
        let before = before.get(name).copied().unwrap_or_default();
        (name.clone(), *sum - before)
    });
    grown.filter(|(_, by)| *by != N::default()).collect()
}
