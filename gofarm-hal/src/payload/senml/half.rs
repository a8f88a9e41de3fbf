//! Floats of 16 bits, which the language does not have yet.

/// A half-precision float (RFC 8949, appendix D).
pub(super) fn value(bits: u16) -> f64 {
    let exponent = bits >> 10 & 0x1f;
    let mantissa = f64::from(bits & 0x3ff);
    // 2^-24 is the least of them, and exact, as are all products below.
    let magnitude = match exponent {
        0 => mantissa / 16_777_216.0,
        31 if bits & 0x3ff == 0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (mantissa + 1024.0) * f64::from(1_u32 << (exponent - 1)) / 16_777_216.0,
    };
    if bits & 0x8000 == 0 {
        magnitude
    } else {
        -magnitude
    }
}

/// The half-precision bits of `value`, if they hold it exactly.
pub(super) fn bits(value: f32) -> Option<u16> {
    let bits = value.to_bits();
    let sign = u16::try_from(bits >> 16 & 0x8000).ok()?;
    let exponent = i32::try_from(bits >> 23 & 0xff).ok()? - 127;
    let mantissa = bits & 0x7f_ffff;
    let found = if bits << 1 == 0 {
        sign
    } else if (-14..=15).contains(&exponent) && mantissa & 0x1fff == 0 {
        let exponent = u16::try_from(exponent + 15).ok()?;
        sign | exponent << 10 | u16::try_from(mantissa >> 13).ok()?
    } else {
        return None;
    };
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_read_as_the_rfc_says_and_normal_ones_are_written_back() {
        // RFC 8949, appendix A.
        let rows = [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0x3e00, 1.5),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x0400, 0.000_061_035_156_25),
            (0xc400, -4.0),
        ];
        for (bits, expected) in rows {
            assert!(value(bits).total_cmp(&expected).is_eq(), "{bits:04x}");
        }
        assert!(value(0x7c00).is_infinite() && value(0x7e00).is_nan());
        for bits in (0..=u16::MAX).step_by(if cfg!(miri) { 257 } else { 1 }) {
            #[expect(clippy::cast_possible_truncation, reason = "every half is an f32")]
            let narrow = value(bits) as f32;
            if let Some(found) = super::bits(narrow) {
                assert_eq!(found, bits);
            } else {
                assert!(matches!(bits >> 10 & 0x1f, 0 | 31), "{bits:04x}");
            }
        }
    }
}
