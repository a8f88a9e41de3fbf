//! What is told as strips along the season: stress, links, breakers, work, refused readings, flash.

use alloc::collections::BTreeMap;

use jiff::civil::DateTime;
use maud::{Markup, html};

use super::ink::Ink;
use super::number::{bytes, count, of, percent};
use super::plot::{Calendar, Figure, Marks, Strip, Width, strips, strips_height};
use crate::season::history::{Day, History};

/// What every strip has in common.
const AS_HEIGHT: &str =
    "The higher a mark, the more of the day; the least is drawn with a fifth of the height.";

/// Days under stress, by field.
pub(super) fn stress(history: &History, calendar: &Calendar) -> Markup {
    let rows: Vec<Strip> = history
        .fields
        .iter()
        .enumerate()
        .map(|(number, facts)| {
            let worst = history
                .of(number)
                .filter(|(_, day)| day.stress < 1.0)
                .min_by(|(_, a), (_, b)| a.stress.total_cmp(&b.stress));
            let days = of(history.stress_days(number), "day");
            let total = match worst {
                Some((_, day)) => format!("{days}, Ks down to {:.2}", day.stress),
                None => days,
            };
            let mut shares = vec![0.0; history.days.len()];
            for (day, field) in history.of(number) {
                if let Some(share) = shares.get_mut(day) {
                    *share = finite(1.0 - field.stress);
                }
            }
            Strip {
                name: facts.name.clone(),
                total,
                shares,
                ink: Ink::Trouble,
            }
        })
        .collect();
    let title = "Days that ended with the crop short of water";
    let about = "The height is 1 - Ks of FAO-56: the share of its demand that the crop could not take. The least is drawn with a \
                 fifth of the height.";
    figure("stress", title, about, calendar, &rows, &[])
}

/// Time down of each link, with the incidents across.
pub(super) fn links(history: &History, calendar: &Calendar) -> Markup {
    let marks: Vec<DateTime> = super::table::first_of(&history.incidents)
        .0
        .iter()
        .map(|incident| incident.at)
        .collect();
    let rows = of_day(history, Ink::Trouble, "up", |day| &day.links_down);
    let title = "Links that were down, and incidents";
    let about = format!("{AS_HEIGHT} The numbers are those of the incidents below.");
    figure("links", title, &about, calendar, &rows, &marks)
}

/// Time not closed of each breaker.
pub(super) fn breakers(history: &History, calendar: &Calendar) -> Markup {
    let rows = of_day(history, Ink::Trouble, "closed", |day| &day.breakers_open);
    let title = "Breakers that were open or half open";
    figure("breakers", title, AS_HEIGHT, calendar, &rows, &[])
}

/// Pieces of work, by machine.
pub(super) fn work(history: &History, calendar: &Calendar) -> Markup {
    let values = by_name(history, |day| &day.placed);
    let total = |values: &[u32]| format!("{} placed", count(sum(values)));
    let (rows, most) = scaled(&values, Ink::Activity, total);
    let about = format!(
        "The full height is {} pieces of work on one day.",
        count(most)
    );
    figure(
        "work",
        "Work placed on each machine",
        &about,
        calendar,
        &rows,
        &[],
    )
}

/// Readings refused, by reason.
pub(super) fn refused(history: &History, calendar: &Calendar) -> Markup {
    let values = by_name(history, |day| &day.refused);
    let total = |values: &[u32]| format!("{} refused", count(sum(values)));
    let (rows, most) = scaled(&values, Ink::Trouble, total);
    let about = format!("The full height is {} readings on one day.", count(most));
    figure(
        "refused",
        "Readings refused, by reason",
        &about,
        calendar,
        &rows,
        &[],
    )
}

/// Bytes to flash, by machine.
pub(super) fn flash(history: &History, calendar: &Calendar) -> Markup {
    let values = by_name(history, |day| &day.flash_bytes);
    let days = history.days.len().max(1) as u64;
    let total = |values: &[u64]| {
        let sum = sum(values);
        format!("{}, {} a day", bytes(sum), bytes(sum / days))
    };
    let (rows, most) = scaled(&values, Ink::Activity, total);
    let about = format!("The full height is {} on one day.", bytes(most));
    figure(
        "flash",
        "Bytes written to flash",
        &about,
        calendar,
        &rows,
        &[],
    )
}

/// One row for each name that any day has; its values by day.
fn by_name<'a, V: Copy + Default + 'a>(
    history: &'a History,
    map: fn(&'a Day) -> &'a BTreeMap<String, V>,
) -> BTreeMap<&'a str, Vec<V>> {
    let mut rows: BTreeMap<&str, Vec<V>> = BTreeMap::new();
    for (number, day) in history.days.iter().enumerate() {
        for (name, value) in map(day) {
            let row = rows.entry(name).or_default();
            row.resize(history.days.len(), V::default());
            if let Some(place) = row.get_mut(number) {
                *place = *value;
            }
        }
    }
    rows
}

/// Rows of shares of the day, with what is left of the season: `99.3 % up`.
fn of_day<'a>(
    history: &'a History,
    ink: Ink,
    otherwise: &str,
    map: fn(&'a Day) -> &'a BTreeMap<String, f64>,
) -> Vec<Strip> {
    by_name(history, map)
        .into_iter()
        .map(|(name, values)| {
            let shares: Vec<f64> = values.into_iter().map(finite).collect();
            let mean = shares.iter().sum::<f64>() / shares.len().max(1) as f64;
            Strip {
                name: name.to_owned(),
                total: format!("{} {otherwise}", percent(1.0 - mean)),
                shares,
                ink,
            }
        })
        .collect()
}

/// Rows on one scale, and the value of its full height.
fn scaled<V: Copy + Into<u64>>(
    values: &BTreeMap<&str, Vec<V>>,
    ink: Ink,
    total: impl Fn(&[V]) -> String,
) -> (Vec<Strip>, u64) {
    let all = values.values().flatten().map(|value| (*value).into());
    let most = all.max().unwrap_or(0);
    let rows = values.iter().map(|(name, values)| Strip {
        name: (*name).replace('_', " "),
        total: total(values),
        shares: values
            .iter()
            .map(|value| (*value).into() as f64 / most.max(1) as f64)
            .collect(),
        ink,
    });
    (rows.collect(), most)
}

fn sum<V: Copy + Into<u64>>(values: &[V]) -> u64 {
    values.iter().map(|value| (*value).into()).sum()
}

/// A share of 0 to 1; one that is not known is none.
fn finite(share: f64) -> f64 {
    if share.is_finite() {
        share.clamp(0.0, 1.0)
    } else {
        0.0
    }
}

fn figure(
    id: &str,
    title: &str,
    about: &str,
    calendar: &Calendar,
    rows: &[Strip],
    marks: Marks<'_>,
) -> Markup {
    if rows.is_empty() {
        return html! { p class="missing" { "Nothing to show: " (title.to_lowercase()) "." } };
    }
    let totals: Vec<String> = rows
        .iter()
        .map(|row| format!("{}: {}", row.name, row.total))
        .collect();
    let figure = Figure {
        id,
        title,
        description: &format!("{}. {about}", totals.join("; ")),
        legend: &[],
        height: [Width::Wide, Width::Narrow]
            .map(|width| strips_height(width, calendar, rows.len(), marks)),
    };
    html! {
        (figure.draw(|area, width| strips(area, width, calendar, rows, marks)))
        p class="note" { (about) }
    }
}
