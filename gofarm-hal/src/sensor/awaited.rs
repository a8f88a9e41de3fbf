//! [`Awaited`]: any polled sensor, for code that awaits.
//!
//! The machines of this crate do not know whether they are polled or awaited; a poll says when it is worth asking again,
//! and that is all that awaiting needs. So there is one driver for both, and here is the sleep between its polls. The
//! serial port below stays a [`Port`](crate::serial::Port): an interrupt or DMA fills its buffer while the task sleeps.

use core::time::Duration;

use embedded_hal_async::delay::DelayNs;
use gofarm_core::device::{Progress, Sensor, SensorAsync};
use gofarm_core::time::{Clock, Instant, secs};

/// A clock, and a way to sleep until it shows a later time.
///
/// ```
/// use gofarm_core::device::Progress;
/// use gofarm_core::time::Clock;
/// use gofarm_hal::one_wire::{Error, Line, Rom, Search, Ticket};
/// use gofarm_hal::sensor::awaited::Pace;
///
/// /// The next address on a bus.
/// async fn next<L: Line>(
///     bus: &mut L,
///     search: &mut Search,
///     pace: &mut Pace<impl Clock, impl embedded_hal_async::delay::DelayNs>,
/// ) -> Result<Option<Rom>, Error<L::Error>> {
///     let mut ticket = Ticket::new();
///     pace.until(|now| bus.poll_search(&mut ticket, search, now)).await
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Pace<C, D> {
    clock: C,
    delay: D,
}

impl<C: Clock, D: DelayNs> Pace<C, D> {
    /// Sleeps with `delay` as `clock` tells.
    pub const fn new(clock: C, delay: D) -> Self {
        Self { clock, delay }
    }

    /// Polls until there is an end, and sleeps in between.
    ///
    /// Dropping the future gives up nothing by itself: what was polled stays where it was.
    pub async fn until<T>(&mut self, mut poll: impl FnMut(Instant) -> Progress<T>) -> T {
        loop {
            let now = self.clock.now();
            match poll(now) {
                Progress::Ready(end) => return end,
                Progress::WouldBlock(until) => {
                    let wait = until.saturating_since(now).min(LONGEST);
                    // Never nothing: other tasks want to run too.
                    let micros = u32::try_from(wait.as_micros()).unwrap_or(u32::MAX).max(1);
                    self.delay.delay_us(micros).await;
                }
            }
        }
    }
}

/// The longest sleep in one go.
const LONGEST: Duration = secs(60);

/// A polled sensor that is awaited.
///
/// ```
/// use core::convert::Infallible;
/// use gofarm_core::device::{Progress, Sensor, SensorAsync};
/// use gofarm_core::time::{Instant, ManualClock, secs};
/// use gofarm_hal::sensor::awaited::{Awaited, Pace};
///
/// /// Ready after a second.
/// struct Slow;
/// impl Sensor for Slow {
///     type Output = Instant;
///     type Error = Infallible;
///     fn poll(&mut self, now: Instant) -> Progress<Result<Instant, Infallible>> {
///         let ready = Instant::from_secs(1);
///         if now < ready { Progress::WouldBlock(ready) } else { Progress::Ready(Ok(now)) }
///     }
/// }
///
/// /// Sleeping moves the clock.
/// struct Sleep<'a>(&'a ManualClock);
/// impl embedded_hal_async::delay::DelayNs for Sleep<'_> {
///     async fn delay_ns(&mut self, ns: u32) { self.0.advance(core::time::Duration::from_nanos(ns.into())) }
/// }
///
/// let clock = ManualClock::new();
/// let mut sensor = Awaited::new(Slow, Pace::new(&clock, Sleep(&clock)));
/// # use core::future::Future;
/// # let mut context = core::task::Context::from_waker(core::task::Waker::noop());
/// let read = core::pin::pin!(sensor.read());
/// # let core::task::Poll::Ready(read) = read.poll(&mut context) else { unreachable!() };
/// # let reading: Result<Instant, Infallible> = read;
/// // let reading = read.await;
/// assert_eq!(reading, Ok(Instant::from_secs(1)));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Awaited<S, C, D> {
    sensor: S,
    pace: Pace<C, D>,
}

impl<S, C, D> Awaited<S, C, D> {
    /// The sensor, polled at `pace`.
    pub const fn new(sensor: S, pace: Pace<C, D>) -> Self {
        Self { sensor, pace }
    }

    /// The sensor, given back.
    pub fn into_inner(self) -> S {
        self.sensor
    }
}

impl<S: Sensor, C: Clock, D: DelayNs> SensorAsync for Awaited<S, C, D> {
    type Output = S::Output;
    type Error = S::Error;

    async fn read(&mut self) -> Result<S::Output, S::Error> {
        let Self { sensor, pace } = self;
        pace.until(|now| sensor.poll(now)).await
    }
}
