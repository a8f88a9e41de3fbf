//! What a session may use: [`Limits`].

use core::time::Duration;

use gofarm_core::time::{Instant, hours, millis, minutes, secs};

use crate::capacity::Capacity;

/// The bounds of one session; each side keeps its own and honours those that the other announces.
///
/// ```
/// use gofarm_core::time::minutes;
/// use gofarm_crdt::sync::Limits;
///
/// let cellular = Limits::mqtt().with_keep_alive(minutes(10)).with_max_frame(512);
/// assert_eq!(cellular.max_frame(), 512);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    max_frame: u16,
    window: u8,
    window_bytes: u32,
    outstanding: usize,
    dictionary: u16,
    runs: usize,
    entries: usize,
    item_bytes: usize,
    // Times in microseconds: arithmetic with a `Duration` takes three times the flash.
    ack_delay: u64,
    rto_initial: u64,
    rto_min: u64,
    rto_max: u64,
    keep_alive: u64,
    retry_refused: u64,
}

impl Limits {
    /// The smallest frame that a link must carry, in bytes.
    pub const MIN_FRAME: u16 = 48;
    /// The most frames that may wait for their acknowledgement.
    pub const MAX_WINDOW: u8 = 128;

    /// For LoRa: 48-byte frames, round trips of seconds to minutes, silence but for one frame an hour.
    #[must_use]
    pub const fn lora() -> Self {
        Self {
            max_frame: Self::MIN_FRAME,
            window: 16,
            window_bytes: 1_024,
            outstanding: 64,
            dictionary: 64,
            runs: 256,
            entries: 32,
            item_bytes: 2_048,
            ack_delay: const { micros(secs(2)) },
            rto_initial: const { micros(secs(20)) },
            rto_min: const { micros(secs(6)) },
            rto_max: const { micros(minutes(10)) },
            keep_alive: const { micros(hours(1)) },
            retry_refused: const { micros(minutes(30)) },
        }
    }

    /// For MQTT over a cellular network: round trips of 0.1 to 6 s; one frame in 5 minutes when idle.
    #[must_use]
    pub const fn mqtt() -> Self {
        Self {
            max_frame: 1_400,
            window: 64,
            window_bytes: 65_536,
            outstanding: 8_192,
            dictionary: 1_024,
            runs: 65_536,
            entries: 1_024,
            item_bytes: 65_536,
            ack_delay: const { micros(millis(100)) },
            rto_initial: const { micros(secs(3)) },
            rto_min: const { micros(secs(1)) },
            rto_max: const { micros(minutes(2)) },
            keep_alive: const { micros(minutes(5)) },
            retry_refused: const { micros(minutes(5)) },
        }
    }

    /// For a local network: round trips of milliseconds; one frame in 30 s when idle.
    #[must_use]
    pub const fn lan() -> Self {
        Self {
            max_frame: 1_400,
            window: Self::MAX_WINDOW,
            window_bytes: 262_144,
            outstanding: 16_384,
            dictionary: 1_024,
            runs: 65_536,
            entries: 1_024,
            item_bytes: 131_072,
            ack_delay: const { micros(millis(5)) },
            rto_initial: const { micros(millis(500)) },
            rto_min: const { micros(millis(50)) },
            rto_max: const { micros(secs(10)) },
            keep_alive: const { micros(secs(30)) },
            retry_refused: const { micros(minutes(1)) },
        }
    }

    /// The largest frame to send and to accept, in bytes; at least 48.
    #[must_use]
    pub const fn with_max_frame(mut self, bytes: u16) -> Self {
        self.max_frame = if bytes < Self::MIN_FRAME {
            Self::MIN_FRAME
        } else {
            bytes
        };
        self
    }

    /// How many frames may wait for their acknowledgement, 1 to 128.
    #[must_use]
    pub const fn with_window(mut self, frames: u8) -> Self {
        self.window = match frames {
            0 => 1,
            frames if frames > Self::MAX_WINDOW => Self::MAX_WINDOW,
            frames => frames,
        };
        self
    }

    /// How many bytes may wait for their acknowledgement; one frame always may.
    #[must_use]
    pub const fn with_window_bytes(mut self, bytes: u32) -> Self {
        self.window_bytes = bytes;
        self
    }

    /// How many cells may wait for their acknowledgement.
    #[must_use]
    pub const fn with_outstanding(mut self, cells: usize) -> Self {
        self.outstanding = cells;
        self
    }

    /// For how many writers of each direction a short name is kept.
    #[must_use]
    pub const fn with_dictionary(mut self, actors: u16) -> Self {
        self.dictionary = actors;
        self
    }

    /// How many runs are kept of what the peer has above its prefix; what is beyond is sent once more.
    #[must_use]
    pub const fn with_runs(mut self, runs: usize) -> Self {
        self.runs = runs;
        self
    }

    /// How many writers a received cell may have.
    #[must_use]
    pub const fn with_entries(mut self, entries: usize) -> Self {
        self.entries = entries;
        self
    }

    /// The largest cell that is put together from fragments, in bytes.
    #[must_use]
    pub const fn with_item_bytes(mut self, bytes: usize) -> Self {
        self.item_bytes = bytes;
        self
    }

    /// How long an acknowledgement waits for data to travel with.
    #[must_use]
    pub const fn with_ack_delay(mut self, delay: Duration) -> Self {
        self.ack_delay = micros(delay);
        self
    }

    /// The retransmission time-out: before a round trip was measured, at least, at most.
    #[must_use]
    pub const fn with_rto(mut self, initial: Duration, min: Duration, max: Duration) -> Self {
        self.rto_initial = micros(initial);
        self.rto_min = micros(min);
        self.rto_max = micros(max);
        self
    }

    /// After how much silence a greeting is sent: it tells that this side lives, and its digest.
    #[must_use]
    pub const fn with_keep_alive(mut self, interval: Duration) -> Self {
        self.keep_alive = micros(interval);
        self
    }

    /// After what time cells that the peer refused are offered again.
    #[must_use]
    pub const fn with_retry_refused(mut self, interval: Duration) -> Self {
        self.retry_refused = micros(interval);
        self
    }

    /// The largest frame, in bytes.
    #[must_use]
    pub const fn max_frame(&self) -> u16 {
        self.max_frame
    }

    /// The interval of greetings on an idle link.
    #[must_use]
    pub const fn keep_alive(&self) -> Duration {
        Duration::from_micros(self.keep_alive)
    }

    pub(super) const fn silence(&self) -> u64 {
        self.keep_alive
    }

    pub(super) const fn window(&self) -> u8 {
        self.window
    }

    pub(super) const fn window_bytes(&self) -> u32 {
        self.window_bytes
    }

    pub(super) const fn outstanding(&self) -> usize {
        self.outstanding
    }

    pub(super) const fn dictionary(&self) -> u16 {
        self.dictionary
    }

    pub(super) const fn runs(&self) -> usize {
        self.runs
    }

    pub(super) const fn entries(&self) -> usize {
        self.entries
    }

    pub(super) const fn item_bytes(&self) -> usize {
        self.item_bytes
    }

    pub(super) const fn ack_delay(&self) -> u64 {
        self.ack_delay
    }

    pub(super) const fn rto_initial(&self) -> u64 {
        self.rto_initial
    }

    /// A time-out, no shorter and no longer than allowed.
    pub(super) fn bounded(&self, timeout: u64) -> u64 {
        timeout.min(self.rto_max).max(self.rto_min)
    }

    pub(super) const fn retry_refused(&self) -> u64 {
        self.retry_refused
    }

    /// As much of it as lists of these capacities can hold.
    pub(super) fn clamped<C: Capacity, B: Capacity>(mut self) -> Self {
        let dictionary = u16::try_from(C::LIMIT).unwrap_or(u16::MAX);
        let window = u8::try_from(C::LIMIT).unwrap_or(u8::MAX);
        self.dictionary = self.dictionary.min(dictionary);
        self.window = self.window.min(window).max(1);
        self.outstanding = self.outstanding.min(C::LIMIT);
        self.runs = self.runs.min(C::LIMIT);
        self.entries = self.entries.min(C::LIMIT);
        self.item_bytes = self.item_bytes.min(B::LIMIT);
        self
    }
}

const fn micros(duration: Duration) -> u64 {
    Instant::ZERO.saturating_add(duration).as_micros()
}
