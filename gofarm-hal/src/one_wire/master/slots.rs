//! The slots of an exchange and of a pass: what is sent for each, and what comes back.

use core::time::Duration;

use super::{BATCH, Master, RESET, State, Task};
use crate::one_wire::fault::Fault;

/// The slots of a command, and with them those of a whole pass.
const COMMAND: u16 = 8;
const PASS: u16 = COMMAND + 64 * 3;

/// One bit on the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Slot {
    Write(bool),
    Read,
}

impl Master {
    fn slots(&self) -> u16 {
        match &self.task {
            Task::Exchange(exchange) => {
                let bytes = exchange.out().len() + exchange.in_len();
                u16::try_from(bytes * 8).unwrap_or(u16::MAX)
            }
            Task::Pass(_) => PASS,
        }
    }

    fn slot(&self, at: u16) -> Slot {
        let bit_of = |bytes: &[u8], at: u16| {
            let byte = bytes.get(usize::from(at / 8)).copied().unwrap_or(0);
            byte >> (at % 8) & 1 == 1
        };
        match &self.task {
            Task::Exchange(exchange) => {
                if usize::from(at / 8) < exchange.out().len() {
                    Slot::Write(bit_of(exchange.out(), at))
                } else {
                    Slot::Read
                }
            }
            Task::Pass(search) if at < COMMAND => Slot::Write(bit_of(&[search.command()], at)),
            Task::Pass(_) if (at - COMMAND) % 3 == 2 => Slot::Write(self.way),
            Task::Pass(_) => Slot::Read,
        }
    }

    /// Puts slots into `buffer` as far as they do not depend on what comes back, and says how many.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> usize {
        let end = match self.task {
            Task::Exchange(_) => self.slots(),
            // Up to the branch that is to be read next.
            Task::Pass(_) if self.sent < COMMAND => COMMAND + 2,
            Task::Pass(_) => self.sent + 3,
        };
        let end = end.min(self.slots());
        let mut len = 0;
        for byte in buffer.iter_mut().take(BATCH) {
            if self.sent >= end {
                break;
            }
            *byte = match self.slot(self.sent) {
                Slot::Write(false) => 0x00,
                Slot::Write(true) | Slot::Read => 0xFF,
            };
            self.sent += 1;
            len += 1;
        }
        len
    }

    /// A device waits 15 to 60 us after the reset let the line go and holds it low for 60 to 240 then (datasheet of the
    /// DS18B20, figure 15): of the four high bits the first three may be low, the last is sampled after 365 us and may not.
    pub(super) fn hear_presence(&mut self, byte: u8) {
        match byte {
            RESET => self.over(Err(Fault::NoPresence)),
            byte if byte & 0x0F != 0 => self.over(Err(Fault::ResetEcho { heard: byte })),
            byte if byte & 0x80 == 0 => self.over(Err(Fault::HeldLow)),
            _ => self.state = State::Slots,
        }
    }

    pub(super) fn hear_slot(&mut self, byte: u8) {
        let at = self.heard;
        let bit = match (self.slot(at), byte) {
            (Slot::Write(false), 0x00) => None,
            (Slot::Write(true), 0xFF) => None,
            (Slot::Read, 0xFF) => Some(true),
            // Sampled 13 us after the edge, where a device that says 0 holds it for 15 at least.
            (Slot::Read, byte) if byte & 1 == 0 => Some(false),
            _ => {
                self.over(Err(Fault::Collision { slot: at }));
                return;
            }
        };
        self.heard += 1;
        if let Some(bit) = bit
            && let Err(fault) = self.read(at, bit)
        {
            self.over(Err(fault));
            return;
        }
        if self.heard == self.slots() {
            match &self.task {
                Task::Exchange(exchange) if exchange.power() > Duration::ZERO => {
                    self.state = State::PowerDue;
                }
                _ => self.over(Ok(())),
            }
        } else if self.heard == self.sent {
            self.state = State::Slots;
        }
    }

    fn read(&mut self, at: u16, bit: bool) -> Result<(), Fault> {
        match &mut self.task {
            Task::Exchange(exchange) => {
                let at = usize::from(at).saturating_sub(exchange.out().len() * 8);
                if let Some(byte) = self.received.get_mut(at / 8) {
                    *byte |= u8::from(bit) << (at % 8);
                }
            }
            Task::Pass(_) if (at - COMMAND).is_multiple_of(3) => self.bit = bit,
            Task::Pass(search) => self.way = search.branch(self.bit, bit)?,
        }
        Ok(())
    }
}
