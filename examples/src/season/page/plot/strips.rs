//! Strips under each other, one for each link, breaker or machine: [`strips`].
//!
//! How much of a day something lasted is shown as the height of a mark, with the name of its row above it. That needs no
//! colour to be told apart, and has room for long names on a phone.

use jiff::civil::DateTime;
use plotters::chart::ChartBuilder;
use plotters::prelude::{PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{Area, Axes, Axis, Calendar, Ink, PlotError, UNIT, Width, letters, px, write};

/// In pixels: the name of a row, its strip, and the distance to the next.
const NAME: u32 = 17;
const BAND: u32 = 18;
const GAP: u32 = 9;
const ROW: u32 = NAME + BAND + GAP;
/// Room for the names of days, and on both sides.
const DAYS: u32 = 20;
const SIDE: u32 = 16;
/// The least share of the strip's height that anything gets, so that it is seen.
const LEAST: f64 = 0.2;
/// The numbers of marks are written on so many lines, each so many pixels high.
const LANES: usize = 3;
const LANE: u32 = 14;
/// A digit, and a letter in the mean, is no more than so many pixels wide.
const DIGIT: f64 = 7.5;
const LETTER: f64 = 7.0;

/// One row.
#[derive(Clone, Debug)]
pub(in super::super) struct Strip {
    pub(in super::super) name: String,
    /// What it comes to over the season.
    pub(in super::super) total: String,
    /// For each day a share of the strip's height, 0 to 1.
    pub(in super::super) shares: Vec<f64>,
    pub(in super::super) ink: Ink,
}

impl Strip {
    /// Its name, cut so that it does not meet its total within so many pixels.
    fn name_within(&self, pixels: f64) -> String {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the width of a drawing in letters"
        )]
        let room = (pixels / LETTER) as usize;
        let room = room.saturating_sub(self.total.chars().count() + 1);
        if self.name.chars().count() <= room {
            return self.name.clone();
        }
        let name: String = self.name.chars().take(room.saturating_sub(1)).collect();
        format!("{name}…")
    }
}

/// Instants to mark across all strips, numbered from 1.
pub(in super::super) type Marks<'a> = &'a [DateTime];

/// The number of a mark above the strips, at a place in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Number {
    number: usize,
    x: u32,
    lane: u32,
}

/// The height in pixels of a figure with so many strips.
pub(in super::super) fn height(
    width: Width,
    calendar: &Calendar,
    strips: usize,
    marks: Marks<'_>,
) -> u32 {
    let top = top(&numbers(width, calendar, marks));
    top + ROW * u32::try_from(strips).unwrap_or(0) + DAYS
}

fn top(numbers: &[Number]) -> u32 {
    let lanes = numbers.iter().map(|number| number.lane + 1).max();
    lanes.map_or(0, |lanes| lanes * LANE + 3)
}

/// Where the numbers of marks go; where too many meet, those that come later have none.
fn numbers(width: Width, calendar: &Calendar, marks: Marks<'_>) -> Vec<Number> {
    let inner = f64::from(width.px() - 2 * SIDE);
    let mut free_from = [0.0_f64; LANES];
    let placed = (1..).zip(marks).filter_map(|(number, at)| {
        let x = f64::from(SIDE) + calendar.place(*at)? / calendar.days() as f64 * inner;
        let half = 0.5 * DIGIT * (f64::from(u32::ilog10(number)) + 2.0);
        let (lane, free) = (0..)
            .zip(&mut free_from)
            .find(|(_, free)| **free <= x - half)?;
        *free = x + half;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within the width of the drawing"
        )]
        let x = x.round() as u32;
        Some(Number {
            number: number as usize,
            x,
            lane,
        })
    });
    placed.collect()
}

/// Draws strips under each other, and the marks across them.
pub(in super::super) fn strips(
    area: &Area<'_>,
    width: Width,
    calendar: &Calendar,
    rows: &[Strip],
    marks: Marks<'_>,
) -> Result<(), PlotError> {
    let count = u32::try_from(rows.len()).unwrap_or(0);
    let numbers = numbers(width, calendar, marks);
    let top = top(&numbers);
    let tall = f64::from(count * ROW);
    let mut axes = ChartBuilder::on(area)
        .margin_top(px(top))
        .margin_left(px(SIDE))
        .margin_right(px(SIDE))
        .x_label_area_size(px(DAYS))
        .build_cartesian_2d(calendar.axis(width), Axis::new(0.0..tall, Vec::new()))?;
    axes.configure_mesh()
        .disable_mesh()
        .disable_y_axis()
        .axis_style(Ink::Grid.stroke(UNIT))
        .set_all_tick_mark_size(px(3))
        .label_style(letters())
        .draw()?;
    for (number, row) in (0_u32..).zip(rows) {
        let foot = tall - f64::from(number * ROW + NAME + BAND);
        band(&mut axes, calendar, row, foot)?;
    }
    for day in marks.iter().filter_map(|at| calendar.place(*at)) {
        let line = PathElement::new([(day, 0.0), (day, tall)], Ink::Incident.stroke(UNIT));
        axes.draw_series([line])?;
    }
    // Last, as it stands before the lines.
    for (number, row) in (0_u32..).zip(rows) {
        let y = top + number * ROW + 2;
        let right = width.px() - SIDE;
        let name = row.name_within(f64::from(right - SIDE));
        write(area, &name, (SIDE, y), Pos::new(HPos::Left, VPos::Top))?;
        write(
            area,
            &row.total,
            (right, y),
            Pos::new(HPos::Right, VPos::Top),
        )?;
    }
    for number in numbers {
        let middle = Pos::new(HPos::Center, VPos::Top);
        let at = (number.x, number.lane * LANE);
        write(area, &number.number.to_string(), at, middle)?;
    }
    Ok(())
}

/// The strip of one row: its ground, and one area that is as high on each day as the day's share.
fn band(
    axes: &mut Axes<'_, '_>,
    calendar: &Calendar,
    row: &Strip,
    foot: f64,
) -> Result<(), PlotError> {
    let height = |share: f64| foot + share * f64::from(BAND);
    let ground = [(0.0, height(1.0)), (calendar.days() as f64, foot)];
    axes.draw_series([Rectangle::new(ground, Ink::Track.filled())])?;
    let mut outline = vec![(0.0, foot)];
    let mut day = 0;
    for days in row.shares.chunk_by(|a, b| a == b) {
        let share = days.first().copied().unwrap_or(0.0);
        let y = match share {
            0.0 => foot,
            _ => height(share.clamp(LEAST, 1.0)),
        };
        outline.push((day as f64, y));
        day += days.len();
        outline.push((day as f64, y));
    }
    outline.push((day as f64, foot));
    if row.shares.iter().any(|share| *share > 0.0) {
        axes.draw_series([Polygon::new(outline, row.ink.filled())])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::season::history::{Day, History};
    use jiff::civil::date;

    #[test]
    fn a_name_gives_way_to_its_total() {
        let within = |name: &str, pixels| {
            let strip = Strip {
                name: name.into(),
                total: "99 % up".into(),
                shares: Vec::new(),
                ink: Ink::Trouble,
            };
            strip.name_within(pixels)
        };
        assert_eq!(within("field 1 radio", 328.0), "field 1 radio");
        let long = within(&"µ".repeat(60), 328.0);
        assert_eq!(long.chars().count() + " 99 % up".len(), 46);
        assert!(long.ends_with("µ…"));
        assert_eq!(within("field 1", 0.0), "…");
    }

    #[test]
    fn numbers_of_marks_never_meet() {
        let first = date(2003, 4, 15);
        let history = History {
            days: (0..30)
                .map(|n| Day::new(first.saturating_add(jiff::Span::new().days(n))))
                .collect(),
            ..History::default()
        };
        let calendar = Calendar::of(&history).unwrap();
        let at = |day: i8, hour| date(2003, 4, 15 + day).at(hour, 0, 0, 0);
        let marks: Vec<DateTime> = (0..15).flat_map(|n| [at(n, 1), at(n, 13)]).collect();
        for width in [Width::Wide, Width::Narrow] {
            let placed = numbers(width, &calendar, &marks);
            assert!(placed.len() > 15, "{width:?}: {}", placed.len());
            for (n, a) in placed.iter().enumerate() {
                for b in &placed[n + 1..] {
                    assert!(a.lane != b.lane || b.x - a.x >= 14, "{a:?} {b:?}");
                }
            }
        }
        assert_eq!(
            height(Width::Wide, &calendar, 1, &marks[..1]),
            17 + ROW + DAYS
        );
        assert_eq!(height(Width::Wide, &calendar, 1, &[]), ROW + DAYS);
        let outside = [date(2004, 1, 1).at(0, 0, 0, 0)];
        assert!(numbers(Width::Wide, &calendar, &outside).is_empty());
    }
}
