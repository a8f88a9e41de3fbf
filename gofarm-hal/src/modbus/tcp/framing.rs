//! [`TcpFraming`]: answers told apart by their transaction.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::{Header, TcpConfig, encode_request};
use crate::modbus::framing::{Arrival, Frame, Framing, Wanted, sealed};
use crate::modbus::{MAX_PDU, ReplyError, ReplyMismatch, Request, RequestError, Unit};

/// The framing of a stream: each answer says how long it is and to which transaction it belongs.
///
/// ```
/// use gofarm_core::device::Progress;
/// use gofarm_core::time::Instant;
/// use gofarm_hal::modbus::{ClientMachine, Request, TcpConfig, TcpFraming, Unit};
///
/// let mut machine = ClientMachine::new(TcpFraming::new(TcpConfig::new()));
/// let now = Instant::ZERO;
/// let request = Request::WriteSingleCoil { address: 0, value: true };
/// assert_eq!(machine.start(now, Unit(255), &request), Progress::Ready(Ok(())));
/// assert_eq!(machine.poll_transmit(now), Some(&[0, 1, 0, 0, 0, 6, 255, 5, 0, 0, 0xFF, 0][..]));
/// ```
#[derive(Clone, Debug)]
pub struct TcpFraming {
    config: TcpConfig,
    transaction: u16,
    header: [u8; Header::LEN],
    /// How many bytes of the header are there.
    have: usize,
    /// How many bytes of the data are still to come.
    missing: usize,
    /// Whether the data that comes is the answer.
    wanted: bool,
    out_of_step: bool,
}

impl TcpFraming {
    /// The framing of a stream with these times.
    #[must_use]
    pub const fn new(config: TcpConfig) -> Self {
        Self {
            config,
            transaction: 0,
            header: [0; Header::LEN],
            have: 0,
            missing: 0,
            wanted: false,
            out_of_step: false,
        }
    }

    /// A header is complete.
    fn begin(&mut self, exchange: Option<&mut (&mut Frame, &Wanted)>) -> Option<ReplyMismatch> {
        self.wanted = false;
        let Some(header) = Header::decode(&self.header) else {
            self.out_of_step = true;
            return None;
        };
        self.missing = usize::from(header.pdu_len);
        let (frame, wanted) = exchange?;
        if header.transaction != self.transaction {
            return None; // the answer to a request that was given up
        }
        if header.unit != wanted.unit {
            return Some(ReplyMismatch::Unit {
                expected: wanted.unit.0,
                received: header.unit.0,
            });
        }
        self.wanted = true;
        frame.len = 0;
        None
    }
}

impl sealed::Sealed for TcpFraming {}

impl Framing for TcpFraming {
    fn free_at(&self, _: Unit) -> Instant {
        Instant::ZERO
    }

    fn silent_at(&self) -> Instant {
        Instant::ZERO
    }

    fn encode(
        &mut self,
        unit: Unit,
        request: &Request<'_>,
        frame: &mut Frame,
    ) -> Result<(), RequestError> {
        let transaction = self.transaction.wrapping_add(1);
        frame.len = encode_request(transaction, unit, request, &mut frame.bytes)?;
        self.transaction = transaction;
        self.wanted = false;
        Ok(())
    }

    fn receive(
        &mut self,
        _: Instant,
        mut bytes: &[u8],
        mut exchange: Option<(&mut Frame, &Wanted)>,
    ) -> Arrival {
        // What follows an answer is nobody's, and must be followed all the same.
        let mut answer = None;
        let mut last = Arrival::Nothing;
        while !bytes.is_empty() && !self.out_of_step {
            if self.have < Header::LEN {
                if let (Some(place), [byte, rest @ ..]) = (self.header.get_mut(self.have), bytes) {
                    *place = *byte;
                    bytes = rest;
                }
                self.have += 1;
                if self.have == Header::LEN
                    && let Some(mismatch) = self.begin(exchange.as_mut())
                {
                    last = Arrival::Mismatch(mismatch);
                }
                continue;
            }
            let (data, rest) = bytes.split_at(self.missing.min(bytes.len()));
            bytes = rest;
            self.missing -= data.len();
            if let (true, Some((frame, _))) = (self.wanted, &mut exchange) {
                frame.push(data, MAX_PDU);
            }
            if self.missing > 0 {
                continue;
            }
            self.have = 0;
            if let (true, Some((frame, wanted))) = (self.wanted, &mut exchange) {
                self.wanted = false;
                last = match wanted.reply.check(frame.filled()) {
                    Ok(_) => Arrival::Reply(0..frame.len),
                    Err(ReplyError::Exception(code)) => Arrival::Exception(code),
                    Err(ReplyError::Mismatch(mismatch)) => Arrival::Mismatch(mismatch),
                };
                if !matches!(last, Arrival::Mismatch(_)) {
                    exchange = None;
                    answer = Some(last.clone());
                }
            }
        }
        match answer {
            Some(answer) => answer,
            None if self.out_of_step => Arrival::OutOfStep,
            None => last,
        }
    }

    fn pause(&mut self, _: Instant, _: &mut Frame, _: &Wanted) -> Arrival {
        Arrival::Nothing
    }

    fn pause_at(&self) -> Option<Instant> {
        None
    }

    fn sent(&mut self, _: Instant) {}

    fn given_up(&mut self, _: Unit, _: Instant, in_frame: bool) {
        self.out_of_step |= in_frame;
    }

    fn listen(&mut self, _: Instant) {}

    fn wire_time(&self, _: usize) -> Duration {
        Duration::ZERO
    }

    fn pace(&self) -> Duration {
        self.config.poll_interval
    }

    fn worth_polling(&self, now: Instant, _: &Frame) -> Instant {
        now + self.config.poll_interval
    }

    fn response_timeout(&self) -> Duration {
        self.config.response_timeout
    }

    fn turnaround(&self, _: Unit) -> Option<Duration> {
        None
    }

    fn quarantine(&self) -> Duration {
        Duration::ZERO
    }

    fn must_finish(&self) -> bool {
        true
    }

    fn reset(&mut self) {
        let transaction = self.transaction;
        *self = Self::new(self.config);
        self.transaction = transaction;
    }

    fn is_out_of_step(&self) -> bool {
        self.out_of_step
    }
}
