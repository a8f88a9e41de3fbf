//! A value and the time at which it was written.

use crate::error::Malformed;
use crate::timestamp::Timestamp;
use crate::value::{Reader, Sink, Value};

/// What a mark of a multi-value register holds: 8 bytes of time-stamp, low ones first, and the value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamped<T> {
    pub(crate) stamp: Timestamp,
    pub(crate) value: T,
}

pub(crate) fn put_stamp(stamp: Timestamp, out: &mut dyn Sink) {
    out.put(&stamp.to_bits().to_le_bytes());
}

pub(crate) fn take_stamp(input: &mut Reader<'_>) -> Result<Timestamp, Malformed> {
    let what = "a time-stamp";
    let bytes = input.take(8, what)?;
    let bits = bytes.try_into().map_err(|_| Malformed::Truncated(what))?;
    Ok(Timestamp::from_bits(u64::from_le_bytes(bits)))
}

impl<T: Value> Value for Stamped<T> {
    fn encode(&self, out: &mut dyn Sink) {
        put_stamp(self.stamp, out);
        self.value.encode(out);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            stamp: take_stamp(input)?,
            value: T::decode(input)?,
        })
    }
}
