//! [`Sleep`]: a delay that moves a clock.

use core::time::Duration;

use embedded_hal_async::delay::DelayNs;
use gofarm_core::time::ManualClock;

/// A delay that is over at once and has moved a [`ManualClock`] by its time.
///
/// ```
/// use embedded_hal_async::delay::DelayNs;
/// use gofarm_core::time::{Clock, Instant, ManualClock};
/// use gofarm_hal::emulator::Sleep;
///
/// async fn wait(clock: &ManualClock) {
///     Sleep::new(clock).delay_ms(15).await;
///     assert_eq!(clock.now(), Instant::from_millis(15));
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Sleep<'a> {
    clock: &'a ManualClock,
}

impl<'a> Sleep<'a> {
    /// A delay that moves `clock`.
    #[must_use]
    pub const fn new(clock: &'a ManualClock) -> Self {
        Self { clock }
    }
}

impl DelayNs for Sleep<'_> {
    async fn delay_ns(&mut self, ns: u32) {
        // Never too short: a clock in microseconds is moved by the started one.
        let micros = u64::from(ns).div_ceil(1_000);
        self.clock.advance(Duration::from_micros(micros));
    }
}
