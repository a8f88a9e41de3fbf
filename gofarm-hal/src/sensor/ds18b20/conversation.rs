//! What is said to thermometers, step by step.

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::Instant;

use super::Ds18b20Reading;
use super::scratchpad::{Resolution, Scratchpad, ScratchpadError};
use crate::one_wire::{Exchange, Fault, Rom};

/// The function commands (datasheet, table 3).
const CONVERT: u8 = 0x44;
const WRITE_SCRATCHPAD: u8 = 0x4E;
const READ_SCRATCHPAD: u8 = 0xBE;
/// How often a thermometer is read until it counts as failed.
const TRIES: u8 = 3;

/// Where a thermometer gets its current from.
///
/// See [`Ds18b20`](super::Ds18b20).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "a wire or none")]
pub enum Power {
    /// From a supply at its third pin. The bus is free while it measures.
    #[default]
    External,
    /// From the data line ("parasite power"). The bus feeds it through the strong pull-up for the whole conversion, which
    /// has to be switched on within 10 us of the command (datasheet, "Powering the DS18B20"); see
    /// [`Bus::with_pull_up`](crate::one_wire::Bus::with_pull_up). Without it a thermometer on the data line gives
    /// [`ScratchpadError::PowerOn`] or what it measured before.
    Parasite,
}

/// Why one thermometer was not read.
///
/// See [`Ds18b20Error`](super::Ds18b20Error).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ReadError {
    /// The wire.
    #[error(transparent)]
    Bus(Fault),
    /// What came over it.
    #[error(transparent)]
    Scratchpad(ScratchpadError),
}

impl Classify for ReadError {
    fn kind(&self) -> Kind {
        match self {
            Self::Bus(fault) => fault.kind(),
            Self::Scratchpad(error) => error.kind(),
        }
    }
}

/// What is to be done next.
pub(super) enum Step {
    Exchange(Exchange),
    Wait(Instant),
}

/// What thermometers gave.
type Readings<const N: usize> = [Result<Ds18b20Reading, ReadError>; N];

/// The machine of a measurement by `N` thermometers, at least one.
#[derive(Debug)]
pub(super) struct Conversation<const N: usize> {
    roms: [Rom; N],
    /// Which of them have the resolution that is wanted, as far as is known.
    are_set: [bool; N],
    readings: Readings<N>,
    resolution: Resolution,
    power: Power,
    state: State,
    tries: u8,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// Looks at the resolution of a thermometer.
    Checking(usize),
    /// Writes it, with the alarm limits that it has.
    Setting(usize, [u8; 2]),
    Converting,
    Waiting(Instant),
    Reading(usize),
}

impl<const N: usize> Conversation<N> {
    pub(super) const fn new(roms: [Rom; N], resolution: Resolution, power: Power) -> Self {
        Self {
            roms,
            are_set: [false; N],
            readings: [Err(ReadError::Scratchpad(ScratchpadError::NoAnswer)); N],
            resolution,
            power,
            state: State::Checking(0),
            tries: 0,
        }
    }

    pub(super) fn step(&self) -> Step {
        let with = |at: usize| match self.roms.get(at) {
            Some(rom) => Exchange::with(*rom),
            None => Exchange::with_all(), // never: a state has the place of a thermometer
        };
        let exchange = match self.state {
            State::Checking(at) | State::Reading(at) => with(at).write(&[READ_SCRATCHPAD]).read(9),
            State::Setting(at, [high, low]) => {
                with(at).write(&[WRITE_SCRATCHPAD, high, low, self.resolution.register()])
            }
            State::Converting => {
                let one = if N == 1 {
                    with(0)
                } else {
                    Exchange::with_all()
                };
                let convert = one.write(&[CONVERT]);
                match self.power {
                    Power::External => convert,
                    Power::Parasite => convert.power_for(self.resolution.conversion_time()),
                }
            }
            State::Waiting(until) => return Step::Wait(until),
        };
        Step::Exchange(exchange)
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if let State::Waiting(until) = self.state
            && now >= until
        {
            self.enter(State::Reading(0));
        }
    }

    /// How the exchange of the last step ended; gives the readings if it was the last.
    pub(super) fn handle(
        &mut self,
        now: Instant,
        end: Result<&[u8], Fault>,
    ) -> Option<Readings<N>> {
        let read = |bytes| Scratchpad::read(bytes).map_err(ReadError::Scratchpad);
        match self.state {
            State::Checking(at) => match end.map_err(ReadError::Bus).and_then(read) {
                Ok(found) if found.resolution() != self.resolution => {
                    self.enter(State::Setting(at, found.alarms()));
                }
                Ok(_) => {
                    self.set(at);
                    return self.check_from(at + 1);
                }
                Err(error) => {
                    if self.has_failed(at, error) {
                        return self.check_from(at + 1);
                    }
                }
            },
            State::Setting(at, _) => match end {
                Ok(_) => {
                    self.set(at);
                    return self.check_from(at + 1);
                }
                Err(fault) => {
                    if self.has_failed(at, ReadError::Bus(fault)) {
                        return self.check_from(at + 1);
                    }
                }
            },
            State::Converting => match (end, self.power) {
                (Ok(_), Power::Parasite) => self.enter(State::Reading(0)),
                (Ok(_), Power::External) => {
                    let until = now + self.resolution.conversion_time();
                    self.enter(State::Waiting(until));
                }
                (Err(fault), _) => {
                    self.tries += 1;
                    if self.tries >= TRIES {
                        self.readings = [Err(ReadError::Bus(fault)); N];
                        return Some(self.end());
                    }
                }
            },
            State::Waiting(_) => {}
            State::Reading(at) => {
                let reading = end
                    .map_err(ReadError::Bus)
                    .and_then(read)
                    .and_then(|found| self.reading(found));
                match reading {
                    Ok(reading) => {
                        if let Some(place) = self.readings.get_mut(at) {
                            *place = Ok(reading);
                        }
                        return self.read_from(at + 1);
                    }
                    Err(error) => {
                        if self.has_failed(at, error) {
                            return self.read_from(at + 1);
                        }
                    }
                }
            }
        }
        None
    }

    pub(super) fn restart(&mut self) {
        self.are_set = [false; N];
        self.enter(State::Checking(0));
    }

    fn enter(&mut self, state: State) {
        self.tries = 0;
        self.state = state;
    }

    fn set(&mut self, at: usize) {
        if let Some(is_set) = self.are_set.get_mut(at) {
            *is_set = true;
        }
    }

    /// The first thermometer from `at` on that is set, or is not.
    fn find(&self, at: usize, is_set: bool) -> Option<usize> {
        let rest = self.are_set.get(at..)?;
        Some(at + rest.iter().position(|one| *one == is_set)?)
    }

    /// Looks at the next thermometer from `at` on whose resolution is not known, or converts if there is any to do so.
    fn check_from(&mut self, at: usize) -> Option<Readings<N>> {
        if let Some(at) = self.find(at, false) {
            self.enter(State::Checking(at));
        } else if self.find(0, true).is_some() {
            self.enter(State::Converting);
        } else {
            return Some(self.end());
        }
        None
    }

    fn read_from(&mut self, at: usize) -> Option<Readings<N>> {
        let Some(at) = self.find(at, true) else {
            return Some(self.end());
        };
        self.enter(State::Reading(at));
        None
    }

    fn end(&mut self) -> Readings<N> {
        self.enter(match self.find(0, false) {
            Some(at) => State::Checking(at),
            None => State::Converting,
        });
        self.readings
    }

    fn reading(&self, found: Scratchpad) -> Result<Ds18b20Reading, ReadError> {
        if found.resolution() != self.resolution {
            return Err(ReadError::Scratchpad(ScratchpadError::ResolutionLost));
        }
        let temperature = found.temperature().map_err(ReadError::Scratchpad)?;
        Ok(Ds18b20Reading { temperature })
    }

    /// Notes a failure; true if the thermometer was tried often enough. It is set up anew before the next measurement.
    fn has_failed(&mut self, at: usize, error: ReadError) -> bool {
        self.tries += 1;
        let is_over = self.tries >= TRIES
            || matches!(
                error,
                ReadError::Scratchpad(ScratchpadError::PowerOn | ScratchpadError::ResolutionLost)
            );
        if is_over {
            if let Some(is_set) = self.are_set.get_mut(at) {
                *is_set = false;
            }
            if let Some(reading) = self.readings.get_mut(at) {
                *reading = Err(error);
            }
        }
        is_over
    }
}
