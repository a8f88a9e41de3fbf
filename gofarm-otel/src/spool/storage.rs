//! Where segments are kept: [`Storage`].

use alloc::vec::Vec;
use std::io;

/// Numbered files that grow at the end.
///
/// [`Directory`](super::Directory) keeps them on a file system and [`Memory`](super::Memory) in memory. A spool
/// owns its storage: nobody else may write to it meanwhile.
pub trait Storage: Send {
    /// The numbers of all segments and their lengths in bytes, in any order.
    ///
    /// # Errors
    /// When they cannot be listed.
    fn list(&mut self) -> io::Result<Vec<(u64, u64)>>;

    /// Reads `into.len()` bytes of a segment from byte `offset` on.
    ///
    /// # Errors
    /// When the segment does not have them all (`UnexpectedEof`) or cannot be read.
    fn read(&mut self, segment: u64, offset: u64, into: &mut [u8]) -> io::Result<()>;

    /// Writes at the end of a segment, which begins to be there if it was not.
    ///
    /// # Errors
    /// When not all was written; a part of it may have been.
    fn append(&mut self, segment: u64, bytes: &[u8]) -> io::Result<()>;

    /// Cuts a segment down to `len` bytes.
    ///
    /// # Errors
    /// When that fails; the segment is then as it was.
    fn truncate(&mut self, segment: u64, len: u64) -> io::Result<()>;

    /// Returns when a power cut can no longer take what was written to a segment.
    ///
    /// # Errors
    /// When it is not known to be safe.
    fn sync(&mut self, segment: u64) -> io::Result<()>;

    /// Removes a segment.
    ///
    /// # Errors
    /// When it is still there.
    fn remove(&mut self, segment: u64) -> io::Result<()>;
}
