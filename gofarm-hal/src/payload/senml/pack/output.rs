//! [`Output`]: bytes into a buffer that may be too short.

/// Takes bytes until the buffer is full, and remembers that it was.
#[derive(Debug)]
pub(super) struct Output<'a> {
    buffer: &'a mut [u8],
    len: usize,
    is_overrun: bool,
}

impl<'a> Output<'a> {
    pub(super) const fn new(buffer: &'a mut [u8]) -> Self {
        Self {
            buffer,
            len: 0,
            is_overrun: false,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        match self.buffer.get_mut(self.len..self.len + bytes.len()) {
            Some(to) if !self.is_overrun => {
                to.copy_from_slice(bytes);
                self.len += bytes.len();
            }
            _ => self.is_overrun = true,
        }
    }

    /// Makes room for one byte at the beginning.
    pub(super) fn shift(&mut self) {
        if self.is_overrun || self.len == self.buffer.len() {
            self.is_overrun = true;
            return;
        }
        self.buffer.copy_within(..self.len, 1);
        self.len += 1;
    }

    /// Overwrites the beginning.
    pub(super) fn patch(&mut self, head: &[u8]) {
        if let Some(to) = self.buffer.get_mut(..head.len()) {
            to.copy_from_slice(head);
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn left(&self) -> usize {
        self.buffer.len() - self.len
    }

    /// Whether all went in and `more` bytes would.
    pub(super) const fn has_room(&self, more: usize) -> bool {
        !self.is_overrun && self.left() >= more
    }

    /// Takes back what came behind the first `len` bytes.
    pub(super) const fn truncate(&mut self, len: usize) {
        self.len = len;
        self.is_overrun = false;
    }

    pub(super) fn finish(self) -> &'a [u8] {
        let Self {
            buffer,
            len,
            is_overrun,
        } = self;
        if is_overrun {
            return &[];
        }
        buffer.get(..len).unwrap_or_default()
    }
}
