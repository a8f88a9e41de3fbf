//! The device of the golden files: something of each kind.

use gofarm_core::text::Text;
use gofarm_core::{Action, Describe, Device, Event};

/// A soil probe with a valve beside it.
#[derive(Device, Clone, Debug)]
#[device(
    model = "acme-soil",
    version = 2,
    actions(Open, Close),
    events(LeakDetected)
)]
pub(crate) struct SoilProbe {
    /// Volumetric water content.
    #[prop(range = 0.0..=0.6, unit = "m3/m3", step = 0.001, max_rate = "0.05/min", stale = "30min", stuck = "6h")]
    pub(crate) water: f32,
    /// pH of the soil solution.
    #[prop(range = 0.0..=14.0, unit = "[pH]")]
    pub(crate) ph: Option<f32>,
    #[prop(range = -40.0..=85.0, unit = "Cel")]
    pub(crate) layers: [f64; 2],
    /// Time between two samples.
    #[prop(config, range = 10..=3600, unit = "s", step = 5, default = 300)]
    pub(crate) sample_every: u16,
    #[prop(config, default = Mode::Auto)]
    pub(crate) mode: Mode,
    #[prop(config)]
    pub(crate) night_mode: Option<Mode>,
    #[prop(config)]
    pub(crate) zone: Zone,
    /// Key of the radio.
    #[prop(write)]
    pub(crate) key: Text<16>,
}

/// How it runs.
#[derive(Describe, Clone, Copy, Debug, Default)]
pub(crate) enum Mode {
    /// By the schedule.
    #[default]
    Auto,
    #[prop(name = "by-hand")]
    Manual,
}

#[derive(Describe, Clone, Debug)]
pub(crate) struct Zone {
    #[prop(range = 1..=4, default = 1)]
    pub(crate) valve: u8,
    pub(crate) name: Text<8>,
}

/// Opens the valve.
#[derive(Action)]
#[action(safe = "closed", max_run = "30min", idempotent, on_link_loss = "close")]
pub(crate) struct Open {
    #[prop(range = 1..=100, unit = "%", default = 50)]
    pub(crate) opening: u8,
    pub(crate) layers: Option<[Mode; 2]>,
}

#[derive(Action)]
#[action(safe = "closed", closes)]
pub(crate) struct Close;

/// Water where none should be.
#[derive(Event)]
pub(crate) struct LeakDetected {
    #[prop(range = 0.0.., unit = "L")]
    pub(crate) litres: f32,
}
