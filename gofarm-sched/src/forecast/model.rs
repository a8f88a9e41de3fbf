//! [`Model`]: what an ensemble learned, as bytes that came over a link that nobody guards.
//!
//! A farm's forecasts are often trained where there is more history, and sent to the nodes. The bytes are hostile
//! until proven otherwise, and the node is small: so sizes are checked first, against caps and against what they say
//! of each other, then the digest, then the signature, then every number, and only then is anything used. There is no
//! way around the [`Verifier`].
//!
//! # Format, version 1
//! Little endian. `f32` numbers are IEEE 754, all finite.
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 4 | `GFFM` |
//! | 4 | 1 | version: 1 |
//! | 5 | 1 | lags `L`, 1..=32 |
//! | 6 | 2 | period `P`: 0, or 2..=8192 |
//! | 8 | 4 | length of the whole model, in bytes |
//! | 12 | 4 | arena: memory that the saving ensemble took, in bytes |
//! | 16 | 4 | stack that it took, in bytes |
//! | 20 | 4 | sequence |
//! | 24 | 8 | `f32`: alpha, forgetting |
//! | 32 | 16 | `f32`: mean errors of the four members, at least 0 |
//! | 48 | 8 | `f32`: lowest and highest value |
//! | 56 | 4 | `f32`: constant |
//! | 60 | 4 `L` | `f32`: weights of the lags, the newest first, each below 1e6 |
//! | 60 + 4 `L` | 4 `P` | `f32`: the cycle |
//! | 60 + 4 `L` + 4 `P` | 32 | SHA-256 of everything before |
//!
//! What is signed is the digest, with [`Purpose::Model`].

mod error;

pub use error::{LoadError, ModelError, SaveError};

use core::ops::RangeInclusive;

use gofarm_core::verify::{KeyId, Purpose, Signed, Verifier};
use sha2::{Digest, Sha256};

/// Bytes that a model, its memory and its stack may take together: 128 KiB.
pub const BUDGET: u32 = 128 * 1024;

const MAGIC: [u8; 4] = *b"GFFM";
const VERSION: u8 = 1;
const MAX_LAGS: u8 = 32;
const MAX_PERIOD: u16 = 8192;
const HEADER: usize = 24;
const DIGEST: usize = 32;
/// Numbers before the weights.
const FIXED: usize = 9;

/// A checked model, borrowed from the bytes that it came in.
///
/// ```
/// use gofarm_core::verify::{KeyId, Signed, Verifier, VerifyError};
/// use gofarm_sched::forecast::{BUDGET, Ensemble, Forecaster, Model};
///
/// # struct Keys;
/// # impl Verifier for Keys {
/// #     fn verify(&self, signed: &Signed<'_>) -> Result<(), VerifyError> {
/// #         if signed.signature == b"good" { Ok(()) } else { Err(VerifyError::Mismatch) }
/// #     }
/// # }
/// # let keys = Keys;
/// let mut trained = Ensemble::<24, 4>::new(24)?;
/// for hour in 0..240_u16 {
///     trained.observe(f32::from(hour % 24));
/// }
/// let mut bytes = [0; 512];
/// let saved = trained.save(1, &mut bytes)?;
/// let bytes = &bytes[..saved.len()]; // sign saved.digest(), send both
///
/// let model = Model::open(bytes, KeyId(1), b"good", &keys, BUDGET)?;
/// let mut node = Ensemble::<24, 4>::new(24)?;
/// node.load(&model, 23)?;
/// assert_eq!(node.ahead(1).map(|x| x.round()), Some(23.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Model<'a> {
    bytes: &'a [u8],
    shape: Shape,
}

/// What the header says, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    lags: usize,
    period: usize,
    sequence: u32,
}

impl Shape {
    const fn length(lags: usize, period: usize) -> usize {
        HEADER + 4 * (FIXED + lags + period) + DIGEST
    }

    /// No ensemble of this shape takes less memory.
    const fn least_arena(lags: usize, period: usize) -> usize {
        4 * period + 8 * lags * (lags + 2)
    }
}

impl<'a> Model<'a> {
    /// Checks a model, its signature over [its digest](Self::digest) included; `budget` is what model, memory and
    /// stack may take together, in bytes, at most [`BUDGET`].
    ///
    /// # Errors
    /// The first thing that is wrong, in the order: sizes, digest, signature, numbers.
    pub fn open(
        bytes: &'a [u8],
        key: KeyId,
        signature: &[u8],
        verifier: &impl Verifier,
        budget: u32,
    ) -> Result<Self, ModelError> {
        let shape = check_sizes(bytes, budget.min(BUDGET))?;
        let (content, digest) = split(bytes);
        if Sha256::digest(content).as_slice() != digest {
            return Err(ModelError::Digest {
                offset: offset(content.len()),
            });
        }
        verifier
            .verify(&Signed {
                key,
                purpose: Purpose::Model,
                message: digest,
                signature,
            })
            .map_err(ModelError::Signature)?;
        let model = Self { bytes, shape };
        model.check_numbers()?;
        Ok(model)
    }

    /// A model that was checked before.
    #[cfg(feature = "std")]
    pub(super) const fn of(bytes: &'a [u8], shape: Shape) -> Self {
        Self { bytes, shape }
    }

    #[cfg(feature = "std")]
    pub(super) const fn shape(&self) -> Shape {
        self.shape
    }

    /// Counts the models of a series.
    #[must_use]
    pub const fn sequence(&self) -> u32 {
        self.shape.sequence
    }

    /// How many values the autoregression looks back, 1..=32.
    #[must_use]
    pub const fn lags(&self) -> usize {
        self.shape.lags
    }

    /// The length of the cycle, in values, 2..=8192; 0 if there is none.
    #[must_use]
    pub const fn period(&self) -> usize {
        self.shape.period
    }

    /// SHA-256 of the model: its name, and what is signed.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        split(self.bytes).1.try_into().unwrap_or_default()
    }

    pub(super) fn alpha(&self) -> f32 {
        self.number(0)
    }

    pub(super) fn forgetting(&self) -> f32 {
        self.number(1)
    }

    pub(super) fn errors(&self) -> impl Iterator<Item = f32> + '_ {
        (2..6).map(|i| self.number(i))
    }

    pub(super) fn range(&self) -> (f32, f32) {
        (self.number(6), self.number(7))
    }

    pub(super) fn constant(&self) -> f32 {
        self.number(8)
    }

    pub(super) fn weights(&self) -> impl Iterator<Item = f32> + '_ {
        (FIXED..FIXED + self.shape.lags).map(|i| self.number(i))
    }

    pub(super) fn cycle(&self) -> impl Iterator<Item = f32> + '_ {
        let start = FIXED + self.shape.lags;
        (start..start + self.shape.period).map(|i| self.number(i))
    }

    fn number(&self, index: usize) -> f32 {
        field(self.bytes, HEADER + 4 * index).map_or(f32::NAN, f32::from_le_bytes)
    }

    fn check_numbers(&self) -> Result<(), ModelError> {
        const ANY: RangeInclusive<f32> = f32::MIN..=f32::MAX;
        for index in 0..FIXED + self.shape.lags + self.shape.period {
            let range = match index {
                0 => f32::MIN_POSITIVE..=1.0,
                1 => 0.9..=1.0,
                2..=5 => 0.0..=f32::MAX,
                7 => self.number(6)..=f32::MAX,
                FIXED.. if index < FIXED + self.shape.lags => -1e6..=1e6,
                _ => ANY,
            };
            if !range.contains(&self.number(index)) {
                return Err(ModelError::Number {
                    offset: offset(HEADER + 4 * index),
                });
            }
        }
        Ok(())
    }
}

/// Everything that the header says, against caps, the budget and the length that came.
fn check_sizes(bytes: &[u8], budget: u32) -> Result<Shape, ModelError> {
    let cut = ModelError::Truncated {
        offset: offset(bytes.len()),
    };
    if field(bytes, 0).ok_or(cut)? != MAGIC {
        return Err(ModelError::NotAModel);
    }
    let [version, lags, period_low, period_high] = field(bytes, 4).ok_or(cut)?;
    if version != VERSION {
        return Err(ModelError::Version { version });
    }
    if lags == 0 || lags > MAX_LAGS {
        return Err(ModelError::Lags { lags });
    }
    let period = u16::from_le_bytes([period_low, period_high]);
    if period == 1 || period > MAX_PERIOD {
        return Err(ModelError::Period { period });
    }
    let (lags, cycle) = (usize::from(lags), usize::from(period));
    let length = field(bytes, 8).map(u32::from_le_bytes).ok_or(cut)?;
    let whole = Shape::length(lags, cycle);
    if length != offset(whole) {
        return Err(ModelError::Length {
            length,
            needed: offset(whole),
        });
    }
    let arena = field(bytes, 12).map(u32::from_le_bytes).ok_or(cut)?;
    let needed = offset(Shape::least_arena(lags, cycle));
    if arena < needed {
        return Err(ModelError::Arena { arena, needed });
    }
    let stack = field(bytes, 16).map(u32::from_le_bytes).ok_or(cut)?;
    let total = u64::from(length) + u64::from(arena) + u64::from(stack);
    if total > u64::from(budget) {
        return Err(ModelError::OverBudget { total, budget });
    }
    let sequence = field(bytes, 20).map(u32::from_le_bytes).ok_or(cut)?;
    if bytes.len() < whole {
        return Err(cut);
    }
    if bytes.len() > whole {
        return Err(ModelError::Trailing {
            offset: offset(whole),
        });
    }
    Ok(Shape {
        lags,
        period: cycle,
        sequence,
    })
}

/// Content and digest.
fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    bytes.split_at(bytes.len().saturating_sub(DIGEST))
}

fn field(bytes: &[u8], at: usize) -> Option<[u8; 4]> {
    bytes.get(at..)?.first_chunk().copied()
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Writes a model; `numbers` are as many as its shape says.
pub(super) fn write(
    out: &mut [u8],
    (lags, period): (usize, usize),
    (arena, stack): (usize, usize),
    sequence: u32,
    numbers: impl Iterator<Item = f32>,
) -> Result<Saved, SaveError> {
    let needed = Shape::length(lags, period);
    let have = out.len();
    let model = out.get_mut(..needed);
    let model = model.ok_or(SaveError::TooShort { have, needed })?;
    let period = u16::try_from(period).ok().filter(|p| *p <= MAX_PERIOD);
    let period = period.ok_or(SaveError::Period)?;
    let (content, digest) = model.split_at_mut(needed - DIGEST);
    let [low, high] = period.to_le_bytes();
    let header = [
        MAGIC,
        [VERSION, u8::try_from(lags).unwrap_or(u8::MAX), low, high],
        offset(needed).to_le_bytes(),
        offset(arena).to_le_bytes(),
        offset(stack).to_le_bytes(),
        sequence.to_le_bytes(),
    ];
    let words = header.into_iter().chain(numbers.map(f32::to_le_bytes));
    for (place, word) in content.chunks_exact_mut(4).zip(words) {
        place.copy_from_slice(&word);
    }
    let sum: [u8; DIGEST] = Sha256::digest(content).into();
    digest.copy_from_slice(&sum);
    Ok(Saved {
        len: needed,
        digest: sum,
    })
}

/// A model that was written.
///
/// See [`Model`] for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the length says which bytes are the model, the digest is what has to be signed"]
pub struct Saved {
    len: usize,
    digest: [u8; 32],
}

impl Saved {
    /// The length of the model, in bytes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a model is never empty")]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// SHA-256 of the model: what has to be signed, with [`Purpose::Model`].
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}
