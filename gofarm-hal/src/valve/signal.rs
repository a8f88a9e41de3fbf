//! What is told to an observer about a valve.
//!
//! The valve itself has no observer: who polls its events hands their signals on.

use gofarm_core::observe::{Instrument, Label, Signal};

use super::{Event, Fault, Refusal};

static EVENTS: Instrument = Instrument::counter(
    "gofarm.valve.events",
    "{event}",
    "What valves told, by event: opened, closed, unconfirmed, overdue, leak, a fault's name and so on",
);

static REFUSED: Instrument = Instrument::counter(
    "gofarm.valve.refused",
    "{command}",
    "Commands that a valve's interlocks refused, by reason",
);

/// Every instrument of a valve, for whoever makes dashboards.
///
/// [`Closed::signal`](gofarm_core::command::Closed::signal) gives the time that a close took.
pub static INSTRUMENTS: [&Instrument; 2] = [&EVENTS, &REFUSED];

macro_rules! label {
    ($key:literal, $name:literal) => {
        const { &[Label::text($key, $name)] }
    };
}

pub(super) const fn event_signal(event: Event) -> Signal<'static> {
    let labels: &'static [Label<'static>] = match event {
        Event::Opened => label!("event", "opened"),
        Event::Closing(_) => label!("event", "closing"),
        Event::Closed(_) => label!("event", "closed"),
        Event::Unconfirmed(_) => label!("event", "unconfirmed"),
        Event::Overdue { .. } => label!("event", "overdue"),
        Event::Failed(fault) => match fault {
            Fault::OverCurrent { .. } => label!("event", "over_current"),
            Fault::UnderCurrent { .. } => label!("event", "under_current"),
            Fault::NotCharged { .. } => label!("event", "not_charged"),
            Fault::Stalled => label!("event", "stalled"),
            Fault::Switches => label!("event", "switches"),
            Fault::Pin => label!("event", "pin"),
        },
        Event::Leak { .. } => label!("event", "leak"),
        Event::LeakEnded => label!("event", "leak_ended"),
        Event::NoFlow { .. } => label!("event", "no_flow"),
        Event::ReserveLow { .. } => label!("event", "reserve_low"),
        Event::ReserveReady => label!("event", "reserve_ready"),
    };
    EVENTS.count(1).labelled(labels)
}

pub(super) const fn refusal_signal(refusal: &Refusal) -> Signal<'static> {
    let labels: &'static [Label<'static>] = match refusal {
        Refusal::Lease(refusal) => return refusal.signal(),
        Refusal::NoLease => label!("reason", "no_lease"),
        Refusal::MinOff { .. } => label!("reason", "min_off"),
        Refusal::TooShort { .. } => label!("reason", "too_short"),
        Refusal::TooLong { .. } => label!("reason", "too_long"),
        Refusal::ReserveLow => label!("reason", "reserve_low"),
        Refusal::Leaking => label!("reason", "leaking"),
        Refusal::ByHand { .. } => label!("reason", "by_hand"),
        Refusal::InUse => label!("reason", "in_use"),
        Refusal::Closing => label!("reason", "closing"),
        Refusal::SupplyTaken => label!("reason", "supply_taken"),
    };
    REFUSED.count(1).labelled(labels)
}
