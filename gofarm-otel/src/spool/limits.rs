//! How much a spool may take: [`Limits`].

/// How much a spool may take of a disk, at a time and in a day.
///
/// ```
/// use gofarm_otel::spool::Limits;
///
/// let limits = Limits::new(64 << 20);
/// assert_eq!((limits.bytes(), limits.segment_bytes()), (64 << 20, 1 << 20));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Limits {
    bytes: u64,
    segment_bytes: u64,
    bytes_per_day: u64,
}

impl Limits {
    /// The least bytes of a segment.
    const LEAST: u64 = 4_096;

    /// At most `bytes` at a time (at least 16 KiB), in segments of 1 MiB or, in a small spool, a quarter of it; at most
    /// 512 MiB written in any 24 hours.
    ///
    /// A segment is what is lost at once when the spool is full. 512 MiB a day wear an 8 GB flash chip that
    /// stands 3000 erasures down in 30 years, if each byte written costs four.
    pub const fn new(bytes: u64) -> Self {
        let bytes = if bytes < 4 * Self::LEAST {
            4 * Self::LEAST
        } else {
            bytes
        };
        Self {
            bytes,
            segment_bytes: if bytes / 4 < 1 << 20 {
                bytes / 4
            } else {
                1 << 20
            },
            bytes_per_day: 512 << 20,
        }
    }

    /// These limits with segments of that many bytes: at least 4 KiB, at most a quarter of the spool.
    pub const fn with_segment_bytes(mut self, bytes: u64) -> Self {
        self.segment_bytes = if bytes < Self::LEAST {
            Self::LEAST
        } else if bytes > self.bytes / 4 {
            self.bytes / 4
        } else {
            bytes
        };
        self
    }

    /// These limits with that many bytes written in any 24 hours.
    pub const fn with_bytes_per_day(mut self, bytes: u64) -> Self {
        self.bytes_per_day = bytes;
        self
    }

    /// Bytes of all segments together, at most.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes of one segment, at most; a batch and its header of 24 bytes must fit into one.
    #[must_use]
    pub const fn segment_bytes(&self) -> u64 {
        self.segment_bytes
    }

    /// Bytes written in any 24 hours, at most.
    #[must_use]
    pub const fn bytes_per_day(&self) -> u64 {
        self.bytes_per_day
    }
}
