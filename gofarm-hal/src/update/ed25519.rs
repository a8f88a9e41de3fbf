//! [`Ed25519Keys`]: a verifier of Ed25519 signatures (RFC 8032).

use ed25519_compact::{PublicKey as Point, Signature};
use gofarm_core::verify::{KeyId, Signed, Verifier, VerifyError};

/// A public key and the name by which a signed message says that it was used.
///
/// See [`Ed25519Keys`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(
    clippy::exhaustive_structs,
    reason = "a table of keys is written as constants"
)]
pub struct PublicKey {
    /// Its name.
    pub id: KeyId,
    /// Its 32 bytes, as in RFC 8032.
    pub bytes: [u8; 32],
}

/// Verifies Ed25519 signatures with any of several keys, some of which may be revoked.
///
/// The signed bytes are the purpose's name and the message, one after the other. To rotate: build images that know
/// the old and the new key, sign with the new one, and revoke the old one by configuration or in the next image. The
/// list of revoked keys is the application's to keep. A key that is listed twice counts as it is listed first.
///
/// ```
/// use gofarm_core::verify::{KeyId, Purpose, Signed, Verifier, VerifyError};
/// use gofarm_hal::update::{Ed25519Keys, PublicKey};
///
/// # let bytes = [0x2b; 32];
/// let keys = [PublicKey { id: KeyId(1), bytes }, PublicKey { id: KeyId(2), bytes }];
/// let revoked = [KeyId(1)];
/// let verifier = Ed25519Keys::new(&keys).revoking(&revoked);
///
/// let signed = Signed { key: KeyId(1), purpose: Purpose::Firmware, message: b"header", signature: &[0; 64] };
/// assert_eq!(verifier.verify(&signed), Err(VerifyError::UnknownKey(KeyId(1))));
/// let signed = Signed { key: KeyId(2), ..signed };
/// assert_eq!(verifier.verify(&signed), Err(VerifyError::Mismatch));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Ed25519Keys<'k> {
    keys: &'k [PublicKey],
    revoked: &'k [KeyId],
}

impl<'k> Ed25519Keys<'k> {
    /// A verifier that knows `keys`.
    #[must_use]
    pub const fn new(keys: &'k [PublicKey]) -> Self {
        Self { keys, revoked: &[] }
    }

    /// With keys that are not accepted any more.
    #[must_use]
    pub const fn revoking(self, revoked: &'k [KeyId]) -> Self {
        Self { revoked, ..self }
    }
}

impl Verifier for Ed25519Keys<'_> {
    fn verify(&self, signed: &Signed<'_>) -> Result<(), VerifyError> {
        let known = self.keys.iter().find(|key| key.id == signed.key);
        let key = known
            .filter(|key| !self.revoked.contains(&key.id))
            .ok_or(VerifyError::UnknownKey(signed.key))?;
        let signature =
            Signature::from_slice(signed.signature).map_err(|_| VerifyError::Mismatch)?;
        let mut state = Point::new(key.bytes)
            .verify_incremental(&signature)
            .map_err(|_| VerifyError::Mismatch)?;
        state.absorb(signed.purpose.as_str());
        state.absorb(signed.message);
        state.verify().map_err(|_| VerifyError::Mismatch)
    }
}
