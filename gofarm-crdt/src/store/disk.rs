//! [`Disk`]: what a `RedbStore` needs of the thing it writes to.

use core::fmt::Debug;
use std::io;

/// A file, a partition or a simulated disk: bytes by offset, and a barrier.
///
/// A write may be lost or torn anywhere by a power cut until [`sync`](Self::sync) has returned. All methods take
/// `&self`, as one disk is read and written through shared handles.
pub trait Disk: Debug + Send + Sync + 'static {
    /// The length, in bytes.
    ///
    /// # Errors
    /// When it cannot be found out.
    fn len(&self) -> io::Result<u64>;

    /// Whether it holds no bytes.
    ///
    /// # Errors
    /// When the length cannot be found out.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Fills `buffer` from `offset`, in bytes.
    ///
    /// # Errors
    /// When not all of it could be read, `UnexpectedEof` where the disk ends.
    fn read(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;

    /// Writes `bytes` at `offset`, in bytes, within the length.
    ///
    /// # Errors
    /// When it may not all have been written.
    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Cuts it or grows it with zeros to `len` bytes.
    ///
    /// # Errors
    /// When it has another length then.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Makes everything written so far durable.
    ///
    /// # Errors
    /// When it may not be durable; what is and what is not is then unknown.
    fn sync(&self) -> io::Result<()>;
}
