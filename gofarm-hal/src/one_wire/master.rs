//! [`Master`]: the machine of one reset and the slots after it.

mod slots;

use core::time::Duration;

use gofarm_core::observe::Signal;
use gofarm_core::time::{Instant, millis};

use super::exchange::Exchange;
use super::fault::Fault;
use super::search::Search;
use super::signal::Unreported;

/// The speed of the reset: `0xF0` holds the line low for 521 us of the 480 to 640 that a reset takes.
pub(super) const RESET_RATE: u32 = 9_600;
/// The speed of the slots: a start bit is the 8.7 us of a written 1, nine low bits are the 78 us of a written 0.
pub(super) const SLOT_RATE: u32 = 115_200;
const RESET: u8 = 0xF0;
/// The most slots that go out at once: no UART buffer is smaller, where there is one.
const BATCH: usize = 16;
/// The time of a slot, and of the reset.
const SLOT: Duration = Duration::from_micros(87);
const RESETTING: Duration = Duration::from_micros(1_042);
/// The master of the bus: one exchange, or one pass of a search, at a time.
///
/// It is a plain value without a line, driven like the machines of [`sdi12`](crate::sdi12): do what
/// [`poll_transmit`](Self::poll_transmit) says until `None`, hand in what comes back, call
/// [`handle_timeout`](Self::handle_timeout) in time and take the end from [`poll_end`](Self::poll_end).
///
/// On the wire everything that is sent is heard again. A device may pull the line low in a read slot and after a reset,
/// and nowhere else; any other difference ends the exchange.
///
/// ```
/// use gofarm_core::time::{Instant, millis};
/// use gofarm_hal::one_wire::{Exchange, Fault, Master, Transmit};
///
/// let mut master = Master::new(millis(5));
/// let mut buffer = [0; Master::BUFFER];
/// let now = Instant::ZERO;
/// assert!(master.start(Exchange::with_all().write(&[0x44])));
/// assert_eq!(master.poll_transmit(now, &mut buffer), Some(Transmit::BaudRate(9_600)));
/// assert_eq!(master.poll_transmit(now, &mut buffer), Some(Transmit::Bytes(1)));
/// master.handle_bytes(now, &[0xF0]); // nobody pulled it down
/// assert_eq!(master.poll_end(), Some(Err(Fault::NoPresence)));
/// ```
#[derive(Clone, Debug)]
pub struct Master {
    latency: Duration,
    state: State,
    task: Task,
    rate: u32,
    /// Slots that went out, and slots that came back.
    sent: u16,
    heard: u16,
    received: [u8; Exchange::MAX_IN],
    /// The bits that the devices said in this branch, and the way out of it.
    bit: bool,
    way: bool,
    is_powered: bool,
    unreported: Unreported,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Idle,
    Due,
    Resetting {
        until: Instant,
    },
    /// The next slots are due.
    Slots,
    Hearing {
        until: Instant,
    },
    PowerDue,
    Powering {
        until: Instant,
    },
    Over(Result<(), Fault>),
}

#[derive(Clone, Copy, Debug)]
enum Task {
    Exchange(Exchange),
    Pass(Search),
}

/// What the line has to do; see [`Master::poll_transmit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "a driver has to do each of them")]
pub enum Transmit {
    /// Run at so many bits per second from now on, with eight data bits and no parity.
    BaudRate(u32),
    /// Send so many bytes of the buffer.
    Bytes(usize),
    /// Switch the strong pull-up on, at once: a device that lives on the line needs it within 10 us.
    PullUp,
    /// Switch it off.
    Release,
}

impl Master {
    /// The bytes that [`poll_transmit`](Self::poll_transmit) wants room for.
    pub const BUFFER: usize = BATCH;

    /// A master whose driver sees what comes back up to `latency` later than it is on the line, at most 1 s.
    #[must_use]
    pub const fn new(latency: Duration) -> Self {
        Self {
            latency: if latency.as_secs() > 0 {
                millis(1_000)
            } else {
                latency
            },
            state: State::Idle,
            task: Task::Exchange(Exchange::with_all()),
            rate: 0,
            sent: 0,
            heard: 0,
            received: [0; Exchange::MAX_IN],
            bit: false,
            way: false,
            is_powered: false,
            unreported: Unreported::NOTHING,
        }
    }

    /// Starts an exchange; false, and nothing happens, while something is under way.
    #[must_use = "false says that nothing was started"]
    pub fn start(&mut self, exchange: Exchange) -> bool {
        self.begin(Task::Exchange(exchange))
    }

    /// Starts the next pass of a search; false, and nothing happens, while something is under way.
    #[must_use = "false says that nothing was started"]
    pub fn start_pass(&mut self, mut search: Search) -> bool {
        search.begin_pass();
        self.begin(Task::Pass(search))
    }

    fn begin(&mut self, task: Task) -> bool {
        if self.state != State::Idle {
            return false;
        }
        self.task = task;
        self.sent = 0;
        self.heard = 0;
        self.received = [0; Exchange::MAX_IN];
        self.state = State::Due;
        true
    }

    /// Gives up what is under way.
    pub fn cancel(&mut self) {
        self.state = State::Idle;
    }

    /// What the line has to do now; `buffer` takes the bytes, [`BUFFER`](Self::BUFFER) of them.
    pub fn poll_transmit(&mut self, now: Instant, buffer: &mut [u8]) -> Option<Transmit> {
        match self.state {
            State::Powering { until } if now < until => None,
            State::Powering { .. } => {
                self.is_powered = false;
                self.state = State::Over(Ok(()));
                Some(Transmit::Release)
            }
            _ if self.is_powered => {
                self.is_powered = false;
                Some(Transmit::Release)
            }
            State::Due if self.rate != RESET_RATE => Some(self.set_rate(RESET_RATE)),
            State::Due => {
                *buffer.first_mut()? = RESET;
                let until = now + RESETTING + self.latency + millis(1);
                self.state = State::Resetting { until };
                Some(Transmit::Bytes(1))
            }
            State::Slots if self.rate != SLOT_RATE => Some(self.set_rate(SLOT_RATE)),
            State::Slots => {
                let len = self.fill(buffer);
                let until = now + SLOT * u32::try_from(len).unwrap_or(0) + self.latency + millis(1);
                self.state = State::Hearing { until };
                Some(Transmit::Bytes(len))
            }
            State::PowerDue => {
                let Task::Exchange(exchange) = self.task else {
                    self.state = State::Over(Ok(()));
                    return None;
                };
                let until = now + exchange.power();
                self.is_powered = true;
                self.state = State::Powering { until };
                Some(Transmit::PullUp)
            }
            _ => None,
        }
    }

    /// What came back.
    pub fn handle_bytes(&mut self, _now: Instant, bytes: &[u8]) {
        for byte in bytes {
            match self.state {
                State::Resetting { .. } => self.hear_presence(*byte),
                State::Hearing { .. } => self.hear_slot(*byte),
                _ => {} // it belongs to nothing that we sent
            }
        }
    }

    /// The line gave a character without a stop bit, or lost one.
    pub fn handle_fault(&mut self) {
        match self.state {
            State::Resetting { .. } => self.over(Err(Fault::HeldLow)),
            State::Hearing { .. } => self.over(Err(Fault::Collision { slot: self.heard })),
            _ => {}
        }
    }

    /// The time has come that [`poll_timeout`](Self::poll_timeout) gave. Harmless when it has not.
    pub fn handle_timeout(&mut self, now: Instant) {
        if let State::Resetting { until } | State::Hearing { until } = self.state
            && now >= until
        {
            self.over(Err(Fault::NoEcho));
        }
    }

    /// How it ended, once.
    pub fn poll_end(&mut self) -> Option<Result<(), Fault>> {
        let State::Over(end) = self.state else {
            return None;
        };
        self.state = State::Idle;
        Some(end)
    }

    /// When something is to be done although nothing came back; `None` while nothing is under way.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Idle if !self.is_powered => None,
            State::Resetting { until } | State::Hearing { until } | State::Powering { until } => {
                Some(until)
            }
            _ => Some(Instant::ZERO),
        }
    }

    /// The bytes that an exchange read.
    #[must_use]
    pub fn received(&self) -> &[u8] {
        let len = match self.task {
            Task::Exchange(exchange) => exchange.in_len(),
            Task::Pass(_) => 0,
        };
        self.received.get(..len).unwrap_or_default()
    }

    /// The search whose pass ended.
    #[must_use]
    pub fn search(&self) -> Option<Search> {
        match self.task {
            Task::Exchange(_) => None,
            Task::Pass(search) => Some(search),
        }
    }

    /// What was counted since it was last asked, one signal at a time; see [`INSTRUMENTS`](super::INSTRUMENTS).
    pub fn poll_signal(&mut self) -> Option<Signal<'static>> {
        self.unreported.take()
    }

    /// How soon something may come back.
    pub(super) fn next_echo(&self, now: Instant) -> Option<Instant> {
        match self.state {
            State::Resetting { .. } => Some(now + RESETTING),
            State::Hearing { .. } => {
                Some(now + SLOT * u32::from(self.sent.saturating_sub(self.heard)))
            }
            _ => None,
        }
    }

    /// The speed that the line runs at is not known any more.
    pub(super) fn forget_rate(&mut self) {
        self.rate = 0;
    }

    fn set_rate(&mut self, rate: u32) -> Transmit {
        self.rate = rate;
        Transmit::BaudRate(rate)
    }

    fn over(&mut self, end: Result<(), Fault>) {
        if let Err(fault) = end {
            self.unreported.fault(fault);
        }
        self.state = State::Over(end);
    }
}
