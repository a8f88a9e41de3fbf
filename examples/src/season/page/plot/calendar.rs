//! The days along the axis of a plot: [`Calendar`].

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

use super::{Axis, Width};
use crate::season::history::History;

/// Days up to which single days are named, and not months.
const DAYS_NAMED: usize = 60;

/// The first day and how many there are; day `n` is from `n` to `n + 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Calendar {
    first: Date,
    days: usize,
}

impl Calendar {
    /// `None` without a day.
    pub(in super::super) fn of(history: &History) -> Option<Self> {
        Some(Self {
            first: history.days.first()?.date,
            days: history.days.len(),
        })
    }

    /// The axis of these days; so many of them or of their months are named as there is room for.
    pub(super) fn axis(&self, width: Width) -> Axis {
        Axis::new(0.0..self.days as f64, self.ticks(width))
    }

    pub(super) fn days(&self) -> usize {
        self.days
    }

    /// Where an instant is on the axis; `None` outside.
    pub(super) fn place(&self, at: DateTime) -> Option<f64> {
        let day = usize::try_from(self.first.until(at.date()).ok()?.get_days()).ok()?;
        let of_day = (f64::from(at.hour()) + f64::from(at.minute()) / 60.0) / 24.0;
        (day < self.days).then_some(day as f64 + of_day)
    }

    fn ticks(&self, width: Width) -> Vec<(f64, String)> {
        let room = match width {
            Width::Wide => 12,
            Width::Narrow => 6,
        };
        let is_short = self.days <= DAYS_NAMED;
        let format = if is_short { "%-d %b" } else { "%b" };
        let named = (0..self.days).map(|day| (day, self.date(day)));
        let named: Vec<(usize, Date)> = named
            .filter(|(_, date)| is_short || date.day() == 1)
            .collect();
        let step = named.len().div_ceil(room).max(1);
        let named = named.into_iter().step_by(step);
        named
            .map(|(day, date)| (day as f64, date.strftime(format).to_string()))
            .collect()
    }

    fn date(&self, day: usize) -> Date {
        let days = i64::try_from(day).unwrap_or(0);
        self.first.checked_add(days.days()).unwrap_or(self.first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn labels(days: usize, width: Width) -> Vec<String> {
        let first = date(2003, 4, 15);
        let calendar = Calendar { first, days };
        let ticks = calendar.ticks(width).into_iter();
        ticks.map(|(_, name)| name).collect()
    }

    #[test]
    fn months_of_a_season_and_days_of_a_short_one_are_named() {
        assert_eq!(
            labels(145, Width::Wide),
            ["May", "Jun", "Jul", "Aug", "Sep"]
        );
        assert_eq!(
            labels(366, Width::Narrow),
            ["May", "Jul", "Sep", "Nov", "Jan", "Mar"]
        );
        assert_eq!(labels(3, Width::Narrow), ["15 Apr", "16 Apr", "17 Apr"]);
        assert_eq!(labels(40, Width::Narrow).len(), 6);
        assert_eq!(labels(1, Width::Wide), ["15 Apr"]);
    }

    #[test]
    fn an_instant_has_a_place_if_its_day_is_shown() {
        let calendar = Calendar {
            first: date(2003, 4, 15),
            days: 2,
        };
        let place = |day, hour| calendar.place(date(2003, 4, day).at(hour, 0, 0, 0));
        assert_eq!(place(14, 23), None);
        assert_eq!(place(15, 0), Some(0.0));
        assert_eq!(place(16, 12), Some(1.5));
        assert_eq!(place(17, 0), None);
    }
}
