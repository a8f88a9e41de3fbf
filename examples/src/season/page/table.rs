//! Tables and instants on the page.

use jiff::civil::DateTime;
use maud::{Markup, html};

use super::summary::Table;

/// The most rows of events that a page shows; a run that has more is told with their number.
const MOST: usize = 200;

/// `table` as HTML, for numbers; it is scrolled by itself if it is too wide.
pub(super) fn table(table: &Table) -> Markup {
    html! {
        div class="scroll" role="region" tabindex="0" aria-label=(table.title) {
            table {
                caption { (table.title) }
                thead {
                    tr {
                        @for (number, column) in table.columns.iter().enumerate() {
                            @if number == 0 {
                                th scope="col" { (column) }
                            } @else {
                                th scope="col" class="number" { (column) }
                            }
                        }
                    }
                }
                tbody {
                    @for row in &table.rows {
                        tr {
                            @for (number, cell) in row.iter().enumerate() {
                                @if number == 0 {
                                    th scope="row" { (cell) }
                                } @else {
                                    td class="number" { (cell) }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if let Some(note) = &table.note { p class="note" { (note) } }
    }
}

/// The first of `events`, and how many are left out.
pub(super) fn first_of<T>(events: &[T]) -> (&[T], usize) {
    let shown = events.get(..MOST).unwrap_or(events);
    (shown, events.len() - shown.len())
}

/// A sentence for what [`first_of`] left out.
pub(super) fn left_out(count: usize) -> Markup {
    html! {
        @if count > 0 { p class="note" { "and " (super::number::count(count as u64)) " more, not shown" } }
    }
}

/// An instant without its year, which stands at the head of the page.
pub(super) fn instant(at: DateTime) -> Markup {
    html! { time datetime=(at) { (at.strftime("%-d %b %H:%M").to_string()) } }
}
