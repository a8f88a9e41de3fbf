//! How a script writes times: a moment as `day 40 06:00`, a length as `72h` or `1h 30m`.

use core::fmt;
use core::time::Duration;

use gofarm_core::time::{Instant, days, hours, minutes, secs};
use jiff::SignedDuration;
use jiff::civil::Time;

/// The longest season has so many days, and the day of a moment is at most this.
pub(super) const LAST_DAY: u16 = 366;

const MICROS_PER_SECOND: u64 = 1_000_000;
const SECONDS_PER_DAY: u64 = 86_400;

/// A moment of a season that is written as `day 40 06:00`, with seconds only where there are any; the first day is day 1
/// and begins at [`Instant::ZERO`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment(pub(super) Instant);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_micros() / MICROS_PER_SECOND;
        let day = seconds / SECONDS_PER_DAY + 1;
        let (hour, minute) = (seconds / 3_600 % 24, seconds / 60 % 60);
        write!(f, "day {day} {hour:02}:{minute:02}")?;
        match seconds % 60 {
            0 => Ok(()),
            second => write!(f, ":{second:02}"),
        }
    }
}

/// Reads a moment; `None` if it is none of day 1 to [`LAST_DAY`], to the second.
pub(super) fn moment(text: &str) -> Option<Instant> {
    let (day, clock) = text.strip_prefix("day ")?.split_once(' ')?;
    if !day.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let day: u16 = day.parse().ok()?;
    if !(1..=LAST_DAY).contains(&day) {
        return None;
    }
    let clock: Time = clock.parse().ok()?;
    if clock.subsec_nanosecond() != 0 {
        return None;
    }
    let part = |part: i8| u64::try_from(part).ok();
    let midnight = Instant::ZERO + days(u64::from(day) - 1);
    Some(
        midnight
            + hours(part(clock.hour())?)
            + minutes(part(clock.minute())?)
            + secs(part(clock.second())?),
    )
}

/// A length of time that is written as `72h` or `1h 30m`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Length(pub(super) Duration);

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = SignedDuration::try_from(self.0).unwrap_or(SignedDuration::MAX);
        write!(f, "{length:#}")
    }
}

/// Reads a length with or without a sign, such as `-2h`, as ISO 8601 has it (`PT72H`) or as people do.
pub(super) fn length(text: &str) -> Option<SignedDuration> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_to_the_second() {
        let at = |text| moment(text).map(|at| at.as_micros() / MICROS_PER_SECOND);
        for (text, seconds) in [
            ("day 1 00:00", Some(0)),
            ("day 40 06:00", Some(39 * 86_400 + 6 * 3_600)),
            ("day 366 23:59:59", Some(366 * 86_400 - 1)),
            ("day 0 00:00", None),
            ("day 367 00:00", None),
            ("day 99999999999 00:00", None),
            ("day +4 00:00", None),
            ("day 4 24:00", None),
            ("day 4 06:00:00.5", None),
            ("day  4 06:00", None),
            ("day 4", None),
            ("2003-05-01 06:00", None),
            ("", None),
        ] {
            assert_eq!(at(text), seconds, "{text}");
        }
    }

    #[test]
    fn a_moment_is_written_as_it_is_read() {
        for text in ["day 1 00:00", "day 40 06:00", "day 366 23:59:59"] {
            assert_eq!(Moment(moment(text).unwrap()).to_string(), text);
        }
    }

    #[test]
    fn a_length_is_written_as_it_is_read() {
        for text in ["72h", "1h 30m", "45m", "5s", "336h 1s"] {
            let length = length(text).unwrap();
            assert_eq!(Length(length.unsigned_abs()).to_string(), text);
        }
        assert_eq!(length("-2h"), Some(SignedDuration::from_hours(-2)));
        assert_eq!(length("PT1.5H"), Some(SignedDuration::from_mins(90)));
        for text in ["", "72", "h", "three days", "9999999999999999999h"] {
            assert_eq!(length(text), None, "{text}");
        }
    }
}
