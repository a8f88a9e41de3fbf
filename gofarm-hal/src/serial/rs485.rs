//! [`Rs485`]: the direction pin of a half-duplex transceiver.

mod config;
mod error;

pub use config::{Echo, Rs485Config};
pub use error::Rs485Error;

use embedded_hal::digital::OutputPin;
use gofarm_core::device::Progress;
use gofarm_core::time::{Instant, millis};

use super::{Port, SetBaudRate};

/// Nobody writes for this long after the driver was enabled for a write: the bus is let go.
const ABANDONED: core::time::Duration = millis(100);

/// How often 16 bytes are read at most to be rid of what is stale: a babbling device does not hold us up.
const STALE_READS: usize = 32;

/// A line over a half-duplex RS-485 transceiver, whose driver-enable pin it moves.
///
/// On such a bus one pair of wires carries both directions, and a transceiver drives it only while its pin says so. Too
/// late and the first bit is lost, too early off and the last one is; too long on and it talks over the answer. So the
/// pin goes high before the first byte is written, stays until the port says that the last bit has left and a hold time
/// has passed, and goes low at the first poll after that: [`poll_drained`](Port::poll_drained) says when to come, and
/// is ready only when the bus is free. Nothing cuts a transmission off.
///
/// With [`Echo::Heard`] the receiver stays on while the driver is, as on many boards: the own bytes come back and are
/// dropped here. If others came back, two devices were talking: [`Rs485Error::Collision`].
///
/// It needs polling to let the bus go. A UART that moves the pin by itself, or the kernel's RS-485 mode on Linux, needs
/// none of this. For a driver-enable that is active low, pass a pin that inverts.
///
/// ```
/// use gofarm_core::device::Progress;
/// use gofarm_core::time::Instant;
/// use gofarm_hal::serial::{Polled, Port, Rs485, Rs485Config};
/// # use std::{cell::Cell, convert::Infallible, rc::Rc};
/// # struct Uart;
/// # impl embedded_io::ErrorType for Uart { type Error = Infallible; }
/// # impl embedded_io::Write for Uart {
/// #     fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> { Ok(bytes.len()) }
/// #     fn flush(&mut self) -> Result<(), Self::Error> { Ok(()) }
/// # }
/// # impl embedded_io::Read for Uart {
/// #     fn read(&mut self, _: &mut [u8]) -> Result<usize, Self::Error> { Ok(0) }
/// # }
/// # impl embedded_io::ReadReady for Uart { fn read_ready(&mut self) -> Result<bool, Self::Error> { Ok(false) } }
/// # impl embedded_io::WriteReady for Uart { fn write_ready(&mut self) -> Result<bool, Self::Error> { Ok(true) } }
/// # #[derive(Clone, Default)]
/// # struct Pin(Rc<Cell<bool>>);
/// # impl embedded_hal::digital::ErrorType for Pin { type Error = Infallible; }
/// # impl embedded_hal::digital::OutputPin for Pin {
/// #     fn set_low(&mut self) -> Result<(), Infallible> { Ok(self.0.set(false)) }
/// #     fn set_high(&mut self) -> Result<(), Infallible> { Ok(self.0.set(true)) }
/// # }
/// # let (uart, pin) = (Uart, Pin::default());
/// # let is_driving = pin.clone();
///
/// let mut bus = Rs485::new(Polled::new(uart, 9_600, 10), pin, Rs485Config::new())?;
/// bus.write(Instant::ZERO, &[1, 3, 0, 0, 0, 1, 0x84, 0x0A])?;
/// assert!(is_driving.0.get());
///
/// let Progress::WouldBlock(end) = bus.poll_drained(Instant::ZERO) else { panic!("nine characters") };
/// assert_eq!(bus.poll_drained(end), Progress::Ready(Ok(())));
/// assert!(!is_driving.0.get());
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Rs485<P, D> {
    port: P,
    driver_enable: D,
    config: Rs485Config,
    direction: Direction,
    /// When another may have sent its last bit.
    heard_at: Option<Instant>,
    /// A write was refused until then.
    refused_until: Instant,
    echo: Outstanding,
}

/// Who drives the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    /// Others.
    Listening,
    /// We, without a bit yet; bits may go from `ready` on.
    Enabled { ready: Instant },
    /// We, and bits are leaving.
    Sending,
    /// We, for a little longer, all bits having left.
    Holding { until: Instant },
}

/// What was sent and has not come back, kept as a count and two sums (FNV-1a, 32 bits) rather than as bytes.
#[derive(Clone, Copy, Debug)]
struct Outstanding {
    count: usize,
    sent: u32,
    heard: u32,
}

impl Outstanding {
    const NONE: Self = Self {
        count: 0,
        sent: Self::START,
        heard: Self::START,
    };
    const START: u32 = 0x811C_9DC5;

    fn sum(sum: u32, bytes: &[u8]) -> u32 {
        bytes.iter().fold(sum, |sum, &byte| {
            (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        })
    }

    fn send(&mut self, bytes: &[u8]) {
        self.count += bytes.len();
        self.sent = Self::sum(self.sent, bytes);
    }

    /// Whether what has come back so far may be what was sent.
    fn hear(&mut self, bytes: &[u8]) -> bool {
        self.count -= bytes.len().min(self.count);
        self.heard = Self::sum(self.heard, bytes);
        if self.count > 0 {
            return true;
        }
        let is_own = self.sent == self.heard;
        *self = Self::NONE;
        is_own
    }
}

impl<P: Port, D: OutputPin> Rs485<P, D> {
    /// A line over `port` whose transceiver drives the bus while `driver_enable` is high; it is set low now.
    ///
    /// # Errors
    /// [`Rs485Error::Pin`] if it cannot be set.
    pub fn new(
        port: P,
        mut driver_enable: D,
        config: Rs485Config,
    ) -> Result<Self, Rs485Error<P::Error>> {
        driver_enable.set_low().map_err(Rs485Error::pin)?;
        Ok(Self {
            port,
            driver_enable,
            config,
            direction: Direction::Listening,
            heard_at: None,
            refused_until: Instant::ZERO,
            echo: Outstanding::NONE,
        })
    }

    /// Whether the transceiver drives the bus.
    #[must_use]
    pub fn is_driving(&self) -> bool {
        self.direction != Direction::Listening
    }

    /// The port.
    pub const fn port(&mut self) -> &mut P {
        &mut self.port
    }

    /// The port and the pin, given back as they are: poll it until it is drained first.
    pub fn into_parts(self) -> (P, D) {
        (self.port, self.driver_enable)
    }

    /// Moves the direction on; when it is worth doing that again, unless we listen.
    fn step(&mut self, now: Instant) -> Result<Option<Instant>, Rs485Error<P::Error>> {
        if let Direction::Sending = self.direction {
            match self.port.poll_drained(now) {
                Progress::WouldBlock(until) => return Ok(Some(until)),
                Progress::Ready(drained) => drained.map_err(Rs485Error::Line)?,
            }
            let until = now + self.config.hold;
            self.direction = Direction::Holding { until };
        }
        let release_at = match self.direction {
            Direction::Enabled { ready } if now < ready => return Ok(Some(ready)),
            Direction::Enabled { ready } => ready + ABANDONED,
            Direction::Holding { until } => until,
            Direction::Listening | Direction::Sending => return Ok(None),
        };
        if now < release_at {
            return Ok(Some(release_at));
        }
        self.driver_enable.set_low().map_err(Rs485Error::pin)?;
        self.direction = Direction::Listening;
        Ok(None)
    }

    /// Takes the echo that has come.
    fn take_echo(&mut self, now: Instant) -> Result<(), Rs485Error<P::Error>> {
        let mut scratch = [0; 16];
        while self.echo.count > 0 {
            let limit = self.echo.count.min(scratch.len());
            let room = scratch.get_mut(..limit).unwrap_or_default();
            let heard = self.port.read(now, room).map_err(Rs485Error::Line)?;
            let Some(bytes @ [_, ..]) = scratch.get(..heard.min(limit)) else {
                break;
            };
            if !self.echo.hear(bytes) {
                return Err(Rs485Error::Collision);
            }
        }
        Ok(())
    }

    /// Whether bits may go now; enables the driver if it is not.
    fn may_send(&mut self, now: Instant) -> Result<bool, Rs485Error<P::Error>> {
        match self.direction {
            Direction::Sending | Direction::Holding { .. } => return Ok(true),
            Direction::Enabled { ready } => return Ok(now >= ready),
            Direction::Listening => {}
        }
        let free = self.heard_at.map(|at| at + self.config.turnaround);
        if let Some(free) = free.filter(|&free| now < free) {
            self.refused_until = free;
            return Ok(false);
        }
        if self.config.echo == Echo::Heard {
            let missing = core::mem::replace(&mut self.echo, Outstanding::NONE).count;
            if missing > 0 {
                return Err(Rs485Error::EchoMissing { missing });
            }
            // What was not read before belongs to a past exchange, and would be taken for our echo.
            let mut scratch = [0; 16];
            for _ in 0..STALE_READS {
                if self
                    .port
                    .read(now, &mut scratch)
                    .map_err(Rs485Error::Line)?
                    == 0
                {
                    break;
                }
            }
        }
        self.driver_enable.set_high().map_err(Rs485Error::pin)?;
        let ready = now + self.config.setup;
        self.direction = Direction::Enabled { ready };
        Ok(now >= ready)
    }
}

impl<P: Port, D: OutputPin> Port for Rs485<P, D> {
    type Error = Rs485Error<P::Error>;

    fn read(&mut self, now: Instant, into: &mut [u8]) -> Result<usize, Self::Error> {
        self.step(now)?;
        self.take_echo(now)?;
        if self.echo.count > 0 {
            return Ok(0);
        }
        let len = self.port.read(now, into).map_err(Rs485Error::Line)?;
        if len > 0 {
            self.heard_at = Some(now);
        }
        Ok(len)
    }

    fn write(&mut self, now: Instant, bytes: &[u8]) -> Result<usize, Self::Error> {
        self.step(now)?;
        self.take_echo(now)?;
        if bytes.is_empty() || !self.may_send(now)? {
            return Ok(0);
        }
        let len = self.port.write(now, bytes).map_err(Rs485Error::Line)?;
        if len > 0 {
            self.direction = Direction::Sending;
            if self.config.echo == Echo::Heard {
                self.echo.send(bytes.get(..len).unwrap_or(bytes));
            }
        }
        Ok(len)
    }

    /// Ready when the last bit has left, the hold time is over and the bus is free. After a write that was refused
    /// because the driver has to settle or the other side to turn round, it says when to write again.
    fn poll_drained(&mut self, now: Instant) -> Progress<Result<(), Self::Error>> {
        match self.step(now) {
            Err(error) => Progress::Ready(Err(error)),
            Ok(Some(until)) => Progress::WouldBlock(until),
            Ok(None) if now < self.refused_until => Progress::WouldBlock(self.refused_until),
            Ok(None) => Progress::Ready(self.take_echo(now)),
        }
    }
}

impl<P: SetBaudRate, D: OutputPin> SetBaudRate for Rs485<P, D> {
    fn set_baud_rate(&mut self, bits_per_second: u32) -> Result<(), Self::Error> {
        self.port
            .set_baud_rate(bits_per_second)
            .map_err(Rs485Error::Line)
    }
}
