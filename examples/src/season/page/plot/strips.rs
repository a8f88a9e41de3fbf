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
const LANES: u32 = 3;
const LANE: u32 = 14;

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

/// Instants to mark across all strips, numbered from 1.
pub(in super::super) type Marks<'a> = &'a [DateTime];

/// The height in pixels of a figure with so many strips.
pub(in super::super) fn height(strips: usize, marks: Marks<'_>) -> u32 {
    top(marks) + ROW * u32::try_from(strips).unwrap_or(0) + DAYS
}

fn top(marks: Marks<'_>) -> u32 {
    if marks.is_empty() { 0 } else { LANES * LANE }
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
    let top = top(marks);
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
        let y = top + number * ROW;
        let name = Pos::new(HPos::Left, VPos::Top);
        write(area, &row.name, (SIDE, y + 2), name)?;
        let right = Pos::new(HPos::Right, VPos::Top);
        write(area, &row.total, (width.px() - SIDE, y + 2), right)?;
        let foot = tall - f64::from(number * ROW + NAME + BAND);
        band(&mut axes, calendar, row, foot)?;
    }
    mark(area, &mut axes, width, calendar, marks, tall)
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

/// A line for each mark, with its number where there is room for it.
fn mark(
    area: &Area<'_>,
    axes: &mut Axes<'_, '_>,
    width: Width,
    calendar: &Calendar,
    marks: Marks<'_>,
    tall: f64,
) -> Result<(), PlotError> {
    let inner = f64::from(width.px() - 2 * SIDE);
    let mut free_from = [0.0_f64; LANES as usize];
    for (number, at) in (1..).zip(marks) {
        let Some(day) = calendar.place(*at) else {
            continue;
        };
        let line = PathElement::new([(day, 0.0), (day, tall)], Ink::Incident.stroke(UNIT));
        axes.draw_series([line])?;
        let x = f64::from(SIDE) + day / calendar.days() as f64 * inner;
        let text = format!("{number}");
        // A digit is 7 pixels wide.
        let half = 3.5 * text.len() as f64 + 2.0;
        let lane = free_from.iter().position(|free| *free <= x - half);
        if let Some(lane) = lane {
            free_from[lane] = x + half;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "within the width of the drawing"
            )]
            let at = (x.round() as u32, (lane as u32) * LANE);
            write(area, &text, at, Pos::new(HPos::Center, VPos::Top))?;
        }
    }
    Ok(())
}
