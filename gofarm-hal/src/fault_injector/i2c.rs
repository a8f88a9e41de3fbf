//! [`I2cFaultInjector`]: an I2C bus that fails at times.

use embedded_hal::i2c::{
    AddressMode, Error, ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation,
};
use gofarm_core::error::{Classify, Kind};
use gofarm_core::random::Random;

use super::Chance;
use super::lane::{count, one_bit};

/// An I2C bus on which devices do not answer, transactions end early and bytes are read wrongly.
///
/// What is written is not changed: that would take a copy of it. A device that stretches the clock for ever blocks an
/// embedded-hal bus, and cannot be played.
///
/// ```
/// use embedded_hal::i2c::I2c;
/// use gofarm_core::random::SplitMix64;
/// use gofarm_hal::fault_injector::{Chance, I2cFaultConfig, I2cFaultInjector, InjectedError};
/// # use core::convert::Infallible;
/// # use embedded_hal::i2c::{ErrorKind, ErrorType, NoAcknowledgeSource, Operation};
/// # struct Probe;
/// # impl ErrorType for Probe { type Error = Infallible; }
/// # impl I2c for Probe {
/// #     fn transaction(&mut self, _: u8, _: &mut [Operation<'_>]) -> Result<(), Infallible> { Ok(()) }
/// # }
///
/// let faults = I2cFaultConfig::new().no_acknowledge(Chance::ALWAYS);
/// let mut bus = I2cFaultInjector::new(Probe, SplitMix64::new(7), faults);
/// let answer = bus.read(0x44, &mut [0; 6]);
/// assert_eq!(answer, Err(InjectedError::Injected(ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address))));
/// assert_eq!(bus.injected().not_acknowledged, 1);
/// ```
#[derive(Clone, Debug)]
pub struct I2cFaultInjector<B, R> {
    bus: B,
    random: R,
    config: I2cFaultConfig,
    injected: I2cInjected,
}

impl<B, R> I2cFaultInjector<B, R> {
    /// A bad bus in front of `bus`, whose faults depend on `random` and the transactions alone.
    pub const fn new(bus: B, random: R, config: I2cFaultConfig) -> Self {
        Self {
            bus,
            random,
            config,
            injected: I2cInjected {
                not_acknowledged: 0,
                failed: 0,
                corrupted: 0,
            },
        }
    }

    /// Other faults from now on.
    pub const fn set_config(&mut self, config: I2cFaultConfig) {
        self.config = config;
    }

    /// What was done so far.
    #[must_use]
    pub const fn injected(&self) -> I2cInjected {
        self.injected
    }

    /// The bus, given back.
    pub fn into_inner(self) -> B {
        self.bus
    }
}

impl<B: ErrorType, R> ErrorType for I2cFaultInjector<B, R> {
    type Error = InjectedError<B::Error>;
}

impl<A: AddressMode, B: I2c<A>, R: Random> I2c<A> for I2cFaultInjector<B, R> {
    fn transaction(
        &mut self,
        address: A,
        operations: &mut [Operation<'_>],
    ) -> Result<(), Self::Error> {
        if self.config.no_acknowledge.strikes(&mut self.random) {
            count(&mut self.injected.not_acknowledged);
            let kind = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address);
            return Err(InjectedError::Injected(kind));
        }
        self.bus
            .transaction(address, operations)
            .map_err(InjectedError::Bus)?;
        for operation in operations {
            let Operation::Read(bytes) = operation else {
                continue;
            };
            for byte in bytes.iter_mut() {
                if self.config.corruption.strikes(&mut self.random) {
                    count(&mut self.injected.corrupted);
                    *byte ^= one_bit(&mut self.random);
                }
            }
        }
        if self.config.bus_error.strikes(&mut self.random) {
            count(&mut self.injected.failed);
            return Err(InjectedError::Injected(ErrorKind::Bus));
        }
        Ok(())
    }
}

/// How often which fault of an I2C bus happens.
///
/// ```
/// use gofarm_hal::fault_injector::{Chance, I2cFaultConfig};
///
/// let faults = I2cFaultConfig::new().no_acknowledge(Chance::one_in(50)).corruption(Chance::one_in(1_000));
/// # let _ = faults;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a configuration does nothing by itself"]
pub struct I2cFaultConfig {
    no_acknowledge: Chance,
    bus_error: Chance,
    corruption: Chance,
}

impl I2cFaultConfig {
    /// A good bus.
    pub const fn new() -> Self {
        Self {
            no_acknowledge: Chance::NEVER,
            bus_error: Chance::NEVER,
            corruption: Chance::NEVER,
        }
    }

    /// The device does not acknowledge its address; the transaction does not reach it.
    pub const fn no_acknowledge(self, no_acknowledge: Chance) -> Self {
        Self {
            no_acknowledge,
            ..self
        }
    }

    /// The transaction has its effect and ends with a bus error even so; what was read is not to be used.
    pub const fn bus_error(self, bus_error: Chance) -> Self {
        Self { bus_error, ..self }
    }

    /// One bit of a byte that is read is turned over; drawn for each byte.
    pub const fn corruption(self, corruption: Chance) -> Self {
        Self { corruption, ..self }
    }
}

/// How often an [`I2cFaultInjector`] did what; the counts stop at their greatest value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct I2cInjected {
    /// Transactions whose address was not acknowledged.
    pub not_acknowledged: u32,
    /// Transactions that ended with a bus error.
    pub failed: u32,
    /// Bytes that were read of which a bit was turned over.
    pub corrupted: u32,
}

/// A fault that was injected, or one of the bus itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(clippy::exhaustive_enums, reason = "one of the two, always")]
pub enum InjectedError<E> {
    /// It was injected.
    #[error("an injected fault: {0}")]
    Injected(ErrorKind),
    /// The bus failed by itself.
    #[error("the bus failed")]
    Bus(E),
}

impl<E: Error> Error for InjectedError<E> {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Injected(kind) => *kind,
            Self::Bus(error) => error.kind(),
        }
    }
}

impl<E: Classify> Classify for InjectedError<E> {
    fn kind(&self) -> Kind {
        match self {
            Self::Injected(_) => Kind::Transient,
            Self::Bus(error) => error.kind(),
        }
    }
}
