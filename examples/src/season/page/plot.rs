//! A plot on the page: [`Figure`].
//!
//! An SVG that is scaled to the width of a phone has writing that nobody can read. Each plot is therefore drawn twice,
//! for a wide and for a narrow screen, and the style sheet shows one of them.

mod axis;
mod calendar;
mod strips;

use core::ops::Range;
use std::io;

use maud::{Markup, PreEscaped, html};
use plotters::chart::ChartContext;
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::prelude::{
    ChartBuilder, Circle, DrawingArea, DrawingAreaErrorKind, IntoDrawingArea, IntoFont,
    PathElement, Rectangle, SVGBackend, TRANSPARENT,
};
use plotters::style::TextStyle;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub(super) use self::axis::Axis;
pub(super) use self::calendar::Calendar;
pub(super) use self::strips::{Marks, Strip, height as strips_height, strips};

use super::ink::{Ink, with_classes};

/// Units of the drawing per pixel at its natural size: the plotting crate knows whole units only.
const UNIT: u32 = 4;
/// The height of writing in pixels.
const LETTER: u32 = 12;
/// The width of a line in units.
const LINE: u32 = 7;

/// A drawing in memory.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// What drawing in memory can fail with.
pub(super) type PlotError = DrawingAreaErrorKind<io::Error>;
/// Axes: days to the right, a quantity upwards.
pub(super) type Axes<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, Axis>>;

/// The screen that a plot is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// A screen or a sheet.
    Wide,
    /// A phone.
    Narrow,
}

impl Width {
    const fn px(self) -> u32 {
        match self {
            Self::Wide => 860,
            Self::Narrow => 360,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Narrow => "narrow",
        }
    }
}

/// How a legend shows an ink.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sample {
    Line,
    Area,
    Dot,
}

/// What is told about a plot besides the plot.
#[derive(Clone, Debug)]
pub(super) struct Figure<'a> {
    /// Unique on the page.
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    /// What a reader who cannot see the plot should know of it.
    pub(super) description: &'a str,
    pub(super) legend: &'a [(Sample, Ink, &'a str)],
    /// In pixels, for a wide and for a narrow screen.
    pub(super) height: [u32; 2],
}

impl Figure<'_> {
    /// The figure with what `draw` draws, for both widths.
    pub(super) fn draw(&self, draw: impl Fn(&Area<'_>, Width) -> Result<(), PlotError>) -> Markup {
        html! {
            figure {
                figcaption {
                    strong { (self.title) }
                    @if !self.legend.is_empty() {
                        ul class="legend" {
                            @for (sample, ink, text) in self.legend { li { (key(*sample, *ink)) (text) } }
                        }
                    }
                }
                @for width in [Width::Wide, Width::Narrow] {
                    @match self.svg(width, &draw) {
                        Ok(svg) => (PreEscaped(svg)),
                        Err(error) => p class=(format!("missing {}", width.name())) {
                            "The plot could not be drawn: " (error)
                        },
                    }
                }
            }
        }
    }

    fn svg(
        &self,
        width: Width,
        draw: impl Fn(&Area<'_>, Width) -> Result<(), PlotError>,
    ) -> Result<String, PlotError> {
        let [wide, narrow] = self.height;
        let height = match width {
            Width::Wide => wide,
            Width::Narrow => narrow,
        };
        let size = (px(width.px()), px(height));
        let mut drawn = String::new();
        {
            let area = SVGBackend::with_string(&mut drawn, size).into_drawing_area();
            draw(&area, width)?;
            area.present()?;
        }
        // Its first line is the tag, which has a size in pixels that a page with its own width does not want.
        let body = drawn.split_once('\n').map_or("", |(_, body)| body);
        let body = body
            .replace(" opacity=\"1\"", "")
            .replace(" stroke=\"none\"", "")
            .replace(" font-family=\"sans-serif\"", "");
        let id = format!("{}-{}", self.id, width.name());
        let head = html! {
            title id=(format!("{id}-title")) { (self.title) }
            desc id=(format!("{id}-desc")) { (self.description) }
        };
        Ok(format!(
            "<svg class=\"plot {}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">{}\n{}",
            width.name(),
            size.0,
            size.1,
            head.into_string(),
            with_classes(body).trim_end(),
        ))
    }
}

/// A sample of an ink for a legend.
fn key(sample: Sample, ink: Ink) -> Markup {
    let (stroke, fill) = (format!("s-{}", ink.name()), format!("f-{}", ink.name()));
    html! {
        svg viewBox="0 0 128 48" aria-hidden="true" {
            @match sample {
                Sample::Line => path class=(stroke) d="M0 24H128" stroke-width="8" fill="none" {},
                Sample::Area => rect class=(fill) x="32" width="64" height="48" {},
                Sample::Dot => circle class=(stroke) cx="64" cy="24" r="14" stroke-width="7" fill="none" {},
            }
        }
    }
}

/// Axes over the days of `calendar` and `upwards`, which is in `unit`.
pub(super) fn axes<'a, 'b>(
    area: &'a Area<'b>,
    width: Width,
    calendar: &Calendar,
    unit: &str,
    upwards: Axis,
) -> Result<Axes<'a, 'b>, PlotError> {
    let corner = Pos::new(HPos::Left, VPos::Top);
    write(area, unit, (0, 0), corner)?;
    let mut chart = ChartBuilder::on(area)
        .margin_top(px(24))
        .margin_right(px(16))
        .y_label_area_size(px(50))
        .x_label_area_size(px(20))
        .build_cartesian_2d(calendar.axis(width), upwards)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(Ink::Grid.stroke(UNIT))
        .light_line_style(TRANSPARENT)
        .axis_style(Ink::Grid.stroke(UNIT))
        .set_all_tick_mark_size(px(3))
        .label_style(letters())
        .draw()?;
    Ok(chart)
}

/// A line through the days that have a value; a day without one breaks it, and one alone is a dot.
pub(super) fn line(
    axes: &mut Axes<'_, '_>,
    ink: Ink,
    values: impl Iterator<Item = (usize, Option<f64>)>,
) -> Result<(), PlotError> {
    let stroke = ink.stroke(LINE);
    let mut piece: Vec<(f64, f64)> = Vec::new();
    let ended = core::iter::once((0, None));
    for (day, value) in values.chain(ended) {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            piece.push((day as f64 + 0.5, value));
            continue;
        }
        match core::mem::take(&mut piece).as_slice() {
            [] => {}
            [alone] => dot(axes, ink, *alone)?,
            points => {
                axes.draw_series([PathElement::new(points.to_vec(), stroke)])?;
            }
        }
    }
    Ok(())
}

/// A circle.
pub(super) fn dot(axes: &mut Axes<'_, '_>, ink: Ink, at: (f64, f64)) -> Result<(), PlotError> {
    let circle = Circle::new(at, px(2) + UNIT / 2, ink.stroke(UNIT + UNIT / 2));
    axes.draw_series([circle])?;
    Ok(())
}

/// A bar on a day, from one value to another.
pub(super) fn bar(
    axes: &mut Axes<'_, '_>,
    ink: Ink,
    day: usize,
    values: Range<f64>,
) -> Result<(), PlotError> {
    let (left, right) = (day as f64 + 0.1, day as f64 + 0.9);
    let corners = [(left, values.end), (right, values.start)];
    axes.draw_series([Rectangle::new(corners, ink.filled())])?;
    Ok(())
}

/// Writes `text` at a place in pixels.
fn write(area: &Area<'_>, text: &str, at: (u32, u32), anchor: Pos) -> Result<(), PlotError> {
    let place = |px: u32| i32::try_from(px * UNIT).unwrap_or(i32::MAX);
    let style = letters().pos(anchor);
    area.draw_text(text, &style, (place(at.0), place(at.1)))
}

fn letters() -> TextStyle<'static> {
    // The plotting crate divides by 1.24 to come to the size in the SVG.
    let size = f64::from(LETTER * UNIT) * 1.24;
    ("sans-serif", size).into_font().color(&Ink::Text.rgb())
}

/// Pixels in the units of the drawing.
const fn px(pixels: u32) -> u32 {
    pixels * UNIT
}
