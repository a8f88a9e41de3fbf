//! Bytes in and out without waiting: [`Port`], what every bus of this crate runs on.
//!
//! A field bus needs more of a serial line than reading and writing. It has to know when the last bit has left, or a
//! half-duplex transceiver cuts it off; it must take whatever has come and go on, or one dead probe stops the
//! valve beside it. `embedded-io` says how many bytes are ready but not when a line is drained without blocking, and
//! has no clock. So a [`Port`] never waits and is told the time; [`Polled`] makes one of any `embedded-io` device.
//!
//! Two buses need a line to do what bytes alone cannot: [`SetBaudRate`] is for 1-Wire, [`SetBreak`] for SDI-12.
//!
//! [`Rs485`] moves the direction pin of a half-duplex transceiver over any port. On Linux a serial port is a port as
//! well (`linux::Tty`, feature `std`), and streams of tokio carry the messages of `Frames` (`tokio::Frames`,
//! features `tokio` and `frames`).

#[cfg(feature = "frames")]
mod frames;
#[cfg(all(feature = "std", target_os = "linux"))]
pub mod linux;
mod polled;
mod reckoned;
mod rs485;
#[cfg(all(feature = "frames", feature = "tokio"))]
pub mod tokio;

#[cfg(feature = "frames")]
pub use frames::{Frames, SendError};
pub use polled::{Polled, PolledError};
pub use rs485::{Echo, Rs485, Rs485Config, Rs485Error};

use gofarm_core::device::Progress;
use gofarm_core::error::Classify;
use gofarm_core::time::Instant;

/// A serial line or byte stream that never blocks.
///
/// ```
/// use core::convert::Infallible;
/// use gofarm_core::device::Progress;
/// use gofarm_core::time::Instant;
/// use gofarm_hal::serial::Port;
///
/// /// What is written comes back.
/// struct Loop(Vec<u8>);
/// impl Port for Loop {
///     type Error = Infallible;
///     fn read(&mut self, _: Instant, into: &mut [u8]) -> Result<usize, Infallible> {
///         let len = self.0.len().min(into.len());
///         for (to, from) in into.iter_mut().zip(self.0.drain(..len)) { *to = from; }
///         Ok(len)
///     }
///     fn write(&mut self, _: Instant, bytes: &[u8]) -> Result<usize, Infallible> {
///         self.0.extend(bytes);
///         Ok(bytes.len())
///     }
///     fn poll_drained(&mut self, _: Instant) -> Progress<Result<(), Infallible>> {
///         Progress::Ready(Ok(()))
///     }
/// }
///
/// let mut line = Loop(Vec::new());
/// line.write(Instant::ZERO, b"0M!")?;
/// let mut answer = [0; 8];
/// assert_eq!(line.read(Instant::ZERO, &mut answer)?, 3);
/// # Ok::<(), Infallible>(())
/// ```
pub trait Port {
    /// Why the line failed: an overrun, a framing error, a stream that was closed.
    type Error: Classify;

    /// Moves what has arrived into `into`, and says how many bytes; 0 if nothing has.
    ///
    /// # Errors
    /// The line's error. Bytes that came before it were handed out before; what follows may be handed out later.
    fn read(&mut self, now: Instant, into: &mut [u8]) -> Result<usize, Self::Error>;

    /// Takes as many of `bytes`, from the first on, as it has room for, and says how many; 0 if it has no room now.
    ///
    /// # Errors
    /// The line's error; nothing was taken then.
    fn write(&mut self, now: Instant, bytes: &[u8]) -> Result<usize, Self::Error>;

    /// Whether the last bit of everything that was written has left.
    fn poll_drained(&mut self, now: Instant) -> Progress<Result<(), Self::Error>>;
}

impl<P: Port + ?Sized> Port for &mut P {
    type Error = P::Error;

    fn read(&mut self, now: Instant, into: &mut [u8]) -> Result<usize, P::Error> {
        (**self).read(now, into)
    }

    fn write(&mut self, now: Instant, bytes: &[u8]) -> Result<usize, P::Error> {
        (**self).write(now, bytes)
    }

    fn poll_drained(&mut self, now: Instant) -> Progress<Result<(), P::Error>> {
        (**self).poll_drained(now)
    }
}

/// A line whose speed can change while it runs: 1-Wire over a UART resets at 9 600 bit/s and moves bits at 115 200.
pub trait SetBaudRate: Port {
    /// Sets the speed, in bits per second; called only when the line is drained.
    ///
    /// # Errors
    /// The line's error; the speed is as before.
    fn set_baud_rate(&mut self, bits_per_second: u32) -> Result<(), Self::Error>;
}

impl<P: SetBaudRate + ?Sized> SetBaudRate for &mut P {
    fn set_baud_rate(&mut self, bits_per_second: u32) -> Result<(), P::Error> {
        (**self).set_baud_rate(bits_per_second)
    }
}

/// A line that can be held in the spacing state: the break that wakes SDI-12 sensors.
pub trait SetBreak: Port {
    /// Holds the line in the spacing state from now on, or lets it go; called only when the line is drained.
    ///
    /// # Errors
    /// The line's error; the line is as before.
    fn set_break(&mut self, now: Instant, on: bool) -> Result<(), Self::Error>;
}

impl<P: SetBreak + ?Sized> SetBreak for &mut P {
    fn set_break(&mut self, now: Instant, on: bool) -> Result<(), P::Error> {
        (**self).set_break(now, on)
    }
}
