//! Bad wires and sick devices, on purpose: [`FaultInjector`] for serial lines, [`I2cFaultInjector`] for I2C.
//!
//! On a desk every frame arrives. In a field a pump starts beside the cable, water stands in a plug and a probe answers
//! a second late. What a driver does then is what it is worth, so it has to be tried: each byte is lost, changed,
//! repeated, held back or preceded by noise with a given chance, and at times the line is dead. The chances come from a
//! seed: what failed once fails again in the debugger.
//!
//! It stands between a driver and the real bus or a simulated one, needs no heap, and runs on the board as well.
//!
//! ```
//! use gofarm_core::random::SplitMix64;
//! use gofarm_core::time::{Instant, millis};
//! use gofarm_hal::fault_injector::{Chance, FaultConfig, FaultInjector};
//! use gofarm_hal::serial::Port;
//! # use core::convert::Infallible;
//! # use gofarm_core::device::Progress;
//! # #[derive(Default)]
//! # struct Loop(Vec<u8>);
//! # impl Port for Loop {
//! #     type Error = Infallible;
//! #     fn read(&mut self, _: Instant, into: &mut [u8]) -> Result<usize, Infallible> {
//! #         let len = self.0.len().min(into.len());
//! #         for (to, from) in into.iter_mut().zip(self.0.drain(..len)) { *to = from; }
//! #         Ok(len)
//! #     }
//! #     fn write(&mut self, _: Instant, bytes: &[u8]) -> Result<usize, Infallible> {
//! #         self.0.extend(bytes);
//! #         Ok(bytes.len())
//! #     }
//! #     fn poll_drained(&mut self, _: Instant) -> Progress<Result<(), Infallible>> { Progress::Ready(Ok(())) }
//! # }
//!
//! let faults = FaultConfig::new().loss(Chance::one_in(100)).corruption(Chance::one_in(200)).delay(
//!     Chance::one_in(500),
//!     millis(50),
//! );
//! let line = Loop::default(); // what is written comes back
//! let mut line = FaultInjector::new(line, SplitMix64::new(7), faults);
//! let mut now = Instant::ZERO;
//! let mut came = 0;
//! for _ in 0..1_000 {
//!     now += millis(1);
//!     line.write(now, b"0R0!")?;
//!     came += line.read(now, &mut [0; 16])?;
//! }
//! let injected = line.injected();
//! assert!(injected.lost > 20 && injected.corrupted > 10 && injected.delayed > 2);
//! assert!(came < 4_000);
//! # Ok::<(), Infallible>(())
//! ```

mod config;
mod i2c;
mod lane;

pub use config::{Chance, FaultConfig, Injected};
pub use i2c::{I2cFaultConfig, I2cFaultInjector, I2cInjected, InjectedError};

use gofarm_core::device::Progress;
use gofarm_core::random::Random;
use gofarm_core::time::Instant;

use crate::serial::{Port, SetBaudRate, SetBreak};
use lane::Lane;

/// A [`Port`] that loses, changes, repeats and holds back bytes of the port under it, in both directions.
///
/// The order of bytes stays, as on a wire. A byte that is held back holds back those behind it; what arrives in the
/// meantime waits in the port. A byte counts as written when it is on its way here, and the line is drained only when
/// none is. See the [module](self).
#[derive(Clone, Debug)]
pub struct FaultInjector<P, R> {
    port: P,
    random: R,
    config: FaultConfig,
    incoming: Lane,
    outgoing: Lane,
    injected: Injected,
}

impl<P, R> FaultInjector<P, R> {
    /// A bad line to `port`, whose faults depend on `random` and on what is read and written alone.
    pub const fn new(port: P, random: R, config: FaultConfig) -> Self {
        Self {
            port,
            random,
            config,
            incoming: Lane::new(),
            outgoing: Lane::new(),
            injected: Injected::NONE,
        }
    }

    /// Other faults from now on.
    pub const fn set_config(&mut self, config: FaultConfig) {
        self.config = config;
    }

    /// What was done to the bytes so far, in both directions together.
    #[must_use]
    pub const fn injected(&self) -> Injected {
        self.injected
    }

    /// The port.
    pub const fn port(&mut self) -> &mut P {
        &mut self.port
    }

    /// The port, given back; a byte that is held back is lost.
    pub fn into_inner(self) -> P {
        self.port
    }
}

impl<P: Port, R: Random> FaultInjector<P, R> {
    /// Writes what is on its way out and due.
    fn flush(&mut self, now: Instant) -> Result<(), P::Error> {
        while let Some(byte) = self.outgoing.due(now) {
            if self.port.write(now, &[byte])? == 0 {
                break;
            }
            self.outgoing.pass();
        }
        Ok(())
    }
}

impl<P: Port, R: Random> Port for FaultInjector<P, R> {
    type Error = P::Error;

    fn read(&mut self, now: Instant, into: &mut [u8]) -> Result<usize, P::Error> {
        self.flush(now)?;
        let mut len = 0;
        while let Some(slot) = into.get_mut(len) {
            if let Some(byte) = self.incoming.due(now) {
                *slot = byte;
                self.incoming.pass();
                len += 1;
                continue;
            }
            if !self.incoming.is_empty() {
                break;
            }
            let mut byte = [0];
            match self.port.read(now, &mut byte) {
                Ok(0) => break,
                Ok(_) => {}
                // The bytes before it are handed out first; the port says it again, or has gone on.
                Err(_) if len > 0 => break,
                Err(error) => return Err(error),
            }
            let [byte] = byte;
            self.incoming.enter(
                byte,
                now,
                &self.config,
                &mut self.random,
                &mut self.injected,
            );
        }
        Ok(len)
    }

    fn write(&mut self, now: Instant, bytes: &[u8]) -> Result<usize, P::Error> {
        self.flush(now)?;
        let mut taken = 0;
        for &byte in bytes {
            if !self.outgoing.is_empty() {
                break;
            }
            self.outgoing.enter(
                byte,
                now,
                &self.config,
                &mut self.random,
                &mut self.injected,
            );
            taken += 1;
            // An error after a byte was taken comes again with the next call, which tries the same byte.
            if self.flush(now).is_err() {
                break;
            }
        }
        Ok(taken)
    }

    fn poll_drained(&mut self, now: Instant) -> Progress<Result<(), P::Error>> {
        if let Err(error) = self.flush(now) {
            return Progress::Ready(Err(error));
        }
        match self.outgoing.due_at() {
            Some(due) => Progress::WouldBlock(due.max(now)),
            None => self.port.poll_drained(now),
        }
    }
}

impl<P: SetBaudRate, R: Random> SetBaudRate for FaultInjector<P, R> {
    fn set_baud_rate(&mut self, bits_per_second: u32) -> Result<(), P::Error> {
        self.port.set_baud_rate(bits_per_second)
    }
}

impl<P: SetBreak, R: Random> SetBreak for FaultInjector<P, R> {
    fn set_break(&mut self, now: Instant, on: bool) -> Result<(), P::Error> {
        self.port.set_break(now, on)
    }
}
