//! [`Sht4x`]: a model of the SHT4x.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::i2c::{Chip, Nack};
use super::{nearest, sensirion_words};

/// A SHT4x in air of its own, after its datasheet (version 6).
///
/// It acknowledges no reading while it measures or heats. Humidity may be set outside 0 to 100 %, as the chip gives it in
/// dew.
#[derive(Clone, Debug)]
pub struct Sht4x {
    temperature: f64,
    humidity: f64,
    serial_number: u32,
    busy_until: Instant,
    answer: Option<[u8; 6]>,
    heated: u32,
}

impl Sht4x {
    /// A chip at so many Cel and % of relative humidity, with the serial number 0x12345678.
    #[must_use]
    pub const fn new(temperature: f64, humidity: f64) -> Self {
        Self {
            temperature,
            humidity,
            serial_number: 0x1234_5678,
            busy_until: Instant::ZERO,
            answer: None,
            heated: 0,
        }
    }

    /// Changes the air.
    pub const fn set(&mut self, temperature: f64, humidity: f64) {
        self.temperature = temperature;
        self.humidity = humidity;
    }

    /// How often it was heated.
    #[must_use]
    pub const fn heated(&self) -> u32 {
        self.heated
    }

    fn measure(&mut self, now: Instant, micros: u64, warmer: f64) {
        let temperature = (self.temperature + warmer + 45.0) / 175.0 * 65_535.0;
        let humidity = (self.humidity + 6.0) / 125.0 * 65_535.0;
        self.answer = Some(sensirion_words(nearest(temperature), nearest(humidity)));
        self.busy_until = now + Duration::from_micros(micros);
    }

    fn heat(&mut self, now: Instant, micros: u64, warmer: f64) {
        self.heated += 1;
        self.measure(now, micros + 8_300, warmer);
    }
}

impl Chip for Sht4x {
    fn write(&mut self, now: Instant, bytes: &[u8]) -> Result<(), Nack> {
        if now < self.busy_until {
            return Err(Nack);
        }
        self.answer = None;
        match bytes {
            [0xFD] => self.measure(now, 8_300, 0.0),
            [0xF6] => self.measure(now, 4_500, 0.0),
            [0xE0] => self.measure(now, 1_700, 0.0),
            [0x39] => self.heat(now, 1_100_000, 60.0),
            [0x32] => self.heat(now, 110_000, 40.0),
            [0x2F] => self.heat(now, 1_100_000, 33.0),
            [0x24] => self.heat(now, 110_000, 22.0),
            [0x1E] => self.heat(now, 1_100_000, 6.0),
            [0x15] => self.heat(now, 110_000, 4.0),
            [0x89] => {
                let [a, b, c, d] = self.serial_number.to_be_bytes();
                let words = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
                self.answer = Some(sensirion_words(words.0, words.1));
            }
            [0x94] => self.busy_until = now + Duration::from_millis(1),
            _ => return Err(Nack),
        }
        Ok(())
    }

    fn read(&mut self, now: Instant, into: &mut [u8]) -> Result<(), Nack> {
        if now < self.busy_until {
            return Err(Nack);
        }
        let answer = self.answer.take().ok_or(Nack)?;
        into.fill(0xFF);
        for (to, from) in into.iter_mut().zip(answer) {
            *to = from;
        }
        Ok(())
    }

    fn general_call(&mut self, now: Instant, bytes: &[u8]) {
        if bytes == [0x06] {
            self.answer = None;
            self.busy_until = now + Duration::from_millis(1);
        }
    }
}
