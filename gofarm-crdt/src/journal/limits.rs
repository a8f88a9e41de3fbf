//! [`Limits`]: how much a journal may hold.

/// How much an outbox or inbox may hold; what does not fit is refused with an error.
///
/// ```
/// use gofarm_crdt::journal::Limits;
///
/// let limits = Limits::new().entries(64).bytes(4_096);
/// assert_eq!((limits.max_entries(), limits.max_bytes()), (64, 4_096));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    entries: usize,
    bytes: usize,
}

impl Limits {
    /// 10 000 entries and 4 MiB: 72 hours of one effect every 26 s, in the memory of a small gateway.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: 10_000,
            bytes: 4 << 20,
        }
    }

    /// At most `entries` effects in an outbox, or sources in an inbox.
    #[must_use]
    pub const fn entries(mut self, entries: usize) -> Self {
        self.entries = entries;
        self
    }

    /// At most `bytes` bytes of effects in all.
    #[must_use]
    pub const fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// The most effects or sources.
    #[must_use]
    pub const fn max_entries(self) -> usize {
        self.entries
    }

    /// The most bytes of effects.
    #[must_use]
    pub const fn max_bytes(self) -> usize {
        self.bytes
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}
