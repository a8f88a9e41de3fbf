//! The checksum that each record carries behind its value.

use core::hash::Hasher;

const LEN: usize = 8;

/// Appends the seal of `key` and `value` to `value` and returns it.
pub(super) fn seal(key: &[u8], value: &mut Vec<u8>) -> u64 {
    let seal = compute(key, value);
    value.extend_from_slice(&seal.to_le_bytes());
    seal
}

/// The value before its seal, if that is right.
pub(super) fn open<'a>(key: &[u8], sealed: &'a [u8]) -> Option<&'a [u8]> {
    let (value, seal) = sealed.split_last_chunk::<LEN>()?;
    (compute(key, value) == u64::from_le_bytes(*seal)).then_some(value)
}

/// The seal of a sealed value, unchecked.
pub(super) fn of(sealed: &[u8]) -> u64 {
    sealed
        .last_chunk::<LEN>()
        .map_or(0, |seal| u64::from_le_bytes(*seal))
}

/// FNV-1a 64 over both with the length of the key between, finished by the mixer of SplitMix64.
///
/// A change of one byte is always found, any other with a chance of 1 - 2^-64.
fn compute(key: &[u8], value: &[u8]) -> u64 {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    hash.write(key);
    hash.write(&(key.len() as u64).to_le_bytes());
    hash.write(value);
    hash.finish()
}

struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// Mixed, as the seals of all records are added up.
    fn finish(&self) -> u64 {
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_breaks_the_seal() {
        let key = b"\x03valve/7";
        let mut sealed = b"open, said the gateway".to_vec();
        seal(key, &mut sealed);
        assert_eq!(open(key, &sealed), Some(&b"open, said the gateway"[..]));
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(key, &flipped), None, "bit {bit}");
        }
        for len in 0..sealed.len() {
            assert_eq!(open(key, &sealed[..len]), None, "cut to {len}");
        }
        assert_eq!(open(b"\x03valve/8", &sealed), None);
    }

    #[test]
    fn a_byte_does_not_pass_from_key_to_value() {
        let mut sealed = b"bc".to_vec();
        seal(b"a", &mut sealed);
        assert_eq!(open(b"ab", &sealed[1..]), None);
    }
}
