//! Draws a [`View`] into the cells of a terminal.
//!
//! Nothing is told by colour alone: each state is a word.

#[cfg(test)]
mod tests;

use core::iter;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, LineGauge, Paragraph, Sparkline, Wrap};

use super::view::{FieldView, View};

/// The least size that has room for everything.
const LEAST: (u16, u16) = (60, 18);
const GOOD: Color = Color::Green;
const BAD: Color = Color::Red;
const WATER: Color = Color::Blue;

/// Draws all of it.
pub(super) fn draw(frame: &mut Frame<'_>, view: &View) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let (width, height) = LEAST;
        let text = format!("The terminal is smaller than {width}x{height}. q ends.");
        frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
        return;
    }
    let states = view.links.len().max(view.breakers.len());
    let states = u16::try_from(states).unwrap_or(u16::MAX).saturating_add(2);
    let [head, gauge, fields, middle, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Fill(3),
        Constraint::Length(states.min(area.height / 3)),
        Constraint::Fill(2),
    ])
    .areas(area);
    header(frame, head, gauge, view);
    let panels = Layout::horizontal(iter::repeat_n(Constraint::Fill(1), view.fields.len()));
    for (panel, field) in panels.split(fields).iter().zip(&view.fields) {
        self::field(frame, *panel, field);
    }
    let [left, right] = Layout::horizontal([Constraint::Fill(1); 2]).areas(middle);
    let links = view.links.iter();
    let links = links.map(|link| (link.name.as_str(), up(link.is_up), link.is_up));
    table(frame, left, "links", links);
    let breakers = view.breakers.iter();
    let breakers =
        breakers.map(|breaker| (breaker.name.as_str(), breaker.state, breaker.is_closed));
    table(frame, right, "breakers", breakers);
    let [left, right] = Layout::horizontal([Constraint::Fill(1); 2]).areas(foot);
    log(frame, left, "decisions, the newest first", &view.decisions);
    log(frame, right, "incidents, the newest first", &view.incidents);
}

/// What is played, and how far.
fn header(frame: &mut Frame<'_>, head: Rect, gauge: Rect, view: &View) {
    let [left, right] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(26)]).areas(head);
    frame.render_widget(Line::from(view.title.as_str()).bold(), left);
    let date = view.date.map(|date| date.to_string()).unwrap_or_default();
    frame.render_widget(
        Line::from(format!("{date}   q ends")).right_aligned(),
        right,
    );
    let ratio = view.played as f64 / view.days.max(1) as f64;
    let done = LineGauge::default()
        .ratio(ratio.clamp(0.0, 1.0))
        .label(format!("day {} of {}", view.played, view.days))
        .filled_symbol("━")
        .unfilled_symbol("┄")
        .filled_style(Style::new().fg(GOOD))
        .unfilled_style(Style::new().add_modifier(Modifier::DIM));
    frame.render_widget(done, gauge);
}

/// One field: its numbers, and its depletion so far.
fn field(frame: &mut Frame<'_>, area: Rect, field: &FieldView) {
    let block = Block::bordered().title(field.name.as_str());
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let water = match field.water_content {
        Some(content) => format!("water {content:.3} m³/m³"),
        None => "water not known".to_owned(),
    };
    let is_stressed = field.depletion_mm > field.readily_available_mm;
    let short = if is_stressed {
        Style::new().fg(BAD)
    } else {
        Style::new()
    };
    let depletion = format!("short of {:.1} mm", field.depletion_mm);
    let stress = format!("stress from {:.1} mm", field.readily_available_mm);
    let (valve, style) = match field.is_open {
        Some(true) => ("valve open", Style::new().fg(WATER).bold()),
        Some(false) => ("valve closed", Style::new()),
        None => ("valve not known", Style::new().fg(BAD)),
    };
    let radio = format!("radio {}", up(field.is_up));
    let lines = vec![
        Line::from(water),
        Line::styled(depletion, short),
        Line::styled(stress, short),
        Line::styled(valve, style),
        Line::styled(radio, state(field.is_up)),
    ];
    let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let [numbers, line] =
        Layout::vertical([Constraint::Length(rows), Constraint::Fill(1)]).areas(inner);
    frame.render_widget(Paragraph::new(lines), numbers);
    let first = field.history.len().saturating_sub(usize::from(line.width));
    let last = field.history.get(first..).unwrap_or_default();
    let sparkline = Sparkline::default()
        .data(last.iter().map(|mm| tenths(*mm)))
        .max(tenths(field.total_available_mm).max(1))
        .style(Style::new().fg(WATER));
    frame.render_widget(sparkline, line);
}

/// Rows of a name and a state.
fn table<'a>(
    frame: &mut Frame<'_>,
    area: Rect,
    title: &'a str,
    rows: impl Iterator<Item = (&'a str, &'a str, bool)>,
) {
    let block = Block::bordered().title(title);
    let width = usize::from(block.inner(area).width);
    let lines = rows.map(|(name, word, is_good)| {
        let room = width.saturating_sub(word.len() + 1);
        let name: String = name.chars().take(room).collect();
        let name = format!("{name:<room$} ");
        Line::from(vec![Span::raw(name), Span::styled(word, state(is_good))])
    });
    let lines: Vec<Line<'_>> = lines.collect();
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn log(frame: &mut Frame<'_>, area: Rect, title: &str, entries: &[String]) {
    let lines: Vec<Line<'_>> = entries
        .iter()
        .map(|entry| Line::from(entry.as_str()))
        .collect();
    let log = Paragraph::new(lines)
        .wrap(Wrap { trim: true })
        .block(Block::bordered().title(title));
    frame.render_widget(log, area);
}

const fn up(is_up: bool) -> &'static str {
    if is_up { "up" } else { "down" }
}

fn state(is_good: bool) -> Style {
    if is_good {
        Style::new().fg(GOOD)
    } else {
        Style::new().fg(BAD).bold()
    }
}

/// A sparkline has whole numbers only; what is no number is 0.
fn tenths(mm: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, and less than 0 is 0"
    )]
    let tenths = (10.0 * mm) as u64;
    tenths
}
