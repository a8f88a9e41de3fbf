//! The encodings of plain types.

use super::{Reader, Sink, Value};
use crate::error::Malformed;

impl Value for bool {
    fn encode(&self, out: &mut dyn Sink) {
        out.put_u8(u8::from(*self));
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        match input.take_u8("a bool")? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed::Invalid("a bool")),
        }
    }
}

impl Value for u64 {
    fn encode(&self, out: &mut dyn Sink) {
        out.put_varint(*self);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        input.take_varint("a u64")
    }
}

impl Value for u8 {
    fn encode(&self, out: &mut dyn Sink) {
        out.put_u8(*self);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        input.take_u8("a u8")
    }
}

impl Value for () {
    fn encode(&self, _: &mut dyn Sink) {}

    fn decode(_: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(())
    }
}

#[cfg(feature = "alloc")]
impl Value for alloc::string::String {
    fn encode(&self, out: &mut dyn Sink) {
        out.put_varint(self.len() as u64);
        out.put(self.as_bytes());
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let bytes = input.take_prefixed("text")?;
        core::str::from_utf8(bytes)
            .map(Into::into)
            .map_err(|_| Malformed::Invalid("text"))
    }
}
