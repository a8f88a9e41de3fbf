//! [`Responder`]: the sensor's side of the bus.

mod answer;

use core::time::Duration;

use gofarm_core::time::{Instant, millis};

use super::address::Address;
use super::measure::Measure;
use super::measurement::Measurement;
use super::order::Order;
use super::parity::Framing;
use super::reply::MAX_LINE;
use super::request::Request;
use super::timing::{BREAK_SEEN, CHARACTER, MARKING, SLEEP, TOLERANCE};

/// The sensor's side of the bus: it sleeps, wakes at a break, and answers to its own address only.
///
/// For who builds a probe, and as the emulator of one. It is a plain value without a line, driven as the
/// [`Recorder`](super::Recorder) is; breaks are told to it by [`handle_break`](Self::handle_break).
/// [`Station`](super::Station) drives it over a port.
///
/// A command counts only after a break and 8.33 ms of marking, so the end of what another sensor was told is never
/// taken for a command (EnviroDIY/Arduino-SDI-12#121). After an answer it stays awake for 100 ms of marking. A break
/// between the start of a measurement with service request and that request ends the measurement; a concurrent one is
/// ended by a command to the same sensor only (sections 4.4.5.1 and 4.4.7.1).
///
/// ```
/// # use gofarm_hal::sdi12::{Announced, Measure, Measurement, Value};
/// # struct Thermometer;
/// # impl Measure for Thermometer {
/// #     fn identification(&self) -> &[u8] { b"14GOFARM  THERM 001" }
/// #     fn announce(&self, _: Measurement) -> Announced { Announced::new(0, 1) }
/// #     fn start(&mut self, _: Measurement, _: Instant) {}
/// #     fn poll_ready(&mut self, _: Instant) -> bool { true }
/// #     fn abort(&mut self) {}
/// #     fn value(&self, _: Measurement, index: u16) -> Option<Value> { (index == 0).then(|| Value::rounded(21.4, 1))? }
/// # }
/// use gofarm_core::time::{Instant, millis};
/// use gofarm_hal::sdi12::{Address, Framing, Responder};
///
/// let mut sensor = Responder::new(Address::DEFAULT, Framing::Hardware, Thermometer);
/// let mut now = Instant::from_secs(1);
/// sensor.handle_break(now, millis(12));
/// now += millis(35); // 9 ms of marking, three characters
/// sensor.handle_bytes(now, b"0R0");
/// now += millis(8);
/// sensor.handle_bytes(now, b"!");
/// let mut buffer = [0; 81];
/// assert_eq!(sensor.poll_transmit(now, &mut buffer), None); // 8.33 ms of marking first
/// let len = sensor.poll_transmit(now + millis(9), &mut buffer).unwrap();
/// assert_eq!(&buffer[..len], b"0+21.4\r\n");
/// ```
#[derive(Clone, Debug)]
pub struct Responder<M> {
    address: Address,
    framing: Framing,
    measure: M,
    state: State,
    command: [u8; Request::MAX_LEN],
    len: usize,
    reply: Reply,
    done: Measuring,
}

/// Where the sensor stands on the bus.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Asleep,
    /// After a break, until it has seen enough marking since `since`.
    Waking {
        since: Instant,
    },
    /// Between commands or within one; `last` is the end of the last character.
    Listening {
        last: Instant,
    },
    /// An answer is ready to go after `at`.
    Answering {
        at: Instant,
    },
    /// Until the last bit has left.
    Sending,
}

/// What became of the measurement that was asked for last.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Measuring {
    Nothing,
    /// Under way; a service request is owed if `service`.
    Running {
        of: Measurement,
        service: bool,
    },
    Ready(Measurement),
    /// Ended by the recorder: its pages are empty.
    Aborted(Measurement),
}

/// A line that goes out.
#[derive(Clone, Copy, Debug)]
struct Reply {
    line: [u8; MAX_LINE],
    len: usize,
}

impl<M: Measure> Responder<M> {
    /// A sensor that sleeps.
    #[must_use]
    pub const fn new(address: Address, framing: Framing, measure: M) -> Self {
        Self {
            address,
            framing,
            measure,
            state: State::Asleep,
            command: [0; Request::MAX_LEN],
            len: 0,
            reply: Reply::EMPTY,
            done: Measuring::Nothing,
        }
    }

    /// The address that it answers to.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.address
    }

    /// The measuring part.
    pub const fn measure(&self) -> &M {
        &self.measure
    }

    /// Whether it sleeps: it needs no clock and no receiver then, only something that sees a break; see also
    /// [`poll_timeout`](Self::poll_timeout).
    #[must_use]
    pub const fn is_asleep(&self) -> bool {
        matches!(self.state, State::Asleep)
    }

    /// The line was in the spacing state for `length` and went back to marking at `now`.
    ///
    /// Less than 6.5 ms is no break; more than that is taken for one, as sections 7.0 allows and 12 ms requires.
    pub fn handle_break(&mut self, now: Instant, length: Duration) {
        if length < BREAK_SEEN {
            return;
        }
        if let Measuring::Running { of, service: true } = self.done {
            self.measure.abort();
            self.done = Measuring::Aborted(of);
        }
        self.len = 0;
        self.state = State::Waking { since: now };
    }

    /// The line gave `bytes`, as the UART hands them out. What comes while it sleeps or speaks is not for it.
    pub fn handle_bytes(&mut self, now: Instant, bytes: &[u8]) {
        for byte in bytes {
            match self.framing.decode(*byte) {
                Some(character) => self.hear(now, character),
                None => self.handle_fault(now),
            }
        }
    }

    /// The line gave a character of wrong parity or framing: the command that it belongs to is none.
    pub fn handle_fault(&mut self, now: Instant) {
        match self.state {
            State::Waking { .. } | State::Listening { .. } => {
                self.state = State::Waking { since: now }
            }
            _ => {}
        }
        self.len = 0;
    }

    /// The last bit of an answer has left.
    pub fn handle_drained(&mut self, now: Instant) {
        if self.state == State::Sending {
            self.len = 0;
            self.state = State::Listening { last: now };
        }
    }

    /// The time has come that [`poll_timeout`](Self::poll_timeout) gave. Harmless when it has not.
    pub fn handle_timeout(&mut self, now: Instant) {
        if let State::Waking { since: last } | State::Listening { last } = self.state
            && now >= last + SLEEP
        {
            self.state = State::Asleep;
        }
        let speaks = matches!(self.state, State::Answering { .. } | State::Sending);
        if let Measuring::Running { of, service } = self.done
            && !speaks
            && self.measure.poll_ready(now)
        {
            self.done = Measuring::Ready(of);
            if service {
                self.reply = Reply::of(self.address);
                self.reply.end();
                self.state = State::Answering { at: now + MARKING };
            }
        }
    }

    /// Writes the answer that is due into `into`, and says how many bytes; `into` must take 81.
    pub fn poll_transmit(&mut self, now: Instant, into: &mut [u8]) -> Option<usize> {
        let State::Answering { at } = self.state else {
            return None;
        };
        if now < at {
            return None;
        }
        self.state = State::Sending;
        let line = self.reply.as_bytes();
        for (to, from) in into.iter_mut().zip(line) {
            *to = self.framing.encode(*from);
        }
        Some(line.len().min(into.len()))
    }

    /// When [`handle_timeout`](Self::handle_timeout) and [`poll_transmit`](Self::poll_transmit) have something to do.
    ///
    /// While a measurement runs it is asked every millisecond whether it is ready.
    #[must_use]
    pub fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        let state = match self.state {
            State::Asleep | State::Sending => None,
            State::Waking { since: last } | State::Listening { last } => Some(last + SLEEP),
            State::Answering { at } => Some(at),
        };
        let measuring = matches!(self.done, Measuring::Running { .. }).then(|| now + millis(1));
        match (state, measuring) {
            (Some(state), Some(measuring)) => Some(state.min(measuring)),
            (state, measuring) => state.or(measuring),
        }
    }

    fn hear(&mut self, now: Instant, character: u8) {
        match self.state {
            // A character that ends now began a character's time ago; before it there must have been marking.
            State::Waking { since }
                if now < since + (MARKING + CHARACTER).saturating_sub(TOLERANCE) =>
            {
                self.state = State::Waking { since: now };
                return;
            }
            State::Waking { .. } | State::Listening { .. } => {
                self.state = State::Listening { last: now };
            }
            State::Asleep | State::Answering { .. } | State::Sending => return,
        }
        let Some(place) = self.command.get_mut(self.len) else {
            self.handle_fault(now);
            return;
        };
        *place = character;
        self.len += 1;
        if character == b'!' {
            let command = self.command;
            let len = core::mem::take(&mut self.len);
            self.obey(now, command.get(..len).unwrap_or_default());
        }
    }

    fn obey(&mut self, now: Instant, command: &[u8]) {
        match Order::read(command, self.address) {
            Order::NotOurs => self.state = State::Asleep,
            Order::Unknown => {}
            order => {
                if self.answer(now, order) {
                    self.state = State::Answering { at: now + MARKING };
                }
            }
        }
    }
}
