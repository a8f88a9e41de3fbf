//! A season that lies in a folder and goes on where it stopped; see `saved`.

use std::path::Path;

use jiff::civil::Date;
use serde::Serialize;

use super::{GATEWAYS, Season, Stopwatch};
use crate::season::disk::Disk;
use crate::season::gateway::Input;
use crate::season::party::Party;
use crate::season::record::Digest;
use crate::season::saved::{Saved, SavedError};

/// The disks of a gateway or the cloud, in their order.
const DISKS: [[&str; 4]; Party::ALL.len()] = [
    [
        "gateway 1, field 1",
        "gateway 1, field 2",
        "gateway 1, field 3",
        "gateway 1, commands",
    ],
    [
        "gateway 2, field 1",
        "gateway 2, field 2",
        "gateway 2, field 3",
        "gateway 2, commands",
    ],
    [
        "cloud, field 1",
        "cloud, field 2",
        "cloud, field 3",
        "cloud, commands",
    ],
];

/// All that decides how a season is played. Of several that differ the first by name is told, and the script may follow from
/// days and seed.
#[derive(Serialize)]
struct Options {
    data: Option<String>,
    days: String,
    elevation: f64,
    latitude: f64,
    seed: u64,
    #[serde(rename = "troubles of --chaos")]
    troubles: String,
    weather: String,
}

impl Season<'_> {
    /// This season, with what is durable in it kept in `folder` at each [`save`](Self::save); if one is kept there,
    /// [`resume`](Self::resume) comes next.
    ///
    /// ```
    /// use gofarm_examples::season::chaos::Chaos;
    /// use gofarm_examples::season::{Plan, Season};
    /// use gofarm_examples::weather;
    ///
    /// let days = weather::read_file("data/hupsel_283_daily_2002_2004.csv".as_ref())?;
    /// let plan = Plan::choose(&days, None, None)?;
    /// let folder = tempfile::tempdir()?;
    /// let mut season = Season::start(plan, &days, Chaos::none()).stored(folder.path())?;
    /// season.next_day(&mut || 0);
    /// season.save()?;
    /// drop(season); // the program is stopped
    ///
    /// let mut season = Season::start(plan, &days, Chaos::none()).stored(folder.path())?;
    /// season.resume(&mut || 0, |_| {})?;
    /// assert_eq!(season.played(), 1);
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`SavedError`] if the folder cannot be written, is damaged, is of another season, or is in use.
    pub fn stored(mut self, folder: &Path) -> Result<Self, SavedError> {
        self.saved = Some(Saved::open(folder, &self.options())?);
        Ok(self)
    }

    /// Goes to where the season in the folder was stopped, and tells `each` of the days up to there: they are played again
    /// and led to what is kept. Then both gateways and the cloud start from what is in the folder, as after a power cut.
    /// A season that is not [`stored`](Self::stored) or has just begun stays where it is.
    ///
    /// # Errors
    /// [`SavedError`] if the days played again come out otherwise, or the folder cannot be written.
    pub fn resume(
        &mut self,
        stopwatch: &mut impl Stopwatch,
        mut each: impl FnMut(Date),
    ) -> Result<(), SavedError> {
        let Some(mut saved) = self.saved.take() else {
            return Ok(());
        };
        while self.played() < saved.days() {
            if saved.resumed_after(self.played()) {
                self.cut_power();
            }
            let Some(day) = self.next_day(stopwatch) else {
                break;
            };
            each(day);
        }
        saved.resume(&self.disks())?;
        if saved.days() > 0 {
            self.cut_power();
        }
        self.saved = Some(saved);
        Ok(())
    }

    /// Keeps the end of a day in the folder, if the season is [`stored`](Self::stored).
    ///
    /// # Errors
    /// [`SavedError`] if it cannot be written; then the day before is kept.
    pub fn save(&mut self) -> Result<(), SavedError> {
        let Some(mut saved) = self.saved.take() else {
            return Ok(());
        };
        let kept = saved.save(self.played(), &self.disks());
        self.saved = Some(saved);
        kept
    }

    /// How many days were played.
    #[must_use]
    pub fn played(&self) -> u32 {
        self.played.into()
    }

    fn options(&self) -> Options {
        let plan = &self.plan;
        let text = |measured| format!("{:016x}", Digest::of(&format!("{measured:?}")));
        Options {
            data: self.measured.map(text),
            days: format!("{} to {}", plan.from, plan.to),
            elevation: plan.station.elevation,
            latitude: plan.station.latitude,
            seed: plan.seed,
            troubles: format!("{:?} {:016x}", plan.background, self.script),
            weather: format!("{:016x}", self.weather_digest()),
        }
    }

    fn weather_digest(&self) -> u64 {
        let mut digest = Digest::new();
        for day in self.days {
            digest.add(&day.date);
            digest.add(&[
                day.radiation,
                day.temperature_min,
                day.temperature_max,
                day.vapour_pressure,
                day.wind,
                day.rain,
            ]);
        }
        digest.get()
    }

    fn disks(&self) -> Vec<(&'static str, &Disk)> {
        let [first, second] = &self.gateways;
        let disks = first.disks().chain(second.disks());
        let names = DISKS.as_flattened().iter().copied();
        names.zip(disks.chain(self.cloud.disks())).collect()
    }

    /// Both gateways and the cloud lose their power for a moment.
    fn cut_power(&mut self) {
        for party in GATEWAYS {
            self.tell(party, Input::PowerCut);
        }
        let at = self.true_time();
        self.referee.damaged += self.cloud.lose_power(at);
        for party in Party::ALL {
            self.tell_link(party);
        }
    }
}
