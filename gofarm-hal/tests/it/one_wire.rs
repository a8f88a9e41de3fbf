//! 1-Wire: the master against devices that are modelled bit by bit, from the datasheets alone.

mod devices;
mod hostile;
mod searching;
mod thermometer;

use core::time::Duration;

use gofarm_core::device::Progress;
use gofarm_core::time::{Instant, millis};

/// Polls as often as it is told to until there is an end.
fn run<T>(poll: &mut dyn FnMut(Instant) -> Progress<T>, now: &mut Instant, limit: Duration) -> T {
    let end = *now + limit;
    loop {
        assert!(*now < end, "it hangs");
        match poll(*now) {
            Progress::Ready(value) => return value,
            Progress::WouldBlock(until) => {
                assert!(until <= *now + millis(800), "{until:?}");
                *now = until.max(*now + Duration::from_micros(1));
            }
        }
    }
}
