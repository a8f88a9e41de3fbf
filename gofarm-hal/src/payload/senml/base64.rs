//! Base64 with the alphabet that is safe in URLs, without padding (RFC 4648, section 5): data values in JSON.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Hands out the digits of `data`.
pub(super) fn encode(data: &[u8]) -> impl Iterator<Item = u8> + '_ {
    data.chunks(3).flat_map(|chunk| {
        let mut bits = [0; 3];
        for (to, from) in bits.iter_mut().zip(chunk) {
            *to = *from;
        }
        let [a, b, c] = bits;
        let digits = [
            a >> 2,
            (a & 3) << 4 | b >> 4,
            (b & 15) << 2 | c >> 6,
            c & 63,
        ];
        let digits = digits.map(|digit| ALPHABET.get(usize::from(digit)).copied().unwrap_or(b'A'));
        digits.into_iter().take(chunk.len() + 1)
    })
}

const fn digit(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    })
}

/// Whether `text` is base64 of whole bytes: only digits, and no bits left over that are not zero.
pub(super) fn is_sound(text: &[u8]) -> bool {
    let spare = match text.len() % 4 {
        0 => 0,
        1 => return false,
        2 => 0b1111,
        _ => 0b11,
    };
    let last = text.last().and_then(|byte| digit(*byte)).unwrap_or(0);
    text.iter().all(|byte| digit(*byte).is_some()) && last & spare == 0
}

/// The bytes of a data value, one after the other; made by [`Data::bytes`](super::Data::bytes).
#[derive(Clone, Debug)]
pub struct DataBytes<'a> {
    rest: &'a [u8],
    is_text: bool,
    /// Bits that were read and not handed out, in the low `count` bits.
    bits: u16,
    count: u8,
}

impl<'a> DataBytes<'a> {
    pub(super) const fn binary(rest: &'a [u8]) -> Self {
        Self {
            rest,
            is_text: false,
            bits: 0,
            count: 0,
        }
    }

    pub(super) const fn base64(rest: &'a [u8]) -> Self {
        Self {
            rest,
            is_text: true,
            bits: 0,
            count: 0,
        }
    }

    fn take(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }
}

impl Iterator for DataBytes<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        if !self.is_text {
            return self.take();
        }
        while self.count < 8 {
            let digit = digit(self.take()?)?;
            self.bits = self.bits << 6 | u16::from(digit);
            self.count += 6;
        }
        self.count -= 8;
        let [_, byte] = (self.bits >> self.count).to_be_bytes();
        Some(byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648, section 10, with the padding left out.
    #[test]
    fn the_vectors_of_the_rfc() {
        let rows = ["", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"];
        for (len, text) in rows.iter().enumerate() {
            let data = &b"foobar"[..len];
            assert!(encode(data).eq(text.bytes()), "{text}");
            assert!(is_sound(text.as_bytes()));
            assert!(DataBytes::base64(text.as_bytes()).eq(data.iter().copied()));
        }
        assert!(encode(&[0xfb, 0xff]).eq(*b"-_8"));
    }

    #[test]
    fn what_is_not_base64_of_whole_bytes_is_refused() {
        for text in ["A", "Zh", "Zg==", "Zm9+", "Zm9/", "Z g"] {
            assert!(!is_sound(text.as_bytes()), "{text}");
        }
    }
}
