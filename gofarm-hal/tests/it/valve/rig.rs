//! A valve on simulated pins, and the commands that it is told.

use core::cell::Cell;
use core::fmt;

use embedded_hal::digital::ErrorKind;
use gofarm_core::Action;
use gofarm_core::command::{Command, CommandId, Journal, JournalFull, RamJournal, snapshot_len};
use gofarm_core::time::{Instant, UnixMillis, secs};
use gofarm_hal::valve::{Config, Drive, PinError, Pins, Valve};

/// Opens, and goes on when the link is lost.
#[derive(Action, Clone, Copy, Debug)]
#[action(safe = "closed", max_run = "1h")]
pub(super) struct Open;

/// Opens, and closes when the link is lost.
#[derive(Action, Clone, Copy, Debug)]
#[action(
    safe = "closed",
    max_run = "1h",
    on_link_loss = "close",
    name = "open_live"
)]
pub(super) struct OpenLive;

/// Closes.
#[derive(Action, Clone, Copy, Debug)]
#[action(safe = "closed", closes)]
pub(super) struct Close;

/// Pins that remember what they were set to and may refuse.
#[derive(Clone, Debug)]
pub(super) struct TestPins<O> {
    pub(super) output: Option<O>,
    pub(super) are_broken: Cell<bool>,
}

impl<O> TestPins<O> {
    pub(super) const fn new() -> Self {
        Self {
            output: None,
            are_broken: Cell::new(false),
        }
    }
}

impl<O> Pins<O> for TestPins<O> {
    fn set(&mut self, output: O) -> Result<(), PinError> {
        if self.are_broken.get() {
            return Err(PinError::Digital {
                kind: ErrorKind::Other,
            });
        }
        self.output = Some(output);
        Ok(())
    }
}

/// A journal that does not show its bytes: they say what the lease over it says.
#[derive(Clone)]
pub(super) struct Page(RamJournal<{ snapshot_len(4) }>);

impl Page {
    pub(super) const fn new() -> Self {
        Self(RamJournal::new())
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Page")
    }
}

impl Journal for Page {
    type Error = JournalFull;

    fn load(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, JournalFull> {
        self.0.load(buffer)
    }

    fn save(&mut self, snapshot: &[u8]) -> Result<(), JournalFull> {
        self.0.save(snapshot)
    }
}

pub(super) type TestValve<D> =
    Valve<D, TestPins<<D as Drive>::Output>, Page, gofarm_hal::valve::Alone, 4>;

/// The device's clock does not start at 0 and its wall time is not 1970.
pub(super) const START: Instant = Instant::from_secs(1_000);
const WALL: u64 = 1_790_000_000_000;

pub(super) fn wall(now: Instant) -> UnixMillis {
    UnixMillis::new(WALL) + now.saturating_since(Instant::ZERO)
}

/// A command that expires in half a second.
pub(super) fn command<A>(action: A, id: u8, now: Instant) -> Command<A> {
    let expires = wall(now) + core::time::Duration::from_millis(500);
    Command::new(CommandId::new([id; 16]), action).expires(expires)
}

/// A commissioned valve just after its start, and the time.
pub(super) fn started<D: Drive>(config: Config<D>) -> (TestValve<D>, Instant) {
    let mut valve = Valve::wire(TestPins::new(), config, Page::new(), START)
        .unwrap()
        .longest_validity(secs(1));
    valve.commission().unwrap();
    (valve, START)
}

/// Polls as the contract asks until nothing is left to do or `until` comes, and calls `each` after every poll.
pub(super) fn run<D: Drive>(
    valve: &mut TestValve<D>,
    from: Instant,
    until: Instant,
    mut each: impl FnMut(&mut TestValve<D>, Instant),
) -> Instant {
    let mut now = from;
    let mut polls_here = 0;
    loop {
        let _ = valve.poll(now);
        each(valve, now);
        match valve.poll_timeout() {
            None => return now,
            Some(at) if at <= now => {
                polls_here += 1;
                assert!(polls_here < 8, "{now:?}: poll after poll at one instant");
            }
            Some(_) if now >= until => return now,
            Some(at) => {
                polls_here = 0;
                now = at.min(until);
            }
        }
    }
}
