//! [`Digest`]: a number that stands for what a part answered.

use serde::Serialize;

/// A digest of 64 bits over the answers of a part: FNV-1a over their bytes in postcard.
///
/// It is the same on every machine and in every run, which the hashers of the standard library do not promise. It finds
/// answers that differ by accident; two that were made to collide it does not tell apart. FNV-1a is from G. Fowler,
/// L. C. Noll and K.-P. Vo, [The FNV Non-Cryptographic Hash
/// Algorithm](https://datatracker.ietf.org/doc/html/draft-eastlake-fnv).
///
/// ```
/// use gofarm_examples::season::record::Digest;
///
/// let mut digest = Digest::new();
/// digest.add(&"open");
/// digest.add(&1_200_u32);
/// assert_eq!(digest.get(), Digest::of(&("open", 1_200_u32)));
/// assert_ne!(digest.get(), Digest::new().get());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(u64);

impl Digest {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;

    /// The digest of no answer.
    #[must_use]
    pub const fn new() -> Self {
        Self(Self::OFFSET)
    }

    /// The digest of one answer.
    ///
    /// # Panics
    /// As [`add`](Self::add).
    #[must_use]
    pub fn of(answer: &(impl Serialize + ?Sized)) -> u64 {
        let mut digest = Self::new();
        digest.add(answer);
        digest.get()
    }

    /// Takes in one more answer.
    ///
    /// # Panics
    /// If the type cannot be written in postcard: a sequence that does not know its length, or `#[serde(flatten)]`.
    pub fn add(&mut self, answer: &(impl Serialize + ?Sized)) {
        *self = postcard::to_extend(answer, *self).expect("a type that postcard can write");
    }

    /// The digest of all that was taken in.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl Default for Digest {
    fn default() -> Self {
        Self::new()
    }
}

impl Extend<u8> for Digest {
    fn extend<I: IntoIterator<Item = u8>>(&mut self, bytes: I) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(Self::PRIME);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_published_fnv_1a() {
        // The test vectors of draft-eastlake-fnv, appendix.
        for (text, expected) in [
            (&b""[..], 0xcbf2_9ce4_8422_2325),
            (b"a", 0xaf63_dc4c_8601_ec8c),
            (b"foobar", 0x8594_4171_f739_67e8),
        ] {
            let mut digest = Digest::new();
            digest.extend(text.iter().copied());
            assert_eq!(digest.get(), expected);
        }
    }
}
