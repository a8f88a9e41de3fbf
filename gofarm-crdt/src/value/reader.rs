//! Where encoded bytes come from.

use crate::error::Malformed;

/// Reads forward through bytes that nobody vouches for.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    depth: u8,
}

impl<'a> Reader<'a> {
    /// The most levels of boxes and collections in one another.
    pub const MAX_DEPTH: u8 = 32;

    /// Starts at the first byte.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            depth: 0,
        }
    }

    /// The bytes that are left.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Takes `len` bytes; `what` names them in the error.
    ///
    /// # Errors
    /// [`Malformed::Truncated`] if fewer are left.
    pub fn take(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or(Malformed::Truncated(what))?;
        self.rest = rest;
        Ok(taken)
    }

    /// Takes one byte.
    ///
    /// # Errors
    /// [`Malformed::Truncated`] if none is left.
    pub fn take_u8(&mut self, what: &'static str) -> Result<u8, Malformed> {
        self.take(1, what)
            .map(|bytes| bytes.first().copied().unwrap_or_default())
    }

    /// Takes an unsigned LEB128 number.
    ///
    /// # Errors
    /// [`Malformed`] if the bytes end in it, it exceeds 64 bits or is not in its shortest form.
    pub fn take_varint(&mut self, what: &'static str) -> Result<u64, Malformed> {
        let mut n = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take_u8(what)?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(Malformed::Invalid(what));
            }
            n |= bits << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 && shift > 0 {
                    Err(Malformed::Invalid(what))
                } else {
                    Ok(n)
                };
            }
        }
        Err(Malformed::Invalid(what))
    }

    /// Takes a length in LEB128 and so many bytes.
    ///
    /// # Errors
    /// [`Malformed`] if the length is malformed or more than is left; nothing is allocated for it.
    pub fn take_prefixed(&mut self, what: &'static str) -> Result<&'a [u8], Malformed> {
        let len = self.take_varint(what)?;
        self.take(usize::try_from(len).unwrap_or(usize::MAX), what)
    }

    /// Reads what may hold another value of its own kind, at most [`MAX_DEPTH`](Self::MAX_DEPTH) levels deep:
    /// a few bytes must not take a whole stack.
    ///
    /// # Errors
    /// [`Malformed::Limit`] if it is deeper; else what `read` returns.
    pub fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Malformed>,
    ) -> Result<T, Malformed> {
        if self.depth >= Self::MAX_DEPTH {
            return Err(Malformed::Limit {
                what: "depth of nesting",
                found: u64::from(Self::MAX_DEPTH) + 1,
                limit: u64::from(Self::MAX_DEPTH),
            });
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Ends reading.
    ///
    /// # Errors
    /// [`Malformed::Trailing`] if bytes are left.
    pub const fn finish(self) -> Result<(), Malformed> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Malformed::Trailing(self.rest.len()))
        }
    }
}
