//! [`ServerMachine`]: the side that answers, without I/O.

mod block_store;
mod config;
mod framing;
mod polled;
mod serve;
mod store;

pub use block_store::{BlockStore, Table};
pub use config::{RtuServerConfig, TcpServerConfig};
pub use framing::{RtuServerFraming, ServerFraming, TcpServerFraming};
pub use polled::{RtuServer, Server, ServerError, TcpServer};
pub use serve::Served;
pub use store::Store;

use gofarm_core::time::Instant;

use super::framing::Frame;

/// The server's side of a line, without I/O: each request to its unit is done once, on a [`Store`], and answered.
///
/// The caller's contract, for each wake-up: [`handle_input`](Self::handle_input) with at most [`room`](Self::room)
/// bytes of what has come, [`handle_timeout`](Self::handle_timeout), write what
/// [`poll_transmit`](Self::poll_transmit) has and say so with [`handle_sent`](Self::handle_sent), call
/// [`handle_drained`](Self::handle_drained) once [`is_draining`](Self::is_draining) and the last bit has left; sleep
/// until [`poll_timeout`](Self::poll_timeout) or until bytes come.
///
/// ```
/// use gofarm_core::time::Instant;
/// use gofarm_hal::modbus::{BlockStore, RtuServerConfig, RtuServerFraming, ServerMachine, Unit};
///
/// let mut store: BlockStore<0, 0, 10, 0> = BlockStore::new();
/// store.holding_registers.values_mut()[0] = 555;
/// let mut machine = ServerMachine::new(RtuServerFraming::new(RtuServerConfig::new(Unit(1), 9_600)));
///
/// let now = Instant::from_secs(1);
/// machine.handle_input(now, &[1, 3, 0, 0, 0, 1, 0x84, 0x0A], &mut store);
/// assert_eq!(machine.poll_transmit(now), None); // not before the line has been silent
/// let silent = machine.poll_timeout().unwrap();
/// assert_eq!(machine.poll_transmit(silent), Some(&[1, 3, 2, 0x02, 0x2B, 0xF9, 0x3B][..]));
/// assert_eq!(machine.poll_event().map(|served| served.function), Some(3));
/// ```
#[derive(Clone, Debug)]
pub struct ServerMachine<F> {
    framing: F,
    input: Frame,
    output: Frame,
    sent: usize,
    /// Whether the answer is on its way: from the first bit to the last.
    sending: bool,
    served: Option<Served>,
}

impl<F: ServerFraming> ServerMachine<F> {
    /// A machine that waits for a request.
    pub const fn new(framing: F) -> Self {
        Self {
            framing,
            input: Frame::new(),
            output: Frame::new(),
            sent: 0,
            sending: false,
            served: None,
        }
    }

    /// How many bytes [`handle_input`](Self::handle_input) takes now; the rest has to wait.
    #[must_use]
    pub fn room(&self) -> usize {
        self.framing.room(&self.input, self.output.len > 0)
    }

    /// Takes in what has come, however it was cut into pieces, does what it asks, and says how many bytes it took.
    pub fn handle_input<S: super::Store + ?Sized>(
        &mut self,
        now: Instant,
        bytes: &[u8],
        store: &mut S,
    ) -> usize {
        if self.sending && self.framing.is_half_duplex() {
            return bytes.len(); // our own echo, or somebody who talks across us
        }
        if !bytes.is_empty() {
            self.framing.heard(now, &mut self.input);
        }
        let mut taken = 0;
        while let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
            let count = self
                .input
                .push(rest, self.room().saturating_add(self.input.len));
            taken += count;
            self.process(store, false);
            if count == 0 {
                break;
            }
        }
        taken
    }

    /// Lets time pass: after silence, a request may be found behind garbage.
    pub fn handle_timeout<S: super::Store + ?Sized>(&mut self, now: Instant, store: &mut S) {
        if self.sending && self.framing.is_half_duplex() {
            return;
        }
        let silence = self.framing.is_silent(now);
        self.process(store, silence);
    }

    /// What is to be sent now, if anything is; the rest of it after [`handle_sent`](Self::handle_sent).
    pub fn poll_transmit(&mut self, now: Instant) -> Option<&[u8]> {
        if self.output.len == 0 || (!self.sending && now < self.framing.answer_at()) {
            return None;
        }
        self.sending = true;
        self.output
            .filled()
            .get(self.sent..)
            .filter(|rest| !rest.is_empty())
    }

    /// The port took the first `count` bytes of what [`poll_transmit`](Self::poll_transmit) gave.
    pub fn handle_sent(&mut self, _now: Instant, count: usize) {
        self.sent = self.sent.saturating_add(count).min(self.output.len);
    }

    /// Whether all is handed to the port, and [`handle_drained`](Self::handle_drained) is waited for.
    #[must_use]
    pub const fn is_draining(&self) -> bool {
        self.sending && self.sent == self.output.len
    }

    /// The last bit of the answer has left.
    pub fn handle_drained(&mut self, now: Instant) {
        if !self.is_draining() {
            return;
        }
        self.sending = false;
        self.output.len = 0;
        self.sent = 0;
        self.framing.drained(now, &mut self.input);
    }

    /// Whether an answer waits to be sent, or is on its way.
    #[must_use]
    pub const fn is_answering(&self) -> bool {
        self.output.len > 0
    }

    /// What was done last, once. Of several requests that came at once, this is the last; a [`Store`] sees all.
    pub fn poll_event(&mut self) -> Option<Served> {
        self.served.take()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) and [`poll_transmit`](Self::poll_transmit) again, if
    /// nothing comes before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.output.len > 0 {
            return (!self.sending).then(|| self.framing.answer_at());
        }
        self.framing.search_at(&self.input)
    }

    /// Whether what comes can no longer be understood: the connection has to be closed.
    #[must_use]
    pub fn is_out_of_step(&self) -> bool {
        self.framing.is_out_of_step()
    }

    fn process<S: super::Store + ?Sized>(&mut self, store: &mut S, silence: bool) {
        while self.framing.may_serve(self.output.len > 0)
            && let Some((range, end)) = self.framing.search(&mut self.input, silence)
        {
            let (unit, broadcast) = self.framing.unit();
            let pdu = self.input.filled().get(range).unwrap_or_default();
            let place = self.output.bytes.get_mut(F::PDU_AT..).unwrap_or_default();
            let (len, served) = serve::serve(unit, broadcast, pdu, store, place);
            self.input.discard(end);
            self.served = Some(served);
            self.sent = 0;
            // An answer that was not sent yet is one that nobody waits for any more: a client asks one at a time.
            self.output.len = 0;
            if !broadcast {
                self.output.len = self.framing.seal(len, &mut self.output.bytes);
            }
        }
    }
}
