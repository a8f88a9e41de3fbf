//! [`Frames`]: messages on a line that only knows bytes.

use core::ops::Range;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::Instant;

use super::Port;

/// Messages of up to a few hundred bytes over a [`Port`], each whole or not at all.
///
/// A serial line loses bytes, adds noise, and is plugged in while the other side is talking. So messages are encoded
/// with Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999), which frees the byte 0 to stand between them: one
/// byte more in 254, and after any damage the next message is read again. What was damaged may still decode, as
/// something else: a message carries its own check, as those of a sync session do.
///
/// `N` is the most bytes of an encoded message with its 0: `len + len / 254 + 2`. It holds two buffers of that size.
///
/// ```
/// # use core::convert::Infallible;
/// # use gofarm_core::device::Progress;
/// # use gofarm_hal::serial::Port;
/// # #[derive(Default)]
/// # struct Loop(Vec<u8>);
/// # impl Port for Loop {
/// #     type Error = Infallible;
/// #     fn read(&mut self, _: Instant, into: &mut [u8]) -> Result<usize, Infallible> {
/// #         let len = self.0.len().min(into.len());
/// #         for (to, from) in into.iter_mut().zip(self.0.drain(..len)) { *to = from; }
/// #         Ok(len)
/// #     }
/// #     fn write(&mut self, _: Instant, bytes: &[u8]) -> Result<usize, Infallible> {
/// #         self.0.extend(bytes);
/// #         Ok(bytes.len())
/// #     }
/// #     fn poll_drained(&mut self, _: Instant) -> Progress<Result<(), Infallible>> {
/// #         Progress::Ready(Ok(()))
/// #     }
/// # }
/// use gofarm_core::time::Instant;
/// use gofarm_hal::serial::Frames;
///
/// let now = Instant::ZERO;
/// let mut line: Frames<_, 128> = Frames::new(Loop::default()); // what is written comes back
/// line.send(b"moisture 0.31")?;
/// line.poll_send(now)?;
/// assert_eq!(line.poll_receive(now)?, Some(&b"moisture 0.31"[..]));
/// assert_eq!(line.poll_receive(now)?, None);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Frames<P, const N: usize> {
    port: P,
    inbox: [u8; N],
    /// Bytes in the inbox, and how many of them were handed out.
    filled: usize,
    used: usize,
    /// What comes up to the next 0 is the rest of something too long.
    is_skipping: bool,
    lost: u32,
    outbox: [u8; N],
    sending: usize,
    sent: usize,
}

impl<P, const N: usize> Frames<P, N> {
    /// Messages over `port`.
    #[must_use]
    pub const fn new(port: P) -> Self {
        const { assert!(N >= 3, "room for a message of one byte") };
        Self {
            port,
            inbox: [0; N],
            filled: 0,
            used: 0,
            is_skipping: false,
            lost: 0,
            outbox: [0; N],
            sending: 0,
            sent: 0,
        }
    }

    /// How many messages came that were too long or could not be decoded.
    #[must_use]
    pub const fn lost(&self) -> u32 {
        self.lost
    }

    /// Whether a message is on its way out; another one has to wait.
    #[must_use]
    pub const fn is_sending(&self) -> bool {
        self.sent < self.sending
    }

    /// The port.
    pub const fn port(&mut self) -> &mut P {
        &mut self.port
    }

    /// Takes a message; [`poll_send`](Self::poll_send) moves it.
    ///
    /// # Errors
    /// [`SendError`]: nothing was taken.
    pub fn send(&mut self, message: &[u8]) -> Result<(), SendError> {
        if self.is_sending() {
            return Err(SendError::Busy);
        }
        let too_long = SendError::TooLong {
            len: message.len(),
            limit: N,
        };
        if cobs::max_encoding_length(message.len()) >= N {
            return Err(too_long);
        }
        let len = cobs::try_encode(message, &mut self.outbox).map_err(|_| too_long)?;
        match self.outbox.get_mut(len) {
            Some(end) => *end = 0,
            None => return Err(too_long),
        }
        self.sending = len + 1;
        self.sent = 0;
        Ok(())
    }
}

impl<P: Port, const N: usize> Frames<P, N> {
    /// Writes as much as the port takes now; whether nothing is left.
    ///
    /// # Errors
    /// The port's; the message goes on with the next call.
    pub fn poll_send(&mut self, now: Instant) -> Result<bool, P::Error> {
        while let Some(rest) = self.outbox.get(self.sent..self.sending)
            && !rest.is_empty()
        {
            match self.port.write(now, rest)? {
                0 => return Ok(false),
                len => self.sent += len.min(rest.len()),
            }
        }
        Ok(true)
    }

    /// The next message that has come whole; the one before is gone then. Call it until it says `None`.
    ///
    /// # Errors
    /// The port's; what had come is kept.
    pub fn poll_receive(&mut self, now: Instant) -> Result<Option<&[u8]>, P::Error> {
        let place = self.poll_place(now)?;
        Ok(place.map(|place| self.message(place)))
    }

    /// The message at a place that [`poll_place`](Self::poll_place) has just given.
    pub(super) fn message(&self, place: Range<usize>) -> &[u8] {
        self.inbox.get(place).unwrap_or_default()
    }

    /// Where in the inbox the next message is that has come whole.
    pub(super) fn poll_place(&mut self, now: Instant) -> Result<Option<Range<usize>>, P::Error> {
        loop {
            while let Some(end) = self.next_end() {
                let begin = core::mem::replace(&mut self.used, end + 1);
                if core::mem::take(&mut self.is_skipping) {
                    self.lost = self.lost.saturating_add(1);
                    continue;
                }
                if begin == end {
                    continue; // two 0 in a row: nothing between
                }
                let encoded = self.inbox.get_mut(begin..end).unwrap_or_default();
                match cobs::decode_in_place(encoded) {
                    Ok(len) => return Ok(Some(begin..begin + len)),
                    Err(_) => self.lost = self.lost.saturating_add(1),
                }
            }
            self.make_room();
            let room = self.inbox.get_mut(self.filled..).unwrap_or_default();
            let limit = room.len();
            match self.port.read(now, room)? {
                0 => return Ok(None),
                len => self.filled += len.min(limit),
            }
        }
    }

    /// Where the next message ends that has not been handed out.
    fn next_end(&self) -> Option<usize> {
        let rest = self.inbox.get(self.used..self.filled)?;
        Some(self.used + rest.iter().position(|&byte| byte == 0)?)
    }

    /// Moves what is left to the front; a message that fills the whole inbox without end is dropped.
    fn make_room(&mut self) {
        self.inbox.copy_within(self.used..self.filled, 0);
        self.filled -= self.used;
        self.used = 0;
        if self.filled == N {
            self.is_skipping = true;
        }
        if self.is_skipping {
            self.filled = 0;
        }
    }
}

/// Why a message was not taken.
///
/// ```
/// use gofarm_hal::serial::SendError;
///
/// let error = SendError::TooLong { len: 300, limit: 256 };
/// assert_eq!(error.to_string(), "a message of 300 bytes does not fit into 256 when encoded");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SendError {
    /// Another message is on its way out.
    #[error("another message is on its way out")]
    Busy,
    /// Its encoding does not fit.
    #[error("a message of {len} bytes does not fit into {limit} when encoded")]
    TooLong {
        /// Its length, in bytes.
        len: usize,
        /// Room for an encoded message, in bytes.
        limit: usize,
    },
}

impl Classify for SendError {
    fn kind(&self) -> Kind {
        match self {
            Self::Busy => Kind::Overloaded,
            Self::TooLong { .. } => Kind::Invalid,
        }
    }

    fn was_sent(&self) -> bool {
        false
    }
}
