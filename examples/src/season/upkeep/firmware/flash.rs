//! [`Flash`]: the flash chip of a node, in memory, which can lose its power in the middle of a word.

use alloc::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use gofarm_core::random::{Random, SplitMix64};
use gofarm_hal::update::{Layout, Slot};

use super::release::Release;

/// The erase page, small as the images are, and the word, in bytes.
const PAGE: usize = 1_024;
const WORD: usize = 4;
/// Two pages of state, and two slots of seven pages for an image and one for its manifest.
const CAPACITY: usize = 18 * PAGE;
pub(super) const LAYOUT: Layout = Layout::new(0, 0x0800, 0x2800, 0x2000);

/// A handle of the chip: the firmware holds one, and who cuts the power another one.
#[derive(Clone, Debug)]
pub(super) struct Flash(Arc<Mutex<Chip>>);

#[derive(Debug)]
struct Chip {
    bytes: Vec<u8>,
    power: Power,
    /// What a word holds that was cut off.
    noise: SplitMix64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Power {
    On,
    /// It goes after so many words and erases.
    Failing(u64),
    Off,
}

/// Why the chip did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FlashError {
    /// The power is gone.
    Power,
    /// Not at the border of a word or page.
    NotAligned,
    OutOfBounds,
}

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Power => NorFlashErrorKind::Other,
            Self::NotAligned => NorFlashErrorKind::NotAligned,
            Self::OutOfBounds => NorFlashErrorKind::OutOfBounds,
        }
    }
}

impl Flash {
    /// As it leaves the factory, with an image in the first slot; a manifest beside it is needed for patches only.
    pub(super) fn new(seed: u64, factory: &Release) -> Self {
        let mut bytes = vec![0xff; CAPACITY];
        let slot = bytes.iter_mut().skip(LAYOUT.start(Slot::First) as usize);
        for (to, from) in slot.zip(&factory.payload) {
            *to = *from;
        }
        Self(Arc::new(Mutex::new(Chip {
            bytes,
            power: Power::On,
            noise: SplitMix64::new(seed),
        })))
    }

    /// The power goes after so many more words and erases, in the middle of the next one.
    pub(super) fn fails_after(&self, steps: u64) {
        self.chip().power = Power::Failing(steps);
    }

    pub(super) fn power_returns(&self) {
        self.chip().power = Power::On;
    }

    /// Whether `slot` begins with these bytes.
    pub(super) fn holds(&self, slot: Slot, image: &[u8]) -> bool {
        let start = LAYOUT.start(slot) as usize;
        let chip = self.chip();
        chip.bytes.get(start..start + image.len()) == Some(image)
    }

    /// The first byte of `slot`.
    pub(super) fn first_byte(&self, slot: Slot) -> Option<u8> {
        let start = LAYOUT.start(slot) as usize;
        self.chip().bytes.get(start).copied()
    }

    fn chip(&self) -> MutexGuard<'_, Chip> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chip {
    /// One word or erase: whether it is carried out to its end.
    fn step(&mut self) -> Result<bool, FlashError> {
        match &mut self.power {
            Power::On => Ok(true),
            Power::Failing(0) => {
                self.power = Power::Off;
                Ok(false)
            }
            Power::Failing(left) => {
                *left -= 1;
                Ok(true)
            }
            Power::Off => Err(FlashError::Power),
        }
    }

    /// What a byte holds when what would make it `new` was cut off: the old or the new, something between, or anything.
    fn torn(&mut self, old: u8, new: u8) -> u8 {
        let noise = self.noise.next_u64().to_le_bytes();
        match noise {
            [0..64, ..] => old,
            [64..128, ..] => new,
            [128..192, bits, ..] => old & (new | bits),
            [_, bits, ..] => bits,
        }
    }

    fn put(&mut self, at: usize, byte: u8) {
        if let Some(place) = self.bytes.get_mut(at) {
            *place = byte;
        }
    }
}

impl ErrorType for Flash {
    type Error = FlashError;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, into: &mut [u8]) -> Result<(), FlashError> {
        let chip = self.chip();
        if chip.power == Power::Off {
            return Err(FlashError::Power);
        }
        let start = offset as usize;
        let from = chip.bytes.get(start..start + into.len());
        into.copy_from_slice(from.ok_or(FlashError::OutOfBounds)?);
        Ok(())
    }

    fn capacity(&self) -> usize {
        CAPACITY
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        let (from, to) = (from as usize, to as usize);
        if !from.is_multiple_of(PAGE) || !to.is_multiple_of(PAGE) {
            return Err(FlashError::NotAligned);
        }
        let mut chip = self.chip();
        for start in (from..to).step_by(PAGE) {
            let is_whole = chip.step()?;
            for at in start..start + PAGE {
                let old = *chip.bytes.get(at).ok_or(FlashError::OutOfBounds)?;
                let new = if is_whole { 0xff } else { chip.torn(old, 0xff) };
                chip.put(at, new);
            }
            if !is_whole {
                return Err(FlashError::Power);
            }
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        let start = offset as usize;
        if !start.is_multiple_of(WORD) || !bytes.len().is_multiple_of(WORD) {
            return Err(FlashError::NotAligned);
        }
        let mut chip = self.chip();
        for (word, at) in bytes.chunks(WORD).zip((start..).step_by(WORD)) {
            let is_whole = chip.step()?;
            for (&byte, at) in word.iter().zip(at..) {
                let old = *chip.bytes.get(at).ok_or(FlashError::OutOfBounds)?;
                // Writing clears bits: what was not erased before holds neither.
                let new = if is_whole {
                    old & byte
                } else {
                    chip.torn(old, byte)
                };
                chip.put(at, new);
            }
            if !is_whole {
                return Err(FlashError::Power);
            }
        }
        Ok(())
    }
}
