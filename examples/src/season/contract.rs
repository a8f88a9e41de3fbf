//! The contracts of the field's devices: each limit is written here and nowhere else.

use gofarm_core::{Action, Device};
use serde::{Deserialize, Serialize};

/// A soil probe on the controller's field bus, in the middle of the root zone.
#[derive(Device, Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[device(model = "gofarm-soil-probe", version = 1)]
pub struct SoilProbe {
    /// Volumetric water content.
    #[prop(
        range = 0.0..=0.6,
        unit = "m3/m3",
        step = 0.001,
        max_rate = "0.02/15min",
        stale = "2h",
        stuck = "6h"
    )]
    pub water: f32,
    /// Soil temperature.
    #[prop(
        range = -40.0..=60.0,
        unit = "Cel",
        step = 0.1,
        max_rate = "3/15min",
        stale = "2h"
    )]
    pub temperature: f32,
    /// Time between two samples.
    #[prop(config, range = 60..=3600, unit = "s", default = 900)]
    pub sample_every: u16,
}

/// A latching irrigation valve with a flow meter, on a radio link.
#[derive(Device, Clone, Copy, Debug, PartialEq)]
#[device(model = "gofarm-latching-valve", version = 1, actions(Open, Close))]
pub struct Valve {
    /// Whether water may pass.
    pub open: bool,
    /// Flow through the valve.
    #[prop(range = 0.0..=40.0, unit = "m3/h", step = 0.1)]
    pub flow: f32,
}

/// Opens the valve; it closes by itself when the lease ends.
#[derive(Action, Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[action(safe = "closed", max_run = "45min")]
pub struct Open;

/// Closes the valve.
#[derive(Action, Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[action(safe = "closed", closes, idempotent)]
pub struct Close;

#[cfg(test)]
mod tests {
    use super::*;
    use gofarm_core::contract::Action;
    use gofarm_core::time::minutes;
    use gofarm_core::{Device, Validate};

    #[test]
    fn the_contracts_say_what_the_example_relies_on() {
        assert_eq!(Open::CONTRACT.longest_run(), Some(minutes(45)));
        assert!(Close::CONTRACT.closes());
        assert_eq!(Valve::DESCRIPTOR.actions().len(), 2);
        let flooded = SoilProbe {
            water: 33_783.0,
            temperature: 12.0,
            sample_every: 900,
        };
        assert_eq!(
            flooded.validate().unwrap_err().to_string(),
            "water: 33783 is outside 0..=0.6 m3/m3"
        );
    }
}
