//! What is told to an observer about the memory of accelerators.

use gofarm_core::observe::{Instrument, Label, Observer};

use super::AcceleratedNode;

static FREE: Instrument = Instrument::gauge(
    "gofarm.sched.inference.free",
    "By",
    "Free memory of an accelerator",
);
static LARGEST: Instrument = Instrument::gauge(
    "gofarm.sched.inference.largest_free",
    "By",
    "Largest free memory of an accelerator in one piece",
);

/// Every instrument of inference, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 2] = [&FREE, &LARGEST];

/// Tells an observer about each accelerator of a node, with the node's name and the accelerator's number as labels.
pub fn observe(observer: &impl Observer, name: &str, node: &AcceleratedNode) {
    for (device, arena) in (0..).zip(node.arenas()) {
        let labels = [Label::text("node", name), Label::number("device", device)];
        let tell = |instrument: &'static Instrument, bytes: u64| {
            #[expect(clippy::cast_precision_loss, reason = "for a dashboard")]
            let bytes = bytes as f64;
            observer.observe(&instrument.measure(bytes).labelled(&labels));
        };
        tell(&FREE, arena.free());
        tell(&LARGEST, arena.largest_free());
    }
}
