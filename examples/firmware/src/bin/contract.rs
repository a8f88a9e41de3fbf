//! One device of eight properties on a Cortex-M0, to see what its contract costs in flash.
//!
//! Without features it moves a reading from one place to another; with `validate` it checks the reading first;
//! with `describe` it also writes its Thing Description, byte by byte, to where a UART's data register would be.

#![no_std]
#![no_main]

use core::hint::black_box;

use cortex_m_rt::entry;

#[cfg(feature = "validate")]
use gofarm_core::{Device, Validate};

#[cfg_attr(feature = "validate", derive(Device))]
#[cfg_attr(feature = "validate", device(model = "acme-soil", version = 1))]
/// A soil probe with eight properties.
struct Probe {
    /// Volumetric water content.
    #[cfg_attr(feature = "validate", prop(range = 0.0..=0.6, unit = "m3/m3", step = 0.001, max_rate = "0.05/min", stale = "30min"))]
    water: f32,
    /// Soil temperature.
    #[cfg_attr(feature = "validate", prop(range = -40.0..=85.0, unit = "Cel"))]
    temperature: f32,
    /// Bulk electrical conductivity.
    #[cfg_attr(feature = "validate", prop(range = 0.0..=20.0, unit = "dS/m"))]
    conductivity: f32,
    /// pH of the soil solution.
    #[cfg_attr(feature = "validate", prop(range = 0.0..=14.0, unit = "[pH]"))]
    ph: f32,
    /// Battery voltage.
    #[cfg_attr(feature = "validate", prop(range = 1800..=4200, unit = "mV"))]
    battery: u16,
    /// Samples since start.
    sequence: u32,
    /// Time between two samples.
    #[cfg_attr(feature = "validate", prop(config, range = 10..=3600, unit = "s", default = 300))]
    sample_every: u16,
    /// The heater is on.
    heating: bool,
}

#[entry]
fn main() -> ! {
    loop {
        let probe = read();
        #[cfg(feature = "validate")]
        if probe.validate().is_err() {
            continue;
        }
        #[cfg(feature = "describe")]
        {
            let _ = Probe::DESCRIPTOR
                .thing_description("urn:dev:ops:1")
                .write_to(&mut Uart);
        }
        report(&probe);
    }
}

#[inline(never)]
fn read() -> Probe {
    black_box(Probe {
        water: 0.3,
        temperature: 18.0,
        conductivity: 1.4,
        ph: 6.4,
        battery: 3_600,
        sequence: 1,
        sample_every: 300,
        heating: false,
    })
}

#[inline(never)]
fn report(probe: &Probe) {
    black_box(probe.water + probe.temperature + probe.conductivity + probe.ph);
    black_box((
        probe.battery,
        probe.sequence,
        probe.sample_every,
        probe.heating,
    ));
}

/// Where a UART's data register would be.
#[cfg(feature = "describe")]
struct Uart;

#[cfg(feature = "describe")]
impl core::fmt::Write for Uart {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        text.bytes().for_each(|byte| {
            black_box(byte);
        });
        Ok(())
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
