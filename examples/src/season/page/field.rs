//! The water of each field.

use core::ops::Range;

use maud::{Markup, html};

use super::ink::Ink;
use super::number::{decimal, of};
use super::plot::{Axis, Calendar, Figure, Sample, axes, bar, dot, line};
use super::summary::Table;
use super::table::table;
use crate::season::history::{Day, FieldDay, FieldFacts, History, finite_sum};

const HEIGHT: u32 = 280;
const BARS_HEIGHT: u32 = 180;

/// Each field's plots.
pub(super) fn fields(history: &History, calendar: &Calendar) -> Markup {
    html! {
        @for (number, facts) in history.fields.iter().enumerate() {
            h3 { (facts.name) ": " (facts.crop) " on " (facts.soil) }
            (soil(history, calendar, number, facts))
            (water(history, calendar, number, facts))
        }
    }
}

/// The water content of the root zone.
fn soil(history: &History, calendar: &Calendar, number: usize, facts: &FieldFacts) -> Markup {
    let model = || history.of(number).map(|(_, day)| day.water_content);
    let trusted = history.of(number).any(|(_, day)| day.trusted.is_some());
    let outside = history.of(number).any(|(_, day)| day.outside.is_some());
    let mut legend = vec![(Sample::Line, Ink::Model, "water in the root zone")];
    if trusted {
        legend.push((Sample::Line, Ink::Probe, "as the trusted probes tell it"));
    }
    if outside {
        legend.push((Sample::Dot, Ink::Outside, "as measured from outside"));
    }
    legend.extend([
        (Sample::Line, Ink::Capacity, "field capacity"),
        (
            Sample::Line,
            Ink::Limit,
            "readily available water used up: stress begins",
        ),
        (Sample::Line, Ink::Wilting, "wilting point"),
    ]);
    let (low, high) = extent(model());
    let description = format!(
        "Water content of the root zone of {} at the end of each day, in cubic metres of water per cubic metre of soil: \
         between {} and {}. Field capacity is {}, the wilting point {}.",
        facts.name,
        decimal(low, 3),
        decimal(high, 3),
        decimal(facts.field_capacity, 3),
        decimal(facts.wilting_point, 3)
    );
    let all = history.of(number).flat_map(|(_, day)| {
        [Some(day.water_content), day.trusted, day.outside]
            .into_iter()
            .flatten()
    });
    let bounds = [facts.field_capacity, facts.wilting_point];
    let range = padded(extent(all.chain(bounds)));
    let figure = Figure {
        id: &format!("soil-{number}"),
        title: &format!("Soil water, {}", facts.name),
        description: &description,
        legend: &legend,
        height: [HEIGHT; 2],
    };
    let plot = figure.draw(|area, width| {
        let upwards = Axis::round(range.clone());
        let mut axes = axes(area, width, calendar, "m³/m³", upwards)?;
        let of_days = |value: fn(&FieldDay, &FieldFacts) -> Option<f64>| {
            history
                .of(number)
                .map(move |(n, day)| (n, value(day, facts)))
        };
        line(
            &mut axes,
            Ink::Capacity,
            of_days(|_, facts| Some(facts.field_capacity)),
        )?;
        line(&mut axes, Ink::Limit, of_days(stress_begins))?;
        line(
            &mut axes,
            Ink::Wilting,
            of_days(|_, facts| Some(facts.wilting_point)),
        )?;
        line(
            &mut axes,
            Ink::Model,
            of_days(|day, _| Some(day.water_content)),
        )?;
        line(&mut axes, Ink::Probe, of_days(|day, _| day.trusted))?;
        for (n, value) in of_days(|day, _| day.outside) {
            if let Some(value) = value.filter(|value| value.is_finite()) {
                dot(&mut axes, Ink::Outside, (n as f64 + 0.5, value))?;
            }
        }
        Ok(())
    });
    html! {
        (plot)
        @for (who, measured) in MEASURED {
            @if let Some((rmse, days)) = difference(history, number, measured) {
                p class="note" {
                    "The " (who) " and the root zone differ by " (decimal(rmse, 4)) " m³/m³ (RMSE over " (of(days, "day")) ")."
                }
            }
        }
    }
}

/// One of the measurements of a day.
type Measured = fn(&FieldDay) -> Option<f64>;

/// Who measures beside the model.
const MEASURED: [(&str, Measured); 2] = [
    ("probes", |day| day.trusted),
    ("measurement from outside", |day| day.outside),
];

/// The water content at which the crop begins to be short of water.
fn stress_begins(day: &FieldDay, facts: &FieldFacts) -> Option<f64> {
    let share = day.readily_available_mm / day.total_available_mm;
    let content = facts.field_capacity - share * (facts.field_capacity - facts.wilting_point);
    content.is_finite().then_some(content)
}

/// The root mean square of what was measured less what the root zone had, and on how many days.
fn difference(history: &History, number: usize, measured: Measured) -> Option<(f64, usize)> {
    let squares: Vec<f64> = history
        .of(number)
        .filter_map(|(_, day)| Some((measured(day)? - day.water_content).powi(2)))
        .filter(|square| square.is_finite())
        .collect();
    let mean = squares.iter().sum::<f64>() / squares.len() as f64;
    (!squares.is_empty()).then(|| (mean.sqrt(), squares.len()))
}

/// Rain and irrigation.
fn water(history: &History, calendar: &Calendar, number: usize, facts: &FieldFacts) -> Markup {
    let given = history.irrigation_mm(number);
    let watered = history
        .of(number)
        .filter(|(_, day)| day.irrigation_mm > 0.0)
        .count();
    let rain = |n: usize| {
        let day = history.days.get(n);
        day.map_or(0.0, |day| day.rain_mm).max(0.0)
    };
    let most = history
        .of(number)
        .map(|(n, day)| finite_sum([rain(n), day.irrigation_mm].into_iter()));
    let range = 0.0..extent(most).1.max(1.0) * 1.05;
    let title = format!(
        "Rain ({} mm) and irrigation ({} mm on {}), {}",
        decimal(history.rain_mm(), 1),
        decimal(given, 1),
        of(watered, "day"),
        facts.name
    );
    let figure = Figure {
        id: &format!("water-{number}"),
        title: &title,
        description: "Millimetres of rain on each day, and on top of it of irrigation.",
        legend: &[
            (Sample::Area, Ink::Rain, "rain"),
            (Sample::Area, Ink::Irrigation, "irrigation, on top of it"),
        ],
        height: [BARS_HEIGHT; 2],
    };
    figure.draw(|area, width| {
        let upwards = Axis::round(range.clone());
        let mut axes = axes(area, width, calendar, "mm a day", upwards)?;
        for (n, day) in history.of(number) {
            let rain = finite_sum([rain(n)].into_iter());
            let sum = finite_sum([rain, day.irrigation_mm].into_iter());
            if rain > 0.0 {
                bar(&mut axes, Ink::Rain, n, 0.0..rain)?;
            }
            if sum > rain {
                bar(&mut axes, Ink::Irrigation, n, rain..sum)?;
            }
        }
        Ok(())
    })
}

/// Sums by month, for those who read numbers.
pub(super) fn by_month(history: &History) -> Markup {
    let mut columns = vec!["month".to_owned(), "rain, mm".into(), "ET₀, mm".into()];
    for facts in &history.fields {
        columns.push(format!("{}: given, mm", facts.name));
        columns.push(format!("{}: stress days", facts.name));
    }
    let months = history
        .days
        .chunk_by(|a, b| a.date.first_of_month() == b.date.first_of_month());
    let mut rows: Vec<Vec<String>> = months
        .filter_map(|days| {
            let month = days.first()?.date.strftime("%B %Y").to_string();
            Some(sums(history, days, month))
        })
        .collect();
    rows.push(sums(history, &history.days, "season".into()));
    let sums = Table {
        title: "Water by month".into(),
        columns,
        rows,
        note: None,
    };
    table(&sums)
}

fn sums(history: &History, days: &[Day], name: String) -> Vec<String> {
    let sum = |value: &dyn Fn(&Day) -> f64| decimal(finite_sum(days.iter().map(value)), 1);
    let mut row = vec![name, sum(&|day| day.rain_mm), sum(&|day| day.reference_mm)];
    for number in 0..history.fields.len() {
        let of_field = || days.iter().filter_map(|day| day.fields.get(number));
        let given = finite_sum(of_field().map(|day| day.irrigation_mm));
        let stressed = of_field().filter(|day| day.stress < 1.0).count();
        row.extend([decimal(given, 1), stressed.to_string()]);
    }
    row
}

/// The least and the greatest of those that are finite.
fn extent(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let finite = values.filter(|value| value.is_finite());
    finite.fold((f64::NAN, f64::NAN), |(low, high), value| {
        (low.min(value), high.max(value))
    })
}

/// A range with a little room on both sides, and some length in any case.
fn padded((low, high): (f64, f64)) -> Range<f64> {
    if !(low.is_finite() && high.is_finite()) {
        return 0.0..1.0;
    }
    let room = (0.06 * (high - low)).max(0.005);
    low - room..high + room
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stress_begins_where_the_readily_available_water_is_used_up() {
        let facts = FieldFacts {
            name: String::new(),
            crop: String::new(),
            soil: String::new(),
            field_capacity: 0.3,
            wilting_point: 0.1,
        };
        let day = |readily_available_mm, total_available_mm| FieldDay {
            depletion_mm: 0.0,
            readily_available_mm,
            total_available_mm,
            water_content: 0.2,
            trusted: None,
            outside: None,
            irrigation_mm: 0.0,
            stress: 1.0,
        };
        let begins = stress_begins(&day(40.0, 80.0), &facts).unwrap();
        assert!((begins - 0.2).abs() < 1e-12);
        assert_eq!(stress_begins(&day(0.0, 0.0), &facts), None);
    }

    #[test]
    fn a_range_has_some_length() {
        assert_eq!(padded(extent([].into_iter())), 0.0..1.0);
        let one = padded(extent([0.2, f64::NAN].into_iter()));
        assert!(one.start < 0.2 && 0.2 < one.end);
    }
}
