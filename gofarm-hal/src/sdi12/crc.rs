//! The CRC of SDI-12: 16 bits, written as three characters.

/// The characters of a CRC in a reply.
pub(super) const LEN: usize = 3;

/// CRC-16/ARC of `bytes` (SDI-12 1.4, section 4.4.12.1): polynomial 0xA001 reflected, from 0, nothing inverted.
///
/// In SDI-12 it covers a reply from its address up to the CRC. The 1-Wire CRC-16 is the same, inverted at the end.
///
/// ```
/// assert_eq!(gofarm_hal::sdi12::crc16(b"123456789"), 0xBB3D); // the catalogue's check value
/// ```
#[must_use]
pub const fn crc16(bytes: &[u8]) -> u16 {
    crate::crc16::arc(bytes)
}

/// A CRC as the three characters that end a reply (section 4.4.12.2); the second and third may be 0x7F.
///
/// ```
/// use gofarm_hal::sdi12::{crc16, crc_characters};
///
/// assert_eq!(crc_characters(crc16(b"0+3.14")), *b"OqZ");
/// ```
#[must_use]
pub const fn crc_characters(crc: u16) -> [u8; 3] {
    [
        0x40 | (crc >> 12) as u8,
        0x40 | ((crc >> 6) & 0x3F) as u8,
        0x40 | (crc & 0x3F) as u8,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_standard_have_their_crc() {
        // Sections 4.4.8.1, 4.4.12.3 and 6.2.4.
        let replies: [&[u8]; 11] = [
            b"0AP@",
            b"0+3.14OqZ",
            b"0+3.14+2.718+1.414Ipz",
            b"0+1.11+2.22+3.33+4.44+5.55+6.66I]q",
            b"0+7.77+8.88+9.99IvW",
            b"0+3.14+2.718IWO",
            b"0+2.718Gbc",
            b"0+1.414GtW",
            b"1+1.23+2.34+345+4.4678KoO",
            b"0+1.234-4.56+12354-0.00045+2.223+145.5+7.7003+4328.8+9+10+11.433+12Ba]",
            b"0,CU,degrees C,average air temperature,calibration data,40,1235;@|e",
        ];
        for reply in replies {
            let (text, crc) = reply.split_at(reply.len() - LEN);
            assert_eq!(crc_characters(crc16(text)), crc, "{}", text.escape_ascii());
        }
    }
}
