//! One side of a plot: [`Axis`].
//!
//! The plotting crate chooses its own numbers for an axis; days of a calendar and powers of ten are chosen here.

use core::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use crate::season::page::number::decimal;

/// A range of values, and those that are named.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Axis {
    range: Range<f64>,
    ticks: Vec<(f64, String)>,
}

impl Axis {
    /// An axis over `range`, which has a length, with `ticks` and their names.
    pub(in super::super) fn new(range: Range<f64>, ticks: Vec<(f64, String)>) -> Self {
        Self { range, ticks }
    }

    /// An axis with about seven round numbers.
    pub(in super::super) fn round(range: Range<f64>) -> Self {
        let ticks = round_ticks(&range);
        Self::new(range, ticks)
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.range.start) / (self.range.end - self.range.start);
        let length = f64::from(limit.1) - f64::from(limit.0);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "between the limits, which are i32; what is no number is 0"
        )]
        let place = (f64::from(limit.0) + share.clamp(0.0, 1.0) * length).round() as i32;
        place
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.iter().map(|(value, _)| *value).collect()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        let tick = self.ticks.iter().find(|(tick, _)| tick == value);
        tick.map(|(_, name)| name.clone()).unwrap_or_default()
    }
}

/// Round numbers within `range`, with their writing.
fn round_ticks(range: &Range<f64>) -> Vec<(f64, String)> {
    let rough = (range.end - range.start) / 7.0;
    if !(rough.is_finite() && rough > 1e-9) {
        return Vec::new();
    }
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0]
        .map(|m| m * power)
        .into_iter()
        .find(|step| *step >= 0.999 * rough)
        .unwrap_or(10.0 * power);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 9: a step is not below 1e-9"
    )]
    let decimals = (-step.log10() - 1e-9).ceil().max(0.0) as usize;
    let first = (range.start / step - 1e-9).ceil();
    (0..=10)
        .map(|n| (first + f64::from(n)) * step)
        .take_while(|tick| *tick <= range.end + 1e-9 * step)
        .map(|tick| (tick, decimal(tick, decimals)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within_the_range() {
        let written = |range| -> Vec<String> {
            let ticks = round_ticks(&range).into_iter();
            ticks.map(|(_, text)| text).collect()
        };
        assert_eq!(written(0.0..25.0), ["0", "5", "10", "15", "20", "25"]);
        assert_eq!(
            written(0.09..0.23),
            ["0.10", "0.12", "0.14", "0.16", "0.18", "0.20", "0.22"]
        );
        assert_eq!(
            written(0.0..1.0),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(written(-3.0..3.0), ["-3", "-2", "-1", "0", "1", "2", "3"]);
        assert_eq!(
            written(0.0..300.0),
            ["0", "50", "100", "150", "200", "250", "300"]
        );
        assert!(written(1.0..1.0).is_empty());
        assert!(written(0.0..f64::NAN).is_empty());
    }

    #[test]
    fn a_value_is_never_drawn_outside() {
        let axis = Axis::round(0.0..10.0);
        for (value, place) in [
            (0.0, 400),
            (10.0, 0),
            (2.5, 300),
            (-1.0, 400),
            (1e300, 0),
            (f64::INFINITY, 0),
        ] {
            assert_eq!(axis.map(&value, (400, 0)), place, "{value}");
        }
    }
}
