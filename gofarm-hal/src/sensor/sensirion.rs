//! Words of 16 bits with a CRC each, as all chips of Sensirion send them.

use super::i2c::Fault;

/// The CRC-8 of Sensirion: x^8 + x^5 + x^4 + 1, from 0xFF, not reflected (SHT3x-DIS datasheet, section 4.12).
pub(super) const fn crc8(bytes: [u8; 2]) -> u8 {
    let mut crc = 0xFF_u8;
    let mut i = 0;
    while i < bytes.len() {
        crc ^= bytes[i];
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x80 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ 0x31
            };
            bit += 1;
        }
        i += 1;
    }
    crc
}

/// A word and its CRC.
pub(super) const fn word([high, low, found]: [u8; 3]) -> Result<u16, Fault> {
    let expected = crc8([high, low]);
    if found == expected {
        Ok(u16::from_be_bytes([high, low]))
    } else {
        Err(Fault::Crc { found, expected })
    }
}

/// Two words, each with its CRC.
pub(super) fn words(answer: &[u8]) -> Result<(u16, u16), Fault> {
    match *answer {
        [a, b, c, d, e, f] => Ok((word([a, b, c])?, word([d, e, f])?)),
        _ => Err(Fault::Length),
    }
}

/// The temperature of a word: `-45 + 175 S / (2^16 - 1)` Cel.
pub(super) fn celsius(word: u16) -> f32 {
    f32::from(word) * (175.0 / 65_535.0) - 45.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crc_is_that_of_the_datasheet() {
        assert_eq!(crc8([0xBE, 0xEF]), 0x92); // SHT3x-DIS, table 20; SHT4x, section 4.4
        assert_eq!(word([0xBE, 0xEF, 0x92]), Ok(0xBEEF));
    }

    #[test]
    fn a_line_that_hangs_passes_no_crc() {
        assert!(word([0; 3]).is_err() && word([0xFF; 3]).is_err());
    }

    #[test]
    fn every_single_bit_that_is_wrong_is_found() {
        for value in [0_u16, 0xBEEF, 0xFFFF, 0x1234] {
            let [high, low] = value.to_be_bytes();
            let right = [high, low, crc8([high, low])];
            for bit in 0..24 {
                let mut wrong = right;
                wrong[bit / 8] ^= 1 << (bit % 8);
                assert!(word(wrong).is_err(), "{value:#06x}, bit {bit}");
            }
        }
    }
}
