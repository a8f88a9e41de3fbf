//! How long decisions and commits took, by a real clock.

use maud::{Markup, html};

use super::ink::Ink;
use super::number::micros;
use super::plot::{Axis, Calendar, Figure, Sample, axes, line};
use crate::season::history::{History, Measured};

const HEIGHT: u32 = 220;
/// No decision may take longer, in µs.
const LIMIT: f64 = 1_000.0;

/// One of the times of a day, in µs.
type Time = fn(&Measured) -> Option<f64>;

/// The plot of a season that was measured.
pub(super) fn latency(history: &History, calendar: &Calendar) -> Markup {
    let times = |value: Time| {
        let days = history.measured.iter().enumerate();
        days.map(move |(n, day)| (n, value(day).filter(|us| *us > 0.0)))
    };
    let lines: [(Ink, &str, Time); 3] = [
        (Ink::Model, "decisions, half", |day| {
            Some(day.decision_p50_us)
        }),
        (Ink::Probe, "decisions, 99 of 100", |day| {
            Some(day.decision_p99_us)
        }),
        (Ink::Outside, "commits, 99 of 100", |day| day.commit_p99_us),
    ];
    let worst = |value| times(value).filter_map(|(_, us)| us).fold(0.0, f64::max);
    let all = lines.iter().flat_map(|(_, _, value)| times(*value));
    let all: Vec<f64> = all
        .filter_map(|(_, us)| us)
        .filter(|us| us.is_finite())
        .collect();
    if all.is_empty() {
        return html! { p class="missing" { "Nothing was measured." } };
    }
    let low = all.iter().copied().fold(LIMIT, f64::min).log10().floor();
    let high = all.iter().copied().fold(LIMIT, f64::max).log10().ceil() + 0.1;
    let powers = (-3..=12)
        .map(f64::from)
        .filter(|power| (low..=high).contains(power));
    let ticks: Vec<(f64, String)> = powers
        .map(|power| (power, micros(10_f64.powf(power)).replace(".0", "")))
        .collect();
    let mut legend: Vec<_> = lines
        .iter()
        .map(|(ink, name, _)| (Sample::Line, *ink, *name))
        .collect();
    legend.push((Sample::Line, Ink::Limit, "limit of a decision"));
    let [(.., p50), (.., p99), (.., commit)] = lines;
    let figure = Figure {
        id: "latency",
        title: "Time taken on each day, on this machine",
        description: &format!(
            "On the worst day half of the decisions took up to {}, 99 of 100 up to {}, and 99 of 100 commits up to {}. The scale \
             is logarithmic.",
            micros(worst(p50)),
            micros(worst(p99)),
            micros(worst(commit))
        ),
        legend: &legend,
        height: [HEIGHT; 2],
    };
    figure.draw(|area, width| {
        let upwards = Axis::new(low..high, ticks.clone());
        let mut axes = axes(area, width, calendar, "logarithmic", upwards)?;
        let limit = history.days.iter().enumerate();
        line(
            &mut axes,
            Ink::Limit,
            limit.map(|(n, _)| (n, Some(LIMIT.log10()))),
        )?;
        for (ink, _, value) in lines {
            line(
                &mut axes,
                ink,
                times(value).map(|(n, us)| (n, us.map(f64::log10))),
            )?;
        }
        Ok(())
    })
}
