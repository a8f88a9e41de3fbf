//! The ids of traces and spans.

use core::cell::Cell;
use core::hash::{BuildHasher, Hasher};
use std::hash::RandomState;
use std::sync::{Mutex, PoisonError};

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::trace_context::{SpanId, TraceContext};

/// The bit by which W3C Trace Context, level 2, says that the low 56 bits of a trace id are random.
const RANDOM: u8 = 0x02;

/// Where ids come from.
#[derive(Debug)]
pub(super) enum Ids {
    /// Two generators for each thread, seeded by the operating system.
    Thread,
    /// One generator for all threads.
    Seeded(Mutex<SplitMix64>),
}

/// What a thread draws from.
///
/// With one generator of 64 bits two of the many threads of a fleet would give the same ids after some billion
/// traces, for they walk the same circle; two of them make 128 bits of state.
#[derive(Clone)]
struct Generators(SplitMix64, SplitMix64);

std::thread_local! {
    static GENERATORS: Cell<Option<Generators>> = const { Cell::new(None) };
}

impl Ids {
    /// A span caused by `parent`, or a trace of its own; not sampled.
    pub(super) fn next(&self, parent: Option<TraceContext>) -> TraceContext {
        match self {
            Self::Seeded(random) => {
                let mut random = random.lock().unwrap_or_else(PoisonError::into_inner);
                below(parent, &mut *random)
            }
            Self::Thread => {
                let known = GENERATORS.take();
                let mut generators = known.unwrap_or_else(Generators::from_system);
                let context = below(parent, &mut || generators.draw());
                GENERATORS.set(Some(generators));
                context
            }
        }
    }
}

impl Generators {
    /// Seeds from the keys that the standard library draws from the operating system for its hash maps.
    fn from_system() -> Self {
        let seed = || SplitMix64::new(RandomState::new().build_hasher().finish());
        Self(seed(), seed())
    }

    /// Takes turns, so that the two halves of a trace id come from both.
    fn draw(&mut self) -> u64 {
        core::mem::swap(&mut self.0, &mut self.1);
        self.0.next_u64()
    }
}

fn below(parent: Option<TraceContext>, random: &mut impl Random) -> TraceContext {
    match parent {
        Some(parent) => parent
            .child(SpanId::random(random))
            .with_flags(parent.flags() & RANDOM),
        None => TraceContext::root(random).with_flags(RANDOM),
    }
}
