//! [`pair`]: a wire between two ports, as slow as its bit rate.
//!
//! ```
//! use gofarm_core::time::{Instant, millis};
//! use gofarm_hal::emulator::line;
//! use gofarm_hal::serial::Port;
//!
//! let (mut recorder, mut sensor) = line::pair(1_200);
//! let start = Instant::from_secs(1);
//! recorder.write(start, b"0!")?;
//! let mut bytes = [0; 8];
//! assert_eq!(sensor.read(start + millis(8), &mut bytes)?, 0); // ten bits take 8.34 ms
//! assert_eq!(sensor.read(start + millis(9), &mut bytes)?, 1);
//! assert_eq!(sensor.read(start + millis(17), &mut bytes)?, 1);
//! # Ok::<(), line::LineError>(())
//! ```
//!
//! Both directions are wires of their own: what collides on a bus of two wires does not collide here, and there is no
//! echo. Lost and changed bytes are for a fault injector between a port and its user; here the cable can be
//! [cut](End::cut).

use core::time::Duration;
use std::sync::{Mutex, PoisonError};

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use gofarm_core::device::Progress;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::Instant;

use crate::sdi12::DetectBreak;
use crate::serial::{Port, SetBaudRate, SetBreak};

/// Two ports with a wire between them, at so many bit/s (0 is taken as 1), ten bits a character.
#[must_use]
pub fn pair(bits_per_second: u32) -> (End, End) {
    let wire = Arc::new(Mutex::new(Wire {
        cut: false,
        sides: [Side::new(bits_per_second), Side::new(bits_per_second)],
    }));
    let left = End {
        wire: Arc::clone(&wire),
        side: 0,
    };
    (left, End { wire, side: 1 })
}

/// One end of a wire.
///
/// See the [module](self).
#[derive(Debug)]
pub struct End {
    wire: Arc<Mutex<Wire>>,
    side: usize,
}

#[derive(Debug)]
struct Wire {
    cut: bool,
    sides: [Side; 2],
}

/// What one end sends, and what is on its way to it.
#[derive(Debug)]
struct Side {
    bits_per_second: u32,
    /// When the last bit of what was written has left.
    drained: Instant,
    /// Since when it holds the line down.
    breaking: Option<Instant>,
    arriving: VecDeque<(Instant, Arrival)>,
    breaks: VecDeque<(Instant, Duration)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Arrival {
    byte: u8,
    bits_per_second: u32,
}

impl Side {
    const fn new(bits_per_second: u32) -> Self {
        Self {
            bits_per_second: if bits_per_second == 0 {
                1
            } else {
                bits_per_second
            },
            drained: Instant::ZERO,
            breaking: None,
            arriving: VecDeque::new(),
            breaks: VecDeque::new(),
        }
    }

    fn character(&self) -> Duration {
        Duration::from_micros(10_000_000_u64.div_ceil(self.bits_per_second.into()))
    }
}

impl End {
    /// Cuts the cable, in both directions, or mends it. What is on its way is lost.
    pub fn cut(&self, cut: bool) {
        let mut wire = self.wire.lock().unwrap_or_else(PoisonError::into_inner);
        wire.cut = cut;
        for side in &mut wire.sides {
            side.arriving.clear();
            side.breaks.clear();
        }
    }

    /// Does something with both sides: this one and the other.
    fn with<T>(&self, act: impl FnOnce(bool, &mut Side, &mut Side) -> T) -> T {
        let mut wire = self.wire.lock().unwrap_or_else(PoisonError::into_inner);
        let Wire { cut, sides } = &mut *wire;
        let [left, right] = sides;
        if self.side == 0 {
            act(*cut, left, right)
        } else {
            act(*cut, right, left)
        }
    }
}

/// The first of `queue`, if its time has come.
fn pop_arrived<T>(queue: &mut VecDeque<(Instant, T)>, now: Instant) -> Option<(Instant, T)> {
    if queue.front()?.0 <= now {
        queue.pop_front()
    } else {
        None
    }
}

impl Port for End {
    type Error = LineError;

    fn read(&mut self, now: Instant, into: &mut [u8]) -> Result<usize, LineError> {
        self.with(|_, me, _| {
            let mut len = 0;
            while let Some(place) = into.get_mut(len) {
                let Some((_, arrival)) = pop_arrived(&mut me.arriving, now) else {
                    break;
                };
                let rates = (arrival.bits_per_second, me.bits_per_second);
                if rates.0.abs_diff(rates.1) > rates.1 / 20 {
                    if len == 0 {
                        return Err(LineError::Framing);
                    }
                    me.arriving.push_front((now, arrival));
                    break;
                }
                *place = arrival.byte;
                len += 1;
            }
            Ok(len)
        })
    }

    fn write(&mut self, now: Instant, bytes: &[u8]) -> Result<usize, LineError> {
        self.with(|cut, me, other| {
            let bits_per_second = me.bits_per_second;
            for byte in bytes {
                me.drained = me.drained.max(now) + me.character();
                if !cut {
                    let arrival = Arrival {
                        byte: *byte,
                        bits_per_second,
                    };
                    other.arriving.push_back((me.drained, arrival));
                }
            }
            Ok(bytes.len())
        })
    }

    fn poll_drained(&mut self, now: Instant) -> Progress<Result<(), LineError>> {
        self.with(|_, me, _| {
            if now < me.drained {
                Progress::WouldBlock(me.drained)
            } else {
                Progress::Ready(Ok(()))
            }
        })
    }
}

impl SetBaudRate for End {
    fn set_baud_rate(&mut self, bits_per_second: u32) -> Result<(), LineError> {
        self.with(|_, me, _| me.bits_per_second = bits_per_second.max(1));
        Ok(())
    }
}

impl SetBreak for End {
    fn set_break(&mut self, now: Instant, on: bool) -> Result<(), LineError> {
        self.with(|cut, me, other| {
            if on {
                me.breaking.get_or_insert(now);
            } else if let Some(since) = me.breaking.take()
                && !cut
            {
                let length = now.saturating_since(since);
                other.breaks.push_back((now, length));
            }
        });
        Ok(())
    }
}

impl DetectBreak for End {
    fn poll_break(&mut self, now: Instant) -> Result<Option<(Instant, Duration)>, LineError> {
        Ok(self.with(|_, me, _| pop_arrived(&mut me.breaks, now)))
    }
}

/// Why a character did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// The other end sends at another speed.
    #[error("a character with a wrong stop bit: the other end has another bit rate")]
    Framing,
}

impl Classify for LineError {
    fn kind(&self) -> Kind {
        Kind::Transient
    }
}
