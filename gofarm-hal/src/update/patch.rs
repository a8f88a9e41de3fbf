//! The patch format: what turns the running image into the next one, read as a stream.
//!
//! A patch is a row of instructions, each a varint (LEB128, at most 32 bits) of `length * 4 + kind`:
//!
//! | kind | then | does |
//! | --- | --- | --- |
//! | 0 copy | | takes `length` bytes from the base at the cursor, which moves behind them |
//! | 1 insert | `length` bytes | takes them; the cursor stays |
//! | 2 replace | `length` bytes | takes them; the cursor moves by `length`: for addresses that changed in place |
//! | 3 seek | | moves the cursor by `length` as a zigzag number |
//!
//! It ends when the image is as long as the header says. bsdiff makes smaller patches, because it stores differences
//! of addresses as mostly zero bytes and compresses them; to undo that takes a decompressor with a window in RAM, and
//! the crates that do it (bsdiff, qbsdiff, bidiff) need `std`. This reader holds 40 bytes, and can stop at any byte of
//! the image and go on after a reset.

use gofarm_core::error::{Classify, Kind};

/// The instruction that is being carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    None = 0,
    Copy = 1,
    Insert = 2,
    Replace = 3,
}

impl Op {
    pub(super) fn from_byte([byte]: [u8; 1]) -> Option<Self> {
        Some(match byte {
            0 => Self::None,
            1 => Self::Copy,
            2 => Self::Insert,
            3 => Self::Replace,
            _ => return None,
        })
    }
}

/// Where a reader stands between two bytes of the image: what is kept across a reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Checkpoint {
    /// Bytes of the image that are made.
    pub(super) made: u32,
    /// Bytes of the payload that are used up.
    pub(super) payload: u32,
    pub(super) op: Op,
    pub(super) remaining: u32,
    /// The cursor in the base.
    pub(super) base: u32,
}

impl Checkpoint {
    /// The start of a payload; a whole image is one insertion without an instruction before it.
    pub(super) const fn start(whole: Option<u32>) -> Self {
        let (op, remaining) = match whole {
            Some(len) => (Op::Insert, len),
            None => (Op::None, 0),
        };
        Self {
            made: 0,
            payload: 0,
            op,
            remaining,
            base: 0,
        }
    }
}

/// A reader of a patch: bytes in, [`Piece`]s of the image out.
///
/// It holds no buffer and touches no memory but its own, so a hostile patch costs at most as many steps as it has
/// bytes and the image has pieces. Every length is held against the base's and the image's before a piece is given.
///
/// ```
/// use gofarm_hal::update::{PatchReader, Piece};
///
/// let base = b"soil is dry";
/// let patch = [7 * 4 + 1, b'f', b'i', b'e', b'l', b'd', b':', b' ', 8 * 4, 3 * 4 + 2, b'w', b'e', b't'];
/// let mut reader = PatchReader::new(11, 18);
/// let (mut rest, mut image) = (&patch[..], Vec::<u8>::new());
/// loop {
///     let (used, piece) = reader.next(rest, 64)?;
///     match piece {
///         Piece::Literal(len) => image.extend(&rest[used - len..used]),
///         Piece::Copy { from, len } => image.extend(&base[from as usize..][..len]),
///         Piece::End => break,
///         Piece::NeedInput => unreachable!("the whole patch is there"),
///     }
///     rest = &rest[used..];
/// }
/// assert_eq!(image, b"field: soil is wet");
/// # Ok::<(), gofarm_hal::update::PatchError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PatchReader {
    base_len: u32,
    image_len: u32,
    at: Checkpoint,
    /// The varint so far, and how many bits of it.
    number: u32,
    bits: u32,
}

/// The next bytes of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever applies a patch has to handle all"
)]
pub enum Piece {
    /// The last so many bytes of the input that was used up.
    Literal(usize),
    /// Bytes of the base.
    Copy {
        /// Where they begin, in bytes.
        from: u32,
        /// How many.
        len: usize,
    },
    /// The input ended inside the patch.
    NeedInput,
    /// The image is complete; input that was not used does not belong to the patch.
    End,
}

impl PatchReader {
    /// A reader of a patch from a base of `base_len` bytes to an image of `image_len`.
    #[must_use]
    pub const fn new(base_len: u32, image_len: u32) -> Self {
        Self::resume(base_len, image_len, Checkpoint::start(None))
    }

    pub(super) const fn resume(base_len: u32, image_len: u32, at: Checkpoint) -> Self {
        Self {
            base_len,
            image_len,
            at,
            number: 0,
            bits: 0,
        }
    }

    /// Where it stands; true between pieces only.
    pub(super) const fn checkpoint(&self) -> Checkpoint {
        self.at
    }

    /// Whether the next piece comes from the base and needs no input.
    pub(super) const fn is_copying(&self) -> bool {
        matches!(self.at.op, Op::Copy)
    }

    /// Takes input from the front of `input` and gives the next piece, of at most `room` bytes; the number is how
    /// many bytes of input were used up, including those of a [`Piece::Literal`].
    ///
    /// # Errors
    /// [`PatchError`]; the patch is broken and nothing more can come of it.
    pub fn next(&mut self, input: &[u8], room: usize) -> Result<(usize, Piece), PatchError> {
        let mut used = 0;
        while self.at.op == Op::None {
            if self.at.made == self.image_len {
                return Ok((used, Piece::End));
            }
            let Some(&byte) = input.get(used) else {
                return Ok((used, Piece::NeedInput));
            };
            used += 1;
            self.at.payload = self.at.payload.saturating_add(1);
            if let Some(number) = self.varint(byte)? {
                self.begin(number)?;
            }
        }
        let left = usize::try_from(self.at.remaining).unwrap_or(usize::MAX);
        let (len, from) = match self.at.op {
            Op::Copy => (left.min(room), Some(self.at.base)),
            _ => (left.min(room).min(input.len() - used), None),
        };
        if len == 0 {
            return Ok((used, Piece::NeedInput));
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "at most `remaining`, which is 32 bits"
        )]
        let moved = len as u32;
        self.at.made = self.at.made.saturating_add(moved);
        self.at.remaining -= moved;
        if self.at.op != Op::Insert {
            self.at.base = self.at.base.saturating_add(moved);
        }
        if self.at.remaining == 0 {
            self.at.op = Op::None;
        }
        if let Some(from) = from {
            return Ok((used, Piece::Copy { from, len }));
        }
        self.at.payload = self.at.payload.saturating_add(moved);
        Ok((used + len, Piece::Literal(len)))
    }

    fn varint(&mut self, byte: u8) -> Result<Option<u32>, PatchError> {
        let (bits, at) = (u32::from(byte & 0x7f), self.at.payload);
        if (self.bits == 28 && byte > 0x0f) || (self.bits > 0 && byte == 0) {
            return Err(PatchError::Number { at });
        }
        self.number |= bits << self.bits;
        if byte & 0x80 != 0 {
            self.bits += 7;
            return Ok(None);
        }
        let number = self.number;
        (self.number, self.bits) = (0, 0);
        Ok(Some(number))
    }

    fn begin(&mut self, number: u32) -> Result<(), PatchError> {
        let (len, at) = (number >> 2, self.at.payload);
        let op = match number & 3 {
            0 => Op::Copy,
            1 => Op::Insert,
            2 => Op::Replace,
            _ => {
                let step = i64::from(len >> 1) ^ -i64::from(len & 1);
                let base = u32::try_from(i64::from(self.at.base) + step);
                self.at.base = base
                    .ok()
                    .filter(|&base| step != 0 && base <= self.base_len)
                    .ok_or(PatchError::Base { at })?;
                return Ok(());
            }
        };
        if len == 0 {
            return Err(PatchError::Number { at });
        }
        if len > self.image_len.saturating_sub(self.at.made) {
            return Err(PatchError::Image { at });
        }
        if op != Op::Insert && len > self.base_len.saturating_sub(self.at.base) {
            return Err(PatchError::Base { at });
        }
        self.at.op = op;
        self.at.remaining = len;
        Ok(())
    }
}

/// Why a patch is broken.
///
/// ```
/// use gofarm_hal::update::{PatchError, PatchReader};
///
/// let copies_8_of_4 = [8 * 4];
/// assert_eq!(PatchReader::new(4, 8).next(&copies_8_of_4, 64), Err(PatchError::Base { at: 1 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PatchError {
    /// A number is longer than 32 bits or than it needs to be, or a length is zero.
    #[error("the patch has no valid number before byte {at}")]
    Number {
        /// The position in the payload behind it, in bytes.
        at: u32,
    },
    /// An instruction reaches outside the base.
    #[error("the patch reaches outside the base before byte {at}")]
    Base {
        /// The position in the payload behind it, in bytes.
        at: u32,
    },
    /// An instruction makes the image longer than the header says.
    #[error("the patch makes more than the image before byte {at}")]
    Image {
        /// The position in the payload behind it, in bytes.
        at: u32,
    },
}

impl Classify for PatchError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
