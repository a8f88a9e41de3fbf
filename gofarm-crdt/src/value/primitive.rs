//! The encodings of plain types: one byte for bool, u8 and i8, LEB128 for the wider integers, little-endian
//! bits for floats.

use core::time::Duration;

use super::{Reader, Sink, Value};
use crate::error::Malformed;

impl Value for () {
    fn encode(&self, _: &mut dyn Sink) {}

    fn decode(_: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(())
    }
}

/// One byte, 0 or 1.
impl Value for bool {
    fn encode(&self, out: &mut dyn Sink) {
        out.put_u8(u8::from(*self));
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        match input.take_u8("bool")? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed::Invalid("bool")),
        }
    }
}

/// One byte.
impl Value for u8 {
    fn encode(&self, out: &mut dyn Sink) {
        out.put_u8(*self);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        input.take_u8("u8")
    }
}

/// One byte, two's complement.
impl Value for i8 {
    fn encode(&self, out: &mut dyn Sink) {
        out.put(&self.to_le_bytes());
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        input.take_u8("i8").map(|byte| Self::from_le_bytes([byte]))
    }
}

macro_rules! unsigned {
    ($($int:ident: $longest:literal,)*) => {$(
        #[doc = concat!("LEB128, 1 to ", $longest, " bytes.")]
        impl Value for $int {
            fn encode(&self, out: &mut dyn Sink) {
                out.put_varint(u64::from(*self));
            }

            #[cfg_attr(target_os = "none", inline(never))]
            fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
                let n = input.take_varint(stringify!($int))?;
                Self::try_from(n).map_err(|_| Malformed::Invalid(stringify!($int)))
            }
        }
    )*};
}

unsigned!(u16: "3", u32: "5", u64: "10",);

macro_rules! signed {
    ($($int:ident: $longest:literal,)*) => {$(
        #[doc = concat!("LEB128 of the zigzag number (0, -1, 1, -2, ...), 1 to ", $longest, " bytes.")]
        impl Value for $int {
            fn encode(&self, out: &mut dyn Sink) {
                out.put_varint(zigzag(i64::from(*self)));
            }

            #[cfg_attr(target_os = "none", inline(never))]
            fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
                let n = unzigzag(input.take_varint(stringify!($int))?);
                Self::try_from(n).map_err(|_| Malformed::Invalid(stringify!($int)))
            }
        }
    )*};
}

signed!(i16: "3", i32: "5", i64: "10",);

/// Small magnitudes to small numbers: 0, -1, 1, -2 become 0, 1, 2, 3.
const fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)).cast_unsigned()
}

const fn unzigzag(n: u64) -> i64 {
    (n >> 1).cast_signed() ^ -((n & 1).cast_signed())
}

macro_rules! float {
    ($($float:ident, $bits:ident: $bytes:literal, $nan:literal;)*) => {$(
        #[doc = concat!("The ", $bytes, " bytes of its IEEE 754 bits, low byte first; every NaN as the quiet one without payload; -0.0 is not 0.0.")]
        impl Value for $float {
            fn encode(&self, out: &mut dyn Sink) {
                let bits = if self.is_nan() { $nan } else { self.to_bits() };
                out.put(&bits.to_le_bytes());
            }

            fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
                let bits = $bits::from_le_bytes(fixed(input, stringify!($float))?);
                let float = Self::from_bits(bits);
                if float.is_nan() && bits != $nan {
                    return Err(Malformed::Invalid(stringify!($float)));
                }
                Ok(float)
            }
        }
    )*};
}

float! {
    f32, u32: "4", 0x7fc0_0000_u32;
    f64, u64: "8", 0x7ff8_0000_0000_0000_u64;
}

/// LEB128 of its code point, 1 to 3 bytes.
impl Value for char {
    fn encode(&self, out: &mut dyn Sink) {
        out.put_varint(u64::from(u32::from(*self)));
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        u32::try_from(input.take_varint("char")?)
            .ok()
            .and_then(Self::from_u32)
            .ok_or(Malformed::Invalid("char"))
    }
}

/// Whole seconds and the nanoseconds above them, each LEB128: 2 bytes for a whole minute.
impl Value for Duration {
    fn encode(&self, out: &mut dyn Sink) {
        out.put_varint(self.as_secs());
        out.put_varint(u64::from(self.subsec_nanos()));
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let secs = input.take_varint("duration")?;
        let nanos = u32::try_from(input.take_varint("duration")?)
            .ok()
            .filter(|nanos| *nanos < 1_000_000_000)
            .ok_or(Malformed::Invalid("duration"))?;
        Ok(Self::new(secs, nanos))
    }
}

/// Takes exactly `N` bytes.
pub(super) fn fixed<const N: usize>(
    input: &mut Reader<'_>,
    what: &'static str,
) -> Result<[u8; N], Malformed> {
    let taken = input.take(N, what)?;
    taken.try_into().map_err(|_| Malformed::Truncated(what))
}

/// The number of bytes, then UTF-8.
pub(super) fn put_text(text: &str, out: &mut dyn Sink) {
    out.put_varint(text.len() as u64);
    out.put(text.as_bytes());
}

/// Reads what `put_text` wrote.
#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn take_text<'a>(
    input: &mut Reader<'a>,
    what: &'static str,
) -> Result<&'a str, Malformed> {
    core::str::from_utf8(input.take_prefixed(what)?).map_err(|_| Malformed::Invalid(what))
}
