//! The state of a field: written where it happens, read by its node, both gateways and the cloud.
//!
//! Commands are no part of it: they have an end and a lease and go their own way, and a close waits for nobody.

use alloc::collections::BTreeMap;
use gofarm_core::command::{CommandId, Outcome};
use gofarm_crdt::Replicated;
use gofarm_crdt::counter::GCounter;
use gofarm_crdt::map::LwwMap;
use gofarm_crdt::register::Lww;
use gofarm_crdt::value::Value;
use serde::Serialize;

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
    /// At which share of the readily available water used up a run ends; written by the cloud's plan and by people at the
    /// valve: the later one holds.
    pub(super) stop_at: Lww<f32>,
    /// What the day's weather will be; written by the cloud.
    pub(super) forecast: Lww<Forecast>,
    /// Why the gateway does what it does.
    pub(super) reason: Lww<Reason>,
}

/// What a day will be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Value)]
pub(super) struct Forecast {
    /// The day, counted from 1970-01-01.
    pub(super) day: u32,
    /// Rain in tenths of a millimetre.
    pub(super) rain: u16,
    /// Reference evapotranspiration in tenths of a millimetre.
    pub(super) et0: u16,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Value, Serialize)]
pub(super) enum Reason {
    /// The soil has enough.
    Enough,
    /// The soil was too dry and is filled up.
    Refilling,
    /// It rains.
    Raining,
    /// Dry, but the crop can wait for the rain that is expected.
    RainExpected,
    /// Fewer than two probes can be trusted.
    Untrusted,
    /// Water runs that nobody asked for: the main is closed.
    Leak,
    /// Nobody knows what time it is, so no command could say how long it holds.
    TimeUnknown,
}

impl Reason {
    /// As reports spell it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Enough => "enough water",
            Self::Refilling => "refilling",
            Self::Raining => "it rains",
            Self::RainExpected => "rain is expected",
            Self::Untrusted => "probes cannot be trusted",
            Self::Leak => "leak: the main is closed",
            Self::TimeUnknown => "the time is not known",
        }
    }
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

/// All that a reader sees, to compare two replicas: a map has another order on each.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct View {
    open: Option<bool>,
    litres: u64,
    last_command: Option<LastCommand>,
    water: BTreeMap<u8, f32>,
    stop_at: Option<f32>,
    forecast: Option<Forecast>,
    reason: Option<Reason>,
}

impl FieldState {
    pub(super) fn view(&self) -> View {
        View {
            open: self.open.get().copied(),
            litres: self.litres.value(),
            last_command: self.last_command.get().copied(),
            water: self.water.iter().map(|(k, v)| (*k, *v)).collect(),
            stop_at: self.stop_at.get().copied(),
            forecast: self.forecast.get().copied(),
            reason: self.reason.get().copied(),
        }
    }
}
