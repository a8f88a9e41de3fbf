//! The state of the field: written where it happens, read on both sides of the radio.
//!
//! Commands are no part of it: they have an end and a lease and go their own way, and a close waits for nobody.

use alloc::collections::BTreeMap;
use core::fmt::Debug;

use gofarm_core::command::{CommandId, Outcome};
use gofarm_crdt::Replicated;
use gofarm_crdt::counter::GCounter;
use gofarm_crdt::map::LwwMap;
use gofarm_crdt::register::Lww;
use gofarm_crdt::value::Value;

/// The name under which both sides register it.
pub(super) const NAME: &str = "field/1";

/// What is known of the field.
#[derive(Debug, Default, Replicated)]
pub(super) struct FieldState {
    /// Whether water flows; written by the valve's node.
    pub(super) open: Lww<bool>,
    /// Water through the flow meter, in litres; counted by the valve's node.
    pub(super) litres: GCounter,
    /// The last command that has ended, and how; written by the valve's node.
    pub(super) last_command: Lww<LastCommand>,
    /// The last good water content of each probe, in m³/m³; written by the gateway.
    pub(super) water: LwwMap<u8, f32>,
    /// At which share of the readily available water used up a run ends; written by the gateway's plan and by
    /// people at the valve: the later one holds.
    pub(super) stop_at: Lww<f32>,
    /// Why the gateway does what it does.
    pub(super) reason: Lww<Reason>,
}

/// A command and its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Value)]
pub(super) struct LastCommand {
    id: CommandId,
    ended: Ended,
}

/// [`Outcome`], as it is stored and sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Value)]
enum Ended {
    Executed,
    Expired,
    Refused,
    Indeterminate,
}

/// Why water runs or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Value)]
pub(super) enum Reason {
    /// The soil has enough.
    Enough,
    /// The soil was too dry and is filled up.
    Refilling,
    /// It rains.
    Raining,
    /// Fewer than two probes can be trusted.
    Untrusted,
}

impl LastCommand {
    pub(super) fn new(id: CommandId, outcome: Outcome) -> Self {
        let ended = match outcome {
            Outcome::Executed => Ended::Executed,
            Outcome::Expired => Ended::Expired,
            Outcome::Refused => Ended::Refused,
            Outcome::Indeterminate => Ended::Indeterminate,
        };
        Self { id, ended }
    }
}

impl FieldState {
    /// All that a reader sees, to compare two replicas: a map has another order on each.
    pub(super) fn view(&self) -> impl PartialEq + Debug + use<> {
        let water: BTreeMap<u8, f32> = self.water.iter().map(|(k, v)| (*k, *v)).collect();
        (
            self.open.get().copied(),
            self.litres.value(),
            self.last_command.get().copied(),
            water,
            self.stop_at.get().copied(),
            self.reason.get().copied(),
        )
    }
}
