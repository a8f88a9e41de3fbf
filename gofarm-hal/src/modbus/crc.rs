//! CRC-16/MODBUS: the check at the end of each serial frame.
//!
//! The bit-by-bit loop that most crates have is fast only where the compiler turns it into a table, which it does not
//! at `opt-level = "s"`, where firmware lives. So the tables are here, built at compile time. A host, where each step waits
//! for its tables, takes four bytes in a step with 2 KiB. On bare metal 1 KiB of flash is more than time on a line: there
//! it is the table of 32 bytes that SDI-12 has as well, and two steps for each byte.

use crate::crc16;

/// `TABLE[b]` is the register after eight shifts of `b`.
static TABLE: [u16; 256] = table(1);
/// After sixteen.
static TABLE_2: [u16; 256] = table(2);
/// After 24.
static TABLE_3: [u16; 256] = table(3);
/// After 32.
static TABLE_4: [u16; 256] = table(4);

const fn table(bytes: u32) -> [u16; 256] {
    let mut table = [0; 256];
    let mut byte: u16 = 0;
    while byte < 256 {
        let mut crc = byte;
        let mut bit = 0;
        while bit < 8 * bytes {
            // Modbus over Serial Line 1.02, 6.2.2: the polynomial 0x8005, reflected.
            crc = (crc >> 1) ^ (0xA001 * (crc & 1));
            bit += 1;
        }
        table[byte as usize] = crc;
        byte += 1;
    }
    table
}

// All byte by byte: a frame that was just written is not yet there as words.

#[inline]
fn by_one(mut crc: u16, bytes: &[u8]) -> u16 {
    for byte in bytes {
        let [low, high] = crc.to_le_bytes();
        crc = u16::from(high) ^ TABLE[usize::from(low ^ byte)];
    }
    crc
}

#[inline]
fn by_two(mut crc: u16, bytes: &[u8]) -> u16 {
    let (pairs, last) = bytes.as_chunks::<2>();
    for [first, second] in pairs {
        let [low, high] = crc.to_le_bytes();
        crc = TABLE_2[usize::from(low ^ first)] ^ TABLE[usize::from(high ^ second)];
    }
    by_one(crc, last)
}

#[inline]
fn by_four(mut crc: u16, bytes: &[u8]) -> u16 {
    let (fours, last) = bytes.as_chunks::<4>();
    for [first, second, third, fourth] in fours {
        let [low, high] = crc.to_le_bytes();
        let apart = TABLE_2[usize::from(*third)] ^ TABLE[usize::from(*fourth)];
        crc = apart ^ TABLE_4[usize::from(low ^ first)] ^ TABLE_3[usize::from(high ^ second)];
    }
    by_two(crc, last)
}

/// A CRC that grows with the bytes as they come (Modbus over Serial Line 1.02, section 6.2.2).
///
/// ```
/// use gofarm_hal::modbus::Crc;
///
/// let mut crc = Crc::new();
/// crc.update(&[0x01, 0x03, 0x00]);
/// crc.update(&[0x00, 0x00, 0x0A]);
/// assert_eq!(crc.value(), 0xCDC5);
/// assert_eq!(crc.to_bytes(), [0xC5, 0xCD]); // the low byte is sent first
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crc(u16);

impl Crc {
    /// The CRC of no bytes.
    #[must_use]
    pub const fn new() -> Self {
        Self(0xFFFF)
    }

    /// The CRC of `bytes`.
    #[must_use]
    #[inline]
    pub fn of(bytes: &[u8]) -> Self {
        let mut crc = Self::new();
        crc.update(bytes);
        crc
    }

    /// Takes in the bytes that follow.
    #[inline]
    pub fn update(&mut self, bytes: &[u8]) {
        self.0 = if cfg!(target_os = "none") {
            crc16::update(self.0, bytes)
        } else {
            by_four(self.0, bytes)
        };
    }

    /// Takes in words, the high byte first.
    pub(crate) fn update_words(&mut self, words: impl IntoIterator<Item = u16>) {
        for word in words {
            self.update(&word.to_be_bytes());
        }
    }

    /// The value.
    #[must_use]
    pub const fn value(self) -> u16 {
        self.0
    }

    /// The two bytes that end a frame, in the order in which they are sent.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 2] {
        self.0.to_le_bytes()
    }

    /// Whether `frame` ends with its own CRC; false for fewer than two bytes.
    #[must_use]
    #[inline]
    pub fn ends(frame: &[u8]) -> bool {
        match frame.split_last_chunk::<2>() {
            Some((bytes, crc)) => Self::of(bytes).to_bytes() == *crc,
            None => false,
        }
    }
}

impl Default for Crc {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The loop of the specification, section 6.2.2.
    fn bit_by_bit(bytes: &[u8]) -> u16 {
        let mut crc = 0xFFFF;
        for byte in bytes {
            crc ^= u16::from(*byte);
            for _ in 0..8 {
                let carry = crc & 1;
                crc >>= 1;
                if carry == 1 {
                    crc ^= 0xA001;
                }
            }
        }
        crc
    }

    #[test]
    fn the_catalogue_value_of_the_nine_digits() {
        assert_eq!(Crc::of(b"123456789").value(), 0x4B37); // CRC-16/MODBUS, reveng catalogue
    }

    #[test]
    fn the_table_says_what_the_specification_says_for_any_split() {
        let len = if cfg!(miri) { 40 } else { 256 };
        let bytes: Vec<u8> = (0..len)
            .map(|i: u32| (i * 151 + 17).to_le_bytes()[0])
            .collect();
        for split in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(split);
            let mut crc = Crc::of(head);
            crc.update(tail);
            assert_eq!(crc.value(), bit_by_bit(&bytes), "{split}");
            assert_eq!(Crc::of(head).value(), bit_by_bit(head), "{split}");
            assert_eq!(by_two(0xFFFF, head), bit_by_bit(head), "{split}");
        }
    }

    #[test]
    fn a_frame_with_one_bit_flipped_does_not_end_with_its_crc() {
        let frame = [0x01, 0x03, 0x00, 0x00, 0x00, 0x0A, 0xC5, 0xCD];
        assert!(Crc::ends(&frame));
        assert!(!Crc::ends(&frame[..1]) && !Crc::ends(&[]));
        for bit in 0..64 {
            let mut bad = frame;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(!Crc::ends(&bad), "{bit}");
        }
    }
}
