//! [`Settings`]: what can be configured, with the limits.

use gofarm_core::{Device, Validate, Violation};
use serde::{Deserialize, Serialize};

/// The configuration of an irrigation controller.
#[derive(Device, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[device(model = "gofarm-controller", version = 1, defaults)]
pub struct Settings {
    /// Share of the readily available water that is used up when irrigation starts.
    #[prop(config, range = 0.1..=0.95, default = 0.85)]
    pub start_at: f32,
    /// Share of the readily available water that is left for rain when irrigation ends.
    #[prop(config, range = 0.0..=0.9, default = 0.4)]
    pub stop_at: f32,
    /// The longest run of the valve.
    #[prop(config, range = 60..=2700, unit = "s", default = 2400)]
    pub longest_run: u32,
    /// Time between two samples of a probe.
    #[prop(config, range = 60..=3600, unit = "s", default = 900)]
    pub sample_every: u16,
}

/// What a configuration has to keep.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Rule {
    /// Each value is within its contract.
    #[error("{0}")]
    Contract(#[from] Violation),
    /// Irrigation ends below where it starts.
    #[error("stop_at: {stop_at} is not below start_at, {start_at}")]
    Order {
        /// Where irrigation ends.
        stop_at: f32,
        /// Where it starts.
        start_at: f32,
    },
}

impl Settings {
    /// Checks the contract and the rule between values.
    ///
    /// # Errors
    /// The first [`Rule`] that is broken.
    pub fn check(&self) -> Result<(), Rule> {
        self.validate()?;
        if self.stop_at >= self.start_at {
            return Err(Rule::Order {
                stop_at: self.stop_at,
                start_at: self.start_at,
            });
        }
        Ok(())
    }
}
