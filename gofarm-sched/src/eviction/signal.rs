//! What is told to an observer about evictions.
//!
//! The evictor itself has no observer: who takes its events hands them on.

use gofarm_core::observe::{Instrument, Label, Observer};

use super::Event;

static EVENTS: Instrument = Instrument::counter(
    "gofarm.sched.eviction.events",
    "{event}",
    "Lost and returned nodes, suspected links, and work that is rebuilt or stopped",
);

/// Every instrument of evictions, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 1] = [&EVENTS];

/// Tells an observer about an event, with its kind as label.
pub fn observe(observer: &impl Observer, event: &Event) {
    let kind = match event {
        Event::NodeUnknown(_) => "node_unknown",
        Event::NodeReturned { .. } => "node_returned",
        Event::LinkSuspected(_) => "link_suspected",
        Event::LinkTrusted(_) => "link_trusted",
        Event::Rebuild(rebuild) if rebuild.critical => "rebuild_critical",
        Event::Rebuild(_) => "rebuild",
        Event::Stop { .. } => "stop",
    };
    observer.observe(&EVENTS.count(1).labelled(&[Label::text("event", kind)]));
}
