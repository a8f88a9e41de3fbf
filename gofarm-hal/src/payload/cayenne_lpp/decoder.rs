//! [`Decoder`]: the records of a payload, one after the other.

use gofarm_core::error::{Classify, Kind as ErrorKind};
use thiserror::Error;

use super::{Kind, Measurement};

/// A record of a payload.
///
/// See [`Decoder`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Record {
    /// Which sensor or actuator of the device.
    pub channel: u8,
    /// Its value.
    pub measurement: Measurement,
}

/// Why a payload cannot be read further.
///
/// ```
/// use gofarm_hal::payload::cayenne_lpp::Decoder;
///
/// let error = Decoder::new(&[1, 103, 0]).next().unwrap().unwrap_err();
/// assert_eq!(error.to_string(), "byte 0: temperature needs 4 bytes and 3 are left");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum DecodeError {
    /// The payload is longer than any link carries; nothing of it was read.
    #[error("a payload of {len} bytes is longer than {max}")]
    TooLong {
        /// Its length, in bytes.
        len: usize,
        /// The longest.
        max: usize,
    },
    /// The payload ends within a channel and type.
    #[error("byte {position}: a channel without a type")]
    NoType {
        /// Where the record begins, in bytes from 0.
        position: usize,
    },
    /// No kind has this code, so where the next record begins is unknown.
    #[error("byte {position}: no type has the code {code}")]
    UnknownType {
        /// Where the record begins, in bytes from 0.
        position: usize,
        /// The code.
        code: u8,
    },
    /// The payload ends within a value.
    #[error("byte {position}: {kind} needs {needed} bytes and {left} are left")]
    Truncated {
        /// Where the record begins, in bytes from 0.
        position: usize,
        /// The record's type.
        kind: Kind,
        /// Bytes of the whole record.
        needed: usize,
        /// Bytes left, from the beginning of the record.
        left: usize,
    },
}

impl Classify for DecodeError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Invalid
    }
}

/// Reads a payload; ends after the first error, because where the next record begins is unknown then.
///
/// Values beyond a type's meaning (a latitude of 100°) are handed out as they came: what they are worth is for the
/// contract and the quality checks above.
///
/// ```
/// use gofarm_hal::payload::cayenne_lpp::{Decoder, Measurement};
///
/// let records: Result<Vec<_>, _> = Decoder::new(&[3, 103, 1, 16, 5, 103, 0, 255]).collect();
/// let records = records?;
/// assert_eq!((records[0].channel, records[0].measurement), (3, Measurement::Temperature(27.2)));
/// assert_eq!((records[1].channel, records[1].measurement), (5, Measurement::Temperature(25.5)));
/// # Ok::<(), gofarm_hal::payload::cayenne_lpp::DecodeError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a decoder does nothing until it is asked for records"]
pub struct Decoder<'a> {
    payload: &'a [u8],
    position: usize,
}

impl<'a> Decoder<'a> {
    /// The longest payload that is read, in bytes; LoRaWAN carries at most 242.
    pub const MAX_LEN: usize = 255;

    /// Reads `payload` from its beginning.
    pub const fn new(payload: &'a [u8]) -> Self {
        Self {
            payload,
            position: 0,
        }
    }

    fn read(&mut self) -> Result<Record, DecodeError> {
        let position = self.position;
        let len = self.payload.len();
        if len > Self::MAX_LEN {
            return Err(DecodeError::TooLong {
                len,
                max: Self::MAX_LEN,
            });
        }
        let rest = self.payload.get(position..).unwrap_or_default();
        let [channel, code, value @ ..] = rest else {
            return Err(DecodeError::NoType { position });
        };
        let Some(kind) = Kind::from_code(*code) else {
            return Err(DecodeError::UnknownType {
                position,
                code: *code,
            });
        };
        let Some(mut value) = value.get(..kind.size()) else {
            return Err(DecodeError::Truncated {
                position,
                kind,
                needed: 2 + kind.size(),
                left: rest.len(),
            });
        };
        let mut steps = [0; 3];
        for (layout, steps) in kind.axes().iter().zip(&mut steps) {
            let (bytes, after) = value
                .split_at_checked(usize::from(layout.width))
                .unwrap_or_default();
            // Extends the sign of a signed axis.
            let fill: i64 = match bytes.first() {
                Some(128..) if layout.min < 0 => -1,
                _ => 0,
            };
            *steps = bytes
                .iter()
                .fold(fill, |sum, byte| (sum << 8) | i64::from(*byte));
            value = after;
        }
        self.position += 2 + kind.size();
        Ok(Record {
            channel: *channel,
            measurement: Measurement::from_steps(kind, steps),
        })
    }
}

impl Iterator for Decoder<'_> {
    type Item = Result<Record, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.position >= self.payload.len() {
            return None;
        }
        let record = self.read();
        if record.is_err() {
            self.position = self.payload.len();
        }
        Some(record)
    }
}

impl core::iter::FusedIterator for Decoder<'_> {}
