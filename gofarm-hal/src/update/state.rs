//! [`State`]: what survives a reset, and how it is written so that a power cut leaves the old or the new one.
//!
//! Every record is the whole state with a number and a checksum; the valid one with the highest number counts. Two
//! erase pages take turns. What was started and cut off may leave words that read as erased and are not, so nothing
//! here asks the flash whether a word is blank: the first record after a reset goes to a page that was just erased,
//! and never to the page with the newest record. A record that was cut off is taken or not by its checksum; this holds
//! if a word that was cut off reads the same from then on.

use embedded_storage::nor_flash::NorFlash;

use super::layout::{Layout, Slot, page};
use super::patch::{Checkpoint, Op};

/// The length of a record in flash, in bytes.
pub(super) const RECORD_LEN: usize = 64;

const MAGIC: [u8; 4] = *b"GFU1";

/// The first bytes of the SHA-256 of a header: which image a bootloader was asked to swap in.
pub(super) type Tag = [u8; 8];

/// What the state area says: which slot is good, which one is on trial, and the floor against old images.
///
/// A blank area, as on a new device, is [`State::NEW`].
///
/// ```
/// use gofarm_hal::update::{Slot, State};
///
/// assert_eq!(State::NEW.confirmed(), Slot::First);
/// assert_eq!(State::NEW.floor(), 0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    pub(super) confirmed: Slot,
    pub(super) floor: u32,
    pub(super) phase: Phase,
}

/// What is going on with the slot that is not confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Idle,
    /// The manifest in the slot says of what.
    Receiving(Checkpoint),
    Trying {
        counter: u32,
        used: u8,
        allowed: u8,
    },
    /// Left to a bootloader that swaps.
    Swapping {
        tag: Tag,
        counter: u32,
    },
}

impl State {
    /// The state of a new device: the first slot is good, nothing is on trial, any image may come.
    pub const NEW: Self = Self {
        confirmed: Slot::First,
        floor: 0,
        phase: Phase::Idle,
    };

    /// The slot whose image was confirmed last.
    #[must_use]
    pub const fn confirmed(&self) -> Slot {
        self.confirmed
    }

    /// The lowest security counter that is accepted; raised when an image is confirmed, never lowered.
    #[must_use]
    pub const fn floor(&self) -> u32 {
        self.floor
    }

    pub(super) fn with(self, phase: Phase) -> Self {
        Self { phase, ..self }
    }

    fn encode(&self, number: u32) -> [u8; RECORD_LEN] {
        let mut record = Record([0; RECORD_LEN]);
        record.put(0, MAGIC);
        record.put(4, number.to_le_bytes());
        record.put(8, [u8::from(self.confirmed == Slot::Second)]);
        record.put(12, self.floor.to_le_bytes());
        let (phase, tag, counter) = match self.phase {
            Phase::Idle => (0, [0; 8], 0),
            Phase::Receiving(at) => {
                record.put(28, at.made.to_le_bytes());
                record.put(32, at.payload.to_le_bytes());
                record.put(36, [at.op as u8]);
                record.put(40, at.remaining.to_le_bytes());
                record.put(44, at.base.to_le_bytes());
                (1, [0; 8], 0)
            }
            Phase::Trying {
                counter,
                used,
                allowed,
            } => {
                record.put(10, [used, allowed]);
                (2, [0; 8], counter)
            }
            Phase::Swapping { tag, counter } => (3, tag, counter),
        };
        record.put(9, [phase]);
        record.put(16, counter.to_le_bytes());
        record.put(20, tag);
        let crc = crc32(record.0.split_at(RECORD_LEN - 4).0);
        record.put(RECORD_LEN - 4, crc.to_le_bytes());
        record.0
    }

    fn decode(bytes: &[u8; RECORD_LEN]) -> Option<(u32, Self)> {
        let record = Record(*bytes);
        if record.get::<4>(0) != MAGIC
            || record.number(RECORD_LEN - 4) != crc32(bytes.split_at(RECORD_LEN - 4).0)
        {
            return None;
        }
        let confirmed = match record.get(8) {
            [0] => Slot::First,
            [1] => Slot::Second,
            _ => return None,
        };
        let (tag, counter) = (record.get(20), record.number(16));
        let phase = match record.get(9) {
            [0] => Phase::Idle,
            [1] => Phase::Receiving(Checkpoint {
                made: record.number(28),
                payload: record.number(32),
                op: Op::from_byte(record.get(36))?,
                remaining: record.number(40),
                base: record.number(44),
            }),
            [2] => {
                let [used, allowed] = record.get(10);
                Phase::Trying {
                    counter,
                    used,
                    allowed,
                }
            }
            [3] => Phase::Swapping { tag, counter },
            _ => return None,
        };
        let floor = record.number(12);
        Some((
            record.number(4),
            Self {
                confirmed,
                floor,
                phase,
            },
        ))
    }
}

/// Bytes by position; all positions here are constants inside the record.
struct Record([u8; RECORD_LEN]);

impl Record {
    fn put<const N: usize>(&mut self, at: usize, bytes: [u8; N]) {
        for (to, from) in self.0.iter_mut().skip(at).zip(bytes) {
            *to = from;
        }
    }

    fn get<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut bytes = [0; N];
        for (to, from) in bytes.iter_mut().zip(self.0.iter().skip(at)) {
            *to = *from;
        }
        bytes
    }

    fn number(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.get(at))
    }
}

/// The two pages of records, and where the next one goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Journal {
    number: u32,
    /// The page of the newest valid record.
    newest: u8,
    /// The next free record of that page; only known while this value lives and no write has failed.
    free: Option<u32>,
}

/// A write that is not known to be in the flash.
#[derive(Debug)]
pub(super) enum Unwritten<E> {
    Flash(E),
    /// What is read back is not what was written; the position in bytes.
    ReadBack(u32),
}

impl Journal {
    /// Reads the newest state.
    pub(super) fn open<F: NorFlash>(
        flash: &mut F,
        layout: &Layout,
    ) -> Result<(Self, State), F::Error> {
        let mut found: Option<(u32, u8, State)> = None;
        for index in [0, 1] {
            let start = layout.state_page::<F>(index);
            let mut bytes = [0; RECORD_LEN];
            for at in (0..page::<F>()).step_by(RECORD_LEN) {
                flash.read(start.wrapping_add(at), &mut bytes)?;
                // A page is filled from its start without gaps: behind the first that is not valid lies nothing new.
                let Some((number, state)) = State::decode(&bytes) else {
                    break;
                };
                if found.is_none_or(|(newest, ..)| is_later(number, newest)) {
                    found = Some((number, index, state));
                }
            }
        }
        let (number, newest, state) = found.unwrap_or((0, 1, State::NEW));
        let journal = Self {
            number,
            newest,
            free: None,
        };
        Ok((journal, state))
    }

    /// Appends a state; on an error the old state counts, or, where the flash took the record and said otherwise,
    /// the new one.
    pub(super) fn write<F: NorFlash>(
        &mut self,
        flash: &mut F,
        layout: &Layout,
        state: &State,
    ) -> Result<(), Unwritten<F::Error>> {
        let (index, at) = match self.free.take() {
            Some(at) if at < page::<F>() => (self.newest, at),
            _ => (1 - self.newest, 0),
        };
        let start = layout.state_page::<F>(index);
        if at == 0 {
            flash
                .erase(start, start.wrapping_add(page::<F>()))
                .map_err(Unwritten::Flash)?;
        }
        self.number = self.number.wrapping_add(1);
        let bytes = state.encode(self.number);
        let offset = start.wrapping_add(at);
        flash.write(offset, &bytes).map_err(Unwritten::Flash)?;
        let mut back = [0; RECORD_LEN];
        flash.read(offset, &mut back).map_err(Unwritten::Flash)?;
        if back != bytes {
            return Err(Unwritten::ReadBack(offset));
        }
        self.newest = index;
        self.free = Some(at.wrapping_add(64));
        Ok(())
    }
}

/// Whether `number` was given out after `other`, across a wrap.
fn is_later(number: u32, other: u32) -> bool {
    number.wrapping_sub(other).wrapping_sub(1) < u32::MAX / 2
}

/// CRC-32 as in IEEE 802.3, bit by bit: small, and only ever over short records.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            let carry = crc & 1;
            crc = (crc >> 1) ^ (0xedb8_8320 * carry);
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states() -> [State; 4] {
        let at = Checkpoint {
            made: 4096,
            payload: 77,
            op: Op::Copy,
            remaining: 9,
            base: 13,
        };
        let tag = *b"12345678";
        [
            Phase::Idle,
            Phase::Receiving(at),
            Phase::Trying {
                counter: 7,
                used: 1,
                allowed: 3,
            },
            Phase::Swapping { tag, counter: 8 },
        ]
        .map(|phase| State {
            confirmed: Slot::Second,
            floor: 5,
            phase,
        })
    }

    #[test]
    fn a_state_reads_back_and_any_flipped_bit_is_noticed() {
        for state in states() {
            let bytes = state.encode(42);
            assert_eq!(State::decode(&bytes), Some((42, state)));
            for bit in (0..RECORD_LEN * 8).step_by(if cfg!(miri) { 37 } else { 1 }) {
                let mut flipped = bytes;
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(State::decode(&flipped), None);
            }
        }
        assert_eq!(State::decode(&[0xff; RECORD_LEN]), None);
        assert_eq!(State::decode(&[0; RECORD_LEN]), None);
    }

    #[test]
    fn numbers_wrap() {
        assert!(is_later(1, 0) && is_later(0, u32::MAX));
        assert!(!is_later(0, 1) && !is_later(7, 7) && !is_later(u32::MAX, 0));
    }

    #[test]
    fn the_checksum_is_that_of_ieee_802_3() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
