//! [`Sht3x`]: a model of the SHT3x.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::i2c::{Chip, Nack};
use super::{nearest, sensirion_crc, sensirion_words};

/// A SHT3x in air of its own, after its datasheet (version 7).
///
/// It acknowledges nothing while it measures or starts, and its answer can be read once. A reading with clock stretching
/// is answered at once: the model cannot hold a bus.
#[derive(Clone, Debug)]
pub struct Sht3x {
    temperature: f64,
    humidity: f64,
    heater: bool,
    was_reset: bool,
    command_failed: bool,
    busy_until: Instant,
    answer: Answer,
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    Nothing,
    Measurement([u8; 6]),
    Status,
}

impl Sht3x {
    /// A chip at so many Cel and % of relative humidity.
    #[must_use]
    pub const fn new(temperature: f64, humidity: f64) -> Self {
        Self {
            temperature,
            humidity,
            heater: false,
            was_reset: true,
            command_failed: false,
            busy_until: Instant::ZERO,
            answer: Answer::Nothing,
        }
    }

    /// Changes the air.
    pub const fn set(&mut self, temperature: f64, humidity: f64) {
        self.temperature = temperature;
        self.humidity = humidity;
    }

    /// Whether its heater is on.
    #[must_use]
    pub const fn heater(&self) -> bool {
        self.heater
    }

    fn reset(&mut self, now: Instant) {
        *self = Self::new(self.temperature, self.humidity);
        self.busy_until = now + Duration::from_micros(1_500);
    }

    fn measure(&mut self, now: Instant, micros: u64) {
        // The heater warms the chip by a few kelvins.
        let warmer = if self.heater { 3.0 } else { 0.0 };
        let temperature = (self.temperature + warmer + 45.0) / 175.0 * 65_535.0;
        let humidity = self.humidity / 100.0 * 65_535.0;
        self.answer = Answer::Measurement(sensirion_words(nearest(temperature), nearest(humidity)));
        self.busy_until = now + Duration::from_micros(micros);
    }

    const fn status(&self) -> u16 {
        (self.heater as u16) << 13
            | (self.was_reset as u16) << 4
            | (self.command_failed as u16) << 1
    }
}

impl Chip for Sht3x {
    fn write(&mut self, now: Instant, bytes: &[u8]) -> Result<(), Nack> {
        if now < self.busy_until {
            return Err(Nack);
        }
        self.answer = Answer::Nothing;
        let mut failed = false;
        match bytes {
            [0x24, 0x00] => self.measure(now, 15_500),
            [0x24, 0x0B] => self.measure(now, 6_500),
            [0x24, 0x16] => self.measure(now, 4_500),
            [0x2C, 0x06 | 0x0D | 0x10] => self.measure(now, 0),
            [0x30, 0x6D] => self.heater = true,
            [0x30, 0x66] => self.heater = false,
            [0x30, 0x41] => self.was_reset = false,
            [0x30, 0xA2] => self.reset(now),
            [0xF3, 0x2D] => {
                self.answer = Answer::Status;
                failed = self.command_failed;
            }
            _ => failed = true,
        }
        self.command_failed = failed;
        Ok(())
    }

    fn read(&mut self, now: Instant, into: &mut [u8]) -> Result<(), Nack> {
        if now < self.busy_until {
            return Err(Nack);
        }
        let [high, low] = self.status().to_be_bytes();
        let status = [high, low, sensirion_crc(self.status())];
        let answer: &[u8] = match &self.answer {
            Answer::Nothing => return Err(Nack),
            Answer::Measurement(words) => words,
            Answer::Status => &status,
        };
        into.fill(0xFF);
        for (to, from) in into.iter_mut().zip(answer) {
            *to = *from;
        }
        self.answer = Answer::Nothing;
        Ok(())
    }

    fn general_call(&mut self, now: Instant, bytes: &[u8]) {
        if bytes == [0x06] {
            self.reset(now);
        }
    }
}
