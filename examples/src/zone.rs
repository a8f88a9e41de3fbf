//! A zone of a field as its node and a gateway know it, and what the gateway decides about it.
//!
//! The node writes what it measures, the gateway whether the zone wants water. That is a wish and no command: it
//! stands until it is written again, so it must not open a valve by itself. The node's valve runs under leases of
//! its own (`gofarm_core::command`).

use gofarm_core::observe::{Instrument, Observer};
use gofarm_core::{Device, Validate, Violation};
use gofarm_crdt::clock::Now;
use gofarm_crdt::register::Lww;
use gofarm_crdt::store::Store;
use gofarm_crdt::{Handle, Replica, Replicated};

use crate::config_reload::Settings;

/// The name under which the node and the gateway register the zone of this node.
#[must_use]
pub fn name(node: u64) -> String {
    format!("zone/{node}")
}

/// What is known of a zone.
#[derive(Debug, Default, Replicated)]
pub struct Zone {
    /// Share of the readily available water that is used up; written by the node.
    pub used: Lww<f32>,
    /// Whether it wants water; written by the gateway.
    pub wants_water: Lww<bool>,
}

/// What is known of all zones, as a line of JSON.
pub fn json<S: Store>(replica: &Replica<S>, zones: &[(u64, Handle<Zone>)]) -> String {
    let zone = |(node, zone): &(u64, Handle<Zone>)| {
        let zone = replica.read(zone);
        let (used, wants) = (zone.used.get(), zone.wants_water.get());
        serde_json::json!({ "node": node, "used": used, "wants_water": wants })
    };
    let list: serde_json::Value = zones.iter().map(zone).collect();
    format!("{list}\n")
}

/// What a node measures, and within which limits it is believed.
#[derive(Clone, Copy, Debug, Device)]
#[device(model = "zone-node", version = 1)]
struct Measured {
    /// Share of the readily available water that is used up.
    #[prop(range = 0.0..=1.0)]
    used: f32,
}

static REFUSED: Instrument = Instrument::gauge(
    "example.zones.refused",
    "{zone}",
    "Zones whose last measurement is outside its limits",
);

/// All instruments of zones, for a listener that registers them ahead of the first signal.
pub static INSTRUMENTS: [&Instrument; 1] = [&REFUSED];

/// Judges each zone, and tells `observer` how many measurements were refused: those wishes stay as they were.
pub fn judge_all<S: Store>(
    replica: &mut Replica<S>,
    now: Now,
    zones: &[(u64, Handle<Zone>)],
    settings: &Settings,
    observer: &impl Observer,
) {
    let mut refused = 0_u32;
    for (_, zone) in zones {
        refused += u32::from(judge(replica, now, zone, settings).is_err());
    }
    observer.observe(&REFUSED.measure(refused.into()));
}

/// Writes the zone's wish where the measurement asks for another one than it has; without a measurement it stays.
fn judge<S: Store>(
    replica: &mut Replica<S>,
    now: Now,
    zone: &Handle<Zone>,
    settings: &Settings,
) -> Result<(), Violation> {
    let state = replica.read(zone);
    let Some(&used) = state.used.get() else {
        return Ok(());
    };
    Measured { used }.validate()?;
    let had = state.wants_water.get().copied();
    let wants = match had {
        _ if used >= settings.start_at => true,
        _ if used <= settings.stop_at => false,
        had => had.unwrap_or(false),
    };
    if had != Some(wants) {
        replica.update(now, zone, |zone| zone.wants_water.set(wants));
    }
    Ok(())
}
