//! [`Encoder`]: records into the caller's buffer.

use super::measurement::nearest;
use super::{EncodeError, Kind, Measurement};

/// Writes records into a buffer that is as long as the link's payload may be.
///
/// The buffer is the limit: give it the length that the link carries now, such as 51 bytes for LoRaWAN in EU868 at DR0
/// ([`Region::max_payload`](crate::lorawan::Region::max_payload)). A record that does not fit is not begun.
///
/// See the [module](super) for an example.
#[derive(Debug)]
#[must_use = "the payload is in the encoder's buffer"]
pub struct Encoder<'a> {
    buffer: &'a mut [u8],
    len: usize,
}

impl<'a> Encoder<'a> {
    /// Starts an empty payload of at most `buffer.len()` bytes.
    pub const fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, len: 0 }
    }

    /// Adds a record.
    ///
    /// # Errors
    /// [`EncodeError`] if the value is NaN or out of range, or the record does not fit; the payload is as before.
    pub fn push(&mut self, channel: u8, measurement: Measurement) -> Result<(), EncodeError> {
        let (kind, values) = measurement.parts();
        self.push_values(channel, kind, values)
    }

    pub(super) fn push_values(
        &mut self,
        channel: u8,
        kind: Kind,
        values: [f64; 3],
    ) -> Result<(), EncodeError> {
        let mut record = [0; 2 + 9];
        record[0] = channel;
        record[1] = kind.code();
        let mut len = 2;
        for (axis, value) in values.into_iter().enumerate() {
            let Some(layout) = kind.axis(axis) else { break };
            let Some(steps) = nearest(value, layout) else {
                return Err(refuse(channel, kind, value, axis));
            };
            let bytes = steps.to_be_bytes();
            let width = usize::from(layout.width);
            let from = bytes.get(bytes.len() - width..).unwrap_or_default();
            for (to, from) in record.iter_mut().skip(len).zip(from) {
                *to = *from;
            }
            len += width;
        }
        let left = self.buffer.len() - self.len;
        let (Some(to), Some(from)) = (
            self.buffer.get_mut(self.len..self.len + len),
            record.get(..len),
        ) else {
            return Err(EncodeError::NoRoom {
                channel,
                needed: len,
                left,
            });
        };
        to.copy_from_slice(from);
        self.len += len;
        Ok(())
    }

    /// The records so far.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.buffer.get(..self.len).unwrap_or_default()
    }

    /// Whether there is no record yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The records, for as long as the buffer lives.
    #[must_use]
    pub fn finish(self) -> &'a [u8] {
        let Self { buffer, len } = self;
        buffer.get(..len).unwrap_or_default()
    }
}

#[cold]
fn refuse(channel: u8, kind: Kind, value: f64, axis: usize) -> EncodeError {
    match kind.limits(axis) {
        Some((min, max)) if !value.is_nan() => EncodeError::OutOfRange {
            channel,
            kind,
            value,
            min,
            max,
        },
        _ => EncodeError::NotANumber { channel, kind },
    }
}
