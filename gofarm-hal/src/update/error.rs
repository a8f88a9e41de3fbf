//! [`UpdateError`] and [`Refusal`].

use embedded_storage::nor_flash::{NorFlashError, NorFlashErrorKind};
use gofarm_core::error::{Classify, Kind};
use gofarm_core::verify::VerifyError;

use super::header::HeaderError;
use super::layout::LayoutError;
use super::patch::PatchError;
use super::state::Unwritten;

/// Why a step of an update failed. The confirmed image is untouched by all of them.
///
/// ```
/// use gofarm_core::error::{Classify, Kind};
/// use gofarm_hal::update::{Refusal, UpdateError};
///
/// let error: UpdateError<core::convert::Infallible> =
///     UpdateError::Refused(Refusal::Rollback { counter: 2, floor: 3 });
/// assert_eq!(error.to_string(), "the image has security counter 2, the device takes 3 or more");
/// assert_eq!(error.kind(), Kind::Invalid);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum UpdateError<E> {
    /// The flash failed; begin the transfer again, it goes on from the last checkpoint.
    #[error("the flash failed: {0:?}")]
    Flash(E),
    /// The flash holds something else than what was written to it.
    #[error("the flash at {offset} does not hold what was written")]
    ReadBack {
        /// Where, in bytes.
        offset: u32,
    },
    /// The layout does not suit the flash.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The bytes are no header.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The image is not for this device, or not now.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The patch is broken; the transfer was given up.
    #[error(transparent)]
    Patch(#[from] PatchError),
    /// A chunk begins behind the byte that comes next.
    #[error("a chunk at byte {offset} came, byte {expected} comes next")]
    Gap {
        /// Where the chunk begins in the payload, in bytes.
        offset: u32,
        /// Where the next chunk has to begin at the latest.
        expected: u32,
    },
    /// A chunk ends behind the payload.
    #[error("a chunk ends at byte {end}, the payload at {len}")]
    TooMuch {
        /// Where the chunk ends, in bytes.
        end: u64,
        /// The length of the payload, in bytes.
        len: u32,
    },
    /// The payload is used up and the image is not complete, or the other way around; the transfer was given up.
    #[error(
        "{payload} bytes of the payload make {made} bytes of the image, which is not what the header says"
    )]
    Lengths {
        /// Bytes of the payload that were used up.
        payload: u32,
        /// Bytes of the image that were made.
        made: u32,
    },
    /// This step does not come now: nothing was begun, not all has come, or it is not verified.
    #[error("this step of an update does not come now")]
    OutOfOrder,
}

impl<E> From<Unwritten<E>> for UpdateError<E> {
    fn from(error: Unwritten<E>) -> Self {
        match error {
            Unwritten::Flash(error) => Self::Flash(error),
            Unwritten::ReadBack(offset) => Self::ReadBack { offset },
        }
    }
}

impl<E: NorFlashError> Classify for UpdateError<E> {
    fn kind(&self) -> Kind {
        match self {
            Self::Flash(error) => match error.kind() {
                NorFlashErrorKind::NotAligned | NorFlashErrorKind::OutOfBounds => Kind::Permanent,
                _ => Kind::Transient,
            },
            Self::Layout(error) => error.kind(),
            Self::ReadBack { .. } => Kind::Transient,
            Self::Refused(refusal) => refusal.kind(),
            Self::Header(_)
            | Self::Patch(_)
            | Self::Gap { .. }
            | Self::TooMuch { .. }
            | Self::Lengths { .. }
            | Self::OutOfOrder => Kind::Invalid,
        }
    }
}

/// Why an image was refused.
///
/// See [`UpdateError`] for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Refusal {
    /// It is for another model.
    #[error("the image is for another model")]
    Model,
    /// It was linked for the slot that runs now.
    #[error("the image runs only from the slot that is in use")]
    Slot,
    /// Its security counter is below the device's floor: an old image with known holes.
    #[error("the image has security counter {counter}, the device takes {floor} or more")]
    Rollback {
        /// The image's.
        counter: u32,
        /// The device's.
        floor: u32,
    },
    /// It does not fit into a slot.
    #[error("an image of {len} bytes does not fit into a slot for {max} bytes")]
    TooLong {
        /// Its length in bytes.
        len: u32,
        /// The most that fits, in bytes.
        max: u32,
    },
    /// The patch starts from another image than the confirmed one, or that one has no manifest.
    #[error("the patch starts from another image")]
    Base,
    /// The signature is not that of a known key.
    #[error(transparent)]
    Signature(#[from] VerifyError),
    /// What the flash holds does not have the digest of the header; the transfer was given up.
    #[error("the image in flash does not have the digest of its header")]
    Digest,
    /// The image that runs is on trial: the other slot is what the device falls back to. Confirm or reject first.
    #[error("the running image is not confirmed, the other slot is needed to fall back")]
    Unconfirmed,
    /// The image that runs is not the one that was on trial; it was rolled back.
    #[error("the running image is not the one on trial")]
    NotOnTrial,
}

impl Refusal {
    /// The position in the labels of signals.
    pub(super) const fn index(self) -> usize {
        match self {
            Self::Model => 0,
            Self::Slot => 1,
            Self::Rollback { .. } => 2,
            Self::TooLong { .. } => 3,
            Self::Base => 4,
            Self::Signature(_) => 5,
            Self::Digest => 6,
            Self::Unconfirmed => 7,
            Self::NotOnTrial => 8,
        }
    }
}

impl Classify for Refusal {
    fn kind(&self) -> Kind {
        match self {
            // What broke on the way into the flash may come whole the next time.
            Self::Digest => Kind::Transient,
            _ => Kind::Invalid,
        }
    }
}
