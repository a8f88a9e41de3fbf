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
    #[inline]
    pub fn push(&mut self, channel: u8, measurement: Measurement) -> Result<(), EncodeError> {
        let (kind, values) = measurement.parts();
        self.push_values(channel, kind, values)
    }

    // Where the kind is known the axes fall away: half the time on a host. In firmware each call would take 170 bytes more.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn push_values(
        &mut self,
        channel: u8,
        kind: Kind,
        values: [f64; 3],
    ) -> Result<(), EncodeError> {
        let axes = kind.axes();
        let mut steps = [0; 3];
        let mut needed = 2;
        for (index, axis) in axes.iter().enumerate() {
            let (Some(value), Some(steps)) = (values.get(index), steps.get_mut(index)) else {
                break;
            };
            *steps = nearest(*value, axis).ok_or_else(|| refuse(channel, kind, *value, index))?;
            needed += usize::from(axis.width);
        }
        let left = self.buffer.len() - self.len;
        let end = self.len + needed;
        let Some([to_channel, to_kind, to @ ..]) = self.buffer.get_mut(self.len..end) else {
            return Err(EncodeError::NoRoom {
                channel,
                needed,
                left,
            });
        };
        (*to_channel, *to_kind) = (channel, kind.code());
        let mut to = to.iter_mut();
        for (axis, steps) in axes.iter().zip(steps) {
            let bytes = steps.to_be_bytes();
            let unused = bytes.len() - usize::from(axis.width);
            for (byte, to) in bytes.iter().skip(unused).zip(to.by_ref()) {
                *to = *byte;
            }
        }
        self.len = end;
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
