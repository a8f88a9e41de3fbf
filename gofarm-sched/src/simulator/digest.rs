//! [`Digest`]: the log of a run as one number.

use core::fmt::{self, Write};

use super::Entry;

/// FNV-1a with 64 bits (Fowler, Noll and Vo; draft-eastlake-fnv) over the printed entries: tells runs apart by accident,
/// not by malice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digest(u64);

impl Digest {
    pub(super) const EMPTY: Self = Self(0xcbf2_9ce4_8422_2325);

    pub(super) fn add(&mut self, entry: &Entry) {
        // Writing to a number cannot fail.
        let _ = writeln!(self, "{entry}");
    }

    pub(super) const fn value(self) -> u64 {
        self.0
    }
}

impl Write for Digest {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vectors_come_out() {
        for (text, hash) in [
            ("", 0xcbf2_9ce4_8422_2325),
            ("foobar", 0x8594_4171_f739_67e8),
        ] {
            let mut digest = Digest::EMPTY;
            digest.write_str(text).unwrap();
            assert_eq!(digest.value(), hash);
        }
    }
}
