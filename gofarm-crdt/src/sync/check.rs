//! The four bytes at the end of every frame.
//!
//! CRC-32 (IEEE 802.3) over the session numbers of sender and receiver and the frame. It finds damage, and a
//! frame of an earlier session of either side is as good as damaged: short names in it mean nothing now.

/// The length of the check in bytes.
pub(super) const CHECK_LEN: usize = 4;

#[cfg(not(target_os = "none"))]
const TABLE: [u32; 256] = table();

#[cfg(not(target_os = "none"))]
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut at = 0_u32;
    while at < 256 {
        let mut crc = at;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ (0xedb8_8320 * (crc & 1));
            bit += 1;
        }
        #[expect(clippy::indexing_slicing, reason = "the loop's bound")]
        {
            table[at as usize] = crc;
        }
        at += 1;
    }
    table
}

/// CRC-32 in progress.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crc(u32);

impl Crc {
    pub(super) const fn new() -> Self {
        Self(u32::MAX)
    }

    /// With the table of a save: 1 KB of flash is more than the time of a frame.
    #[cfg(target_os = "none")]
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0 = crate::board::crc::update(self.0, bytes);
    }

    #[cfg(not(target_os = "none"))]
    pub(super) fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let at = (self.0 ^ u32::from(*byte)) & 0xff;
            let entry = TABLE.get(at as usize).copied().unwrap_or_default();
            self.0 = (self.0 >> 8) ^ entry;
        }
    }

    pub(super) const fn finish(self) -> u32 {
        !self.0
    }
}

/// The check of a frame's bytes without their last four, sent in session `sender` to session `receiver`;
/// greetings have 0 for both. For tools that play a peer.
#[must_use]
pub fn check(body: &[u8], sender: u32, receiver: u32) -> u32 {
    over([&sender.to_le_bytes(), &receiver.to_le_bytes(), body])
}

/// With the processor's own instructions; firmware cannot afford the tables that this takes without them.
#[cfg(feature = "std")]
fn over(parts: [&[u8]; 3]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    for part in parts {
        crc.update(part);
    }
    crc.finalize()
}

#[cfg(not(feature = "std"))]
fn over(parts: [&[u8]; 3]) -> u32 {
    let mut crc = Crc::new();
    for part in parts {
        crc.update(part);
    }
    crc.finish()
}

/// Splits the check off; nothing if it does not match.
pub(super) fn verified(frame: &[u8], sender: u32, receiver: u32) -> Option<&[u8]> {
    let (body, found) = frame.split_last_chunk::<CHECK_LEN>()?;
    (check(body, sender, receiver) == u32::from_le_bytes(*found)).then_some(body)
}

/// Writes the check of the first `len` bytes behind them; the length of the frame, nothing if there is no room.
pub(super) fn seal(buf: &mut [u8], len: usize, sender: u32, receiver: u32) -> Option<usize> {
    let (body, rest) = buf.split_at_mut_checked(len)?;
    let found = check(body, sender, receiver);
    rest.first_chunk_mut::<CHECK_LEN>()?
        .copy_from_slice(&found.to_le_bytes());
    len.checked_add(CHECK_LEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_gives_the_published_check_value() {
        let mut crc = Crc::new();
        crc.update(b"123456789");
        assert_eq!(crc.finish(), 0xcbf4_3926);
    }

    #[test]
    fn the_check_of_a_frame_is_the_same_with_and_without_an_operating_system() {
        let frame: [u8; 300] = core::array::from_fn(|at| at.to_le_bytes()[0].wrapping_mul(37));
        for len in 0..frame.len() {
            let mut crc = Crc::new();
            crc.update(&[1, 0, 0, 0, 2, 0, 0, 0]);
            crc.update(&frame[..len]);
            assert_eq!(check(&frame[..len], 1, 2), crc.finish(), "{len} bytes");
        }
    }

    #[test]
    fn a_frame_of_another_session_does_not_verify() {
        let mut buf = [7; 12];
        let len = seal(&mut buf, 8, 1, 2).unwrap();
        assert_eq!(verified(&buf[..len], 1, 2), Some(&[7; 8][..]));
        assert_eq!(verified(&buf[..len], 2, 1), None);
        assert_eq!(verified(&buf[..len], 1, 3), None);
        assert_eq!(verified(&buf[..3], 1, 2), None);
    }
}
