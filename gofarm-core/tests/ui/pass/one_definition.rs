#![deny(warnings)]

use gofarm_core::{Device, Validate, Validated};

/// A seven-in-one soil probe on RS-485.
#[derive(Device, Clone, Debug)]
#[device(model = "acme-soil-7in1", version = 2)]
struct SoilProbe {
    /// Volumetric water content.
    #[prop(range = 0.0..=0.6, unit = "m3/m3", step = 0.001, max_rate = "0.05/min", stale = "30min")]
    water: f32,
    /// pH of the soil solution.
    #[prop(range = 0.0..=14.0, unit = "[pH]")]
    ph: f32,
    /// Time between two samples.
    #[prop(config, range = 10..=3600, unit = "s", default = 300)]
    sample_every: u16,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let good: Validated<SoilProbe> = SoilProbe { water: 0.31, ph: 6.4, sample_every: 300 }.validated()?;
    let bad = SoilProbe { ph: f32::NAN, ..(*good).clone() };
    assert_eq!(bad.validate().unwrap_err().to_string(), "ph: NaN is outside 0..=14 [pH]");
    assert_eq!(SoilProbe::DESCRIPTOR.model(), "acme-soil-7in1");
    Ok(())
}
