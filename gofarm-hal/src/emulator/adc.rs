//! Converters, and what is soldered to them.
//!
//! ```
//! use gofarm_hal::emulator::adc::{Converter, Wiring, capacitive_probe, current_loop};
//!
//! let adc = Converter::new(12, 3.3);
//! assert_eq!(adc.counts(capacitive_probe(0.5, Wiring::Sound, 3.3)), 2_172); // 1.75 V
//! assert_eq!(adc.counts(current_loop(4.0, 150.0, Wiring::Sound)), 745);
//! assert_eq!(adc.counts(current_loop(4.0, 150.0, Wiring::Open)), 0);
//! ```

/// An ideal converter: it rounds and it ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Converter {
    bits: u8,
    volts: f64,
}

impl Converter {
    /// A converter of `bits`, at most 24, up to so many volts.
    #[must_use]
    pub const fn new(bits: u8, volts: f64) -> Self {
        let bits = if bits > 24 { 24 } else { bits };
        Self { bits, volts }
    }

    /// What it reads of so many volts.
    #[must_use]
    pub fn counts(&self, volts: f64) -> u32 {
        let most = f64::from((1_u32 << self.bits) - 1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped in the line itself"
        )]
        {
            (volts / self.volts * most).round().clamp(0.0, most) as u32
        }
    }
}

/// How well something is soldered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "tests go through all of them")]
pub enum Wiring {
    /// As it should be.
    Sound,
    /// The cable is off; the input is pulled down.
    Open,
    /// The output is shorted to the supply.
    ShortToSupply,
    /// The output is shorted to ground.
    ShortToGround,
}

impl Wiring {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Sound,
        Self::Open,
        Self::ShortToSupply,
        Self::ShortToGround,
    ];
}

/// The volts of a capacitive soil probe at `supply` volts: 2.4 V in dry air (moisture 0), 1.1 V in water (1).
#[must_use]
pub fn capacitive_probe(moisture: f64, wiring: Wiring, supply: f64) -> f64 {
    match wiring {
        Wiring::Sound => 2.4 - 1.3 * moisture,
        Wiring::Open | Wiring::ShortToGround => 0.0,
        Wiring::ShortToSupply => supply,
    }
}

/// The volts over a shunt of so many ohms in a loop of so many milliamperes; a short has 30 mA, which its supply limits.
#[must_use]
pub fn current_loop(milliamperes: f64, ohms: f64, wiring: Wiring) -> f64 {
    let milliamperes = match wiring {
        Wiring::Sound => milliamperes,
        Wiring::Open | Wiring::ShortToGround => 0.0,
        Wiring::ShortToSupply => 30.0,
    };
    milliamperes * ohms / 1_000.0
}
