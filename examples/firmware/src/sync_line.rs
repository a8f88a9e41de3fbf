//! [`SyncLine`]: a board's state in step with a gateway, over a serial line.

use gofarm_core::time::{Instant, UnixMillis};
use gofarm_crdt::Replicated;
use gofarm_crdt::board::Board;
use gofarm_crdt::capacity::Fixed;
use gofarm_crdt::clock::Now;
use gofarm_crdt::sync::{Event, Limits, PeerIdentity, Session};
use gofarm_hal::serial::{Frames, Port};

use crate::line_frame::{COMMISSION, OF_SESSION, OF_TIME, read_time};

/// The longest frame of a session on this line, in bytes. A cell of [`Plot`](crate::plot::Plot) with the longest numbers
/// and all of its writers is at most 167, and a frame has at most 16 beside it: the session needs no fragments.
const FRAME: usize = 184;

/// A session over a line: the cable says who the peer is.
///
/// A session knows no wall time and a node has no clock that runs without power, so the gateway says it beside.
pub struct SyncLine<P, const ACTORS: usize> {
    frames: Frames<P, { FRAME + 3 }>,
    session: Session<Fixed<ACTORS>, Fixed<0>>,
    time: Option<UnixMillis>,
    is_commissioned: bool,
    refused: u32,
}

impl<P: Port, const ACTORS: usize> SyncLine<P, ACTORS> {
    /// Begins a session; `number` is 32 random bits.
    pub fn new(port: P, peer: PeerIdentity<Fixed<ACTORS>>, number: u32) -> Self {
        const LIMITS: Limits = Limits::lan()
            .with_max_frame(FRAME as u16)
            .with_keep_alive(gofarm_core::time::secs(2));
        Self {
            frames: Frames::new(port),
            session: Session::of_capacity(peer, LIMITS, number),
            time: None,
            is_commissioned: false,
            refused: 0,
        }
    }

    /// Moves what can be moved now.
    #[inline(never)]
    pub fn poll<T: Replicated, const CELLS: usize>(
        &mut self,
        board: &mut Board<'_, T, ACTORS, CELLS>,
        now: Now,
    ) {
        let at = now.instant();
        while let Ok(Some(frame)) = self.frames.poll_receive(at) {
            let is_refused = match frame.split_first() {
                Some((&OF_SESSION, frame)) => self.session.handle_input(board, now, frame).is_err(),
                Some((&OF_TIME, time)) => {
                    self.time = read_time(time).or(self.time);
                    false
                }
                _ if frame == COMMISSION => {
                    self.is_commissioned = true;
                    false
                }
                _ => true,
            };
            self.refused += u32::from(is_refused);
        }
        while let Ok(true) = self.frames.poll_send(at) {
            let mut frame = [OF_SESSION; FRAME + 1];
            let Some(len) = self.session.poll_transmit(board, now, &mut frame[1..]) else {
                break;
            };
            let sent = self.frames.send(&frame[..=len]);
            debug_assert!(
                sent.is_ok(),
                "the line was free and the frame is no longer than it"
            );
        }
    }

    /// What time the peer says it is, once.
    pub fn poll_time(&mut self) -> Option<UnixMillis> {
        self.time.take()
    }

    /// Whether the installer said that no command was ever sent here, once.
    pub fn poll_commissioned(&mut self) -> bool {
        core::mem::take(&mut self.is_commissioned)
    }

    /// What happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.session.poll_event()
    }

    /// When to poll at the latest, whatever arrives.
    pub fn poll_timeout(&self) -> Instant {
        self.session.poll_timeout()
    }

    /// Frames that were not accepted.
    pub fn refused(&self) -> u32 {
        self.refused
    }
}
