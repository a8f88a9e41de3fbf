//! [`JSON`] and [`CBOR`]: the two forms of a pack.

use gofarm_core::contract::Number;

use super::super::{base64, half, label::Label};
use super::Field;
use super::output::Output;

/// A form of a pack. A table of functions and no trait: a pack is one type then, and a program that writes one form does
/// not carry the other.
#[derive(Debug)]
pub(super) struct Format {
    /// What a pack begins with.
    pub(super) open: &'static [u8],
    /// Bytes that the end of a pack takes.
    pub(super) tail: usize,
    /// Begins a record behind so many, with so many fields.
    pub(super) begin_record: fn(&mut Output<'_>, u16, usize),
    /// Writes the field with this index in its record.
    pub(super) field: fn(&mut Output<'_>, usize, Label, Field<'_>),
    /// Ends a record behind so many.
    pub(super) end_record: fn(&mut Output<'_>, u16),
    /// Ends a pack of so many records.
    pub(super) close: fn(&mut Output<'_>, u16),
}

/// `application/senml+json` (RFC 8428, section 5).
pub(super) static JSON: Format = Format {
    open: b"[",
    tail: 1,
    begin_record: |output, before, _| output.push(if before == 0 { b"{" } else { b",{" }),
    field: json_field,
    end_record: |output, _| output.push(b"}"),
    close: |output, _| output.push(b"]"),
};

/// `application/senml+cbor` (RFC 8428, section 6), in definite lengths and shortest heads.
pub(super) static CBOR: Format = Format {
    open: &[0x80],
    tail: 0,
    begin_record: |output, _, fields| head(output, 5, fields as u64),
    field: cbor_field,
    end_record: cbor_end_record,
    close: cbor_close,
};

fn json_field(output: &mut Output<'_>, index: usize, label: Label, field: Field<'_>) {
    let member = label.member().as_bytes();
    output.push(member.get(usize::from(index == 0)..).unwrap_or_default());
    match field {
        Field::Number(Number::U64(value)) => digits(output, value, 1),
        Field::Number(Number::I64(value)) => {
            sign(output, value);
            digits(output, value.unsigned_abs(), 1);
        }
        Field::Number(Number::F32(value)) => {
            float(output, zmij::Buffer::new().format_finite(value));
        }
        Field::Number(Number::F64(value)) => {
            float(output, zmij::Buffer::new().format_finite(value));
        }
        Field::Millis(value) => {
            sign(output, value);
            let value = value.unsigned_abs();
            digits(output, value / 1_000, 1);
            let (mut rest, mut width) = (value % 1_000, 3);
            while rest != 0 && rest % 10 == 0 {
                rest /= 10;
                width -= 1;
            }
            if rest != 0 {
                output.push(b".");
                digits(output, rest, width);
            }
        }
        Field::Name(name) => {
            output.push(b"\"");
            output.push(name.as_bytes());
            output.push(b"\"");
        }
        Field::Text(text) => quoted(output, text),
        Field::Boolean(true) => output.push(b"true"),
        Field::Boolean(false) => output.push(b"false"),
        Field::Data(data) => {
            output.push(b"\"");
            for digit in base64::encode(data) {
                output.push(&[digit]);
            }
            output.push(b"\"");
        }
    }
}

fn sign(output: &mut Output<'_>, value: i64) {
    if value < 0 {
        output.push(b"-");
    }
}

/// Decimal digits, with zeros in front up to `width`.
fn digits(output: &mut Output<'_>, mut value: u64, width: usize) {
    let mut text = [b'0'; 20];
    let mut from = text.len();
    for slot in text.iter_mut().rev() {
        if value == 0 && 20 - from >= width {
            break;
        }
        *slot = b'0' + (value % 10).to_le_bytes()[0];
        value /= 10;
        from -= 1;
    }
    output.push(text.get(from..).unwrap_or_default());
}

/// The shortest digits, without the `.0` of a whole number.
fn float(output: &mut Output<'_>, text: &str) {
    output.push(text.strip_suffix(".0").unwrap_or(text).as_bytes());
}

fn quoted(output: &mut Output<'_>, text: &str) {
    output.push(b"\"");
    let mut rest = text.as_bytes();
    while let Some(at) = rest
        .iter()
        .position(|b| matches!(b, b'"' | b'\\' | 0..0x20))
    {
        let (plain, after) = rest.split_at(at);
        output.push(plain);
        if let Some((byte, after)) = after.split_first() {
            match byte {
                b'"' | b'\\' => output.push(&[b'\\', *byte]),
                control => {
                    let hex = |nibble: u8| {
                        if nibble < 10 {
                            b'0' + nibble
                        } else {
                            b'a' + nibble - 10
                        }
                    };
                    output.push(&[
                        b'\\',
                        b'u',
                        b'0',
                        b'0',
                        hex(control >> 4),
                        hex(control & 15),
                    ]);
                }
            }
            rest = after;
        }
    }
    output.push(rest);
    output.push(b"\"");
}

fn cbor_field(output: &mut Output<'_>, _: usize, label: Label, field: Field<'_>) {
    integer(output, label.key().into());
    match field {
        Field::Number(Number::U64(value)) => head(output, 0, value),
        Field::Number(Number::I64(value)) => integer(output, value),
        Field::Number(Number::F32(value)) => float64(output, value.into()),
        Field::Number(Number::F64(value)) => float64(output, value),
        Field::Millis(value) if value % 1_000 == 0 => integer(output, value / 1_000),
        #[expect(clippy::cast_precision_loss, reason = "below 2^53 for 285 000 years")]
        Field::Millis(value) => float64(output, value as f64 / 1e3),
        Field::Name(text) | Field::Text(text) => {
            head(output, 3, text.len() as u64);
            output.push(text.as_bytes());
        }
        Field::Boolean(value) => output.push(&[0xf4 + u8::from(value)]),
        Field::Data(data) => {
            head(output, 2, data.len() as u64);
            output.push(data);
        }
    }
}

/// The array's head says how many records there are, and grows with them.
fn cbor_end_record(output: &mut Output<'_>, before: u16) {
    if before == 23 || before == 255 {
        output.shift();
    }
}

fn cbor_close(output: &mut Output<'_>, records: u16) {
    let [high, low] = records.to_be_bytes();
    match records {
        0..=23 => output.patch(&[0x80 | low]),
        24..=255 => output.patch(&[0x98, low]),
        _ => output.patch(&[0x99, high, low]),
    }
}

/// The head of an item, in the fewest bytes.
fn head(output: &mut Output<'_>, major: u8, argument: u64) {
    let major = major << 5;
    let bytes = argument.to_be_bytes();
    let [_, _, _, _, b4, b5, b6, b7] = bytes;
    match argument {
        0..=23 => output.push(&[major | b7]),
        24..=0xff => output.push(&[major | 24, b7]),
        0x100..=0xffff => output.push(&[major | 25, b6, b7]),
        0x1_0000..=0xffff_ffff => output.push(&[major | 26, b4, b5, b6, b7]),
        _ => {
            output.push(&[major | 27]);
            output.push(&bytes);
        }
    }
}

fn integer(output: &mut Output<'_>, value: i64) {
    if value < 0 {
        head(output, 1, (!value).unsigned_abs());
    } else {
        head(output, 0, value.unsigned_abs());
    }
}

/// The shortest form that is exactly this number: an integer, or a float of 16, 32 or 64 bits.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "what does not come back unchanged is not taken"
)]
fn float64(output: &mut Output<'_>, value: f64) {
    const WHOLE: f64 = (1_u64 << 53) as f64;
    let is_same = |other: f64| other.to_bits() == value.to_bits();
    let whole = value as i64;
    let narrow = value as f32;
    if (-WHOLE..=WHOLE).contains(&value) && is_same(whole as f64) {
        integer(output, whole);
    } else if !is_same(narrow.into()) {
        output.push(&[0xfb]);
        output.push(&value.to_be_bytes());
    } else if let Some(bits) = half::bits(narrow) {
        output.push(&[0xf9]);
        output.push(&bits.to_be_bytes());
    } else {
        output.push(&[0xfa]);
        output.push(&narrow.to_be_bytes());
    }
}
