//! [`Tty`]: a serial port of Linux.
//!
//! A gateway on Linux has no direction pin to move in time: between the last bit and the program that is told of it lie
//! milliseconds. So RS-485 is left to what is nearer to the wire, the UART's driver in the kernel
//! ([`TtyConfig::rs485`]) or an adapter that turns round by itself.
//!
//! Settings, breaks and pseudo terminals are done by the crate `serial2`. What it cannot say without waiting is when the
//! last bit has left, so that is reckoned from the speed, as [`Polled`](super::Polled) does; an adapter on USB adds a
//! delay that nobody is told, for which there is [`TtyConfig::latency`].

mod config;

pub use config::{DataBits, Parity, StopBits, TtyConfig};

use core::time::Duration;
use std::io;
use std::path::Path;

use gofarm_core::device::Progress;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::Instant;
use serial2::SerialPort;

use super::reckoned::Reckoned;
use super::{Port, SetBaudRate, SetBreak};

/// A serial port of Linux as a [`Port`]: `/dev/ttyS1`, `/dev/ttyUSB0`, a pseudo terminal.
///
/// ```no_run
/// use gofarm_core::time::{Clock, SystemClock};
/// use gofarm_hal::serial::Port;
/// use gofarm_hal::serial::linux::{Tty, TtyConfig};
///
/// let clock = SystemClock::new();
/// let mut line = Tty::open("/dev/ttyUSB0", TtyConfig::sdi12())?;
/// line.write(clock.now(), b"0I!")?;
/// # Ok::<(), gofarm_hal::serial::linux::TtyError>(())
/// ```
#[derive(Debug)]
pub struct Tty {
    port: SerialPort,
    bits: u8,
    line: Reckoned,
    latency: Duration,
}

impl Tty {
    /// Opens the port at `path`, raw: no echo, no line editing, no flow control. Others may open it as well. A character
    /// that came with a wrong parity is not reported: every protocol has its own check.
    ///
    /// # Errors
    /// [`TtyError::Io`]: no such device, no right to it, or settings that it does not have.
    pub fn open(path: impl AsRef<Path>, config: TtyConfig) -> Result<Self, TtyError> {
        let port = SerialPort::open(path, |settings| config.apply(settings))?;
        if let Some(rs485) = config.transceiver() {
            port.set_rs4xx_mode(rs485)?;
        }
        Self::of(port, config)
    }

    /// Two ends of a pseudo terminal: what one writes the other reads. For tests and emulators.
    ///
    /// ```
    /// use gofarm_core::time::Instant;
    /// use gofarm_hal::serial::Port;
    /// use gofarm_hal::serial::linux::{Tty, TtyConfig};
    ///
    /// let (mut gateway, mut probe) = Tty::pair(TtyConfig::new(9_600))?;
    /// gateway.write(Instant::ZERO, b"0M!")?;
    /// let mut command = [0; 8];
    /// assert_eq!(probe.read(Instant::ZERO, &mut command)?, 3);
    /// # Ok::<(), gofarm_hal::serial::linux::TtyError>(())
    /// ```
    ///
    /// # Errors
    /// [`TtyError::Io`] if the system has none left. A pseudo terminal has no RS-485 mode, and it is not asked for.
    pub fn pair(config: TtyConfig) -> Result<(Self, Self), TtyError> {
        let (mut a, mut b) = SerialPort::pair()?;
        for port in [&mut a, &mut b] {
            let mut settings = port.get_configuration()?;
            settings.set_raw();
            port.set_configuration(&settings)?;
        }
        Ok((Self::of(a, config)?, Self::of(b, config)?))
    }

    fn of(mut port: SerialPort, config: TtyConfig) -> Result<Self, TtyError> {
        port.set_read_timeout(Duration::ZERO)?;
        port.set_write_timeout(Duration::ZERO)?;
        Ok(Self {
            port,
            bits: config.bits(),
            line: Reckoned::new(config.baud_rate(), config.bits()),
            latency: config.after_drained(),
        })
    }

    /// The time of one character on the line.
    #[must_use]
    pub const fn character_time(&self) -> Duration {
        self.line.character()
    }
}

/// Linux says this of a terminal that has hung up.
const EIO: i32 = 5;

impl Port for Tty {
    type Error = TtyError;

    fn read(&mut self, _: Instant, into: &mut [u8]) -> Result<usize, TtyError> {
        if into.is_empty() {
            return Ok(0);
        }
        match or_nothing(self.port.read(into))? {
            Some(0) => Err(TtyError::Closed), // it said that it was ready
            Some(len) => Ok(len),
            None => Ok(0),
        }
    }

    fn write(&mut self, now: Instant, bytes: &[u8]) -> Result<usize, TtyError> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let len = or_nothing(self.port.write(bytes))?.unwrap_or(0);
        self.line.wrote(now, len);
        Ok(len)
    }

    fn poll_drained(&mut self, now: Instant) -> Progress<Result<(), TtyError>> {
        if self.line.drained() == Instant::ZERO {
            return Progress::Ready(Ok(())); // nothing was ever written
        }
        let drained = self.line.drained() + self.latency;
        if now < drained {
            Progress::WouldBlock(drained)
        } else {
            Progress::Ready(Ok(()))
        }
    }
}

impl SetBaudRate for Tty {
    fn set_baud_rate(&mut self, bits_per_second: u32) -> Result<(), TtyError> {
        let mut settings = self.port.get_configuration()?;
        settings.set_baud_rate(bits_per_second)?;
        self.port.set_configuration(&settings)?;
        self.line.set_speed(bits_per_second, self.bits);
        Ok(())
    }
}

impl SetBreak for Tty {
    fn set_break(&mut self, _: Instant, on: bool) -> Result<(), TtyError> {
        Ok(self.port.set_break(on)?)
    }
}

/// What was moved, or nothing if the system would have waited.
fn or_nothing(moved: io::Result<usize>) -> Result<Option<usize>, TtyError> {
    use io::ErrorKind::{TimedOut, WouldBlock};
    match moved {
        Ok(len) => Ok(Some(len)),
        Err(error) if matches!(error.kind(), TimedOut | WouldBlock) => Ok(None),
        Err(error) if error.raw_os_error() == Some(EIO) => Err(TtyError::Closed),
        Err(error) => Err(error.into()),
    }
}

/// Why a serial port of Linux failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TtyError {
    /// The system said so.
    #[error("the serial port failed")]
    Io(#[from] io::Error),
    /// The device is gone: an adapter was pulled, or the other end of a pseudo terminal closed.
    #[error("the serial port was closed")]
    Closed,
}

impl Classify for TtyError {
    fn kind(&self) -> Kind {
        match self {
            Self::Io(error) => Classify::kind(error),
            Self::Closed => Kind::Permanent,
        }
    }
}
