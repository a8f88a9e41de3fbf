// The contract of a plot. The build script includes this file as well: it writes the Thing Description that the node
// prints, as the writer of Thing Descriptions would cost the node 25 KB of flash.

use gofarm_core::{Action, Device};

/// Opens the valve.
#[derive(Clone, Copy, Debug, Action)]
#[action(safe = "closed", max_run = "30min")]
pub struct Open;

/// Closes the valve.
#[derive(Clone, Copy, Debug, Action)]
#[action(safe = "closed", closes)]
pub struct Close;

/// A plot with a valve, a water meter and two soil probes.
#[derive(Device, Clone, Copy, Default)]
#[device(model = "gofarm-plot", version = 1, actions(Open, Close))]
pub struct Reading {
    /// Soil moisture at 10 cm.
    #[prop(range = 0..=1000, unit = "[ppth]", stale = "30min")]
    pub moisture: u16,
    /// Soil temperature at 10 cm.
    #[prop(range = -400..=850, unit = "dCel", stale = "30min")]
    pub temperature: i16,
    /// Electrical conductivity of the soil.
    #[prop(range = 0..=20000, unit = "uS/cm", stale = "30min")]
    pub conductivity: u16,
    /// Soil moisture at 50 cm.
    #[prop(range = 0..=1000, unit = "[ppth]", stale = "30min")]
    pub deep_moisture: u16,
    /// Soil temperature at 50 cm.
    #[prop(range = -400..=850, unit = "dCel", stale = "30min")]
    pub deep_temperature: i16,
    /// Whether water may flow.
    pub open: bool,
    /// Water since the start.
    #[prop(unit = "L")]
    pub litres: u32,
}
