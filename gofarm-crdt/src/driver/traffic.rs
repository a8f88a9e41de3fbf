//! [`Traffic`]: what went over a link.

/// What was sent over a link, and what of it is known to be lost; counts saturate.
///
/// See [`channel`](super::channel) for an example.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    frames: u64,
    bytes: u64,
    losses: u64,
}

impl Traffic {
    pub(super) const fn new() -> Self {
        Self {
            frames: 0,
            bytes: 0,
            losses: 0,
        }
    }

    pub(super) fn sent(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.frames = self.frames.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    pub(super) const fn lost(&mut self) {
        self.losses = self.losses.saturating_add(1);
    }

    /// The frames that were sent and not lost at once.
    #[must_use]
    pub const fn frames(self) -> u64 {
        self.frames
    }

    /// Their bytes, without what the link adds.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.bytes
    }

    /// The frames that were lost here: for want of room, or because the link was down.
    #[must_use]
    pub const fn losses(self) -> u64 {
        self.losses
    }
}
