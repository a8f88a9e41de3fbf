//! What to play: which days, which crop on which soil, which seed.

use gofarm_core::random::Random;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::party::Party;
use crate::crop::{Crop, POTATO};
use crate::et0::Station;
use crate::soil_water::{SANDY_LOAM, Soil};
use crate::weather::WeatherDay;

/// KNMI station 283, Hupsel, Netherlands: where the committed weather was observed.
pub const HUPSEL: Station = Station {
    latitude: 52.07,
    elevation: 29.0,
};

/// The seed when none is given.
pub const DEFAULT_SEED: u64 = 1;

/// How many fields the farm has.
pub(super) const FIELDS: usize = 3;

/// What goes wrong by itself, besides what is scripted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Background {
    /// Frames are lost and doubled, probes lie, valves stick, nodes hang, people turn knobs.
    #[default]
    Rough,
    /// Nothing.
    Calm,
}

impl Background {
    /// Whether something goes wrong that does so one time in `one_in`.
    pub(super) fn strikes(self, random: &mut impl Random, one_in: u64) -> bool {
        self == Self::Rough && random.below(one_in) == 0
    }
}

/// One season to play: potato on sandy loam, in each field.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub(super) from: Date,
    pub(super) to: Date,
    pub(super) station: Station,
    pub(super) seed: u64,
    pub(super) crop: Crop,
    pub(super) soil: Soil,
    pub(super) background: Background,
}

/// Why these days cannot be played.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The file does not have the day.
    #[error("{option} {day} is outside the weather file, which has {first} to {last}")]
    Outside {
        /// `--from` or `--to`.
        option: &'static str,
        /// The day.
        day: Date,
        /// The file's first day.
        first: Date,
        /// The file's last day.
        last: Date,
    },
    /// The season ends before it starts.
    #[error("--to {to} is before --from {from}")]
    Reversed {
        /// The first day.
        from: Date,
        /// The last day.
        to: Date,
    },
    /// A season is at most a year.
    #[error("--from {from} to --to {to} is {days} days, the limit is 366")]
    TooLong {
        /// The first day.
        from: Date,
        /// The last day.
        to: Date,
        /// How many that is.
        days: i32,
    },
    /// There is no weather.
    #[error("the weather has no day")]
    NoWeather,
}

impl Plan {
    /// Chooses the days to play from `weather`.
    ///
    /// Without `from` the crop is planted on 15 April of the middle year of the file, or on its first day if it does not
    /// have that one; without `to` it is grown to the end of its season or of the file.
    ///
    /// # Errors
    /// [`PlanError`] if the file does not have the days, or they are reversed or more than a year.
    pub fn choose(
        weather: &[WeatherDay],
        from: Option<Date>,
        to: Option<Date>,
    ) -> Result<Self, PlanError> {
        let (Some(first), Some(last)) = (weather.first(), weather.last()) else {
            return Err(PlanError::NoWeather);
        };
        let (first, last) = (first.date, last.date);
        let within = |option, day: Date| {
            if (first..=last).contains(&day) {
                Ok(day)
            } else {
                Err(PlanError::Outside {
                    option,
                    day,
                    first,
                    last,
                })
            }
        };
        let middle = i16::midpoint(first.year(), last.year());
        let planting = Date::new(middle, 4, 15).ok();
        let from = match from {
            Some(day) => within("--from", day)?,
            None => planting
                .filter(|day| (first..=last).contains(day))
                .unwrap_or(first),
        };
        let to = match to {
            Some(day) => within("--to", day)?,
            None => {
                let harvest = i64::from(POTATO.season_days()) - 1;
                from.checked_add(harvest.days()).unwrap_or(last).min(last)
            }
        };
        if to < from {
            return Err(PlanError::Reversed { from, to });
        }
        let days = from.until(to).map_or(i32::MAX, |span| span.get_days() + 1);
        if days > 366 {
            return Err(PlanError::TooLong { from, to, days });
        }
        Ok(Self {
            from,
            to,
            station: HUPSEL,
            seed: DEFAULT_SEED,
            crop: POTATO,
            soil: SANDY_LOAM,
            background: Background::default(),
        })
    }

    /// With another seed than [`DEFAULT_SEED`].
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// With another station than [`HUPSEL`].
    #[must_use]
    pub fn station(mut self, station: Station) -> Self {
        self.station = station;
        self
    }

    /// With other troubles than [`Background::Rough`].
    #[must_use]
    pub fn background(mut self, background: Background) -> Self {
        self.background = background;
        self
    }

    /// The numbers of the fields.
    pub(super) fn fields() -> impl Iterator<Item = u8> {
        (1..).take(FIELDS)
    }

    /// The gateway beside a field.
    pub(super) const fn home(field: u8) -> Party {
        match field {
            1 | 2 => Party::Gateway1,
            _ => Party::Gateway2,
        }
    }

    /// The first day.
    #[must_use]
    pub fn from(&self) -> Date {
        self.from
    }

    /// How many days these are, at most 366.
    #[must_use]
    pub fn days(&self) -> u16 {
        let days = self.from.until(self.to).map_or(0, |span| span.get_days());
        u16::try_from(days).unwrap_or(0) + 1
    }

    /// The last day.
    #[must_use]
    pub fn to(&self) -> Date {
        self.to
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn weather(first: Date, days: i64) -> Vec<WeatherDay> {
        (0..days)
            .map(|n| WeatherDay {
                date: first + n.days(),
                radiation: 20.0,
                temperature_min: 10.0,
                temperature_max: 20.0,
                vapour_pressure: 1.2,
                wind: 2.0,
                rain: 0.0,
            })
            .collect()
    }

    #[test]
    fn the_default_is_one_growing_season() {
        let days = weather(date(2002, 1, 1), 1_096);
        let plan = Plan::choose(&days, None, None).unwrap();
        assert_eq!(
            (plan.from(), plan.to()),
            (date(2003, 4, 15), date(2003, 9, 6))
        );

        let short = weather(date(2003, 6, 1), 20);
        let plan = Plan::choose(&short, None, None).unwrap();
        assert_eq!(
            (plan.from(), plan.to()),
            (date(2003, 6, 1), date(2003, 6, 20))
        );
    }

    #[test]
    fn days_that_cannot_be_played_are_named() {
        let days = weather(date(2002, 1, 1), 1_096);
        let choose = |from, to| {
            Plan::choose(&days, Some(from), Some(to))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            choose(date(1999, 5, 1), date(2002, 6, 1)),
            "--from 1999-05-01 is outside the weather file, which has 2002-01-01 to 2004-12-31"
        );
        assert_eq!(
            choose(date(2003, 5, 1), date(2003, 4, 1)),
            "--to 2003-04-01 is before --from 2003-05-01"
        );
        assert_eq!(
            choose(date(2002, 1, 1), date(2003, 1, 2)),
            "--from 2002-01-01 to --to 2003-01-02 is 367 days, the limit is 366"
        );
        assert_eq!(Plan::choose(&[], None, None), Err(PlanError::NoWeather));
    }
}
