//! The DS18B20 thermometer on 1-Wire (Maxim datasheet 19-7487, rev 6).
//!
//! The cheapest thermometer that can stand in soil or water, and one with traps: after power-on it reads 85 Cel, a bus
//! that is shorted reads 0 Cel with a right CRC, and one that lives on the data line needs a strong pull-up while it
//! measures. [`Scratchpad`] tells these apart from temperatures where the device lets one.
//!
//! [`Ds18b20`] is one thermometer; several of them measure at the same time if each has a supply of its own.
//! [`Ds18b20Array`] tells all at once to measure, also those on the data line, and then reads one after the other.

mod conversation;
mod scratchpad;

pub use conversation::{Power, ReadError};
pub use scratchpad::{Resolution, Scratchpad, ScratchpadError};

use conversation::{Conversation, Step};
use gofarm_core::Device;
use gofarm_core::device::{Progress, Sensor};
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::Instant;

use crate::one_wire::{Error, Line, Rom, Ticket};

/// What a DS18B20 measures.
///
/// ```
/// use gofarm_core::Validate;
/// use gofarm_hal::sensor::ds18b20::Ds18b20Reading;
///
/// assert!(Ds18b20Reading { temperature: 21.0625 }.validated().is_ok());
/// assert!(Ds18b20Reading { temperature: 127.0 }.validate().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Device)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[device(model = "maxim-ds18b20", version = 1)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the part measures nothing else, and tests write readings"
)]
pub struct Ds18b20Reading {
    /// Temperature of the probe; accurate to 0.5 K between -10 and 85 Cel, to 2 K elsewhere.
    #[prop(range = -55.0..=125.0, unit = "Cel")]
    pub temperature: f32,
}

/// One thermometer.
///
/// The first poll looks at the resolution and writes the wanted one where it differs; it is not stored for ever. Then
/// each measurement is a conversion and a reading, which is tried three times if its CRC does not fit.
///
/// ```
/// use gofarm_core::device::{Progress, Sensor};
/// use gofarm_core::time::Instant;
/// use gofarm_hal::one_wire::{Line, Rom};
/// use gofarm_hal::sensor::ds18b20::{Ds18b20, Ds18b20Error, Power, Resolution};
///
/// fn soil<L: Line>(line: L, rom: Rom) -> Option<Ds18b20<L>> {
///     Ds18b20::new(line, rom, Resolution::Bits12, Power::External)
/// }
///
/// fn log<L: Line>(probe: &mut Ds18b20<L>, now: Instant) -> Result<(), Ds18b20Error<L::Error>> {
///     if let Progress::Ready(reading) = probe.poll(now) {
///         println!("{} Cel", reading?.temperature);
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Ds18b20<L> {
    all: Ds18b20Array<L, 1>,
}

impl<L: Line> Ds18b20<L> {
    /// The family code of a DS18B20.
    pub const FAMILY: u8 = 0x28;

    /// The thermometer at `rom`; `None` if its family is another.
    pub fn new(line: L, rom: Rom, resolution: Resolution, power: Power) -> Option<Self> {
        let all = Ds18b20Array::new(line, [rom], resolution, power)?;
        Some(Self { all })
    }
}

impl<L: Line> Sensor for Ds18b20<L> {
    type Output = Ds18b20Reading;
    type Error = Ds18b20Error<L::Error>;

    fn poll(&mut self, now: Instant) -> Progress<Result<Ds18b20Reading, Ds18b20Error<L::Error>>> {
        self.all.poll(now).map(|readings| {
            let [reading] = readings.map_err(Ds18b20Error::Bus)?;
            reading.map_err(Ds18b20Error::Read)
        })
    }
}

/// `N` thermometers that measure at the same time and are read one after the other.
///
/// One that fails does not spoil the others. With [`Power::Parasite`] all of them draw their current through the strong
/// pull-up at once, 1.5 mA each.
#[derive(Debug)]
pub struct Ds18b20Array<L, const N: usize> {
    line: L,
    ticket: Ticket,
    conversation: Conversation<N>,
}

impl<L: Line, const N: usize> Ds18b20Array<L, N> {
    /// The thermometers at `roms`; `None` if the family of one is another than 0x28.
    pub fn new(line: L, roms: [Rom; N], resolution: Resolution, power: Power) -> Option<Self> {
        const { assert!(N > 0, "an array has a thermometer") };
        if roms.iter().any(|rom| rom.family() != Ds18b20::<L>::FAMILY) {
            return None;
        }
        Some(Self {
            line,
            ticket: Ticket::new(),
            conversation: Conversation::new(roms, resolution, power),
        })
    }

    /// Gives up a measurement that is under way, and the bus.
    pub fn abort(&mut self, now: Instant) {
        self.conversation.restart();
        self.line.release(&mut self.ticket, now);
    }
}

impl<L: Line, const N: usize> Sensor for Ds18b20Array<L, N> {
    type Output = [Result<Ds18b20Reading, ReadError>; N];
    type Error = Error<L::Error>;

    fn poll(&mut self, now: Instant) -> Progress<Result<Self::Output, Error<L::Error>>> {
        loop {
            self.conversation.handle_timeout(now);
            let exchange = match self.conversation.step() {
                Step::Wait(until) => return Progress::WouldBlock(until),
                Step::Exchange(exchange) => exchange,
            };
            let end = match self.line.poll_exchange(&mut self.ticket, &exchange, now) {
                Progress::WouldBlock(until) => return Progress::WouldBlock(until),
                Progress::Ready(end) => end,
            };
            self.line.release(&mut self.ticket, now);
            let readings = match end {
                Ok(received) => self.conversation.handle(now, Ok(received.as_bytes())),
                Err(Error::Bus(fault)) => self.conversation.handle(now, Err(fault)),
                Err(error) => {
                    self.conversation.restart();
                    return Progress::Ready(Err(error));
                }
            };
            if let Some(readings) = readings {
                return Progress::Ready(Ok(readings));
            }
        }
    }
}

/// Why there is no temperature; `E` is the error of the serial port.
///
/// ```
/// use core::convert::Infallible;
/// use gofarm_core::error::{Classify, Kind};
/// use gofarm_hal::sensor::ds18b20::{Ds18b20Error, ReadError, ScratchpadError};
///
/// let error: Ds18b20Error<Infallible> = Ds18b20Error::Read(ReadError::Scratchpad(ScratchpadError::PowerOn));
/// assert_eq!(error.kind(), Kind::Transient);
/// assert_eq!(error.to_string(), "the thermometer was reset and reads its power-on value of 85 Cel");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Ds18b20Error<E> {
    /// The bus.
    #[error(transparent)]
    Bus(Error<E>),
    /// What was read.
    #[error(transparent)]
    Read(ReadError),
}

impl<E: Classify> Classify for Ds18b20Error<E> {
    fn kind(&self) -> Kind {
        match self {
            Self::Bus(error) => error.kind(),
            Self::Read(error) => error.kind(),
        }
    }
}
