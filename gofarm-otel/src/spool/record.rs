//! The pieces of a segment: a header of 24 bytes with two checksums, then the body.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `GFS1` |
//! | 1 | what the body is: 1 traces, 2 metrics, 3 logs, 16 start of a segment, 17 mark |
//! | 3 | zero |
//! | 4 | items in the body, little endian |
//! | 4 | length of the body, little endian |
//! | 4 | CRC-32 of the body (IEEE 802.3) |
//! | 4 | CRC-32 of the 20 bytes before |
//!
//! The header is checked by itself, so that a torn or damaged body is lost as a known number of items.

use crate::batch::Kind;

const MAGIC: [u8; 4] = *b"GFS1";

/// What stands before each body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) what: What,
    pub(super) items: u32,
    pub(super) len: u32,
    body_crc: u32,
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A request of OTLP.
    Batch(Kind),
    /// How much was written in the 24 hours before this segment began (8 bytes).
    Start,
    /// Up to which byte of this segment everything was taken over by the receiver (8 bytes).
    Mark,
}

impl Header {
    /// Bytes of a header.
    pub(super) const LEN: usize = 24;

    /// The header of `body`; none if that is 4 GiB or longer.
    pub(super) fn of(what: What, items: u32, body: &[u8]) -> Option<Self> {
        Some(Self {
            what,
            items,
            len: u32::try_from(body.len()).ok()?,
            body_crc: crc32fast::hash(body),
        })
    }

    pub(super) fn encode(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let what = match self.what {
            What::Batch(Kind::Traces) => 1,
            What::Batch(Kind::Metrics) => 2,
            What::Batch(Kind::Logs) => 3,
            What::Start => 16,
            What::Mark => 17,
        };
        let fields = [
            MAGIC,
            [what, 0, 0, 0],
            self.items.to_le_bytes(),
            self.len.to_le_bytes(),
            self.body_crc.to_le_bytes(),
        ];
        for (to, from) in bytes.chunks_exact_mut(4).zip(fields) {
            to.copy_from_slice(&from);
        }
        let (checked, crc) = bytes.split_at_mut(Self::LEN - 4);
        crc.copy_from_slice(&crc32fast::hash(checked).to_le_bytes());
        bytes
    }

    /// What `bytes` say; none if they are not a header or a checksum does not hold.
    pub(super) fn decode(bytes: &[u8; Self::LEN]) -> Option<Self> {
        let mut words = bytes.as_chunks::<4>().0.iter().copied();
        let mut word = || words.next().unwrap_or_default();
        let (magic, what, items, len, body_crc, crc) =
            (word(), word(), word(), word(), word(), word());
        let checked = bytes.split_last_chunk::<4>()?.0;
        if magic != MAGIC || crc32fast::hash(checked) != u32::from_le_bytes(crc) {
            return None;
        }
        let what = match what {
            [1, 0, 0, 0] => What::Batch(Kind::Traces),
            [2, 0, 0, 0] => What::Batch(Kind::Metrics),
            [3, 0, 0, 0] => What::Batch(Kind::Logs),
            [16, 0, 0, 0] => What::Start,
            [17, 0, 0, 0] => What::Mark,
            _ => return None,
        };
        Some(Self {
            what,
            items: u32::from_le_bytes(items),
            len: u32::from_le_bytes(len),
            body_crc: u32::from_le_bytes(body_crc),
        })
    }

    /// Bytes of the header and its body.
    pub(super) fn record_len(&self) -> u64 {
        u64::from(self.len) + Self::LEN as u64
    }

    /// Whether `body` is the one that was written.
    pub(super) fn fits(&self, body: &[u8]) -> bool {
        body.len() as u64 == u64::from(self.len) && crc32fast::hash(body) == self.body_crc
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_comes_back_as_it_was_and_no_changed_bit_goes_unseen() {
        for what in [
            What::Batch(Kind::Traces),
            What::Batch(Kind::Metrics),
            What::Batch(Kind::Logs),
            What::Start,
            What::Mark,
        ] {
            let header = Header::of(what, 7, b"body").unwrap();
            let bytes = header.encode();
            assert_eq!(Header::decode(&bytes), Some(header));
            assert!(header.fits(b"body") && !header.fits(b"b0dy") && !header.fits(b"bod"));
            for bit in 0..Header::LEN * 8 {
                let mut changed = bytes;
                changed[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(Header::decode(&changed), None, "bit {bit}");
            }
        }
    }
}
