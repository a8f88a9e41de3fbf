//! [`Probe`]: a sensor on the bus, as a [`Sensor`] that gives a record.

use gofarm_core::device::{Progress, Sensor};
use gofarm_core::time::Instant;

use super::address::Address;
use super::bus::{Ask, Line};
use super::collect::{Collect, Step};
use super::error::Error;
use super::measurement::Measurement;
use super::reply::Answer;
use super::request::Request;
use super::value::Value;
use crate::turn::Ticket;

/// How a measurement ended.
type End<const N: usize, E> = Result<[Value; N], Error<E>>;

/// A probe with `N` values, which `record` makes a record of.
///
/// Several probes share a bus through a reference to a [`RefCell`](core::cell::RefCell). With
/// [`Measurement::CONCURRENT`] they measure at the same time; with [`Measurement::STANDARD`] one after the other. Each
/// poll of each of them moves the bus on.
///
/// The record is raw: hold it against its contract with `validated()`.
///
/// ```no_run
/// use core::cell::RefCell;
/// use gofarm_core::Device;
/// use gofarm_core::device::{Progress, Sensor};
/// # use gofarm_core::time::Instant;
/// use gofarm_hal::sdi12::{Address, Bus, Measurement, Probe, Timing};
/// # fn uart() -> impl gofarm_hal::serial::SetBreak { Dead }
/// # struct Dead;
/// # impl gofarm_hal::serial::Port for Dead {
/// #     type Error = core::convert::Infallible;
/// #     fn read(&mut self, _: Instant, _: &mut [u8]) -> Result<usize, Self::Error> { Ok(0) }
/// #     fn write(&mut self, _: Instant, bytes: &[u8]) -> Result<usize, Self::Error> { Ok(bytes.len()) }
/// #     fn poll_drained(&mut self, _: Instant) -> Progress<Result<(), Self::Error>> { Progress::Ready(Ok(())) }
/// # }
/// # impl gofarm_hal::serial::SetBreak for Dead {
/// #     fn set_break(&mut self, _: Instant, _: bool) -> Result<(), Self::Error> { Ok(()) }
/// # }
///
/// /// Soil at one depth.
/// #[derive(Device)]
/// #[device(model = "meter-teros-12", version = 1)]
/// struct Soil {
///     /// What the probe counts; see its manual for the water content.
///     #[prop(range = 0.0..=5000.0)]
///     counts: f32,
///     #[prop(range = -40.0..=60.0, unit = "Cel")]
///     temperature: f32,
///     #[prop(range = 0.0..=20000.0, unit = "uS/cm")]
///     conductivity: f32,
/// }
///
/// let bus = RefCell::new(Bus::new(uart(), Timing::DEFAULT));
/// let probe = |address| {
///     Probe::new(&bus, address, Measurement::CONCURRENT.with_crc(), |[counts, temperature, conductivity]| Soil {
///         counts: counts.to_f32(),
///         temperature: temperature.to_f32(),
///         conductivity: conductivity.to_f32(),
///     })
/// };
/// let (mut shallow, mut deep) = (probe(Address::new('1')?), probe(Address::new('2')?));
/// # let now = Instant::ZERO;
/// # let report = |_: Soil| ();
/// for probe in [&mut shallow, &mut deep] {
///     match probe.poll(now) {
///         Progress::Ready(Ok(soil)) => report(soil),
///         Progress::Ready(Err(error)) => eprintln!("{error}"),
///         Progress::WouldBlock(_until) => {}
///     }
/// }
/// # Ok::<(), gofarm_hal::sdi12::AddressError>(())
/// ```
#[derive(Debug)]
pub struct Probe<L, F, const N: usize> {
    line: L,
    ticket: Ticket,
    collect: Collect<N>,
    record: F,
}

impl<L, F, T, const N: usize> Probe<L, F, N>
where
    L: Line,
    F: FnMut([Value; N]) -> T,
{
    /// The probe at `address`, of which `measurement` is taken.
    pub const fn new(line: L, address: Address, measurement: Measurement, record: F) -> Self {
        Self {
            line,
            ticket: Ticket::new(),
            collect: Collect::new(address, measurement),
            record,
        }
    }

    /// Sends any other command, such as [`Request::identify`], and gives its reply.
    ///
    /// A measurement that is under way is given up.
    pub fn poll_request(
        &mut self,
        request: &Request,
        now: Instant,
    ) -> Progress<Result<Answer, Error<L::Error>>> {
        self.collect.restart();
        let progress = self
            .line
            .poll(&mut self.ticket, &Ask::Request(*request), now);
        if let Progress::Ready(_) = progress {
            self.line.release(&mut self.ticket, now);
        }
        progress
    }

    /// Gives up a measurement that is under way, and the bus.
    pub fn abort(&mut self, now: Instant) {
        self.collect.restart();
        self.line.release(&mut self.ticket, now);
    }

    fn ask(&mut self, ask: &Ask, now: Instant) -> Progress<Option<End<N, L::Error>>> {
        match self.line.poll(&mut self.ticket, ask, now) {
            Progress::WouldBlock(until) => Progress::WouldBlock(until),
            Progress::Ready(Ok(answer)) => {
                let timing = self.line.timing();
                let end = self.collect.handle(now, answer, &timing);
                Progress::Ready(end.map(|end| end.map_err(Error::Measure)))
            }
            Progress::Ready(Err(Error::Exchange(failure)))
                if self.collect.handle_failure(failure) =>
            {
                Progress::Ready(None)
            }
            Progress::Ready(Err(error)) => {
                self.collect.restart();
                Progress::Ready(Some(Err(error)))
            }
        }
    }
}

impl<L, F, T, const N: usize> Sensor for Probe<L, F, N>
where
    L: Line,
    F: FnMut([Value; N]) -> T,
{
    type Output = T;
    type Error = Error<L::Error>;

    fn poll(&mut self, now: Instant) -> Progress<Result<T, Error<L::Error>>> {
        loop {
            self.collect.handle_timeout(now);
            let ask = match self.collect.step() {
                Step::Wait(until) => return Progress::WouldBlock(until),
                Step::Ask(ask) => ask,
            };
            let end = match self.ask(&ask, now) {
                Progress::WouldBlock(until) => return Progress::WouldBlock(until),
                Progress::Ready(end) => end,
            };
            if !self.collect.holds_the_bus() {
                self.line.release(&mut self.ticket, now);
            }
            if let Some(end) = end {
                return Progress::Ready(end.map(&mut self.record));
            }
        }
    }
}
