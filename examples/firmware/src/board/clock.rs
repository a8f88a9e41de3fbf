//! The clock: SysTick counts milliseconds, its counter the microseconds between.

use core::cell::{Cell, RefCell};
use core::task::Waker;

use cortex_m::peripheral::syst::SystClkSource;
use cortex_m::peripheral::{SCB, SYST};
use cortex_m_rt::exception;
use critical_section::{CriticalSection, Mutex};
use embassy_time_driver::Driver;
use embassy_time_queue_utils::Queue;
use gofarm_core::time::Instant;

use super::CORE_HZ;

const CYCLES_PER_MILLI: u32 = CORE_HZ / 1_000;
const CYCLES_PER_MICRO: u32 = CORE_HZ / 1_000_000;

struct SysTickClock {
    millis: Mutex<Cell<u64>>,
    queue: Mutex<RefCell<Queue>>,
}

embassy_time_driver::time_driver_impl!(static CLOCK: SysTickClock = SysTickClock {
    millis: Mutex::new(Cell::new(0)),
    queue: Mutex::new(RefCell::new(Queue::new())),
});

/// Starts the clock.
pub fn start(mut systick: SYST) {
    systick.set_clock_source(SystClkSource::Core);
    systick.set_reload(CYCLES_PER_MILLI - 1);
    systick.clear_current();
    systick.enable_interrupt();
    systick.enable_counter();
}

/// The time since the start.
pub fn now() -> Instant {
    Instant::from_micros(CLOCK.now())
}

impl SysTickClock {
    fn micros(&self, cs: CriticalSection<'_>) -> u64 {
        let before = SYST::get_current();
        let is_pending = SCB::is_pendst_pending();
        // A counter that wrapped before the flag was read is read again; the millisecond is not counted yet.
        let counter = if is_pending {
            SYST::get_current()
        } else {
            before
        };
        let millis = self.millis.borrow(cs).get() + u64::from(is_pending);
        let elapsed = (CYCLES_PER_MILLI - 1).saturating_sub(counter);
        millis * 1_000 + u64::from(elapsed / CYCLES_PER_MICRO)
    }
}

impl Driver for SysTickClock {
    fn now(&self) -> u64 {
        critical_section::with(|cs| self.micros(cs))
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|cs| {
            // The tick looks at the queue each millisecond, there is no alarm to set.
            self.queue.borrow(cs).borrow_mut().schedule_wake(at, waker);
        });
    }
}

#[exception]
fn SysTick() {
    critical_section::with(|cs| {
        let millis = CLOCK.millis.borrow(cs);
        millis.set(millis.get() + 1);
        let now = CLOCK.micros(cs);
        CLOCK.queue.borrow(cs).borrow_mut().next_expiration(now);
    });
}
