//! What happened at an instant: incidents, conflicts, and decisions with their reasons.

use alloc::collections::BTreeMap;

use maud::{Markup, html};

use super::number::of;
use super::table::{first_of, instant, left_out};
use crate::season::history::{Choice, Conflict, Incident};

/// What chaos did, with the numbers of the marks in the plot above.
pub(super) fn incidents(incidents: &[Incident]) -> Markup {
    let (shown, more) = first_of(incidents);
    html! {
        @if shown.is_empty() {
            p class="missing" { "No incident." }
        } @else {
            ol {
                @for incident in shown { li { (instant(incident.at)) " " (incident.text) } }
            }
        }
        (left_out(more))
    }
}

/// Conflicts and how they were settled.
pub(super) fn conflicts(conflicts: &[Conflict]) -> Markup {
    let (shown, more) = first_of(conflicts);
    html! {
        @if conflicts.is_empty() {
            p class="missing" { "No value was written on two sides that did not know of each other." }
        } @else {
            p {
                "Values that were written on two sides that did not know of each other: "
                (of(conflicts.len(), "conflict")) ", by value: " (by_value(conflicts)) "."
            }
            div class="scroll" role="region" tabindex="0" aria-label="Conflicts" {
                table class="stacked" {
                    caption { "Conflicts and how they were settled" }
                    thead {
                        tr {
                            @for head in ["when", "value", "one side", "the other", "settled"] { th scope="col" { (head) } }
                        }
                    }
                    tbody {
                        @for conflict in shown {
                            tr {
                                th scope="row" { (instant(conflict.at)) }
                                td { (conflict.what) }
                                @for (side, value) in ["one side", "the other"].iter().zip(&conflict.values) {
                                    td data-head=(side) { (value) }
                                }
                                td data-head="settled" { (conflict.settled) }
                            }
                        }
                    }
                }
            }
        }
        (left_out(more))
    }
}

fn by_value(conflicts: &[Conflict]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for conflict in conflicts {
        *counts.entry(&conflict.what).or_default() += 1;
    }
    let counts: Vec<String> = counts
        .into_iter()
        .map(|(what, count)| format!("{what} ({count})"))
        .collect();
    counts.join(", ")
}

/// Decisions with their reasons.
pub(super) fn choices(choices: &[Choice]) -> Markup {
    let (shown, more) = first_of(choices);
    html! {
        @if shown.is_empty() {
            p class="missing" { "No decision was noted with its reasons." }
        } @else {
            ul class="choices" {
                @for choice in shown {
                    li {
                        (instant(choice.at)) " " (choice.what) ": " strong { (choice.chosen) }
                        div class="soft" { (choice.reasons) }
                    }
                }
            }
        }
        (left_out(more))
    }
}
