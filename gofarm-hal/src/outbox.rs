//! [`Outbox`]: bytes on their way out of a port.

use core::ops::Range;
use core::time::Duration;

use gofarm_core::device::Progress;
use gofarm_core::time::Instant;

use crate::serial::Port;

/// The bytes that a machine wants sent, from when it names them until their last bit has left.
#[derive(Debug)]
pub(crate) struct Outbox<const N: usize> {
    bytes: [u8; N],
    pending: Range<usize>,
    /// When everything must have left at the latest, while something leaves.
    limit: Option<Instant>,
}

/// How far the bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outgoing {
    /// There were none; others may be sent.
    Nothing,
    /// They are leaving.
    Leaving,
    /// They are still leaving, and should not be any more.
    Stuck,
    /// The last one has just left; others may be sent.
    Left,
}

impl<const N: usize> Outbox<N> {
    /// Nothing to send.
    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; N],
            pending: 0..0,
            limit: None,
        }
    }

    /// Room for the bytes of [`send`](Self::send).
    pub(crate) const fn room(&mut self) -> &mut [u8; N] {
        &mut self.bytes
    }

    /// Sends the first `len` bytes of the room, which must have left after `patience`.
    pub(crate) fn send(&mut self, len: usize, now: Instant, patience: Duration) {
        self.pending = 0..len.min(N);
        self.limit = Some(now + patience);
    }

    /// Whether something is on its way.
    pub(crate) const fn is_leaving(&self) -> bool {
        self.limit.is_some()
    }

    /// Drops what the port has not taken; what it has taken still leaves.
    pub(crate) fn drop_rest(&mut self) {
        self.pending = 0..0;
    }

    /// Moves as many bytes as the port takes.
    ///
    /// # Errors
    /// The port's; what was not taken is still on its way.
    pub(crate) fn poll<P: Port>(
        &mut self,
        port: &mut P,
        now: Instant,
    ) -> Result<Outgoing, P::Error> {
        let Some(limit) = self.limit else {
            return Ok(Outgoing::Nothing);
        };
        let rest = self.bytes.get(self.pending.clone()).unwrap_or_default();
        if !rest.is_empty() {
            self.pending.start += port.write(now, rest)?.min(rest.len());
        }
        if self.pending.is_empty()
            && let Progress::Ready(drained) = port.poll_drained(now)
        {
            drained?;
            self.limit = None;
            return Ok(Outgoing::Left);
        }
        Ok(if now < limit {
            Outgoing::Leaving
        } else {
            Outgoing::Stuck
        })
    }
}

#[cfg(test)]
mod tests {
    use core::convert::Infallible;

    use alloc::vec::Vec;

    use gofarm_core::time::secs;

    use super::*;

    /// Takes at most `room` bytes a call.
    struct Narrow {
        room: usize,
        taken: Vec<u8>,
    }

    impl Port for Narrow {
        type Error = Infallible;

        fn read(&mut self, _: Instant, _: &mut [u8]) -> Result<usize, Infallible> {
            Ok(0)
        }

        fn write(&mut self, _: Instant, bytes: &[u8]) -> Result<usize, Infallible> {
            let len = self.room.min(bytes.len());
            self.taken.extend(&bytes[..len]);
            Ok(len)
        }

        fn poll_drained(&mut self, _: Instant) -> Progress<Result<(), Infallible>> {
            Progress::Ready(Ok(()))
        }
    }

    #[test]
    fn all_bytes_leave_once_and_in_order() {
        let mut out = Outbox::<4>::new();
        let mut port = Narrow {
            room: 3,
            taken: Vec::new(),
        };
        assert_eq!(out.poll(&mut port, Instant::ZERO), Ok(Outgoing::Nothing));
        *out.room() = *b"0M1!";
        out.send(4, Instant::ZERO, secs(2));
        assert_eq!(out.poll(&mut port, Instant::ZERO), Ok(Outgoing::Leaving));
        assert_eq!(out.poll(&mut port, Instant::ZERO), Ok(Outgoing::Left));
        assert_eq!(out.poll(&mut port, Instant::ZERO), Ok(Outgoing::Nothing));
        assert_eq!(port.taken, b"0M1!");
    }

    #[test]
    fn a_port_that_takes_nothing_is_stuck_after_the_limit() {
        let mut out = Outbox::<4>::new();
        let mut port = Narrow {
            room: 0,
            taken: Vec::new(),
        };
        out.send(2, Instant::ZERO, secs(2));
        let end = Instant::from_secs(2);
        assert_eq!(out.poll(&mut port, Instant::ZERO), Ok(Outgoing::Leaving));
        assert_eq!(out.poll(&mut port, end), Ok(Outgoing::Stuck));
        out.drop_rest();
        assert_eq!(out.poll(&mut port, end), Ok(Outgoing::Left));
        assert!(port.taken.is_empty() && !out.is_leaving());
    }
}
