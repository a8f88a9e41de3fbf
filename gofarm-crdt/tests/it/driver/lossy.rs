//! A link that loses frames, and can be cut.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::*;

/// Loses `percent` of what is sent over the link inside, and everything while it is cut.
pub(super) struct Lossy<X> {
    inside: X,
    percent: u64,
    random: SplitMix64,
    wire: Arc<Cable>,
}

/// Both ends of it.
#[derive(Debug, Default)]
pub(super) struct Cable {
    is_cut: AtomicBool,
    frames: AtomicU64,
}

impl Cable {
    pub(super) fn cut(&self, is_cut: bool) {
        self.is_cut.store(is_cut, Ordering::SeqCst);
    }

    pub(super) fn frames(&self) -> u64 {
        self.frames.load(Ordering::SeqCst)
    }
}

impl<X> Lossy<X> {
    pub(super) fn new(inside: X, percent: u64, seed: u64, wire: &Arc<Cable>) -> Self {
        Self {
            inside,
            percent,
            random: SplitMix64::new(seed),
            wire: Arc::clone(wire),
        }
    }
}

impl<X: Transport> Transport for Lossy<X> {
    type Error = X::Error;

    async fn send(&mut self, frame: &[u8]) -> Result<(), X::Error> {
        self.wire.frames.fetch_add(1, Ordering::SeqCst);
        let is_cut = self.wire.is_cut.load(Ordering::SeqCst);
        if is_cut || self.random.below(100) < self.percent {
            return Ok(());
        }
        self.inside.send(frame).await
    }

    async fn receive(&mut self) -> Result<Arrival, X::Error> {
        self.inside.receive().await
    }
}
