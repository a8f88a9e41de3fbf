//! [`Collect`]: the machine of a whole measurement, from its start to its last value.

use gofarm_core::time::{Instant, secs};

use super::address::Address;
use super::bus::Ask;
use super::error::MeasureError;
use super::measurement::{Measurement, Method};
use super::recorder::Failure;
use super::reply::Announced;
use super::reply::Answer;
use super::request::Request;
use super::timing::Timing;
use super::value::Value;

/// A measurement of exactly `N` values: what to ask next, and when.
///
/// The sensor announces how long it takes and how many values there will be; then the values are fetched page by page
/// until all are there. What happens in between is settled so:
///
/// - a service request that comes early starts the fetching at once;
/// - one that never comes is waited for until the announced time and a little more
///   ([`Timing::service_grace`]); then the values are fetched as if it had come;
/// - a reply without values, which is what a break during the measurement leaves, is [`MeasureError::Aborted`].
///
/// After an end, good or bad, the next step starts a new measurement. [`Probe`](super::Probe) runs it over a line.
///
/// ```
/// use gofarm_core::time::Instant;
/// use gofarm_hal::sdi12::{Address, Ask, Collect, Measurement, Request, Step, Timing};
///
/// let mut collect = Collect::<2>::new(Address::DEFAULT, Measurement::CONCURRENT);
/// let now = Instant::ZERO;
/// let Step::Ask(Ask::Request(start)) = collect.step() else { unreachable!() };
/// assert_eq!(start.as_bytes(), b"0C!");
/// assert_eq!(collect.handle(now, start.answer(b"000102\r\n").unwrap(), &Timing::DEFAULT), None);
/// assert_eq!(collect.step(), Step::Wait(Instant::from_secs(1))); // and the bus is free
/// collect.handle_timeout(Instant::from_secs(1));
/// let Step::Ask(Ask::Request(data)) = collect.step() else { unreachable!() };
/// let values = collect.handle(now, data.answer(b"0+0.31-2.5\r\n").unwrap(), &Timing::DEFAULT);
/// assert_eq!(values.unwrap().unwrap().map(|value| value.to_f32()), [0.31, -2.5]);
/// ```
#[derive(Clone, Debug)]
pub struct Collect<const N: usize> {
    address: Address,
    measurement: Measurement,
    values: [Value; N],
    count: usize,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Starting,
    /// The bus is the sensor's until it says that it is ready.
    Serving {
        until: Instant,
    },
    /// The bus is free until the values are due.
    Waiting {
        until: Instant,
    },
    Fetching {
        page: u16,
    },
}

/// What a measurement needs next; see [`Collect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "a driver has to do each of them")]
pub enum Step {
    /// Ask this over the line.
    Ask(Ask),
    /// Wait until then; the bus is free for others.
    Wait(Instant),
}

impl<const N: usize> Collect<N> {
    /// A measurement that has not started.
    #[must_use]
    pub const fn new(address: Address, measurement: Measurement) -> Self {
        Self {
            address,
            measurement,
            values: [const { Value::ZERO }; N],
            count: 0,
            state: State::Starting,
        }
    }

    /// The sensor's address.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.address
    }

    /// What to do next.
    #[must_use]
    pub const fn step(&self) -> Step {
        match self.state {
            State::Starting => {
                Step::Ask(Ask::Request(Request::start(self.address, self.measurement)))
            }
            State::Serving { until } => Step::Ask(Ask::Service {
                address: self.address,
                until,
            }),
            State::Waiting { until } => Step::Wait(until),
            State::Fetching { page } => Step::Ask(Ask::Request(Request::data(
                self.address,
                page,
                self.measurement,
            ))),
        }
    }

    /// Whether nobody else may speak now: between start and last value of a measurement that takes the bus.
    #[must_use]
    pub const fn holds_the_bus(&self) -> bool {
        self.measurement.method().takes_the_bus() && !matches!(self.state, State::Starting)
    }

    /// The time of a [`Step::Wait`] has come. Harmless when it has not.
    pub fn handle_timeout(&mut self, now: Instant) {
        if let State::Waiting { until } = self.state
            && now >= until
        {
            self.state = State::Fetching { page: 0 };
        }
    }

    /// What the line answered to the last step; gives the end of the measurement if this was it.
    pub fn handle(
        &mut self,
        now: Instant,
        answer: Answer,
        timing: &Timing,
    ) -> Option<Result<[Value; N], MeasureError>> {
        let outcome = match (self.state, answer) {
            (State::Starting, Answer::Announced(announced)) => {
                self.announced(now, announced, timing)
            }
            (State::Serving { .. }, Answer::Acknowledged(_)) => {
                self.state = State::Fetching { page: 0 };
                Ok(false)
            }
            (State::Starting | State::Fetching { .. }, Answer::Data(values)) => {
                self.fetched(values.iter())
            }
            _ => Ok(false), // an answer to something else; the step is still to be done
        };
        match outcome {
            Ok(false) => None,
            Ok(true) => {
                let values = self.values;
                self.restart();
                Some(Ok(values))
            }
            Err(error) => {
                self.restart();
                Some(Err(error))
            }
        }
    }

    /// The line failed to answer; true if the measurement goes on all the same, false if it is over.
    #[must_use = "false is the end of the measurement"]
    pub fn handle_failure(&mut self, failure: Failure) -> bool {
        if let (State::Serving { .. }, Failure::NoService) = (self.state, failure) {
            self.state = State::Fetching { page: 0 };
            return true;
        }
        self.restart();
        false
    }

    /// Forgets what was measured so far.
    pub fn restart(&mut self) {
        self.count = 0;
        self.state = State::Starting;
    }

    fn announced(
        &mut self,
        now: Instant,
        announced: Announced,
        timing: &Timing,
    ) -> Result<bool, MeasureError> {
        if usize::from(announced.values()) != N || N == 0 {
            return Err(MeasureError::Announced {
                announced: announced.values(),
                wanted: Self::wanted(),
            });
        }
        let ready = now + secs(announced.seconds().into());
        self.state = if announced.seconds() == 0 {
            State::Fetching { page: 0 }
        } else if self.measurement.method().takes_the_bus() {
            let until = ready + timing.service;
            State::Serving { until }
        } else {
            State::Waiting { until: ready }
        };
        Ok(false)
    }

    /// Takes the values of a page; true if they were the last.
    fn fetched(&mut self, values: impl Iterator<Item = Value>) -> Result<bool, MeasureError> {
        let before = self.count;
        for value in values {
            let Some(place) = self.values.get_mut(self.count) else {
                return Err(MeasureError::TooMany {
                    received: u16::try_from(N + 1).unwrap_or(u16::MAX),
                    announced: Self::wanted(),
                });
            };
            *place = value;
            self.count += 1;
        }
        if self.count == N && N > 0 {
            return Ok(true);
        }
        if self.count == before {
            return Err(MeasureError::Aborted);
        }
        let last = match self.measurement.method() {
            Method::HighVolume => 999,
            _ => 9,
        };
        match self.state {
            State::Fetching { page } if page < last => {
                self.state = State::Fetching { page: page + 1 };
                Ok(false)
            }
            _ => Err(MeasureError::TooFew {
                received: u16::try_from(self.count).unwrap_or(u16::MAX),
                announced: Self::wanted(),
            }),
        }
    }

    fn wanted() -> u16 {
        u16::try_from(N).unwrap_or(u16::MAX)
    }
}
