//! [`Polled`]: a port made of any `embedded-io` device.

use core::time::Duration;

use embedded_io::{Error, ErrorKind, Read, ReadReady, Write, WriteReady};
use gofarm_core::device::Progress;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::Instant;

use super::Port;
use super::reckoned::Reckoned;

/// A [`Port`] made of an `embedded-io` device that says when it is ready.
///
/// `embedded-io` cannot say without blocking when the last bit has left, so that is reckoned from the speed of the
/// line: the time of the characters that were written, and one more for the shift register. A device with a large
/// buffer behind flow control may need longer; write a [`Port`] for it that asks the hardware.
///
/// ```
/// use gofarm_core::device::Progress;
/// use gofarm_core::time::Instant;
/// use gofarm_hal::serial::{Polled, Port};
/// # struct Uart;
/// # impl embedded_io::ErrorType for Uart { type Error = core::convert::Infallible; }
/// # impl embedded_io::Write for Uart {
/// #     fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> { Ok(bytes.len()) }
/// #     fn flush(&mut self) -> Result<(), Self::Error> { Ok(()) }
/// # }
/// # impl embedded_io::Read for Uart {
/// #     fn read(&mut self, _: &mut [u8]) -> Result<usize, Self::Error> { Ok(0) }
/// # }
/// # impl embedded_io::ReadReady for Uart { fn read_ready(&mut self) -> Result<bool, Self::Error> { Ok(false) } }
/// # impl embedded_io::WriteReady for Uart { fn write_ready(&mut self) -> Result<bool, Self::Error> { Ok(true) } }
/// # let uart = Uart;
///
/// let mut line = Polled::new(uart, 9_600, 10); // 8N1: ten bits a character
/// let now = Instant::ZERO;
/// line.write(now, &[1, 3, 0, 0, 0, 1, 0x84, 0x0A])?;
/// assert_eq!(line.poll_drained(now), Progress::WouldBlock(Instant::from_micros(9_378))); // nine characters
/// # Ok::<(), gofarm_hal::serial::PolledError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Polled<T> {
    device: T,
    line: Reckoned,
}

impl<T> Polled<T> {
    /// A port on `device`, which runs at `baud_rate` bits per second with `bits` a character: start, data, parity
    /// and stop bits together, 10 for 8N1 and 11 for 8E1. A speed of 0 is taken as 1.
    pub const fn new(device: T, baud_rate: u32, bits: u8) -> Self {
        Self {
            device,
            line: Reckoned::new(baud_rate, bits),
        }
    }

    /// The time of one character on the line.
    #[must_use]
    pub const fn character_time(&self) -> Duration {
        self.line.character()
    }

    /// The device, given back.
    pub fn into_inner(self) -> T {
        self.device
    }
}

impl<T: Read + Write + ReadReady + WriteReady> Port for Polled<T> {
    type Error = PolledError;

    fn read(&mut self, _: Instant, into: &mut [u8]) -> Result<usize, PolledError> {
        if into.is_empty() || !self.device.read_ready().map_err(PolledError::of)? {
            return Ok(0);
        }
        match self.device.read(into).map_err(PolledError::of)? {
            0 => Err(PolledError::Closed),
            len => Ok(len),
        }
    }

    fn write(&mut self, now: Instant, bytes: &[u8]) -> Result<usize, PolledError> {
        if bytes.is_empty() || !self.device.write_ready().map_err(PolledError::of)? {
            return Ok(0);
        }
        let len = self.device.write(bytes).map_err(PolledError::of)?;
        self.line.wrote(now, len);
        Ok(len)
    }

    fn poll_drained(&mut self, now: Instant) -> Progress<Result<(), PolledError>> {
        if now < self.line.drained() {
            Progress::WouldBlock(self.line.drained())
        } else {
            Progress::Ready(Ok(()))
        }
    }
}

/// Why an `embedded-io` device failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PolledError {
    /// The device said so.
    #[error("the serial device failed: {kind:?}")]
    Device {
        /// Its kind.
        #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
        kind: ErrorKind,
    },
    /// It said that bytes were ready and had none: the end of a stream.
    #[error("the serial device was closed")]
    Closed,
}

impl PolledError {
    pub(crate) fn of(error: impl Error) -> Self {
        Self::Device { kind: error.kind() }
    }
}

impl Classify for PolledError {
    fn kind(&self) -> Kind {
        match self {
            Self::Device {
                kind: ErrorKind::TimedOut,
            } => Kind::TimedOut,
            Self::Device {
                kind: ErrorKind::InvalidInput | ErrorKind::InvalidData,
            } => Kind::Invalid,
            Self::Device {
                kind: ErrorKind::Unsupported | ErrorKind::NotFound | ErrorKind::PermissionDenied,
            }
            | Self::Closed => Kind::Permanent,
            Self::Device { .. } => Kind::Transient,
        }
    }
}
