//! [`Chain`]: frames whose checksums hold on to each other.

use std::io::{self, Read, Write};

use crc32fast::Hasher;

use super::Damage;

/// What every recording begins with.
pub(super) const MAGIC: [u8; 8] = *b"GoFarmFR";
/// The format that this version writes and reads.
pub(super) const FORMAT: u32 = 2;
/// The longest frame, in bytes: more is taken for damage, before room is made for it.
pub(super) const MAX_FRAME: u32 = 1 << 21;

/// Length and its check.
const HEAD: usize = 6;
/// What a frame takes besides its bytes.
pub(super) const AROUND: u64 = 10;

/// The CRC-32 (ISO-HDLC) of all lengths and bytes up to here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain(u32);

/// What comes next in a recording.
#[derive(Debug)]
pub(super) enum Next {
    /// A frame, and its bytes are where they were wanted.
    Frame,
    /// The file ends, before or within a frame.
    CutOff,
    /// Something else than a frame.
    Damaged(Damage),
}

impl Chain {
    /// The beginning of a recording of [`FORMAT`].
    pub(super) fn start() -> Self {
        let mut hasher = Hasher::new();
        hasher.update(&MAGIC);
        hasher.update(&FORMAT.to_le_bytes());
        Self(hasher.finalize())
    }

    fn head(self, len: u32) -> ([u8; HEAD], Hasher) {
        let len = len.to_le_bytes();
        let mut hasher = Hasher::new_with_initial(self.0);
        hasher.update(&len);
        let [a, b, ..] = hasher.clone().finalize().to_le_bytes();
        let [c, d, e, f] = len;
        ([c, d, e, f, a, b], hasher)
    }

    /// Writes a frame of at most [`MAX_FRAME`] bytes.
    pub(super) fn write(&mut self, out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
        let len = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        let (head, mut hasher) = self.head(len);
        hasher.update(bytes);
        self.0 = hasher.finalize();
        out.write_all(&head)?;
        out.write_all(bytes)?;
        out.write_all(&self.0.to_le_bytes())
    }

    /// Reads a frame into `bytes`.
    pub(super) fn read(&mut self, source: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<Next> {
        let mut found = [0; HEAD];
        if !fill(source, &mut found)? {
            return Ok(Next::CutOff);
        }
        let [a, b, c, d, ..] = found;
        let len = u32::from_le_bytes([a, b, c, d]);
        let (head, mut hasher) = self.head(len);
        if head != found {
            // A file system may have made room for bytes that a power cut kept from it.
            return Ok(if found == [0; HEAD] && has_only_zeros(source)? {
                Next::CutOff
            } else {
                Next::Damaged(Damage::Length)
            });
        }
        if len > MAX_FRAME {
            return Ok(Next::Damaged(Damage::TooLong(len)));
        }
        bytes.clear();
        let read = source.by_ref().take(u64::from(len)).read_to_end(bytes)?;
        let mut crc = [0; 4];
        if read as u64 != u64::from(len) || !fill(source, &mut crc)? {
            return Ok(Next::CutOff);
        }
        hasher.update(bytes);
        let expected = hasher.finalize();
        if crc != expected.to_le_bytes() {
            return Ok(Next::Damaged(Damage::Frame));
        }
        self.0 = expected;
        Ok(Next::Frame)
    }
}

/// Fills the buffer; `false` if the source ends before.
pub(super) fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match source.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn has_only_zeros(source: &mut impl Read) -> io::Result<bool> {
    let mut buffer = [0; 4_096];
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return Ok(true),
            Ok(read) if buffer.iter().take(read).any(|byte| *byte != 0) => return Ok(false),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
