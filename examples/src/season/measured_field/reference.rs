//! How near a measured season comes to its published output and to its probe, and what became of its water.

use core::fmt;

use jiff::civil::Date;
use serde::Serialize;

use super::measured_season::MeasuredSeason;
use crate::fao56::{Day, Measured};
use crate::season::report::{thousandths, wrapped};

/// A measured season beside what is known of it; depletions are those of the root zone at the day's end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reference {
    /// The folder's name.
    pub name: String,
    /// Days played.
    pub days: usize,
    /// Root mean square of our daily depletion with the given irrigation less the output of pyfao56, in mm; none
    /// without a `.out` file.
    pub depletion_rmse_mm: Option<f64>,
    /// Days on which the probe measured.
    pub probe_days: usize,
    /// The same less what the probe measured; none without a `.sws` file.
    pub probe_rmse_mm: Option<f64>,
    /// The output of pyfao56 less what the probe measured; none without both files.
    pub pyfao56_probe_rmse_mm: Option<f64>,
    /// Our error against the probe divided by that of pyfao56.
    pub probe_ratio: Option<f64>,
    /// Of the days of the probe, those on which it measured more water than field capacity holds.
    pub probe_days_above_capacity: usize,
    /// [`probe_rmse_mm`](Self::probe_rmse_mm) over the other days of the probe.
    pub probe_rmse_below_capacity_mm: Option<f64>,
    /// Irrigation that was given then, in mm.
    pub given_mm: f64,
    /// What became of the water as it was given then.
    pub as_given: Account,
    /// The water as the controllers of this season gave it, field by field.
    pub as_controlled: Vec<Account>,
}

/// What became of a field's water in a season, in mm, and its days under stress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Account {
    /// Irrigation.
    pub irrigation_mm: f64,
    /// Rain.
    pub rain_mm: f64,
    /// Transpired by the crop.
    pub transpired_mm: f64,
    /// Transpired by a crop that is never short of water.
    pub wanted_mm: f64,
    /// Evaporated from the soil.
    pub evaporated_mm: f64,
    /// Drained below the depth that full-grown roots reach.
    pub drained_mm: f64,
    /// Days that ended with the crop short of water.
    pub stress_days: usize,
}

impl Account {
    /// The account of `days`.
    #[must_use]
    pub fn of(days: &[Day]) -> Self {
        let sum = |of: fn(&Day) -> f64| thousandths(days.iter().map(of).sum());
        Self {
            irrigation_mm: sum(|day| day.inputs.irrigation.map_or(0.0, |water| water.depth)),
            rain_mm: sum(|day| day.inputs.rain),
            transpired_mm: sum(|day| day.root_zone.transpiration),
            wanted_mm: sum(|day| day.canopy.basal * day.inputs.reference),
            evaporated_mm: sum(|day| day.surface.evaporation),
            drained_mm: sum(|day| day.root_zone.percolation),
            stress_days: days.iter().filter(|day| is_stressed(day)).count(),
        }
    }
}

/// Whether a day ended with the crop short of water.
pub(super) fn is_stressed(day: &Day) -> bool {
    day.root_zone.stress_at_end < 1.0
}

/// One day of a measured season, for a plot; depletions of the root zone in mm at the day's end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ReferenceDay {
    /// The day.
    #[serde(serialize_with = "iso")]
    pub date: Date,
    /// Ours with the irrigation that was given.
    pub depletion_mm: f64,
    /// That of pyfao56.
    pub pyfao56_mm: Option<f64>,
    /// What the probe measured; negative in a soil wetter than field capacity.
    pub probe_mm: Option<f64>,
    /// What the crop takes without stress.
    pub readily_available_mm: f64,
    /// The irrigation that was given.
    pub irrigation_mm: f64,
}

fn iso<S: serde::Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(date)
}

impl MeasuredSeason {
    /// The season beside what is known of it, with the accounts of the fields that controllers gave water to.
    #[must_use]
    pub fn reference(&self, as_controlled: Vec<Account>) -> Reference {
        let series = self.series();
        let as_given = Account::of(self.as_given());
        let rmse = |of: fn(&ReferenceDay) -> Option<f64>| rmse(series.iter().filter_map(of));
        let probe = rmse(|day| Some(day.depletion_mm - day.probe_mm?));
        let theirs = rmse(|day| Some(day.pyfao56_mm? - day.probe_mm?));
        let above = series
            .iter()
            .filter(|day| day.probe_mm.is_some_and(|probe| probe < 0.0));
        let ratio = probe.zip(theirs).filter(|(_, theirs)| *theirs > 0.0);
        Reference {
            name: self.name().to_owned(),
            days: series.len(),
            depletion_rmse_mm: rmse(|day| Some(day.depletion_mm - day.pyfao56_mm?))
                .map(thousandths),
            probe_days: series.iter().filter(|day| day.probe_mm.is_some()).count(),
            probe_rmse_mm: probe.map(thousandths),
            pyfao56_probe_rmse_mm: theirs.map(thousandths),
            probe_ratio: ratio.map(|(ours, theirs)| thousandths(ours / theirs)),
            probe_days_above_capacity: above.count(),
            probe_rmse_below_capacity_mm: rmse(|day| {
                let probe = day.probe_mm.filter(|probe| *probe >= 0.0)?;
                Some(day.depletion_mm - probe)
            })
            .map(thousandths),
            given_mm: as_given.irrigation_mm,
            as_given,
            as_controlled,
        }
    }

    /// The season day by day with the irrigation that was given.
    #[must_use]
    pub fn series(&self) -> Vec<ReferenceDay> {
        let files = self.files();
        let published = |date| files.published().iter().find(|day| day.date == date);
        let probed = |date| files.measured().iter().find(|m| m.date == date);
        let row = |day: &Day| {
            let (date, zone) = (day.inputs.date, &day.root_zone);
            let probe = |m: &Measured| m.depletion(files.profile(), day.canopy.roots);
            ReferenceDay {
                date,
                depletion_mm: zone.depletion,
                pyfao56_mm: published(date).and_then(|output| output.get("Dr")),
                probe_mm: probed(date).map(probe),
                readily_available_mm: zone.fraction * zone.total,
                irrigation_mm: day.inputs.irrigation.map_or(0.0, |water| water.depth),
            }
        };
        self.as_given().iter().map(row).collect()
    }
}

impl Reference {
    /// Why model and probe differ as they do, in a sentence, where the probe found what the model leaves no room for.
    ///
    /// FAO-56 lets all water above field capacity drain within the day (equations 85 to 88), so that the depletion is never
    /// below zero: of a soil that holds more for weeks, or more than its files say, it says too little.
    #[must_use]
    pub fn probe_note(&self) -> Option<String> {
        let (days, above) = (self.probe_days, self.probe_days_above_capacity);
        if above == 0 {
            return None;
        }
        let rest = match self.probe_rmse_below_capacity_mm {
            Some(rmse) => format!("on the other {} the RMSE is {rmse:.2} mm", days - above),
            None => "there is no other day".to_owned(),
        };
        Some(format!(
            "On {above} of the {days} days the probe found more water than the field capacity of the files, where the model \
             drains at once what is above it; {rest}."
        ))
    }
}

/// The root of the mean square; none of no differences.
fn rmse(differences: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = differences.fold((0.0, 0.0), |(sum, n), d| (sum + d * d, n + 1.0));
    (count > 0.0).then(|| f64::sqrt(sum / count))
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Measured season {} ({} days)", self.name, self.days)?;
        if let Some(rmse) = self.depletion_rmse_mm {
            writeln!(
                f,
                "  depletion against the output of pyfao56: RMSE {rmse:.3} mm"
            )?;
        }
        if let Some(ours) = self.probe_rmse_mm {
            let days = self.probe_days;
            write!(
                f,
                "  depletion against the probe on {days} days: RMSE {ours:.2} mm"
            )?;
            if let Some(theirs) = self.pyfao56_probe_rmse_mm {
                write!(f, ", pyfao56 {theirs:.2} mm")?;
            }
            writeln!(f)?;
            if let Some(note) = self.probe_note() {
                wrapped(f, &note)?;
            }
        }
        let columns = ["given mm", "used mm", "drained mm", "stress days"];
        writeln!(
            f,
            "  {:<22}{:>12}{:>12}{:>12}{:>12}",
            "", columns[0], columns[1], columns[2], columns[3]
        )?;
        let row = |f: &mut fmt::Formatter<'_>, name: &str, account: &Account| {
            let used = account.transpired_mm + account.evaporated_mm;
            writeln!(
                f,
                "  {name:<22}{:>12.1}{used:>12.1}{:>12.1}{:>12}",
                account.irrigation_mm, account.drained_mm, account.stress_days
            )
        };
        row(f, "as it was given then", &self.as_given)?;
        for (number, account) in (1..).zip(&self.as_controlled) {
            row(f, &format!("field {number}, controlled"), account)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_nothing_is_not_zero() {
        assert_eq!(rmse([].into_iter()), None);
        assert_eq!(rmse([3.0, -4.0, 0.0, 0.0].into_iter()), Some(2.5));
    }
}
