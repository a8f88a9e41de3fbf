//! A line between two ports, with faults.

use alloc::rc::Rc;
use core::cell::RefCell;
use core::convert::Infallible;
use core::time::Duration;

use gofarm_core::device::Progress;
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::Instant;
use gofarm_hal::serial::Port;

/// What goes wrong with a write, each in so many of 1 000.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Faults {
    /// All of it is lost.
    pub(super) loss: u64,
    /// One of its bytes is lost.
    pub(super) cut: u64,
    /// One of its bits is turned.
    pub(super) noise: u64,
    /// It comes twice, one directly after the other.
    pub(super) twice: u64,
    /// It comes later, by up to `delay`.
    pub(super) late: u64,
    pub(super) delay: Duration,
    /// There are bytes before it that nobody sent.
    pub(super) garbage: u64,
}

struct Way {
    /// By the time at which they are there.
    bytes: Vec<(Instant, u8)>,
    /// When the last bit leaves the sender.
    drained: Instant,
}

struct Inside {
    ways: [Way; 2],
    faults: Faults,
    random: SplitMix64,
    character: Duration,
    /// How many bytes the ports move at a time.
    chunk: usize,
}

/// One end of a line.
#[derive(Clone)]
pub(super) struct End {
    inside: Rc<RefCell<Inside>>,
    side: usize,
}

/// Both ends of a line of 115 200 bit/s.
pub(super) fn line(seed: u64, faults: Faults) -> (End, End) {
    let way = || Way {
        bytes: Vec::new(),
        drained: Instant::ZERO,
    };
    let inside = Rc::new(RefCell::new(Inside {
        ways: [way(), way()],
        faults,
        random: SplitMix64::new(seed),
        character: Duration::from_micros(96),
        chunk: usize::MAX,
    }));
    let other = Rc::clone(&inside);
    (
        End { inside, side: 0 },
        End {
            inside: other,
            side: 1,
        },
    )
}

impl End {
    /// Makes both ends take and give at most so many bytes at once.
    pub(super) fn chunk(&self, chunk: usize) {
        self.inside.borrow_mut().chunk = chunk;
    }

    /// Puts bytes on the line as if this end had sent them just now.
    pub(super) fn inject(&self, now: Instant, bytes: &[u8]) {
        let way = &mut self.inside.borrow_mut().ways[self.side];
        way.bytes.extend(bytes.iter().map(|byte| (now, *byte)));
        way.bytes.sort_by_key(|(at, _)| *at);
    }

    /// What this end has sent and the other has not read.
    pub(super) fn sent(&self) -> Vec<u8> {
        let inside = self.inside.borrow();
        inside.ways[self.side]
            .bytes
            .iter()
            .map(|(_, byte)| *byte)
            .collect()
    }
}

impl Inside {
    fn happens(&mut self, in_1000: u64) -> bool {
        self.random.below(1_000) < in_1000
    }

    fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.random.below(len.try_into().unwrap())).unwrap()
    }
}

impl Port for End {
    type Error = Infallible;

    fn read(&mut self, now: Instant, into: &mut [u8]) -> Result<usize, Infallible> {
        let inside = &mut *self.inside.borrow_mut();
        let way = &mut inside.ways[1 - self.side];
        let ready = way.bytes.iter().take_while(|(at, _)| *at <= now).count();
        let count = ready.min(into.len()).min(inside.chunk);
        for (to, (_, byte)) in into.iter_mut().zip(way.bytes.drain(..count)) {
            *to = byte;
        }
        Ok(count)
    }

    fn write(&mut self, now: Instant, bytes: &[u8]) -> Result<usize, Infallible> {
        let inside = &mut *self.inside.borrow_mut();
        let taken = bytes.len().min(inside.chunk);
        let mut come = bytes[..taken].to_vec();
        let faults = inside.faults;
        if inside.happens(faults.noise) {
            let at = inside.index(come.len());
            come[at] ^= 1 << inside.random.below(8);
        }
        if inside.happens(faults.cut) {
            let at = inside.index(come.len());
            come.remove(at);
        }
        if inside.happens(faults.twice) {
            come.extend(come.clone());
        }
        if inside.happens(faults.garbage) {
            let len = 1 + inside.index(9);
            let garbage: Vec<u8> = (0..len)
                .map(|_| inside.random.next_u64().to_le_bytes()[0])
                .collect();
            come.splice(..0, garbage);
        }
        if inside.happens(faults.loss) {
            come.clear();
        }
        let mut at = now.max(inside.ways[self.side].drained);
        inside.ways[self.side].drained = at + inside.character * u32::try_from(taken).unwrap();
        if inside.happens(faults.late) {
            let most = u64::try_from(faults.delay.as_micros()).unwrap();
            at += Duration::from_micros(inside.random.below(most));
        }
        for byte in come {
            at += inside.character;
            inside.ways[self.side].bytes.push((at, byte));
        }
        inside.ways[self.side].bytes.sort_by_key(|(at, _)| *at);
        Ok(taken)
    }

    fn poll_drained(&mut self, now: Instant) -> Progress<Result<(), Infallible>> {
        let drained = self.inside.borrow().ways[self.side].drained;
        if now < drained {
            Progress::WouldBlock(drained)
        } else {
            Progress::Ready(Ok(()))
        }
    }
}
