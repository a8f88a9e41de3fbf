//! The one place where a signature is checked: [`Verifier`].
//!
//! Firmware images, forecasting models and remote configuration arrive over links that nobody guards. Each crate
//! that accepts one takes a `Verifier` from the application, which picks algorithm and keys; none has a
//! "skip" switch. The [`Purpose`] is a part of what is signed, so that a signed configuration cannot be
//! passed off as a firmware image.
//!
//! ```
//! use gofarm_core::verify::{KeyId, Purpose, Signed, Verifier, VerifyError};
//!
//! # fn ed25519_verify(_: &[u8; 32], _: [&[u8]; 2], s: &[u8]) -> bool { s == b"good" }
//! struct Keys([u8; 32]);
//! impl Verifier for Keys {
//!     fn verify(&self, signed: &Signed<'_>) -> Result<(), VerifyError> {
//!         if signed.key != KeyId(1) {
//!             return Err(VerifyError::UnknownKey(signed.key));
//!         }
//!         let parts = [signed.purpose.as_str().as_bytes(), signed.message];
//!         if ed25519_verify(&self.0, parts, signed.signature) { Ok(()) } else { Err(VerifyError::Mismatch) }
//!     }
//! }
//!
//! let model = Signed { key: KeyId(1), purpose: Purpose::Model, message: b"...", signature: b"good" };
//! Keys([0; 32]).verify(&model)?;
//! # Ok::<(), VerifyError>(())
//! ```

use core::fmt;

use crate::error::{Classify, Kind};

/// Names a public key known to the application, so that keys can be rotated.
///
/// See the [module](self) for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct KeyId(pub u32);

/// What a signed message is for; the signature covers this name and the message.
///
/// ```
/// assert_eq!(gofarm_core::verify::Purpose::Model.as_str(), "gofarm/model");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Purpose {
    /// A firmware image or delta patch.
    Firmware,
    /// A forecasting model.
    Model,
    /// Configuration from a remote source.
    Configuration,
    /// A policy module.
    Policy,
    /// A grant that lets a peer speak for another actor.
    Grant,
}

impl Purpose {
    /// The name that is signed together with the message: `gofarm/firmware`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firmware => "gofarm/firmware",
            Self::Model => "gofarm/model",
            Self::Configuration => "gofarm/configuration",
            Self::Policy => "gofarm/policy",
            Self::Grant => "gofarm/grant",
        }
    }
}

/// A message with its signature. For large images the message is their digest.
///
/// See the [module](self) for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "an implementor of Verifier has to see every part that a signature covers"
)]
pub struct Signed<'a> {
    /// The key that made the signature.
    pub key: KeyId,
    /// What the message is for.
    pub purpose: Purpose,
    /// The signed bytes, after the purpose's name.
    pub message: &'a [u8],
    /// The signature.
    pub signature: &'a [u8],
}

/// Checks signatures with the application's keys.
///
/// See the [module](self) for an example.
pub trait Verifier {
    /// Checks that `signed` was signed with the key it names, for the purpose it names.
    ///
    /// # Errors
    /// [`VerifyError`] if the key is unknown or the signature does not match.
    fn verify(&self, signed: &Signed<'_>) -> Result<(), VerifyError>;
}

impl<V: Verifier + ?Sized> Verifier for &V {
    fn verify(&self, signed: &Signed<'_>) -> Result<(), VerifyError> {
        (**self).verify(signed)
    }
}

/// Trusts nobody: the verifier of a device that has not been given keys.
impl Verifier for () {
    fn verify(&self, signed: &Signed<'_>) -> Result<(), VerifyError> {
        Err(VerifyError::UnknownKey(signed.key))
    }
}

/// Why a signature was not accepted.
///
/// ```
/// use gofarm_core::verify::{KeyId, VerifyError};
///
/// assert_eq!(VerifyError::UnknownKey(KeyId(3)).to_string(), "no public key with id 3");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum VerifyError {
    /// No key of this name, or it has been revoked.
    UnknownKey(KeyId),
    /// The signature does not belong to this purpose and message.
    Mismatch,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey(KeyId(id)) => write!(f, "no public key with id {id}"),
            Self::Mismatch => f.write_str("the signature does not match the message"),
        }
    }
}

impl core::error::Error for VerifyError {}

impl Classify for VerifyError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_without_keys_trusts_nobody() {
        let signed = Signed {
            key: KeyId(3),
            purpose: Purpose::Firmware,
            message: b"image",
            signature: b"",
        };
        assert_eq!(().verify(&signed), Err(VerifyError::UnknownKey(KeyId(3))));
    }
}
