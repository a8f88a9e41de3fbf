//! [`EncodeError`]: why a value did not get into the payload.

use gofarm_core::error::{Classify, Kind as ErrorKind};
use thiserror::Error;

use super::Kind;

/// Why a value did not get into the payload, which is as it was before.
///
/// ```
/// use gofarm_hal::payload::cayenne_lpp::{Encoder, Measurement};
///
/// let mut buffer = [0; 5];
/// let mut encoder = Encoder::new(&mut buffer);
/// let error = encoder.push(4, Measurement::AnalogInput(400.0)).unwrap_err();
/// assert_eq!(error.to_string(), "channel 4: 400 is outside -327.68..=327.67 of analog input");
/// encoder.push(4, Measurement::AnalogInput(40.0))?;
/// let error = encoder.push(5, Measurement::Presence(true)).unwrap_err();
/// assert_eq!(error.to_string(), "channel 5: a record of 3 bytes does not fit into the 1 left");
/// # Ok::<(), gofarm_hal::payload::cayenne_lpp::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum EncodeError {
    /// The value is NaN.
    #[error("channel {channel}: {kind} is not a number")]
    NotANumber {
        /// The record's channel.
        channel: u8,
        /// The record's type.
        kind: Kind,
    },
    /// The value, rounded to the type's grid, is beyond the type's limits.
    #[error("channel {channel}: {value} is outside {min}..={max} of {kind}")]
    OutOfRange {
        /// The record's channel.
        channel: u8,
        /// The record's type.
        kind: Kind,
        /// The value.
        value: f64,
        /// The least value of the type.
        min: f64,
        /// The greatest value of the type.
        max: f64,
    },
    /// The record does not fit into the rest of the payload.
    #[error("channel {channel}: a record of {needed} bytes does not fit into the {left} left")]
    NoRoom {
        /// The record's channel.
        channel: u8,
        /// Bytes of the record.
        needed: usize,
        /// Bytes left.
        left: usize,
    },
}

impl Classify for EncodeError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotANumber { .. } | Self::OutOfRange { .. } => ErrorKind::Invalid,
            Self::NoRoom { .. } => ErrorKind::Overloaded,
        }
    }

    fn was_sent(&self) -> bool {
        false
    }
}
