//! What a sensor says to each order.

use gofarm_core::time::Instant;

use super::{Measuring, Reply, Responder};
use crate::sdi12::address::Address;
use crate::sdi12::crc::{crc_characters, crc16};
use crate::sdi12::line_text::Text;
use crate::sdi12::measure::Measure;
use crate::sdi12::measurement::{Measurement, Method};
use crate::sdi12::order::Order;
use crate::sdi12::reply::{Announced, Identification, MAX_LINE};
use crate::sdi12::value::Value;

impl Reply {
    pub(super) const EMPTY: Self = Self {
        line: [0; MAX_LINE],
        len: 0,
    };

    /// A line that starts with an address.
    pub(super) fn of(address: Address) -> Self {
        let mut reply = Self::EMPTY;
        reply.put(&[address.as_byte()]);
        reply
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.line.get(..self.len).unwrap_or_default()
    }

    fn put(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if let Some(place) = self.line.get_mut(self.len) {
                *place = *byte;
                self.len += 1;
            }
        }
    }

    /// Writes `number`, below 1000, with `digits` digits.
    fn put_number(&mut self, number: u16, digits: usize) {
        let all = [number / 100 % 10, number / 10 % 10, number % 10];
        for digit in all.iter().skip(3_usize.saturating_sub(digits)) {
            self.put(&[b'0' + u8::try_from(*digit).unwrap_or(0)]);
        }
    }

    fn put_crc(&mut self) {
        let crc = crc_characters(crc16(self.as_bytes()));
        self.put(&crc);
    }

    pub(super) fn end(&mut self) {
        self.put(b"\r\n");
    }
}

impl<M: Measure> Responder<M> {
    /// Makes the answer to an order to us; false if there is none.
    pub(super) fn answer(&mut self, now: Instant, order: Order<'_>) -> bool {
        let mut reply = Reply::of(self.address);
        // Whatever is said to it ends a concurrent measurement (section 4.4.7.1).
        if let Measuring::Running { of, .. } = self.done {
            self.measure.abort();
            self.done = Measuring::Aborted(of);
        }
        match order {
            Order::NotOurs | Order::Unknown => return false,
            Order::Acknowledge => {}
            Order::Identify => {
                let identification = self.measure.identification();
                let len = identification.len().min(Identification::MAX_LEN);
                reply.put(identification.get(..len).unwrap_or_default());
            }
            Order::ChangeAddress(new) => {
                if new == self.address || self.measure.change_address(new) {
                    self.address = new;
                    reply = Reply::of(new);
                }
            }
            Order::Start(of) => self.start(now, of, &mut reply),
            Order::Data(page) => self.put_page(page, &mut reply),
            Order::Describe(of) => put_announcement(&mut reply, of, self.announced(of)),
            Order::Parameter(of, number) => {
                let text = self.measure.parameter(of, number).unwrap_or(Text::EMPTY);
                reply.put(text.as_bytes());
                if of.has_crc() {
                    reply.put_crc();
                }
            }
            Order::Extended(command) => match self.measure.extended(command, now) {
                Some(text) => reply.put(text.as_bytes()),
                None => return false,
            },
        }
        reply.end();
        self.reply = reply;
        true
    }

    /// What the measuring part announces, within what the command can say.
    fn announced(&self, of: Measurement) -> Announced {
        let announced = self.measure.announce(of);
        let most = match of.method() {
            Method::Standard | Method::Verification => 9,
            Method::Concurrent => 99,
            Method::HighVolume | Method::Continuous => 999,
        };
        Announced::new(announced.seconds(), announced.values().min(most))
    }

    fn start(&mut self, now: Instant, of: Measurement, reply: &mut Reply) {
        let announced = self.announced(of);
        if of.method() == Method::Continuous {
            self.put_values(of, 0, announced.values(), reply);
            if of.has_crc() {
                reply.put_crc();
            }
            return;
        }
        put_announcement(reply, of, announced);
        if announced.values() == 0 {
            self.done = Measuring::Nothing;
            return;
        }
        self.measure.start(of, now);
        self.done = if announced.seconds() == 0 {
            Measuring::Ready(of)
        } else {
            let service = of.method().takes_the_bus();
            Measuring::Running { of, service }
        };
    }

    /// A page of the last measurement: the values that fit on it after those of the pages before.
    fn put_page(&mut self, page: u16, reply: &mut Reply) {
        let of = match self.done {
            Measuring::Ready(of) => {
                let count = self.announced(of).values();
                let mut first = 0;
                for _ in 0..page {
                    first += self.fitting(of, first, count);
                }
                self.put_values(of, first, count, reply);
                of
            }
            Measuring::Aborted(of) | Measuring::Running { of, .. } => of,
            Measuring::Nothing => return,
        };
        if of.has_crc() {
            reply.put_crc();
        }
    }

    /// How many values from `first` on fit into one reply.
    fn fitting(&self, of: Measurement, first: u16, count: u16) -> u16 {
        let mut characters = 0;
        let mut text = [0; Value::MAX_LEN];
        let mut fitting = 0;
        while first + fitting < count {
            let Some(value) = self.measure.value(of, first + fitting) else {
                break;
            };
            characters += value.write(&mut text);
            if characters > of.method().max_characters() {
                break;
            }
            fitting += 1;
        }
        fitting
    }

    fn put_values(&self, of: Measurement, first: u16, count: u16, reply: &mut Reply) {
        let mut text = [0; Value::MAX_LEN];
        for index in first..first + self.fitting(of, first, count) {
            if let Some(value) = self.measure.value(of, index) {
                let len = value.write(&mut text);
                reply.put(text.get(..len).unwrap_or_default());
            }
        }
    }
}

fn put_announcement(reply: &mut Reply, of: Measurement, announced: Announced) {
    reply.put_number(announced.seconds(), 3);
    reply.put_number(
        announced.values(),
        of.method().count_digits().unwrap_or(1).into(),
    );
}
