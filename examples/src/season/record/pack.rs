//! A pack: the entries of a frame, made smaller: their length (4 bytes, little endian), then a block of LZ4.

use lz4_flex::block::{compress_prepend_size, decompress_into, uncompressed_size};

use super::MAX_ENTRY;

/// So many bytes of entries make a pack; LZ4 looks no farther back.
pub(super) const PACK: usize = 64 * 1_024;
/// The most that a pack may hold: its last entry may be a long one.
const MAX_UNPACKED: usize = PACK + MAX_ENTRY;

/// Packs entries: up to [`PACK`] bytes, and one entry more.
pub(super) fn pack(entries: &[u8]) -> Vec<u8> {
    compress_prepend_size(entries)
}

/// Unpacks entries over what is in `entries`; nothing if it is not a whole pack, before room is made for too long a one.
pub(super) fn unpack(packed: &[u8], entries: &mut Vec<u8>) -> Option<()> {
    let (len, block) = uncompressed_size(packed).ok()?;
    if !(1..=MAX_UNPACKED).contains(&len) {
        return None;
    }
    entries.resize(len, 0);
    let unpacked = decompress_into(block, entries).ok()?;
    (unpacked == len).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        for len in [1, 300, PACK, MAX_UNPACKED] {
            let entries: Vec<u8> = (0..len).map(|n| (n * n / 7).to_le_bytes()[0]).collect();
            let (packed, mut found) = (pack(&entries), vec![9; 500]);
            assert_eq!(unpack(&packed, &mut found), Some(()));
            assert_eq!(found, entries);
            assert_eq!(unpack(&packed[..packed.len() - 1], &mut found), None);
        }
    }

    #[test]
    fn no_room_is_made_for_a_length_that_nothing_has() {
        let mut found = Vec::new();
        let too_long = u32::try_from(MAX_UNPACKED + 1).unwrap();
        for len in [0, too_long, u32::MAX] {
            let packed = [&len.to_le_bytes()[..], &[0; 9]].concat();
            assert_eq!(unpack(&packed, &mut found), None);
        }
        assert_eq!(found.capacity(), 0);
    }
}
