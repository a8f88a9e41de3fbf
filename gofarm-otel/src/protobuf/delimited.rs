//! Fields that were written here, found again.

use core::ops::Range;

/// A length-delimited field and where it stands in its buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    /// Its number; below 16, for its tag is one byte.
    pub(crate) number: u32,
    /// What is in it.
    pub(crate) body: &'a [u8],
    /// The whole field, with its tag and length.
    pub(crate) range: Range<usize>,
}

/// The fields of `buffer`, which holds length-delimited ones alone; ends at the first byte that is not so.
pub(crate) fn fields(buffer: &[u8]) -> impl Iterator<Item = Field<'_>> {
    let mut at = 0;
    core::iter::from_fn(move || {
        let (&tag, rest) = buffer.get(at..)?.split_first()?;
        let (len, rest) = length(rest)?;
        let body = rest.get(..len)?;
        let start = at;
        at = buffer.len() - rest.len() + len;
        Some(Field {
            number: u32::from(tag >> 3),
            body,
            range: start..at,
        })
    })
}

/// The varint at the front of `bytes`, and what stands behind it.
pub(crate) fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (mut len, mut shift, mut rest) = (0_usize, 0, bytes);
    loop {
        let (&byte, behind) = rest.split_first()?;
        len |= usize::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some((len, behind));
        }
        (shift, rest) = (shift + 7, behind);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protobuf::Message;

    proptest! {
        #[test]
        fn what_was_written_is_found_again(
            bodies in proptest::collection::vec((1_u32..16, 0_usize..400), 0..20),
        ) {
            let mut buffer = Vec::new();
            for (number, len) in &bodies {
                Message::new(&mut buffer).bytes(*number, &vec![7; *len]);
            }
            let found: Vec<_> = fields(&buffer).collect();
            let seen: Vec<_> = found.iter().map(|f| (f.number, f.body.len())).collect();
            prop_assert_eq!(seen, bodies);
            let ends = found.last().map_or(0, |last| last.range.end);
            prop_assert_eq!(ends, buffer.len());
            for (one, next) in found.iter().zip(found.iter().skip(1)) {
                prop_assert_eq!(one.range.end, next.range.start);
            }
        }

        #[test]
        fn any_bytes_end_somewhere(bytes: Vec<u8>) {
            let ends = fields(&bytes).last().map_or(0, |last| last.range.end);
            prop_assert!(ends <= bytes.len());
        }
    }
}
