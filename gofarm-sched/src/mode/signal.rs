//! What is told to an observer about modes.

use gofarm_core::observe::{Instrument, Label, Observer};

use super::Moved;

static MOVES: Instrument = Instrument::counter(
    "gofarm.sched.mode.moves",
    "{move}",
    "Moves of nodes between modes, by mode and cause",
);

/// Every instrument of a mode, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 1] = [&MOVES];

/// Tells an observer about a move of a node, with the node's name, the modes and the cause as labels.
pub fn observe(observer: &impl Observer, node: &str, moved: &Moved) {
    observer.observe(&MOVES.count(1).labelled(&[
        Label::text("node", node),
        Label::text("from", moved.from().as_str()),
        Label::text("to", moved.to().as_str()),
        Label::text("cause", moved.cause().as_str()),
    ]));
}
