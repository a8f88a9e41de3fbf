//! A node starts again: what the cut of its power left, its boot loader, and the first thing that its image does.

use gofarm_core::random::Random as _;
use gofarm_core::time::Instant;
use gofarm_hal::update::{Trial, start};

use super::{Node, SELF_TEST, Step, Told, open};
use crate::season::upkeep::firmware::flash::LAYOUT;

impl Node {
    /// The power was gone and is there again: whatever was being written was cut off.
    pub(in crate::season::upkeep::firmware) fn restarted(&mut self, now: Instant) -> Option<Told> {
        let mut told = None;
        if let Step::Transferring(status) = self.step {
            self.counts.cut_off += 1;
            self.flash.fails_after(self.random.below(100));
            told = self.transfer(now, status);
        }
        let is_accident = !matches!(self.step, Step::Restarting);
        if is_accident && self.random.below(4) == 0 {
            // It flickers: the boot loader is cut off too.
            self.flash.power_returns();
            self.flash.fails_after(self.random.below(24));
            let _ = start(&mut self.flash, &LAYOUT);
        }
        self.flash.power_returns();
        let choice = start(&mut self.flash, &LAYOUT).expect("a flash with power is read");
        self.running = choice.slot();
        self.receiver = open(&self.flash, self.running);
        let started = if self.running == self.receiver.state().confirmed() {
            Some(&self.confirmed)
        } else {
            self.offer.as_ref().map(|offer| &offer.release)
        };
        let is_whole = started.is_some_and(|image| self.flash.holds(self.running, &image.payload));
        self.counts.broken_starts += u32::from(!is_whole);
        told.or(self.boot(now))
    }

    /// What the image that was started does first.
    fn boot(&mut self, now: Instant) -> Option<Told> {
        match (self.receiver.trial(), &mut self.offer) {
            (Trial::Running { .. }, Some(offer)) => {
                // The power went between the record and the word of it.
                self.counts.installed += u32::from(!offer.is_installed);
                offer.is_installed = true;
                self.step = Step::Testing;
                self.next = now + SELF_TEST;
                None
            }
            (Trial::RolledBack, offer) => {
                let offer = offer.take();
                let _ = self.receiver.reject();
                self.step = Step::Resting;
                let version = offer?.release.version;
                self.counts.rolled_back += 1;
                self.fail(now, version, 1);
                Some(Told::RolledBack(version))
            }
            (Trial::Running { .. }, None) => {
                let _ = self.receiver.reject();
                self.step = Step::Due;
                None
            }
            // The attempt could not be recorded: once more.
            (Trial::Pending, Some(_)) => {
                self.step = Step::Due;
                None
            }
            (_, Some(_)) => {
                self.step = Step::CutOff;
                self.next = now;
                None
            }
            (_, None) => {
                self.step = Step::Resting;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::sync::Arc;

    use super::*;
    use crate::season::upkeep::firmware::release::{Image, Signer};
    use embedded_storage::nor_flash::NorFlash as _;
    use gofarm_core::random::SplitMix64;
    use gofarm_hal::update::{Slot, Version};

    #[test]
    fn a_start_from_a_slot_that_rotted_is_counted() {
        let version = Version {
            major: 1,
            minor: 0,
            patch: 0,
        };
        let mut signer = Signer::new(SplitMix64::new(1));
        let factory = Arc::new(signer.release(version, Image::Good));
        let mut node = Node::new(2, signer.public_key(), &factory);
        assert_eq!(node.restarted(Instant::ZERO), None);
        assert_eq!(node.counts().broken_starts, 0);
        let at = LAYOUT.start(Slot::First) + 64;
        node.flash.write(at, &[0; 4]).unwrap();
        assert_eq!(node.restarted(Instant::ZERO), None);
        assert_eq!(node.counts().broken_starts, 1);
    }
}
