//! What is told to an observer about a ring.
//!
//! The ring itself has no observer, for one end of it is in an interrupt: the task tells what was lost since.

use gofarm_core::observe::{Instrument, Label, Observer};

static LOST: Instrument = Instrument::counter(
    "gofarm.hal.ring.lost",
    "{record}",
    "Records that an interrupt could not hand over because the ring was full",
);

/// Every instrument of a ring, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 1] = [&LOST];

/// Tells an observer how many records of the ring `name` were lost since it was told before; none is not told.
///
/// ```
/// use gofarm_core::observe::{Observer, Signal};
/// use gofarm_hal::ring_buffer::{RingBuffer, observe_lost};
///
/// # struct Dashboard(core::cell::Cell<u32>);
/// # impl Observer for Dashboard {
/// #     fn observe(&self, _: &Signal<'_>) { self.0.set(self.0.get() + 1); }
/// # }
/// # let dashboard = Dashboard(Default::default());
/// let ring: RingBuffer<u8, 2> = RingBuffer::new();
/// let (mut interrupt, task) = ring.split()?;
/// interrupt.extend(&[1, 2, 3]);
///
/// let mut told = 0;
/// observe_lost(&dashboard, "rs485", &mut told, task.lost());
/// observe_lost(&dashboard, "rs485", &mut told, task.lost()); // nothing new
/// assert_eq!(told, 1);
/// # assert_eq!(dashboard.0.get(), 1);
/// # Ok::<(), gofarm_hal::ring_buffer::AlreadySplit>(())
/// ```
pub fn observe_lost(observer: &impl Observer, name: &str, told: &mut u32, lost: u32) {
    let since = lost.saturating_sub(*told);
    if since > 0 {
        observer.observe(
            &LOST
                .count(u64::from(since))
                .labelled(&[Label::text("ring", name)]),
        );
    }
    *told = lost;
}
