//! `baggage`: what the application hands on from call to call (W3C Baggage).
//!
//! It is read member by member and nothing is copied; [`entries`] stops after 64 members, 64 headers or 8192 bytes,
//! whichever comes first; 64 members and 8192 bytes are what the standard asks everybody to bear. A member that breaks
//! the grammar is passed over.
//!
//! ```
//! use gofarm_otel::propagation::baggage::{self, Entry};
//!
//! let headers: &[(&str, &[u8])] = &[("baggage", b"farm=north, crew=A%20team;ttl=3")];
//! let crew: Entry<'_> = baggage::entries(headers).find(|entry| entry.key == "crew").ok_or("no crew")?;
//! assert_eq!(crew.decode(&mut [0; 32]), Some("A team"));
//! assert_eq!(crew.properties, "ttl=3");
//! # Ok::<(), &str>(())
//! ```

use core::fmt;

use super::carrier::{Field, Headers, window};

const MAX_MEMBERS: usize = 64;
const MAX_VALUES: usize = 64;
const MAX_LEN: usize = 8192;

/// One member of the baggage, as it stands in the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry<'a> {
    /// The key, a token of RFC 9110.
    pub key: &'a str,
    /// The value, percent-encoded.
    pub value: &'a str,
    /// What follows the first `;`, as it came; often empty.
    pub properties: &'a str,
}

impl<'a> Entry<'a> {
    /// Undoes the percent-encoding of the value in `out`; `None` if it does not fit or is not UTF-8.
    #[must_use]
    pub fn decode<'b>(&self, out: &'b mut [u8]) -> Option<&'b str> {
        let mut len = 0;
        for byte in decoded(self.value) {
            *out.get_mut(len)? = byte;
            len += 1;
        }
        core::str::from_utf8(out.get(..len)?).ok()
    }

    /// The value without its percent-encoding; what is not UTF-8 becomes U+FFFD, as the standard asks.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn decoded(&self) -> alloc::borrow::Cow<'a, str> {
        if !self.value.contains('%') {
            return self.value.into();
        }
        let bytes: alloc::vec::Vec<u8> = decoded(self.value).collect();
        alloc::string::String::from_utf8_lossy(&bytes)
            .into_owned()
            .into()
    }

    /// The member between two commas.
    fn parse(member: &'a str) -> Option<Self> {
        let (pair, properties) = member.split_once(';').unwrap_or((member, ""));
        let (key, value) = pair.split_once('=')?;
        let (key, value) = (trim(key), trim(value));
        let well_formed =
            !key.is_empty() && key.bytes().all(is_token) && value.bytes().all(is_octet);
        well_formed.then_some(Self {
            key,
            value,
            properties: trim(properties),
        })
    }
}

/// The members of all `baggage` headers of a request, in order; a key may occur more than once.
pub fn entries<H: Headers + ?Sized>(headers: &H) -> impl Iterator<Item = Entry<'_>> {
    let mut left = MAX_LEN;
    headers
        .values(Field::Baggage)
        .take(MAX_VALUES)
        .map(move |value| {
            let seen = window(value, left);
            let cut = seen.len() < value.len();
            left -= seen.len();
            whole_members(seen, cut)
        })
        .flat_map(|value| value.split(|byte| *byte == b','))
        .take(MAX_MEMBERS)
        .filter_map(|member| Entry::parse(core::str::from_utf8(member).ok()?))
}

/// Writes one member: the key as it is, the value percent-encoded. Between two members belongs a comma.
///
/// ```
/// use gofarm_otel::propagation::baggage;
///
/// let mut header = String::new();
/// baggage::write("crew", "A team, north", &mut header)?;
/// assert_eq!(header, "crew=A%20team%2C%20north");
/// # Ok::<(), core::fmt::Error>(())
/// ```
///
/// # Errors
/// If `out` fails, or the key is not a token of RFC 9110 (nothing has been written then).
pub fn write(key: &str, value: &str, out: &mut impl fmt::Write) -> fmt::Result {
    if key.is_empty() || !key.bytes().all(is_token) {
        return Err(fmt::Error);
    }
    out.write_str(key)?;
    out.write_char('=')?;
    for byte in value.bytes() {
        // An equals sign may stand in a value, but some readers, the one of OpenTelemetry for Rust among them, cut there.
        if is_octet(byte) && !matches!(byte, b'%' | b'=') {
            out.write_char(char::from(byte))?;
        } else {
            write!(out, "%{byte:02X}")?;
        }
    }
    Ok(())
}

/// A value without its last member, where that was cut.
fn whole_members(seen: &[u8], cut: bool) -> &[u8] {
    if !cut {
        return seen;
    }
    let end = seen.iter().rposition(|byte| *byte == b',');
    seen.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// The bytes of a value; a `%` that no two digits follow stands for itself.
fn decoded(value: &str) -> impl Iterator<Item = u8> {
    let mut rest = value.as_bytes();
    core::iter::from_fn(move || {
        let (&first, tail) = rest.split_first()?;
        let pair = tail.first_chunk::<2>().filter(|_| first == b'%');
        if let Some([high, low]) = pair.and_then(|[a, b]| Some([digit(*a)?, digit(*b)?])) {
            rest = tail.get(2..)?;
            return Some(high << 4 | low);
        }
        rest = tail;
        Some(first)
    })
}

fn digit(byte: u8) -> Option<u8> {
    let value = char::from(byte).to_digit(16)?;
    u8::try_from(value).ok()
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// RFC 9110, section 5.6.2.
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

/// `baggage-octet` of W3C Baggage.
const fn is_octet(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e)
}
