//! The encodings of the types that farms have in common: devices, commands, times, writers.
//!
//! What is random or a hash has its full width, low byte first: LEB128 would make it longer.

use gofarm_core::DeviceId;
use gofarm_core::command::CommandId;
use gofarm_core::text::Text;
use gofarm_core::time::UnixMillis;

use super::primitive::{fixed, put_text, take_text};
use super::{Reader, Sink, Value};
use crate::dot::{Actor, Dot, ReplicaId};
use crate::error::Malformed;
use crate::timestamp::Timestamp;

/// The number of bytes, then UTF-8; the same bytes as a `String`.
impl<const N: usize> Value for Text<N> {
    fn encode(&self, out: &mut dyn Sink) {
        put_text(self.as_str(), out);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let text = take_text(input, "text")?;
        Self::new(text).map_err(|too_long| Malformed::Limit {
            what: "bytes of a text",
            found: too_long.len as u64,
            limit: too_long.max as u64,
        })
    }
}

/// As its text.
impl Value for DeviceId {
    fn encode(&self, out: &mut dyn Sink) {
        put_text(self.as_str(), out);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::new(take_text(input, "device id")?).map_err(|_| Malformed::Invalid("device id"))
    }
}

/// Its 16 bytes.
impl Value for CommandId {
    fn encode(&self, out: &mut dyn Sink) {
        out.put(self.as_bytes());
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        fixed(input, "command id").map(Self::new)
    }
}

/// LEB128 of the milliseconds since 1970; 6 bytes until the year 2109.
impl Value for UnixMillis {
    fn encode(&self, out: &mut dyn Sink) {
        out.put_varint(self.as_millis());
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        input.take_varint("unix milliseconds").map(Self::new)
    }
}

/// Its 64 bits in 8 bytes.
impl Value for Timestamp {
    fn encode(&self, out: &mut dyn Sink) {
        out.put(&self.to_bits().to_le_bytes());
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        fixed(input, "time-stamp").map(|bytes| Self::from_bits(u64::from_le_bytes(bytes)))
    }
}

/// Its 64 bits in 8 bytes.
impl Value for ReplicaId {
    fn encode(&self, out: &mut dyn Sink) {
        out.put(&self.get().to_le_bytes());
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        fixed(input, "replica id").map(|bytes| Self::new(u64::from_le_bytes(bytes)))
    }
}

/// The replica, then the incarnation in 4 bytes: 12 together.
impl Value for Actor {
    fn encode(&self, out: &mut dyn Sink) {
        self.replica().encode(out);
        out.put(&self.incarnation().to_le_bytes());
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let replica = ReplicaId::decode(input)?;
        let incarnation = fixed(input, "incarnation").map(u32::from_le_bytes)?;
        Ok(Self::new(replica, incarnation))
    }
}

/// The actor, then the counter as LEB128: 13 to 22 bytes.
impl Value for Dot {
    fn encode(&self, out: &mut dyn Sink) {
        self.actor().encode(out);
        out.put_varint(self.counter());
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self::new(Actor::decode(input)?, input.take_varint("dot")?))
    }
}
