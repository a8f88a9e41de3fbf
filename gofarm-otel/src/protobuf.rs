//! As much of protobuf as OTLP needs, written straight into the buffer that is exported.
//!
//! A generated encoder wants a tree of owned values first: a `String` for each key, a `Vec` for each list, built
//! only to be walked once. A span of ours is written while it is recorded, so all that is needed is an appender
//! for fields. Fields are written as they are given, zeros too: leaving out a default is the caller's choice, for
//! inside a `oneof` a zero is a value.
//!
//! Source: Protocol Buffers, "Encoding", <https://protobuf.dev/programming-guides/encoding/>.

use alloc::vec::Vec;

use crate::attribute::{Attribute, Value};

pub(crate) mod delimited;

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const DELIMITED: u32 = 2;
const FIXED32: u32 = 5;

/// A message that is being appended to a buffer.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    buf: &'a mut Vec<u8>,
}

impl<'a> Message<'a> {
    /// Appends to `buf`.
    pub(crate) fn new(buf: &'a mut Vec<u8>) -> Self {
        Self { buf }
    }

    /// `uint32`, `uint64`, `bool`, an enumeration, or the bits of an `int64`.
    pub(crate) fn varint(&mut self, field: u32, value: u64) {
        self.tag(field, VARINT);
        self.put_varint(value);
    }

    /// `fixed32`.
    pub(crate) fn fixed32(&mut self, field: u32, value: u32) {
        self.tag(field, FIXED32);
        self.buf.extend_from_slice(&value.to_le_bytes());
    }

    /// `fixed64`.
    pub(crate) fn fixed64(&mut self, field: u32, value: u64) {
        self.tag(field, FIXED64);
        self.buf.extend_from_slice(&value.to_le_bytes());
    }

    /// `sfixed64`.
    pub(crate) fn sfixed64(&mut self, field: u32, value: i64) {
        self.fixed64(field, value.cast_unsigned());
    }

    /// `double`.
    pub(crate) fn double(&mut self, field: u32, value: f64) {
        self.fixed64(field, value.to_bits());
    }

    /// `string`.
    pub(crate) fn text(&mut self, field: u32, value: &str) {
        self.bytes(field, value.as_bytes());
    }

    /// `bytes`, or a message that is encoded already.
    pub(crate) fn bytes(&mut self, field: u32, value: &[u8]) {
        self.delimiter(field, value.len());
        self.buf.extend_from_slice(value);
    }

    /// The head of a field of `len` bytes, which the caller appends next.
    pub(crate) fn delimiter(&mut self, field: u32, len: usize) {
        self.tag(field, DELIMITED);
        self.put_varint(len as u64);
    }

    /// Fields that are encoded already.
    pub(crate) fn raw(&mut self, fields: &[u8]) {
        self.buf.extend_from_slice(fields);
    }

    /// `repeated fixed64` or, by its bits, `repeated double`; packed.
    pub(crate) fn packed(&mut self, field: u32, values: impl ExactSizeIterator<Item = u64>) {
        self.delimiter(field, values.len() * 8);
        for value in values {
            self.buf.extend_from_slice(&value.to_le_bytes());
        }
    }

    /// A message within this one; its length is patched in once it is known.
    pub(crate) fn message(&mut self, field: u32, fill: impl FnOnce(&mut Message<'_>)) {
        self.tag(field, DELIMITED);
        let at = self.buf.len();
        self.buf.push(0);
        fill(&mut Message::new(self.buf));
        let len = self.buf.len() - at - 1;
        self.patch(at, len);
    }

    /// Replaces the byte at `at` by the varint of `len`.
    fn patch(&mut self, at: usize, len: usize) {
        if let (Ok(byte @ 0..=0x7f), Some(place)) = (u8::try_from(len), self.buf.get_mut(at)) {
            *place = byte;
            return;
        }
        let end = self.buf.len();
        self.put_varint(len as u64);
        // The varint now stands behind the message: turned to the front, less the byte that was kept free.
        let width = self.buf.len() - end;
        if let Some(moved) = self.buf.get_mut(at..) {
            moved.rotate_right(width);
        }
        self.buf.remove(at + width);
    }

    fn tag(&mut self, field: u32, wire_type: u32) {
        self.put_varint(u64::from(field << 3 | wire_type));
    }

    fn put_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.buf.push(low_bits(value) | 0x80);
            value >>= 7;
        }
        self.buf.push(low_bits(value));
    }
}

/// Appends `attribute` as a `KeyValue`.
pub(crate) fn attribute(message: &mut Message<'_>, field: u32, attribute: &Attribute<'_>) {
    let value_len = 1 + match attribute.value {
        Value::Text(text) => varint_len(text.len() as u64) + text.len(),
        Value::Bool(_) => 1,
        Value::Int(number) => varint_len(number.cast_unsigned()),
        Value::Double(_) => 8,
    };
    message.delimiter(field, field_len(attribute.key.len()) + field_len(value_len));
    message.text(1, attribute.key);
    message.delimiter(2, value_len);
    value(message, attribute.value);
}

/// Appends the one field of an `AnyValue`.
pub(crate) fn value(message: &mut Message<'_>, value: Value<'_>) {
    match value {
        Value::Text(text) => message.text(1, text),
        Value::Bool(so) => message.varint(2, u64::from(so)),
        Value::Int(number) => message.varint(3, number.cast_unsigned()),
        Value::Double(number) => message.double(4, number),
    }
}

/// How many bytes a length-delimited field of `len` bytes takes, if its number is below 16.
pub(crate) const fn field_len(len: usize) -> usize {
    1 + varint_len(len as u64) + len
}

/// How many bytes the varint of `value` takes: 1 to 10.
pub(crate) const fn varint_len(value: u64) -> usize {
    (70 - (value | 1).leading_zeros() as usize) / 7
}

const fn low_bits(value: u64) -> u8 {
    (value & 0x7f) as u8
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::any_value::Value as Decoded;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;

    fn written(fill: impl FnOnce(&mut Message<'_>)) -> Vec<u8> {
        let mut buf = Vec::new();
        fill(&mut Message::new(&mut buf));
        buf
    }

    fn expected(key: &str, value: Decoded) -> KeyValue {
        KeyValue {
            key: key.into(),
            value: Some(AnyValue { value: Some(value) }),
            ..KeyValue::default()
        }
    }

    #[test]
    fn a_varint_is_as_long_as_said() {
        for shift in 0..64 {
            for value in [1_u64 << shift, (1_u64 << shift) - 1, u64::MAX >> shift] {
                let buf = written(|m| m.put_varint(value));
                assert_eq!(buf.len(), varint_len(value), "{value}");
                let decoded = prost::encoding::decode_varint(&mut buf.as_slice());
                assert_eq!(decoded.ok(), Some(value));
            }
        }
    }

    #[test]
    fn numbers_are_as_prost_reads_them() {
        for number in [0, 1, -1, 127, 128, i64::MIN, i64::MAX] {
            let buf = written(|m| attribute(m, 1, &Attribute::int("n", number)));
            let scope = opentelemetry_proto::tonic::resource::v1::Resource::decode(&*buf);
            let expected = expected("n", Decoded::IntValue(number));
            assert_eq!(scope.map(|r| r.attributes).ok(), Some(vec![expected]));
        }
        let buf = written(|m| m.sfixed64(1, -2));
        assert_eq!(buf, [9, 0xfe, 255, 255, 255, 255, 255, 255, 255]);
        assert_eq!(written(|m| m.fixed32(16, 1)), [0x85, 1, 1, 0, 0, 0]);
    }

    proptest! {
        #[test]
        fn a_nested_message_of_any_length_has_its_length_in_front(
            name in "[a-z]{0,300}", key in "[a-z.]{0,200}", text in ".{0,200}", x: f64, so: bool,
        ) {
            let attributes = [
                Attribute::text(&key, &text),
                Attribute::double(&key, x),
                Attribute::bool(&key, so),
            ];
            let buf = written(|m| m.message(7, |m| {
                m.text(1, &name);
                for one in &attributes {
                    attribute(m, 3, one);
                }
            }));
            // Field 7, then a length-delimited message, and nothing behind it.
            let mut rest = buf.get(1..).unwrap_or_default();
            prop_assert_eq!(buf.first(), Some(&0x3a));
            let scope = InstrumentationScope::decode_length_delimited(&mut rest);
            prop_assert!(rest.is_empty());
            prop_assert_eq!(scope, Ok(InstrumentationScope {
                name,
                attributes: vec![
                    expected(&key, Decoded::StringValue(text.clone())),
                    expected(&key, Decoded::DoubleValue(x)),
                    expected(&key, Decoded::BoolValue(so)),
                ],
                ..InstrumentationScope::default()
            }));
        }
    }
}
