//! What is told to an observer about placements; see [`Scheduler::report`](super::Scheduler::report).

use gofarm_core::observe::{Instrument, Label, Observer};

use super::Counts;

static NODES: Instrument = Instrument::gauge(
    "gofarm.sched.placement.nodes",
    "{node}",
    "Nodes in the scheduler, those that take no work included",
);
static HELD: Instrument = Instrument::gauge(
    "gofarm.sched.placement.held",
    "{reservation}",
    "Reservations that are neither committed nor given back",
);
static REQUESTS: Instrument = Instrument::counter(
    "gofarm.sched.placement.requests",
    "{request}",
    "Requests by what became of them: reserved, unplaced",
);
static RESERVATIONS: Instrument = Instrument::counter(
    "gofarm.sched.placement.reservations",
    "{reservation}",
    "Reservations by their end: committed, abandoned, lapsed, refused_late, lost",
);
static ASKED: Instrument = Instrument::counter(
    "gofarm.sched.placement.asked",
    "{node}",
    "Nodes that plugins were asked about, by what the answers depend on: node, group, always",
);

/// Every instrument of placements, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 5] = [&NODES, &HELD, &REQUESTS, &RESERVATIONS, &ASKED];

pub(super) fn report(observer: &impl Observer, nodes: usize, counts: &Counts, told: &Counts) {
    observer.observe(&NODES.count(nodes as u64));
    observer.observe(&HELD.count(counts.held()));
    let rows: [(&'static Instrument, &str, &str, u64); 10] = [
        (
            &REQUESTS,
            "result",
            "reserved",
            counts.reserved - told.reserved,
        ),
        (
            &REQUESTS,
            "result",
            "unplaced",
            counts.unplaced - told.unplaced,
        ),
        (
            &RESERVATIONS,
            "end",
            "committed",
            counts.committed - told.committed,
        ),
        (
            &RESERVATIONS,
            "end",
            "abandoned",
            counts.abandoned - told.abandoned,
        ),
        (&RESERVATIONS, "end", "lapsed", counts.lapsed - told.lapsed),
        (
            &RESERVATIONS,
            "end",
            "refused_late",
            counts.refused_late - told.refused_late,
        ),
        (&RESERVATIONS, "end", "lost", counts.lost - told.lost),
        (
            &ASKED,
            "sensitivity",
            "node",
            counts.asked_node - told.asked_node,
        ),
        (
            &ASKED,
            "sensitivity",
            "group",
            counts.asked_group - told.asked_group,
        ),
        (
            &ASKED,
            "sensitivity",
            "always",
            counts.asked_always - told.asked_always,
        ),
    ];
    for (instrument, key, value, count) in rows {
        if count > 0 {
            let labels = [Label::text(key, value)];
            observer.observe(&instrument.count(count).labelled(&labels));
        }
    }
}
