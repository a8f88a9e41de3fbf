//! [`Moment`]: a time of the season, as a person writes it.

use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use gofarm_core::time::{Instant, days};
use jiff::civil::{Date, DateTime, Time};

/// A time of a season: `2003-07-01T12:00`, or `day 40 12:00` where day 1 is the day of planting.
///
/// Seconds may follow the minutes. A season has no summer time: every day has 24 hours.
///
/// ```
/// use gofarm_core::time::{Instant, hours};
/// use gofarm_examples::season::record::Moment;
/// use jiff::civil::date;
///
/// let moment: Moment = "2003-05-24T12:00".parse()?;
/// let noon = Instant::ZERO + hours(39 * 24 + 12);
/// assert_eq!(moment.instant(date(2003, 4, 15), 145)?, noon);
/// assert_eq!(Moment::of(noon).to_string(), "day 40 12:00");
/// # Ok::<(), gofarm_examples::season::record::MomentError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the two ways to write it")]
pub enum Moment {
    /// By the calendar of the weather.
    Civil(DateTime),
    /// By the days that were played.
    Day {
        /// The day, from 1.
        day: u32,
        /// The time of day.
        time: Time,
    },
}

/// Why a text is not a time of the season.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MomentError {
    /// It cannot be read.
    #[error("not a time of the season, such as 2003-07-01T12:00 or 'day 40 12:00'")]
    Unreadable,
    /// The season was not played then.
    #[error("{moment} is outside the season, which has {days} days from {first}")]
    Outside {
        /// The time.
        moment: Moment,
        /// The first day.
        first: Date,
        /// How many days there are.
        days: u32,
    },
}

impl Moment {
    /// The moment of a season's own clock, which begins at midnight of its first day.
    #[must_use]
    pub fn of(at: Instant) -> Self {
        let since = at.saturating_since(Instant::ZERO).as_secs();
        let (day, rest) = (since / DAY, since % DAY);
        // Less than a day, so it is a time of day.
        let part = |seconds: u64, of: u64| i8::try_from(seconds % of).unwrap_or(0);
        Self::Day {
            day: u32::try_from(day).map_or(u32::MAX, |day| day.saturating_add(1)),
            time: Time::constant(
                part(rest / 3_600, 24),
                part(rest / 60, 60),
                part(rest, 60),
                0,
            ),
        }
    }

    /// The time on the clock of a season of `days` days from `first`.
    ///
    /// # Errors
    /// [`MomentError::Outside`] if it is before or after them.
    pub fn instant(self, first: Date, days: u32) -> Result<Instant, MomentError> {
        let (day, time) = match self {
            Self::Civil(moment) => {
                let since = moment.date().duration_since(first).as_hours() / 24;
                (u32::try_from(since).ok(), moment.time())
            }
            Self::Day { day, time } => (day.checked_sub(1), time),
        };
        let outside = MomentError::Outside {
            moment: self,
            first,
            days,
        };
        let day = day.filter(|day| *day < days).ok_or(outside)?;
        Ok(Instant::ZERO + days_of(day) + since_midnight(time))
    }
}

const DAY: u64 = days(1).as_secs();

fn days_of(days: u32) -> Duration {
    Duration::from_secs(DAY * u64::from(days))
}

fn since_midnight(time: Time) -> Duration {
    time.duration_since(Time::midnight()).unsigned_abs()
}

impl FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, MomentError> {
        let Some(of_day) = text.strip_prefix("day ") else {
            return DateTime::strptime("%Y-%m-%dT%H:%M", text)
                .or_else(|_| DateTime::strptime("%Y-%m-%dT%H:%M:%S", text))
                .map(Self::Civil)
                .map_err(|_| MomentError::Unreadable);
        };
        let (day, time) = of_day.split_once(' ').ok_or(MomentError::Unreadable)?;
        let time = Time::strptime("%H:%M", time)
            .or_else(|_| Time::strptime("%H:%M:%S", time))
            .map_err(|_| MomentError::Unreadable)?;
        match day.parse() {
            Ok(day) if day > 0 => Ok(Self::Day { day, time }),
            _ => Err(MomentError::Unreadable),
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = match self {
            Self::Civil(moment) => {
                write!(f, "{}T", moment.date())?;
                moment.time()
            }
            Self::Day { day, time } => {
                write!(f, "day {day} ")?;
                *time
            }
        };
        let format = if time.second() == 0 {
            "%H:%M"
        } else {
            "%H:%M:%S"
        };
        write!(f, "{}", time.strftime(format))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const PLANTING: Date = date(2003, 4, 15);

    #[test]
    fn both_ways_to_write_a_time_mean_the_same() {
        for (civil, day) in [
            ("2003-04-15T00:00", "day 1 00:00"),
            ("2003-05-24T12:00", "day 40 12:00"),
            ("2003-09-06T23:59:59", "day 145 23:59:59"),
        ] {
            let at = |text: &str| text.parse::<Moment>().unwrap().instant(PLANTING, 145);
            assert_eq!(at(civil), at(day));
            assert!(at(civil).is_ok(), "{civil}");
            assert_eq!(Moment::of(at(civil).unwrap()).to_string(), day);
            assert_eq!(civil.parse::<Moment>().unwrap().to_string(), civil);
        }
    }

    #[test]
    fn a_text_that_is_no_time_is_refused() {
        for text in [
            "",
            "noon",
            "2003-07-01",
            "2003-07-01 12:00",
            "2003-02-29T12:00",
            "2003-07-01T25:00",
            "2003-07-01T12:00Z",
            "2003-07-01T12:00:00.5",
            "day 0 12:00",
            "day -1 12:00",
            "day 4294967296 12:00",
            "day 40",
            "day 40 24:00",
            "day 40 2003-07-01T12:00",
            "day forty 12:00",
        ] {
            assert_eq!(
                text.parse::<Moment>(),
                Err(MomentError::Unreadable),
                "{text}"
            );
        }
    }

    #[test]
    fn a_time_outside_the_season_names_the_season() {
        for text in [
            "2003-04-14T23:59",
            "2003-09-07T00:00",
            "9999-12-31T00:00",
            "day 146 00:00",
            "day 4294967295 23:59",
        ] {
            let moment: Moment = text.parse().unwrap();
            let error = moment.instant(PLANTING, 145).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("{text} is outside the season, which has 145 days from 2003-04-15")
            );
        }
    }
}
