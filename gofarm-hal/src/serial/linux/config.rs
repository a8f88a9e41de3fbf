//! Speed, shape of a character and transceiver of a serial port.

use core::time::Duration;
use std::io;

use serial2::rs4xx::Rs485Config;
use serial2::{CharSize, Settings};

/// Speed, shape of a character and transceiver of a serial port.
///
/// ```
/// use gofarm_core::time::millis;
/// use gofarm_hal::serial::linux::{Parity, TtyConfig};
///
/// // Modbus as its specification wants it, on a UART whose driver moves the direction pin, by USB.
/// let config = TtyConfig::new(19_200).parity(Parity::Even).rs485(millis(0), millis(1)).latency(millis(2));
/// assert_eq!(config.bits(), 11);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a configuration does nothing by itself"]
pub struct TtyConfig {
    baud_rate: u32,
    data_bits: DataBits,
    parity: Parity,
    stop_bits: StopBits,
    rs485: Option<(Duration, Duration)>,
    latency: Duration,
}

impl TtyConfig {
    /// A port at `baud_rate` bits per second, 8N1, whose transceiver needs nothing.
    pub const fn new(baud_rate: u32) -> Self {
        Self {
            baud_rate,
            data_bits: DataBits::Eight,
            parity: Parity::None,
            stop_bits: StopBits::One,
            rs485: None,
            latency: Duration::ZERO,
        }
    }

    /// The port of an SDI-12 recorder: 1 200 bit/s, 7E1 (SDI-12 1.4, section 4.1).
    pub const fn sdi12() -> Self {
        Self::new(1_200)
            .data_bits(DataBits::Seven)
            .parity(Parity::Even)
    }

    /// Data bits of a character; 8 unless set.
    pub const fn data_bits(self, data_bits: DataBits) -> Self {
        Self { data_bits, ..self }
    }

    /// The parity bit; none unless set.
    pub const fn parity(self, parity: Parity) -> Self {
        Self { parity, ..self }
    }

    /// Stop bits; one unless set.
    pub const fn stop_bits(self, stop_bits: StopBits) -> Self {
        Self { stop_bits, ..self }
    }

    /// Lets the kernel's driver enable the transceiver by RTS, `before` the first bit and until `after` the last, in
    /// whole milliseconds (`TIOCSRS485`). A driver that cannot do it refuses to be opened so.
    pub const fn rs485(self, before: Duration, after: Duration) -> Self {
        Self {
            rs485: Some((before, after)),
            ..self
        }
    }

    /// What lies between the program and the wire, added to the time that sending takes; 0 unless set, and some
    /// milliseconds for an adapter on USB.
    pub const fn latency(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    /// Bits per second.
    #[must_use]
    pub const fn baud_rate(&self) -> u32 {
        self.baud_rate
    }

    /// Bits of a character on the line: start, data, parity and stop bits together.
    #[must_use]
    pub const fn bits(&self) -> u8 {
        let data = match self.data_bits {
            DataBits::Seven => 7,
            DataBits::Eight => 8,
        };
        let parity = match self.parity {
            Parity::None => 0,
            Parity::Even | Parity::Odd => 1,
        };
        let stop = match self.stop_bits {
            StopBits::One => 1,
            StopBits::Two => 2,
        };
        1 + data + parity + stop
    }

    pub(super) const fn after_drained(&self) -> Duration {
        self.latency
    }

    pub(super) fn transceiver(&self) -> Option<Rs485Config> {
        let (before, after) = self.rs485?;
        let mut transceiver = Rs485Config::new();
        transceiver.set_delay_before_send(before);
        transceiver.set_delay_after_send(after);
        Some(transceiver)
    }

    pub(super) fn apply(&self, mut settings: Settings) -> io::Result<Settings> {
        settings.set_raw();
        settings.set_baud_rate(self.baud_rate)?;
        settings.set_char_size(match self.data_bits {
            DataBits::Seven => CharSize::Bits7,
            DataBits::Eight => CharSize::Bits8,
        });
        settings.set_parity(match self.parity {
            Parity::None => serial2::Parity::None,
            Parity::Even => serial2::Parity::Even,
            Parity::Odd => serial2::Parity::Odd,
        });
        settings.set_stop_bits(match self.stop_bits {
            StopBits::One => serial2::StopBits::One,
            StopBits::Two => serial2::StopBits::Two,
        });
        Ok(settings)
    }
}

/// Data bits of a character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DataBits {
    /// SDI-12, Modbus ASCII.
    Seven,
    /// Modbus RTU, and nearly all else.
    #[default]
    Eight,
}

/// The parity bit of a character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Parity {
    /// There is none.
    #[default]
    None,
    /// It makes the number of ones even.
    Even,
    /// It makes the number of ones odd.
    Odd,
}

/// Stop bits of a character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StopBits {
    /// One.
    #[default]
    One,
    /// Two: Modbus RTU without parity, by its specification.
    Two,
}
