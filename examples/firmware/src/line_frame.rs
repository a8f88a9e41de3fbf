//! What the frames between a gateway and the full node carry, by their first byte.

use gofarm_core::time::UnixMillis;

/// The first byte of a frame that carries one of the session.
pub const OF_SESSION: u8 = 0;

/// The first byte of a frame that says what time it is: Unix milliseconds, 8 bytes, little-endian, and the same again
/// with all bits turned over, because a damaged frame may still decode.
pub const OF_TIME: u8 = 1;

/// What an installer's frame says, once: no command was ever sent to this node.
pub const COMMISSION: &[u8] = b"\x02commission";

/// Reads the time of a frame after its first byte; `None` if it is damaged.
pub fn read_time(bytes: &[u8]) -> Option<UnixMillis> {
    let (time, check) = bytes.split_first_chunk()?;
    let time = u64::from_le_bytes(*time);
    let check = u64::from_le_bytes(check.try_into().ok()?);
    (check == !time).then(|| UnixMillis::new(time))
}
