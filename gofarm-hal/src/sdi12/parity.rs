//! [`Framing`]: seven bits and even parity, by the UART or by us.

/// Who makes the seven data bits and the even parity of SDI-12 (section 4.1, table 2).
///
/// Some UARTs know no seven data bits. On the line 7E1 and 8N1 have the same ten bits, so such a UART runs 8N1 and
/// the parity becomes the eighth bit.
///
/// ```
/// use gofarm_hal::sdi12::Framing;
///
/// assert_eq!(Framing::Software.encode(b'1'), 0xB1); // three ones, so the parity bit is one
/// assert_eq!(Framing::Software.decode(0xB1), Some(b'1'));
/// assert_eq!(Framing::Software.decode(b'1'), None); // a bit fell over
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Framing {
    /// The UART runs 7E1: it hands out seven bits, and a character of wrong parity as an error.
    #[default]
    Hardware,
    /// The UART runs 8N1: the eighth bit is the parity, made and checked here.
    Software,
}

impl Framing {
    /// What the UART is given for a character.
    #[must_use]
    pub const fn encode(self, character: u8) -> u8 {
        match self {
            Self::Hardware => character,
            Self::Software => {
                let bits = character & 0x7F;
                if bits.count_ones() & 1 == 1 {
                    bits | 0x80
                } else {
                    bits
                }
            }
        }
    }

    /// The character that the UART received, or `None` if its parity is wrong.
    ///
    /// From a UART that runs 7E1 a byte above 0x7F is wrong too: it does not run 7E1.
    #[must_use]
    pub const fn decode(self, byte: u8) -> Option<u8> {
        match self {
            Self::Hardware if byte > 0x7F => None,
            Self::Software if byte.count_ones() & 1 == 1 => None,
            Self::Hardware | Self::Software => Some(byte & 0x7F),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_parity_finds_every_single_bit_that_falls_over() {
        for character in 0..0x80 {
            let byte = Framing::Software.encode(character);
            assert_eq!(Framing::Software.decode(byte), Some(character));
            for bit in 0..8 {
                assert_eq!(Framing::Software.decode(byte ^ (1 << bit)), None);
            }
        }
        assert_eq!(Framing::Hardware.decode(0xB1), None);
    }
}
