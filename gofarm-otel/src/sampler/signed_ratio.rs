//! A ratio that comes over the air: [`SignedRatio`] and who accepts it, [`RatioUpdates`].
//!
//! Whoever can set the sampling ratio of a farm can blind its operator (0 %) or fill its metered link (100 %). So a
//! ratio that comes over a link is signed ([`gofarm_core::verify`]), has a number that must grow so that an old one
//! cannot be sent again, and must lie within bounds that only the device's own configuration sets.

use gofarm_core::error::{Classify, Kind};
use gofarm_core::verify::{KeyId, Purpose, Signed, Verifier, VerifyError};

use super::Ratio;

/// A ratio with its number and its signature, as it came over a link.
///
/// The message is 17 bytes: `GFSR`, format 1, the number (u32), the ratio's [threshold](Ratio::threshold) (u64), big
/// endian. The signature covers [`Purpose::Configuration`] and the message. It is for each device that trusts the key:
/// a farm that wants other ratios on other devices signs with other keys.
///
/// ```
/// use gofarm_core::verify::{KeyId, Signed, Verifier, VerifyError};
/// use gofarm_otel::sampler::{Percent, RatioRefused, RatioUpdates, SignedRatio};
///
/// # struct Keys;
/// # impl Verifier for Keys {
/// #     fn verify(&self, signed: &Signed<'_>) -> Result<(), VerifyError> {
/// #         if signed.signature == b"good" { Ok(()) } else { Err(VerifyError::Mismatch) }
/// #     }
/// # }
/// let message = SignedRatio::message(41, 2.percent()); // the operator signs this
/// let update = SignedRatio { message: &message, key: KeyId(1), signature: b"good" };
///
/// let mut updates = RatioUpdates::new(0).bounds(0.1.percent(), 20.percent());
/// assert_eq!(updates.accept(&update, &Keys), Ok(2.percent()));
/// assert_eq!(updates.accept(&update, &Keys), Err(RatioRefused::Replayed { number: 41, last: 41 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "whoever receives it has all three parts and nothing else"
)]
pub struct SignedRatio<'a> {
    /// The 17 bytes that were signed.
    pub message: &'a [u8],
    /// The key that signed them.
    pub key: KeyId,
    /// The signature.
    pub signature: &'a [u8],
}

const MAGIC: [u8; 5] = *b"GFSR\x01";

impl SignedRatio<'_> {
    /// The length of a message in bytes.
    pub const LEN: usize = 17;

    /// The message to be signed.
    #[must_use]
    pub fn message(number: u32, ratio: Ratio) -> [u8; SignedRatio::LEN] {
        let mut message = [0; Self::LEN];
        message[..5].copy_from_slice(&MAGIC);
        message[5..9].copy_from_slice(&number.to_be_bytes());
        message[9..].copy_from_slice(&ratio.threshold().to_be_bytes());
        message
    }

    /// Checks the signature, then the form.
    pub(super) fn open(&self, verifier: &impl Verifier) -> Result<Opened, RatioRefused> {
        let Ok(message) = <&[u8; SignedRatio::LEN]>::try_from(self.message) else {
            return Err(RatioRefused::Malformed);
        };
        verifier.verify(&Signed {
            key: self.key,
            purpose: Purpose::Configuration,
            message,
            signature: self.signature,
        })?;
        let [m0, m1, m2, m3, m4, n0, n1, n2, n3, threshold @ ..] = *message;
        if [m0, m1, m2, m3, m4] != MAGIC {
            return Err(RatioRefused::Malformed);
        }
        Ok(Opened {
            number: u32::from_be_bytes([n0, n1, n2, n3]),
            threshold: u64::from_be_bytes(threshold),
        })
    }
}

/// What a message says whose signature is good.
pub(super) struct Opened {
    number: u32,
    threshold: u64,
}

/// Accepts ratios that are signed, new and within bounds.
///
/// A device that restarts must not accept an old ratio again: store [`last`](Self::last) and give it to
/// [`new`](Self::new).
///
/// See [`SignedRatio`] for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RatioUpdates {
    last: u32,
    least: Ratio,
    most: Ratio,
}

impl RatioUpdates {
    /// Accepts numbers above `last`, and any ratio.
    #[must_use]
    pub const fn new(last: u32) -> Self {
        Self {
            last,
            least: Ratio::NEVER,
            most: Ratio::ALWAYS,
        }
    }

    /// The same, but it accepts ratios from `least` to `most` alone, both included.
    #[must_use]
    pub const fn bounds(mut self, least: Ratio, most: Ratio) -> Self {
        self.least = least;
        self.most = most;
        self
    }

    /// The number of the last ratio that was accepted.
    #[must_use]
    pub const fn last(&self) -> u32 {
        self.last
    }

    /// Checks an update; if it is good, its number is used up.
    ///
    /// # Errors
    /// [`RatioRefused`]; nothing has changed then. The signature is checked first, so that a forged message
    /// learns nothing.
    pub fn accept(
        &mut self,
        update: &SignedRatio<'_>,
        verifier: &impl Verifier,
    ) -> Result<Ratio, RatioRefused> {
        self.take(update.open(verifier)?)
    }

    /// Uses up the number of a message whose signature is good.
    pub(super) fn take(&mut self, opened: Opened) -> Result<Ratio, RatioRefused> {
        let Opened { number, threshold } = opened;
        if number <= self.last {
            return Err(RatioRefused::Replayed {
                number,
                last: self.last,
            });
        }
        let ratio = Ratio::from_threshold(threshold)
            .filter(|ratio| (self.least..=self.most).contains(ratio))
            .ok_or(RatioRefused::OutOfRange)?;
        self.last = number;
        Ok(ratio)
    }
}

/// Why a ratio that came over a link does not count.
///
/// ```
/// use gofarm_otel::sampler::RatioRefused;
///
/// let error = RatioRefused::Replayed { number: 3, last: 9 };
/// assert_eq!(error.to_string(), "sampling ratio number 3 is not above 9");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RatioRefused {
    /// Not 17 bytes of format 1.
    #[error("a sampling ratio has 17 bytes of format 1")]
    Malformed,
    /// It is not signed by a key that is trusted.
    #[error("a sampling ratio is not signed: {0}")]
    Unsigned(#[from] VerifyError),
    /// It was sent before, or is older than the one in force.
    #[error("sampling ratio number {number} is not above {last}")]
    Replayed {
        /// Its number.
        number: u32,
        /// The number of the last one that was accepted.
        last: u32,
    },
    /// Above 100 %, or outside the bounds of this device.
    #[error("a sampling ratio is outside the bounds of this device")]
    OutOfRange,
}

impl Classify for RatioRefused {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampler::Percent;

    struct Keys;

    impl Verifier for Keys {
        fn verify(&self, signed: &Signed<'_>) -> Result<(), VerifyError> {
            if signed.key != KeyId(1) {
                return Err(VerifyError::UnknownKey(signed.key));
            }
            let good = signed.purpose == Purpose::Configuration && signed.signature == b"good";
            if good {
                Ok(())
            } else {
                Err(VerifyError::Mismatch)
            }
        }
    }

    fn accept(
        updates: &mut RatioUpdates,
        message: &[u8],
        signature: &[u8],
    ) -> Result<Ratio, RatioRefused> {
        let update = SignedRatio {
            message,
            key: KeyId(1),
            signature,
        };
        updates.accept(&update, &Keys)
    }

    #[test]
    fn what_is_refused_changes_nothing() {
        let mut updates = RatioUpdates::new(7).bounds(1.percent(), 50.percent());
        let before = updates;
        let good = SignedRatio::message(8, 5.percent());
        let mut other_format = good;
        other_format[4] = 2;
        let mut above_all = good;
        above_all[9..].copy_from_slice(&((1_u64 << 56) + 1).to_be_bytes());
        let replayed = |number| RatioRefused::Replayed { number, last: 7 };
        let rows: [(&[u8], &[u8], RatioRefused); 9] = [
            (&good, b"", RatioRefused::Unsigned(VerifyError::Mismatch)),
            (&good[..16], b"good", RatioRefused::Malformed),
            (&[], b"good", RatioRefused::Malformed),
            (&other_format, b"good", RatioRefused::Malformed),
            (&SignedRatio::message(7, 5.percent()), b"good", replayed(7)),
            (&SignedRatio::message(0, 5.percent()), b"good", replayed(0)),
            (
                &SignedRatio::message(8, 51.percent()),
                b"good",
                RatioRefused::OutOfRange,
            ),
            (
                &SignedRatio::message(8, Ratio::NEVER),
                b"good",
                RatioRefused::OutOfRange,
            ),
            (&above_all, b"good", RatioRefused::OutOfRange),
        ];
        for (message, signature, refused) in rows {
            assert_eq!(accept(&mut updates, message, signature), Err(refused));
            assert_eq!(updates, before);
        }
        assert_eq!(accept(&mut updates, &good, b"good"), Ok(5.percent()));
        assert_eq!(updates.last(), 8);
    }

    #[test]
    fn a_device_without_keys_accepts_nothing() {
        let message = SignedRatio::message(1, 5.percent());
        let update = SignedRatio {
            message: &message,
            key: KeyId(1),
            signature: b"good",
        };
        let refused = RatioUpdates::new(0).accept(&update, &());
        let unknown = VerifyError::UnknownKey(KeyId(1));
        assert_eq!(refused, Err(RatioRefused::Unsigned(unknown)));
    }
}
