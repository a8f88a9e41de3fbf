//! Bytes on their way into a frame, and back out when they did not fit.

use crate::value::Sink;

use super::check::Crc;

/// A frame being written; what does not fit is taken back to a mark.
pub(super) struct Outgoing<'a> {
    buf: &'a mut [u8],
    len: usize,
    overflowed: bool,
}

impl<'a> Outgoing<'a> {
    pub(super) const fn new(buf: &'a mut [u8]) -> Self {
        Self {
            buf,
            len: 0,
            overflowed: false,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// The room that is left.
    pub(super) const fn room(&self) -> usize {
        self.buf.len().saturating_sub(self.len)
    }

    pub(super) const fn rewind(&mut self, mark: usize) {
        self.len = mark;
        self.overflowed = false;
    }

    /// Changes a byte that was written.
    pub(super) fn patch(&mut self, at: usize, byte: u8) {
        if let Some(slot) = self.buf.get_mut(at) {
            *slot = byte;
        }
    }
}

impl Sink for Outgoing<'_> {
    #[cfg_attr(target_os = "none", inline(never))]
    fn put(&mut self, bytes: &[u8]) {
        let end = self.len.saturating_add(bytes.len());
        match self.buf.get_mut(self.len..end) {
            Some(room) if !self.overflowed => {
                room.copy_from_slice(bytes);
                self.len = end;
            }
            _ => self.overflowed = true,
        }
    }

    #[cfg_attr(target_os = "none", inline(never))]
    fn put_u8(&mut self, byte: u8) {
        self.put(&[byte]);
    }
}

/// Passes on a window of what it takes, and measures all of it.
pub(super) struct Window<'a> {
    out: Option<&'a mut dyn Sink>,
    from: usize,
    to: usize,
    total: usize,
    crc: Crc,
}

impl<'a> Window<'a> {
    /// Measures only.
    pub(super) const fn measure() -> Self {
        Self {
            out: None,
            from: 0,
            to: 0,
            total: 0,
            crc: Crc::new(),
        }
    }

    /// Passes on the bytes `from..to`.
    pub(super) const fn new(out: &'a mut dyn Sink, from: usize, to: usize) -> Self {
        Self {
            out: Some(out),
            from,
            to,
            total: 0,
            crc: Crc::new(),
        }
    }

    /// The length and the CRC-32 of all that came.
    pub(super) const fn finish(self) -> (usize, u32) {
        (self.total, self.crc.finish())
    }
}

impl Sink for Window<'_> {
    fn put(&mut self, bytes: &[u8]) {
        self.crc.update(bytes);
        let start = self.total;
        self.total = start.saturating_add(bytes.len());
        let from = self.from.clamp(start, self.total).saturating_sub(start);
        let to = self.to.clamp(start, self.total).saturating_sub(start);
        if let (Some(out), Some(part)) = (&mut self.out, bytes.get(from..to)) {
            out.put(part);
        }
    }
}
