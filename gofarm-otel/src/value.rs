//! Values of the OpenTelemetry API, written as OTLP.

use opentelemetry::logs::AnyValue;
use opentelemetry::{Array, KeyValue, Value};

use crate::attribute::{self, Attribute};
use crate::protobuf::{self, Message};

/// Appends a `KeyValue`, with text cut to `max_len` bytes.
pub(crate) fn key_value(
    message: &mut Message<'_>,
    field: u32,
    attribute: &KeyValue,
    max_len: usize,
) {
    let key = attribute.key.as_str();
    match plain(&attribute.value) {
        Some(value) => {
            let attribute = limited(Attribute { key, value }, max_len);
            protobuf::attribute(message, field, &attribute);
        }
        None => message.message(field, |message| {
            message.text(1, key);
            message.message(2, |message| array(message, &attribute.value, max_len));
        }),
    }
}

/// Appends a `KeyValue` of a log record, with text cut to `max_len` bytes.
pub(crate) fn key_any(
    message: &mut Message<'_>,
    field: u32,
    key: &str,
    value: &AnyValue,
    max_len: usize,
) {
    message.message(field, |message| {
        message.text(1, key);
        message.message(2, |message| any(message, value, max_len, DEPTH));
    });
}

/// How deep lists and maps may stand in each other; what is deeper is left out.
const DEPTH: u32 = 8;

/// Appends the field of an `AnyValue`.
pub(crate) fn any_value(message: &mut Message<'_>, value: &AnyValue, max_len: usize) {
    any(message, value, max_len, DEPTH);
}

fn any(message: &mut Message<'_>, value: &AnyValue, max_len: usize, depth: u32) {
    use attribute::Value as Plain;
    match value {
        AnyValue::Int(number) => protobuf::value(message, Plain::Int(*number)),
        AnyValue::Double(number) => protobuf::value(message, Plain::Double(*number)),
        AnyValue::Boolean(so) => protobuf::value(message, Plain::Bool(*so)),
        AnyValue::String(text) => message.text(1, cut(text.as_str(), max_len)),
        AnyValue::Bytes(bytes) => message.bytes(7, bytes.get(..max_len).unwrap_or(bytes)),
        AnyValue::ListAny(list) if depth > 0 => message.message(5, |message| {
            for value in list.iter() {
                message.message(1, |message| any(message, value, max_len, depth - 1));
            }
        }),
        AnyValue::Map(map) if depth > 0 => message.message(6, |message| {
            for (key, value) in map.iter() {
                message.message(1, |message| {
                    message.text(1, key.as_str());
                    message.message(2, |message| any(message, value, max_len, depth - 1));
                });
            }
        }),
        _ => {}
    }
}

fn plain(value: &Value) -> Option<attribute::Value<'_>> {
    Some(match value {
        Value::Bool(so) => attribute::Value::Bool(*so),
        Value::I64(number) => attribute::Value::Int(*number),
        Value::F64(number) => attribute::Value::Double(*number),
        Value::String(text) => attribute::Value::Text(text.as_str()),
        _ => return None,
    })
}

/// Appends an `AnyValue` that is an array.
fn array(message: &mut Message<'_>, value: &Value, max_len: usize) {
    use attribute::Value as Plain;
    let Value::Array(array) = value else {
        return;
    };
    let each = |value: Plain<'_>, message: &mut Message<'_>| {
        message.message(1, |message| protobuf::value(message, value));
    };
    message.message(5, |message| match array {
        Array::Bool(all) => all.iter().for_each(|one| each(Plain::Bool(*one), message)),
        Array::I64(all) => all.iter().for_each(|one| each(Plain::Int(*one), message)),
        Array::F64(all) => all
            .iter()
            .for_each(|one| each(Plain::Double(*one), message)),
        Array::String(all) => all
            .iter()
            .for_each(|one| each(Plain::Text(cut(one.as_str(), max_len)), message)),
        _ => {}
    });
}

/// `attribute` with its text cut to `max_len` bytes.
pub(crate) fn limited(mut attribute: Attribute<'_>, max_len: usize) -> Attribute<'_> {
    if let attribute::Value::Text(text) = attribute.value {
        attribute.value = attribute::Value::Text(cut(text, max_len));
    }
    attribute
}

/// The first `max_len` bytes of `text`, less what is left of a character that was cut through.
pub(crate) fn cut(text: &str, max_len: usize) -> &str {
    let mut end = max_len.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
