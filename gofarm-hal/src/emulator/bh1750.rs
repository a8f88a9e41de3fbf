//! [`Bh1750`]: a model of the BH1750FVI.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::i2c::{Chip, Nack};
use super::nearest;

/// A BH1750 in light of its own, after its technical note.
///
/// It knows the one-time modes. Read before a measurement is over it gives what it had before: it never refuses.
#[derive(Clone, Debug)]
pub struct Bh1750 {
    illuminance: f64,
    measurement_time: u8,
    data: u16,
    next: Option<(Instant, u16)>,
}

impl Bh1750 {
    /// A chip at so many lx, just powered on.
    #[must_use]
    pub const fn new(illuminance: f64) -> Self {
        Self {
            illuminance,
            measurement_time: 69,
            data: 0,
            next: None,
        }
    }

    /// Changes the light.
    pub const fn set(&mut self, illuminance: f64) {
        self.illuminance = illuminance;
    }

    /// Takes the supply away for a moment: the measurement time register is 69 again.
    pub const fn power_cycle(&mut self) {
        *self = Self::new(self.illuminance);
    }

    /// Its measurement time register.
    #[must_use]
    pub const fn measurement_time(&self) -> u8 {
        self.measurement_time
    }

    /// At 69 in H-resolution mode a lx is 1.2 counts; more register is more counts, and more time.
    fn measure(&mut self, now: Instant, counts_a_lx: f64, micros: u64) {
        let register = self.measurement_time;
        let counts = self.illuminance * counts_a_lx * f64::from(register) / 69.0;
        let micros = micros * u64::from(register) / 69;
        let ready = now + Duration::from_micros(micros);
        self.next = Some((ready, nearest(counts)));
    }
}

impl Chip for Bh1750 {
    fn write(&mut self, now: Instant, bytes: &[u8]) -> Result<(), Nack> {
        let &[command] = bytes else {
            return Err(Nack); // one command each
        };
        match command {
            0x00 | 0x01 => {}
            0x07 => self.data = 0,
            0x20 => self.measure(now, 1.2, 180_000),
            0x21 => self.measure(now, 2.4, 180_000),
            // The low resolution has the same scale in steps of 4 lx.
            0x23 => self.measure(now, 1.2, 24_000),
            0x40..=0x47 => {
                self.measurement_time = (command & 0b111) << 5 | self.measurement_time & 0b1_1111;
            }
            0x60..=0x7F => {
                self.measurement_time = self.measurement_time & 0b1110_0000 | command & 0b1_1111;
            }
            _ => return Err(Nack),
        }
        Ok(())
    }

    fn read(&mut self, now: Instant, into: &mut [u8]) -> Result<(), Nack> {
        if let Some((ready, data)) = self.next
            && now >= ready
        {
            self.data = data;
            self.next = None;
        }
        into.fill(0xFF);
        for (to, from) in into.iter_mut().zip(self.data.to_be_bytes()) {
            *to = from;
        }
        Ok(())
    }
}
