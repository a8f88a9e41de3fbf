//! [`ModelDigest`]: which model, to the last bit.

use core::fmt;
use core::str::FromStr;

use gofarm_core::error::{Classify, Kind};
use sha2::{Digest, Sha256};

/// The SHA-256 (FIPS 180-4) of a model's bytes; prints as 64 hexadecimal digits.
///
/// ```
/// use gofarm_sched::inference::ModelDigest;
///
/// let digest = ModelDigest::of(b"abc");
/// let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
/// assert_eq!(digest.to_string(), hex);
/// assert_eq!(hex.parse(), Ok(digest));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ModelDigest([u8; 32]);

impl ModelDigest {
    /// A digest that was computed elsewhere.
    #[must_use]
    pub const fn new(sha256: [u8; 32]) -> Self {
        Self(sha256)
    }

    /// The digest of these bytes.
    #[must_use]
    pub fn of(model: &[u8]) -> Self {
        Self(Sha256::digest(model).into())
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ModelDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ModelDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ModelDigest({self})")
    }
}

/// A text is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a model digest has 64 hexadecimal digits, this text is wrong at byte {offset}")]
pub struct DigestError {
    offset: usize,
}

impl DigestError {
    /// The first byte that is wrong; the length of the text if it is too short.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

impl Classify for DigestError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

impl FromStr for ModelDigest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let text = text.as_bytes();
        let digit = |offset: usize| {
            let digit = text.get(offset).and_then(|c| char::from(*c).to_digit(16));
            let digit = digit.and_then(|digit| u8::try_from(digit).ok());
            digit.ok_or(DigestError { offset })
        };
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = digit(2 * at)? << 4 | digit(2 * at + 1)?;
        }
        if text.len() > 64 {
            return Err(DigestError { offset: 64 });
        }
        Ok(Self(bytes))
    }
}
