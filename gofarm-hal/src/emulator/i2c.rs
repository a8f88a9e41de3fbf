//! [`Bus`]: an I2C bus with models of chips on it.

use core::fmt;
use std::sync::{Mutex, PoisonError};

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use embedded_hal::i2c::{ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation};
use gofarm_core::time::{Clock, Instant};

/// A chip as the bus sees it.
///
/// A chip that a test wants to change while it is on the bus goes there as an `Arc<Mutex<_>>`.
///
/// ```
/// use gofarm_core::time::Instant;
/// use gofarm_hal::emulator::i2c::{Chip, Nack};
///
/// /// Has 42 in every register.
/// #[derive(Debug)]
/// struct Memory;
///
/// impl Chip for Memory {
///     fn write(&mut self, _now: Instant, _bytes: &[u8]) -> Result<(), Nack> { Ok(()) }
///     fn read(&mut self, _now: Instant, into: &mut [u8]) -> Result<(), Nack> {
///         into.fill(42);
///         Ok(())
///     }
/// }
/// ```
pub trait Chip: fmt::Debug + Send {
    /// What was written to it.
    ///
    /// # Errors
    /// [`Nack`] if it does not take it: it is busy, or knows no such command.
    fn write(&mut self, now: Instant, bytes: &[u8]) -> Result<(), Nack>;

    /// Fills `into` with its answer; what it has not, is 0xFF, as a bus that nobody drives.
    ///
    /// # Errors
    /// [`Nack`] if it has no answer now.
    fn read(&mut self, now: Instant, into: &mut [u8]) -> Result<(), Nack>;

    /// What was written to all chips at once.
    fn general_call(&mut self, now: Instant, bytes: &[u8]) {
        let _ = (now, bytes);
    }
}

impl<K: Chip> Chip for Arc<Mutex<K>> {
    fn write(&mut self, now: Instant, bytes: &[u8]) -> Result<(), Nack> {
        let mut chip = self.lock().unwrap_or_else(PoisonError::into_inner);
        chip.write(now, bytes)
    }

    fn read(&mut self, now: Instant, into: &mut [u8]) -> Result<(), Nack> {
        let mut chip = self.lock().unwrap_or_else(PoisonError::into_inner);
        chip.read(now, into)
    }

    fn general_call(&mut self, now: Instant, bytes: &[u8]) {
        let mut chip = self.lock().unwrap_or_else(PoisonError::into_inner);
        chip.general_call(now, bytes);
    }
}

/// A chip did not acknowledge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "that is all it says")]
pub struct Nack;

/// How a chip, or the bus at it, fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It acknowledges nothing: unplugged.
    Absent,
    /// It takes commands and never acknowledges a reading.
    NeverReady,
    /// It refuses the next so many transfers and then works.
    Refuses(u8),
    /// This bit of each answer is wrong, counted from the first byte's highest.
    FlipBit(u8),
    /// The data line is held down: answers are zeros.
    HeldLow,
    /// Nobody drives the data line: answers are ones.
    FloatsHigh,
    /// The peripheral reports an error.
    Bus(ErrorKind),
}

/// An I2C bus, blocking and asynchronous, with a clock that its chips go by. Clones are the same bus.
///
/// See the [module](super).
#[derive(Clone, Debug)]
pub struct Bus<C> {
    clock: C,
    slots: Arc<Mutex<Vec<Slot>>>,
}

#[derive(Debug)]
struct Slot {
    address: u8,
    chip: Box<dyn Chip>,
    fault: Option<Fault>,
}

impl<C: Clock> Bus<C> {
    /// A bus without chips.
    pub fn new(clock: C) -> Self {
        Self {
            clock,
            slots: Arc::default(),
        }
    }

    /// Puts a chip at an address of 7 bits, in place of one that was there.
    pub fn attach(&mut self, address: u8, chip: impl Chip + 'static) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|slot| slot.address != address);
        slots.push(Slot {
            address,
            chip: Box::new(chip),
            fault: None,
        });
    }

    /// Makes the chip at `address` fail from now on, or work again.
    pub fn inject(&self, address: u8, fault: Option<Fault>) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        for slot in slots.iter_mut().filter(|slot| slot.address == address) {
            slot.fault = fault;
        }
    }

    fn transfer(&self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), ErrorKind> {
        let now = self.clock.now();
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if address == 0 {
            for operation in operations {
                if let Operation::Write(bytes) = operation {
                    for slot in slots.iter_mut() {
                        slot.chip.general_call(now, bytes);
                    }
                }
            }
            return if slots.is_empty() { NOBODY } else { Ok(()) };
        }
        let Some(slot) = slots.iter_mut().find(|slot| slot.address == address) else {
            return NOBODY;
        };
        for operation in operations {
            match operation {
                Operation::Write(bytes) => slot.write(now, bytes)?,
                Operation::Read(into) => slot.read(now, into)?,
            }
        }
        Ok(())
    }
}

const NOBODY: Result<(), ErrorKind> = Err(ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address));

impl Slot {
    fn write(&mut self, now: Instant, bytes: &[u8]) -> Result<(), ErrorKind> {
        self.refuse()?;
        let refused = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Unknown);
        self.chip.write(now, bytes).map_err(|Nack| refused)
    }

    fn read(&mut self, now: Instant, into: &mut [u8]) -> Result<(), ErrorKind> {
        self.refuse()?;
        if self.fault == Some(Fault::NeverReady) {
            return NOBODY;
        }
        self.chip.read(now, into).or(NOBODY)?;
        match self.fault {
            Some(Fault::HeldLow) => into.fill(0),
            Some(Fault::FloatsHigh) => into.fill(0xFF),
            Some(Fault::FlipBit(bit)) => {
                if let Some(byte) = into.get_mut(usize::from(bit / 8)) {
                    *byte ^= 0x80 >> (bit % 8);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn refuse(&mut self) -> Result<(), ErrorKind> {
        match self.fault {
            Some(Fault::Absent) => NOBODY,
            Some(Fault::Bus(kind)) => Err(kind),
            Some(Fault::Refuses(0)) => {
                self.fault = None;
                Ok(())
            }
            Some(Fault::Refuses(times)) => {
                self.fault = Some(Fault::Refuses(times - 1));
                NOBODY
            }
            _ => Ok(()),
        }
    }
}

impl<C> ErrorType for Bus<C> {
    type Error = ErrorKind;
}

impl<C: Clock> I2c for Bus<C> {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), ErrorKind> {
        self.transfer(address, operations)
    }
}

#[cfg(feature = "async")]
impl<C: Clock> embedded_hal_async::i2c::I2c for Bus<C> {
    async fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), ErrorKind> {
        self.transfer(address, operations)
    }
}
