//! Where encoded bytes go.

use crate::error::Full;

/// Takes bytes; one that runs out of room remembers it and ignores the rest.
pub trait Sink {
    /// Takes these bytes.
    fn put(&mut self, bytes: &[u8]);

    /// Takes one byte.
    fn put_u8(&mut self, byte: u8) {
        self.put(&[byte]);
    }

    /// Takes an unsigned number as LEB128: 7 bits a byte, low bits first, 1 to 10 bytes.
    fn put_varint(&mut self, mut n: u64) {
        let mut bytes = [0; 10];
        let mut len = 0;
        for slot in &mut bytes {
            len += 1;
            let low = (n & 0x7f) as u8;
            n >>= 7;
            if n == 0 {
                *slot = low;
                break;
            }
            *slot = low | 0x80;
        }
        self.put(bytes.get(..len).unwrap_or(&bytes));
    }
}

/// Writes into a slice.
#[derive(Debug)]
pub struct SliceSink<'a> {
    bytes: &'a mut [u8],
    wanted: usize,
}

impl<'a> SliceSink<'a> {
    /// Writes from the start of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, wanted: 0 }
    }

    /// What was written.
    ///
    /// # Errors
    /// [`Full`] if something did not fit.
    pub fn written(&self) -> Result<&[u8], Full> {
        self.bytes.get(..self.wanted).ok_or(Full {
            limit: self.bytes.len(),
        })
    }

    /// How many bytes were asked for, whether they fitted or not.
    #[must_use]
    pub const fn wanted(&self) -> usize {
        self.wanted
    }
}

impl Sink for SliceSink<'_> {
    fn put(&mut self, bytes: &[u8]) {
        let end = self.wanted.saturating_add(bytes.len());
        if let Some(room) = self.bytes.get_mut(self.wanted..end) {
            room.copy_from_slice(bytes);
        }
        self.wanted = end;
    }
}

/// Counts bytes and keeps none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    bytes: usize,
}

impl Count {
    /// How many bytes came.
    #[must_use]
    pub const fn bytes(self) -> usize {
        self.bytes
    }
}

impl Sink for Count {
    fn put(&mut self, bytes: &[u8]) {
        self.bytes = self.bytes.saturating_add(bytes.len());
    }
}

#[cfg(feature = "alloc")]
impl Sink for alloc::vec::Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}
