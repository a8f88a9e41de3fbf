//! A NOR flash that says when it is used wrongly and can lose power at any word or erase.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// Numbers from a seed (SplitMix64).
#[derive(Clone, Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlashError {
    /// The power is gone, until `power_on`.
    PowerCut,
    /// A mistake of the driver.
    Illegal(&'static str, u32),
    /// A fault that a test asked for.
    Fault,
}

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

/// A flash of pages of `ERASE` bytes, written in words of `WRITE` bytes and read in units of `READ`.
#[derive(Clone, Debug)]
pub(crate) struct Flash<const READ: usize, const WRITE: usize, const ERASE: usize> {
    bytes: Vec<u8>,
    /// Whether a word may be written: false from any write or cut on until a whole erase.
    erased: Vec<bool>,
    /// Words and erases until the power goes.
    pub(crate) cut_after: Option<usize>,
    /// A write or erase that fails with the power on, counted the same way.
    pub(crate) fault_after: Option<usize>,
    on: bool,
    /// Words and erases so far.
    pub(crate) steps: usize,
    pub(crate) erases: usize,
    tear: Random,
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize> Flash<READ, WRITE, ERASE> {
    pub(crate) fn new(len: usize, seed: u64) -> Self {
        // As it comes from a factory or a second-hand board: full of anything, nothing erased.
        let mut tear = Random(seed);
        Self {
            bytes: tear.bytes(len),
            erased: vec![false; len / WRITE],
            cut_after: None,
            fault_after: None,
            on: true,
            steps: 0,
            erases: 0,
            tear,
        }
    }

    pub(crate) fn power_on(&mut self) {
        self.on = true;
    }

    pub(crate) fn is_on(&self) -> bool {
        self.on
    }

    pub(crate) fn content(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn flip(&mut self, bit: usize) {
        self.bytes[bit / 8] ^= 1 << (bit % 8);
    }

    /// One word or erase: whether it is carried out, or cut off.
    fn step(&mut self) -> Result<bool, FlashError> {
        self.steps += 1;
        for (counter, fault) in [(&mut self.cut_after, false), (&mut self.fault_after, true)] {
            match counter {
                Some(0) => {
                    *counter = None;
                    if fault {
                        return Err(FlashError::Fault);
                    }
                    self.on = false;
                    return Ok(false);
                }
                Some(left) => *left -= 1,
                None => {}
            }
        }
        Ok(true)
    }
}

impl<const R: usize, const W: usize, const E: usize> ErrorType for Flash<R, W, E> {
    type Error = FlashError;
}

impl<const R: usize, const W: usize, const E: usize> ReadNorFlash for Flash<R, W, E> {
    const READ_SIZE: usize = R;

    fn read(&mut self, offset: u32, into: &mut [u8]) -> Result<(), FlashError> {
        if !self.on {
            return Err(FlashError::PowerCut);
        }
        let at = offset as usize;
        if !at.is_multiple_of(R) || !into.len().is_multiple_of(R) {
            return Err(FlashError::Illegal("unaligned read", offset));
        }
        let end = at + into.len();
        let from = self.bytes.get(at..end);
        into.copy_from_slice(from.ok_or(FlashError::Illegal("read outside", offset))?);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl<const R: usize, const W: usize, const E: usize> NorFlash for Flash<R, W, E> {
    const WRITE_SIZE: usize = W;
    const ERASE_SIZE: usize = E;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        if !self.on {
            return Err(FlashError::PowerCut);
        }
        let (from, to) = (from as usize, to as usize);
        if !from.is_multiple_of(E) || !to.is_multiple_of(E) || from >= to || to > self.bytes.len() {
            return Err(FlashError::Illegal("erase", u32::try_from(from).unwrap()));
        }
        for page in (from..to).step_by(E) {
            self.erased[page / W..(page + E) / W].fill(false);
            if self.step()? {
                self.bytes[page..page + E].fill(0xff);
                self.erased[page / W..(page + E) / W].fill(true);
                self.erases += 1;
                continue;
            }
            // Half-erased: as before, blank, or anything, by word; a part may look done.
            let kind = self.tear.below(4);
            for at in page..page + E {
                self.bytes[at] = match if kind == 3 { self.tear.below(3) } else { kind } {
                    0 => self.bytes[at],
                    1 => 0xff,
                    _ => self.tear.next().to_le_bytes()[0],
                };
            }
            return Err(FlashError::PowerCut);
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        if !self.on {
            return Err(FlashError::PowerCut);
        }
        let start = offset as usize;
        if !start.is_multiple_of(W) || !bytes.len().is_multiple_of(W) {
            return Err(FlashError::Illegal("unaligned write", offset));
        }
        if start + bytes.len() > self.bytes.len() {
            return Err(FlashError::Illegal("write outside", offset));
        }
        for (index, word) in bytes.chunks(W).enumerate() {
            let at = start + index * W;
            if !self.erased[at / W] {
                return Err(FlashError::Illegal("word written twice", offset));
            }
            self.erased[at / W] = false;
            if self.step()? {
                self.bytes[at..at + W].copy_from_slice(word);
                continue;
            }
            // Torn: nothing, everything, some bits, or anything; the word is not erased, whatever it looks like.
            for (to, &byte) in self.bytes[at..at + W].iter_mut().zip(word) {
                let noise = self.tear.next().to_le_bytes()[0];
                *to = match self.tear.0 % 4 {
                    0 => 0xff,
                    1 => byte,
                    2 => byte | noise,
                    _ => noise,
                };
            }
            return Err(FlashError::PowerCut);
        }
        Ok(())
    }
}
