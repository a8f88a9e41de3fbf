//! Why a model is not saved, opened or loaded.

use gofarm_core::error::{Classify, Kind};
use gofarm_core::verify::VerifyError;

use super::{MAX_LAGS, MAX_PERIOD, VERSION};

/// Why bytes are not a model that may be used.
///
/// ```
/// use gofarm_core::verify::KeyId;
/// use gofarm_sched::forecast::{BUDGET, Model};
///
/// let error = Model::open(b"GFFM\x07\x04\x00\x00", KeyId(1), b"", &(), BUDGET).unwrap_err();
/// assert_eq!(error.to_string(), "model of version 7, known is 1");
/// assert_eq!(error.offset(), Some(4));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ModelError {
    /// The bytes end before the model does.
    #[error("model is cut off at byte {offset}")]
    Truncated {
        /// Where they end.
        offset: u32,
    },
    /// The first bytes are those of something else.
    #[error("not a forecasting model")]
    NotAModel,
    /// A format that this version of the crate does not know.
    #[error("model of version {version}, known is {VERSION}")]
    Version {
        /// What the model says.
        version: u8,
    },
    /// The number of lags is out of range.
    #[error("model with {lags} lags is outside 1..={MAX_LAGS}")]
    Lags {
        /// What the model says.
        lags: u8,
    },
    /// The cycle is out of range.
    #[error("model with a cycle of {period} values is outside 2..={MAX_PERIOD}")]
    Period {
        /// What the model says, in values.
        period: u16,
    },
    /// The length is not what lags and cycle make.
    #[error("model says {length} bytes, its shape makes {needed}")]
    Length {
        /// What the model says, in bytes.
        length: u32,
        /// What its shape makes, in bytes.
        needed: u32,
    },
    /// The memory that it says it needs is less than it can do with.
    #[error("model says {arena} bytes of memory, it needs at least {needed}")]
    Arena {
        /// What the model says, in bytes.
        arena: u32,
        /// What its shape needs at least, in bytes.
        needed: u32,
    },
    /// Model, memory and stack together are too much.
    #[error("model, memory and stack take {total} bytes, allowed are {budget}")]
    OverBudget {
        /// All together, in bytes.
        total: u64,
        /// What is allowed, in bytes.
        budget: u32,
    },
    /// Bytes follow the model.
    #[error("bytes follow the model from byte {offset} on")]
    Trailing {
        /// Where the model ends.
        offset: u32,
    },
    /// The digest does not belong to the content.
    #[error("model does not match its digest at byte {offset}")]
    Digest {
        /// Where the digest is.
        offset: u32,
    },
    /// The signature was not accepted.
    #[error("signature of the model: {0}")]
    Signature(VerifyError),
    /// A number is not finite, or outside what it may be.
    #[error("number at byte {offset} of the model is out of range")]
    Number {
        /// Where it is.
        offset: u32,
    },
}

impl ModelError {
    /// The byte of the model that is wrong; `None` if it is the signature.
    #[must_use]
    pub const fn offset(&self) -> Option<u32> {
        match *self {
            Self::NotAModel => Some(0),
            Self::Version { .. } => Some(4),
            Self::Lags { .. } => Some(5),
            Self::Period { .. } => Some(6),
            Self::Length { .. } => Some(8),
            Self::Arena { .. } | Self::OverBudget { .. } => Some(12),
            Self::Truncated { offset }
            | Self::Trailing { offset }
            | Self::Digest { offset }
            | Self::Number { offset } => Some(offset),
            Self::Signature(_) => None,
        }
    }
}

impl Classify for ModelError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

/// Why a sound model does not fit an ensemble, which stays as it was.
///
/// ```
/// use gofarm_sched::forecast::LoadError;
///
/// let error = LoadError::Lags { model: 6, here: 4 };
/// assert_eq!(error.to_string(), "model looks back 6 values, this ensemble 4");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum LoadError {
    /// Another number of lags.
    #[error("model looks back {model} values, this ensemble {here}")]
    Lags {
        /// Of the model.
        model: usize,
        /// Of the ensemble.
        here: usize,
    },
    /// A longer cycle than there is memory for.
    #[error("cycle of the model is {model} values long, there is memory for {here}")]
    Period {
        /// Of the model.
        model: usize,
        /// The longest that the ensemble has memory for.
        here: usize,
    },
}

impl Classify for LoadError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

/// Why a model was not written.
///
/// ```
/// use gofarm_sched::forecast::{Ensemble, SaveError};
///
/// let untrained = Ensemble::<24, 1>::new(24)?;
/// let error = untrained.save(1, &mut [0; 10]).unwrap_err();
/// assert_eq!(error.to_string(), "model takes 96 bytes, there is room for 10");
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SaveError {
    /// The buffer is too short.
    #[error("model takes {needed} bytes, there is room for {have}")]
    TooShort {
        /// Bytes that there are.
        have: usize,
        /// Bytes that the model takes.
        needed: usize,
    },
    /// The cycle is longer than the format can say.
    #[error("cycle of a model has at most {MAX_PERIOD} values")]
    Period,
}

impl Classify for SaveError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
