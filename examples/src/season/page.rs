//! One season as one page that a person can read anywhere: [`Page`].
//!
//! A report is looked at on a phone at the field's edge, sent on, and printed. So it is one file of HTML that loads
//! nothing else and runs no script: its plots are SVG within it, its colours are the reader's light or dark ones, and
//! what a plot shows is also told as text. It is made of a [`Summary`] and a [`History`], and the same two give the
//! same bytes.
//!
//! All text goes through `maud`, which escapes what is put into a page unless it is told otherwise, and the writing in
//! a plot through the plotting crate, which does the same; nothing that was read from a file or a flag can become
//! markup.
//!
//! [`Target`] puts a page into a file: it finds out before a season that the file can be written, and leaves the old
//! one alone until the new one is whole.

mod event;
mod field;
mod ink;
mod latency;
mod number;
mod plot;
mod summary;
mod table;
mod target;
#[cfg(test)]
mod tests;
mod timeline;

use maud::{DOCTYPE, Markup, PreEscaped, html};

pub use self::summary::{Promise, Summary, Table};
pub use self::target::{Target, TargetError};

use self::plot::Calendar;
use self::table::table;
use super::history::History;

const STYLE: &str = include_str!("page/style.css");
/// Nothing is loaded and nothing runs, also if something got in that should not have.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The page of one season.
///
/// ```
/// use gofarm_examples::season::history::History;
/// use gofarm_examples::season::page::{Page, Promise, Summary};
///
/// let mut summary = Summary::new("Potato <on sandy loam>");
/// summary.promises.push(Promise::new("commands executed twice", "0", true));
/// let html = Page::new(&summary, &History::default()).html();
/// assert!(html.starts_with("<!DOCTYPE html>"));
/// assert!(html.contains("Potato &lt;on sandy loam&gt;"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    summary: &'a Summary,
    history: &'a History,
}

impl<'a> Page<'a> {
    /// The page of this season.
    #[must_use]
    pub fn new(summary: &'a Summary, history: &'a History) -> Self {
        Self { summary, history }
    }

    /// The whole page as HTML.
    #[must_use]
    pub fn html(&self) -> String {
        let sections = self.sections();
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    title { (self.summary.title) }
                    style { (PreEscaped(ink::classes())) (PreEscaped(STYLE)) }
                }
                body {
                    header {
                        h1 { (self.summary.title) }
                        (self.facts())
                        (self.verdict())
                        nav aria-label="Sections" {
                            ul {
                                @for section in &sections { li { a href=(format!("#{}", section.id)) { (section.title) } } }
                            }
                        }
                    }
                    main {
                        @for section in &sections {
                            section id=(section.id) aria-labelledby=(format!("{}-head", section.id)) {
                                h2 id=(format!("{}-head", section.id)) { (section.title) }
                                (section.content)
                            }
                        }
                    }
                    footer { "Written by season, an example of GoFarm. The page loads nothing and runs no script." }
                }
            }
        };
        page.into_string()
    }

    fn facts(&self) -> Markup {
        let facts = self.summary.facts.iter();
        let facts: Vec<String> = facts
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        html! { p class="soft" { (facts.join(" · ")) } }
    }

    fn verdict(&self) -> Markup {
        let promises = &self.summary.promises;
        let broken = promises.iter().filter(|promise| !promise.is_kept).count();
        html! {
            @if promises.is_empty() {
                p class="verdict" { "No promise was checked." }
            } @else if broken == 0 {
                p class="verdict" { span class="kept" { "✓ All kept" } ": " (number::of(promises.len(), "promise")) }
            } @else {
                p class="verdict" {
                    span class="broken" { "✗ " (broken) " broken" } " of " (number::of(promises.len(), "promise"))
                }
            }
        }
    }

    fn sections(&self) -> Vec<Section> {
        let history = self.history;
        let mut sections = vec![Section::new("promises", "Promises", self.promises())];
        if let Some(calendar) = &Calendar::of(history) {
            let fields = html! { (field::fields(history, calendar)) (field::by_month(history)) };
            let links = html! {
                (timeline::links(history, calendar))
                h3 { "Incidents" }
                (event::incidents(&history.incidents))
            };
            let work = html! {
                (timeline::work(history, calendar))
                h3 { "Why there" }
                (event::choices(&history.choices))
            };
            sections.extend([
                Section::new("water", "Soil water, rain and irrigation", fields),
                Section::new("stress", "Stress days", timeline::stress(history, calendar)),
                Section::new("links", "Links and incidents", links),
                Section::new(
                    "conflicts",
                    "Conflicts",
                    event::conflicts(&history.conflicts),
                ),
                Section::new(
                    "breakers",
                    "Breakers",
                    timeline::breakers(history, calendar),
                ),
                Section::new("work", "Where work ran, and why", work),
                Section::new(
                    "readings",
                    "Refused readings",
                    timeline::refused(history, calendar),
                ),
                Section::new("latency", "Latency", latency::latency(history, calendar)),
                Section::new(
                    "flash",
                    "Bytes to flash",
                    timeline::flash(history, calendar),
                ),
            ]);
        } else {
            let nothing = html! { p class="missing" { "No day was played." } };
            sections.push(Section::new("days", "Days", nothing));
        }
        if !self.summary.tables.is_empty() {
            let tables = html! { @for numbers in &self.summary.tables { (table(numbers)) } };
            sections.push(Section::new("numbers", "All numbers", tables));
        }
        sections
    }

    /// Each promise with its number and whether it was kept.
    fn promises(&self) -> Markup {
        html! {
            table class="stacked" {
                caption { "What is promised, and what came of it" }
                thead {
                    tr {
                        th scope="col" { "promise" }
                        th scope="col" class="number" { "this season" }
                        th scope="col" { "kept" }
                    }
                }
                tbody {
                    @for promise in &self.summary.promises {
                        tr {
                            th scope="row" { (promise.name) }
                            td class="number" data-head="this season" { (promise.value) }
                            td {
                                @if promise.is_kept {
                                    span class="kept" { "✓ kept" }
                                } @else {
                                    span class="broken" { "✗ broken" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A part of the page.
#[derive(Debug)]
struct Section {
    id: &'static str,
    title: &'static str,
    content: Markup,
}

impl Section {
    fn new(id: &'static str, title: &'static str, content: Markup) -> Self {
        Self { id, title, content }
    }
}
