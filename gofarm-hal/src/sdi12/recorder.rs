//! [`Recorder`]: the machine of one exchange, from the break to the reply.

mod event;
mod failure;
mod receive;

pub use event::{Event, Transmit};
pub use failure::Failure;

use gofarm_core::observe::Signal;
use gofarm_core::time::{Instant, secs};

use super::address::Address;
use super::parity::Framing;
use super::reply::{Answer, ReplyError};
use super::request::Request;
use super::signal::Unreported;
use super::timing::{ADDRESS_WRITTEN, Breaks, CHARACTER, SLEEP, TOLERANCE, Timing};
use receive::Received;

/// The recorder's side of the bus: one command at a time, with its break, its reply and its repetitions.
///
/// It is a plain value without a line. The caller's contract: [`start`](Self::start) an exchange, then again and again
/// hand in what the line gave ([`handle_bytes`](Self::handle_bytes), [`handle_fault`](Self::handle_fault)) and
/// [`handle_timeout`](Self::handle_timeout), do what [`poll_transmit`](Self::poll_transmit) says until `None`, say with
/// [`handle_drained`](Self::handle_drained) when the last bit has left, and take the end from
/// [`poll_event`](Self::poll_event). Nothing happens by itself before [`poll_timeout`](Self::poll_timeout).
/// [`Bus`](super::Bus) does all that over a serial port.
///
/// What the line brings outside an exchange is dropped. So is the echo of the command, where a receiver hears its own
/// line: no reply has a `!`.
///
/// ```
/// use gofarm_core::time::{Instant, millis};
/// use gofarm_hal::sdi12::{Answer, Event, Framing, Recorder, Request, Timing, Transmit};
///
/// let mut recorder = Recorder::new(Timing::DEFAULT, Framing::Hardware);
/// let mut buffer = [0; Request::MAX_LEN];
/// let mut now = Instant::ZERO;
/// assert!(recorder.start(now, Request::query_address()));
/// assert_eq!(recorder.poll_transmit(now, &mut buffer), Some(Transmit::Break));
/// now += millis(13);
/// assert_eq!(recorder.poll_transmit(now, &mut buffer), Some(Transmit::Mark));
/// now += millis(9);
/// assert_eq!(recorder.poll_transmit(now, &mut buffer), Some(Transmit::Bytes(2)));
/// assert_eq!(&buffer[..2], b"?!");
/// now += millis(17);
/// recorder.handle_drained(now);
/// recorder.handle_bytes(now + millis(35), b"4\r\n");
/// let Some(Event::Answered(Answer::Acknowledged(found))) = recorder.poll_event() else { unreachable!() };
/// assert_eq!(found.as_char(), '4');
/// ```
#[derive(Clone, Debug)]
pub struct Recorder {
    timing: Timing,
    framing: Framing,
    request: Request,
    state: State,
    received: Received,
    /// Whom the last reply came from, and when.
    awake: Option<(Address, Instant)>,
    /// The end of the round's break, if it had one.
    break_ended: Option<Instant>,
    /// When the last command began.
    sent: Instant,
    /// Commands of this round, and rounds that are over.
    sends: u8,
    rounds: u8,
    all_sends: u8,
    /// A sensor that writes its new address is left alone until then.
    not_before: Instant,
    break_held: bool,
    unreported: Unreported,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Idle,
    /// The command is due, after a break or without.
    Due {
        with_break: bool,
    },
    Breaking {
        until: Instant,
    },
    Marking {
        until: Instant,
    },
    /// Until the last bit has left, or the line is stuck.
    Sending {
        until: Instant,
    },
    Awaiting {
        until: Instant,
    },
    Receiving {
        until: Instant,
    },
    /// A wrong reply; the line has to go silent.
    Settling {
        until: Instant,
        limit: Instant,
        cause: Cause,
    },
    Listening {
        address: Address,
        until: Instant,
    },
    Over(Result<Answer, Failure>),
}

/// Why a command is repeated.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cause {
    Silence,
    Reply(ReplyError),
}

impl Recorder {
    /// A recorder that has not spoken yet.
    #[must_use]
    pub const fn new(timing: Timing, framing: Framing) -> Self {
        Self {
            timing,
            framing,
            request: Request::query_address(),
            state: State::Idle,
            received: Received::NOTHING,
            awake: None,
            break_ended: None,
            sent: Instant::ZERO,
            sends: 0,
            rounds: 0,
            all_sends: 0,
            not_before: Instant::ZERO,
            break_held: false,
            unreported: Unreported::NOTHING,
        }
    }

    /// The times that it keeps.
    #[must_use]
    pub const fn timing(&self) -> &Timing {
        &self.timing
    }

    /// Whether an exchange is under way or its end was not fetched.
    #[must_use]
    pub const fn is_busy(&self) -> bool {
        !matches!(self.state, State::Idle)
    }

    /// Starts an exchange; false, and nothing happens, while another one is under way.
    #[must_use = "false says that nothing was started"]
    pub fn start(&mut self, now: Instant, request: Request) -> bool {
        if self.is_busy() {
            return false;
        }
        let is_awake = self.awake.is_some_and(|(address, quiet)| {
            request.address() == Some(address) && now < self.timing.awake_until(quiet)
        });
        let with_break = !is_awake || self.timing.breaks == Breaks::Always;
        self.request = request;
        self.sends = 0;
        self.rounds = 0;
        self.all_sends = 0;
        self.break_ended = None;
        self.state = State::Due { with_break };
        true
    }

    /// Waits until `until` for the service request of the sensor at `address` (section 4.4.6); false while an exchange
    /// is under way.
    ///
    /// Nothing is sent meanwhile: a break would end the measurement.
    #[must_use = "false says that nothing was started"]
    pub fn listen(&mut self, address: Address, until: Instant) -> bool {
        if self.is_busy() {
            return false;
        }
        self.received = Received::NOTHING;
        self.state = State::Listening { address, until };
        true
    }

    /// Gives up the exchange. The next one starts with a break, which ends what a sensor may be doing.
    pub fn cancel(&mut self) {
        self.awake = None;
        self.state = State::Idle;
    }

    /// What the line has to do now; `buffer` takes the bytes of a command.
    ///
    /// A `buffer` shorter than [`Request::MAX_LEN`] may cut the command off.
    pub fn poll_transmit(&mut self, now: Instant, buffer: &mut [u8]) -> Option<Transmit> {
        match self.state {
            State::Due { with_break: true } if now >= self.not_before => {
                self.break_held = true;
                self.awake = None;
                let until = now + self.timing.break_length;
                self.state = State::Breaking { until };
                Some(Transmit::Break)
            }
            State::Due { with_break: false } if now >= self.not_before => {
                Some(self.send(now, buffer))
            }
            State::Breaking { until } if now >= until => {
                self.break_held = false;
                self.break_ended = Some(now);
                let until = now + self.timing.marking;
                self.state = State::Marking { until };
                Some(Transmit::Mark)
            }
            State::Marking { until } if now >= until => Some(self.send(now, buffer)),
            State::Breaking { .. } => None,
            _ if self.break_held => {
                self.break_held = false;
                Some(Transmit::Mark)
            }
            _ => None,
        }
    }

    /// The last bit of what [`poll_transmit`](Self::poll_transmit) gave has left.
    pub fn handle_drained(&mut self, now: Instant) {
        if let State::Sending { .. } = self.state {
            let until = self.timing.first_character(now);
            self.state = State::Awaiting { until };
        }
    }

    /// The line gave `bytes`, as the UART hands them out.
    pub fn handle_bytes(&mut self, now: Instant, bytes: &[u8]) {
        for byte in bytes {
            match self.framing.decode(*byte) {
                Some(character) => self.hear(now, character),
                None => self.handle_fault(now),
            }
        }
    }

    /// The time has come that [`poll_timeout`](Self::poll_timeout) gave. Harmless when it has not.
    pub fn handle_timeout(&mut self, now: Instant) {
        match self.state {
            State::Sending { until } if now >= until => {
                self.over(Err(Failure::Stuck));
            }
            State::Awaiting { until } if now >= until => self.repeat(Cause::Silence),
            State::Receiving { until } if now >= until => {
                let cause = self.received.broken_off();
                self.repeat(Cause::Reply(cause));
            }
            State::Settling {
                until,
                limit,
                cause,
            } if now >= until.min(limit) => {
                self.repeat(cause);
            }
            State::Listening { until, .. } if now >= until => self.over(Err(Failure::NoService)),
            _ => {}
        }
    }

    /// How the exchange ended, once.
    pub fn poll_event(&mut self) -> Option<Event> {
        let State::Over(end) = self.state else {
            return None;
        };
        self.state = State::Idle;
        Some(match end {
            Ok(answer) => Event::Answered(answer),
            Err(failure) => Event::Failed(failure),
        })
    }

    /// When [`handle_timeout`](Self::handle_timeout) and [`poll_transmit`](Self::poll_transmit) have something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Idle if self.break_held => Some(Instant::ZERO),
            State::Idle => None,
            State::Over(_) => Some(Instant::ZERO),
            State::Due { .. } => Some(self.not_before),
            State::Breaking { until }
            | State::Marking { until }
            | State::Sending { until }
            | State::Awaiting { until }
            | State::Receiving { until }
            | State::Listening { until, .. } => Some(until),
            State::Settling { until, limit, .. } => Some(until.min(limit)),
        }
    }

    /// Whether the line may bring characters of this exchange.
    #[must_use]
    pub const fn is_listening(&self) -> bool {
        matches!(
            self.state,
            State::Sending { .. }
                | State::Awaiting { .. }
                | State::Receiving { .. }
                | State::Settling { .. }
                | State::Listening { .. }
        )
    }

    /// What was counted since it was last asked, one signal at a time; see [`INSTRUMENTS`](super::INSTRUMENTS).
    pub fn poll_signal(&mut self) -> Option<Signal<'static>> {
        self.unreported.take()
    }

    fn send(&mut self, now: Instant, buffer: &mut [u8]) -> Transmit {
        let text = self.request.as_bytes();
        let len = text.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(text) {
            *to = self.framing.encode(*from);
        }
        self.received = Received::NOTHING;
        self.awake = None;
        self.sent = now;
        self.sends = self.sends.saturating_add(1);
        self.all_sends = self.all_sends.saturating_add(1);
        // Twice its time and a second: whoever has not sent it by then never will.
        let until = now + CHARACTER * 2 * u32::from(u8::try_from(len).unwrap_or(0)) + secs(1);
        self.state = State::Sending { until };
        Transmit::Bytes(len)
    }

    /// Repeats the command, after a break if it was repeated often enough, or gives up.
    fn repeat(&mut self, cause: Cause) {
        // A sensor may need 100 ms after the break until it listens; one repetition must come after that.
        let had_time = self
            .break_ended
            .is_none_or(|ended| self.sent >= ended + SLEEP + TOLERANCE);
        if let Cause::Reply(error @ ReplyError::SeveralLines) = cause {
            let sends = self.all_sends;
            self.over(Err(Failure::Reply { error, sends }));
            return;
        }
        if self.sends <= self.timing.resends || !had_time {
            self.unreported.resend();
            self.state = State::Due { with_break: false };
            return;
        }
        self.rounds = self.rounds.saturating_add(1);
        self.sends = 0;
        if self.rounds < self.timing.rounds {
            self.unreported.resend();
            self.state = State::Due { with_break: true };
            return;
        }
        let sends = self.all_sends;
        self.over(Err(match cause {
            Cause::Silence => Failure::NoReply { sends },
            Cause::Reply(error) => Failure::Reply { error, sends },
        }));
    }

    fn answered(&mut self, now: Instant, answer: Answer) {
        self.awake = self.request.address().map(|address| (address, now));
        if let (Answer::Acknowledged(address), Some(new)) = (answer, self.request.new_address()) {
            self.awake = None;
            if address == new {
                self.not_before = now + ADDRESS_WRITTEN;
            }
        }
        self.over(Ok(answer));
    }

    fn over(&mut self, end: Result<Answer, Failure>) {
        if let Err(failure) = end {
            self.awake = None;
            self.unreported.failure(failure);
        }
        self.state = State::Over(end);
    }
}
