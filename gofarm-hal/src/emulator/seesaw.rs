//! [`Seesaw`]: a model of the STEMMA soil sensor.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::i2c::{Chip, Nack};

/// A STEMMA soil sensor in soil of its own, after the reference code of its firmware.
///
/// A value that is fetched before the firmware has it, is all ones.
#[derive(Clone, Debug)]
pub struct Seesaw {
    capacitance: u16,
    temperature: f64,
    hardware_id: u8,
    not_ready: u8,
    register: Option<([u8; 2], Instant)>,
    busy_until: Instant,
}

impl Seesaw {
    /// A sensor whose plate counts `capacitance`, at so many Cel.
    #[must_use]
    pub const fn new(capacitance: u16, temperature: f64) -> Self {
        Self {
            capacitance,
            temperature,
            hardware_id: 0x55,
            not_ready: 0,
            register: None,
            busy_until: Instant::ZERO,
        }
    }

    /// Changes the soil.
    pub const fn set(&mut self, capacitance: u16, temperature: f64) {
        self.capacitance = capacitance;
        self.temperature = temperature;
    }

    /// Makes it call itself another chip.
    pub const fn set_hardware_id(&mut self, id: u8) {
        self.hardware_id = id;
    }

    /// Makes its plate not ready for the next so many readings.
    pub const fn set_not_ready(&mut self, times: u8) {
        self.not_ready = times;
    }

    fn plate(&mut self) -> [u8; 2] {
        if self.not_ready > 0 {
            self.not_ready -= 1;
            return [0xFF; 2];
        }
        self.capacitance.to_be_bytes()
    }
}

impl Chip for Seesaw {
    fn write(&mut self, now: Instant, bytes: &[u8]) -> Result<(), Nack> {
        if now < self.busy_until {
            return Err(Nack);
        }
        match *bytes {
            [0x00, 0x7F, 0xFF] => {
                self.register = None;
                self.busy_until = now + Duration::from_millis(500);
            }
            [module, function] => self.register = Some(([module, function], now)),
            _ => return Err(Nack),
        }
        Ok(())
    }

    fn read(&mut self, now: Instant, into: &mut [u8]) -> Result<(), Nack> {
        if now < self.busy_until {
            return Err(Nack);
        }
        into.fill(0xFF);
        let Some((register, asked)) = self.register else {
            return Ok(());
        };
        let waited = now.saturating_since(asked);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a cast from floating point stays in the range of its type"
        )]
        let fixed = (self.temperature * 65_536.0) as i32;
        let (answer, time): ([u8; 4], u64) = match register {
            [0x00, 0x01] => ([self.hardware_id, 0xFF, 0xFF, 0xFF], 1),
            [0x00, 0x04] => (fixed.to_be_bytes(), 1),
            [0x0F, 0x10] => {
                let [high, low] = self.plate();
                ([high, low, 0xFF, 0xFF], 4)
            }
            _ => return Ok(()),
        };
        if waited >= Duration::from_millis(time) {
            for (to, from) in into.iter_mut().zip(answer) {
                *to = from;
            }
        }
        Ok(())
    }
}
