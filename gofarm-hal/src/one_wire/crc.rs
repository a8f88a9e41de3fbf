//! The two CRCs of 1-Wire.

use crate::crc16;

/// CRC-8/MAXIM-DOW of `bytes` (Maxim application note 27): x^8 + x^5 + x^4 + 1, reflected, from 0.
///
/// Over data together with its own CRC it is 0; so it is over nothing but zeros, which a shorted bus reads as.
///
/// ```
/// use gofarm_hal::one_wire::crc8;
///
/// assert_eq!(crc8(&[0x02, 0x1C, 0xB8, 0x01, 0, 0, 0]), 0xA2); // the example of the note
/// ```
#[must_use]
pub const fn crc8(bytes: &[u8]) -> u8 {
    let mut crc = 0_u8;
    let mut i = 0;
    while i < bytes.len() {
        crc = NIBBLES[((crc ^ bytes[i]) & 0xF) as usize] ^ (crc >> 4);
        crc = NIBBLES[((crc ^ (bytes[i] >> 4)) & 0xF) as usize] ^ (crc >> 4);
        i += 1;
    }
    crc
}

const NIBBLES: [u8; 16] = nibbles();

const fn nibbles() -> [u8; 16] {
    let mut table = [0; 16];
    let mut nibble = 0_u8;
    while nibble < 16 {
        let mut crc = nibble;
        let mut bit = 0;
        while bit < 4 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0x8C
            } else {
                crc >> 1
            };
            bit += 1;
        }
        table[nibble as usize] = crc;
        nibble += 1;
    }
    table
}

/// CRC-16/MAXIM-DOW of `bytes` (Maxim application note 27): x^16 + x^15 + x^2 + 1, reflected, from 0, inverted; sent low
/// byte first.
///
/// For memories and counters with longer pages; the DS18B20 has [`crc8`] only.
///
/// ```
/// assert_eq!(gofarm_hal::one_wire::crc16(b"123456789"), 0x44C2); // the catalogue's check value
/// ```
#[must_use]
pub const fn crc16(bytes: &[u8]) -> u16 {
    !crc16::arc(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_agrees() {
        assert_eq!(crc8(b"123456789"), 0xA1);
        assert_eq!(crc8(&[0x02, 0x1C, 0xB8, 0x01, 0, 0, 0, 0xA2]), 0);
    }

    #[test]
    fn a_bit_that_falls_over_is_found() {
        let page: [u8; 9] = [0x50, 0x05, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10, 0x1C];
        assert_eq!(crc8(&page), 0);
        for bit in 0..72 {
            let mut wrong = page;
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(crc8(&wrong), 0);
        }
    }
}
