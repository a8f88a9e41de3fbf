//! [`Supply`]: valves that share one battery, one boost capacitor or one pump.

use core::cell::Cell;
use core::fmt;

use gofarm_core::time::{Instant, secs};

use super::Position;

/// What a guard asks before it opens a valve and before it draws current.
///
/// Implemented by [`Alone`] and by `&`[`Supply`].
pub trait Turns {
    /// The right to draw current for one stroke, given back when it is dropped.
    type Turn: fmt::Debug;
    /// The right to be open, given back when it is dropped.
    type Place: fmt::Debug;

    /// A turn, or `None` while others draw.
    fn turn(&self, to: Position, now: Instant) -> Option<Self::Turn>;

    /// A place, or `None` while as many as may be are open.
    fn place(&self) -> Option<Self::Place>;
}

/// A valve with a supply of its own.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing in it")]
pub struct Alone;

impl Turns for Alone {
    type Turn = ();
    type Place = ();

    fn turn(&self, _: Position, _: Instant) -> Option<()> {
        Some(())
    }

    fn place(&self) -> Option<()> {
        Some(())
    }
}

/// What several valves share, and how many of them may use it at once.
///
/// A stroke that opens is not begun while a close waits. A close waits for the strokes under way and for the closes
/// that came first: with one stroke at a time it is late by the other valves' strokes at most, so take more turns for
/// motors, whose strokes are long. A stroke that draws no current, the release of a normally closed solenoid, waits
/// for nothing.
///
/// It lives in one thread, beside its valves.
///
/// ```
/// use gofarm_core::command::RamJournal;
/// use gofarm_core::time::{Instant, minutes};
/// use gofarm_hal::valve::{Guard, LatchingConfig, Refusal, Supply};
///
/// let supply = Supply::new(1, 1); // one pulse at a time, one valve open
/// let now = Instant::ZERO;
/// let config = || LatchingConfig::new().close_strokes(1);
/// let mut north = Guard::<_, RamJournal>::restore(config(), RamJournal::new(), now)?.on(&supply);
/// let mut south = Guard::<_, RamJournal>::restore(config(), RamJournal::new(), now)?.on(&supply);
/// # let mut now = now;
/// # for _ in 0..50 { north.poll(now); south.poll(now); now += gofarm_core::time::millis(20); }
/// north.open_by_hand(minutes(5), now)?;
/// assert_eq!(south.open_by_hand(minutes(5), now), Err(Refusal::SupplyTaken));
/// assert!(supply.is_water_wanted()); // for the pump or the master valve
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
pub struct Supply {
    strokes: u8,
    open: u8,
    drawing: Cell<u8>,
    opened: Cell<u8>,
    /// A close was sent away and has not come back until then.
    close_waits: Cell<Option<Instant>>,
}

impl Supply {
    /// At most `strokes` strokes at one time and at most `open` valves open; 0 is taken as 1.
    #[must_use]
    pub const fn new(strokes: u8, open: u8) -> Self {
        Self {
            strokes: if strokes == 0 { 1 } else { strokes },
            open: if open == 0 { 1 } else { open },
            drawing: Cell::new(0),
            opened: Cell::new(0),
            close_waits: Cell::new(None),
        }
    }

    /// Whether any valve is open, opening or not yet confirmed to be closed after a run: run the pump, open the master
    /// valve.
    #[must_use]
    pub fn is_water_wanted(&self) -> bool {
        self.opened.get() > 0
    }
}

impl fmt::Debug for Supply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supply")
            .field("drawing", &self.drawing.get())
            .field("opened", &self.opened.get())
            .finish_non_exhaustive()
    }
}

/// The right to draw current for one stroke; see [`Supply`].
#[derive(Debug)]
pub struct Turn<'a>(&'a Supply);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.drawing.set(self.0.drawing.get().saturating_sub(1));
    }
}

/// The right to be open; see [`Supply`].
#[derive(Debug)]
pub struct Place<'a>(&'a Supply);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.opened.set(self.0.opened.get().saturating_sub(1));
    }
}

impl<'a> Turns for &'a Supply {
    type Turn = Turn<'a>;
    type Place = Place<'a>;

    fn turn(&self, to: Position, now: Instant) -> Option<Turn<'a>> {
        let is_free = self.drawing.get() < self.strokes;
        match to {
            Position::Open if self.close_waits.get().is_some_and(|until| now < until) => None,
            Position::Closed if !is_free => {
                // A guard asks again long before; one that was dropped must not hold up the others for ever.
                self.close_waits.set(Some(now + secs(1)));
                None
            }
            Position::Closed => {
                self.close_waits.set(None);
                self.drawing.set(self.drawing.get() + 1);
                Some(Turn(self))
            }
            Position::Open if !is_free => None,
            Position::Open => {
                self.drawing.set(self.drawing.get() + 1);
                Some(Turn(self))
            }
        }
    }

    fn place(&self) -> Option<Place<'a>> {
        if self.opened.get() >= self.open {
            return None;
        }
        self.opened.set(self.opened.get() + 1);
        Some(Place(self))
    }
}
