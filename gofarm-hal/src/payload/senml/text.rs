//! [`Text`] and [`Name`]: text as it stands in the pack, compared and printed without copying it.

use core::fmt;

/// Text of a pack, borrowed from its bytes; JSON escapes are resolved while it is read.
///
/// ```
/// use gofarm_hal::payload::senml::{Decoder, Value};
///
/// let pack = br#"[{"n":"note","vs":"dry \u2013 \"north\""}]"#;
/// let record = Decoder::json(pack).next().ok_or("a record")??;
/// let Some(Value::Text(text)) = record.value() else { return Err("text".into()) };
/// assert_eq!(text.to_string(), "dry \u{2013} \"north\"");
/// assert_eq!(text.as_str(), None); // it has escapes, so it does not stand in the pack as it is
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    raw: &'a str,
    is_escaped: bool,
}

impl<'a> Text<'a> {
    /// Text without escapes.
    pub(super) const fn plain(raw: &'a str) -> Self {
        Self {
            raw,
            is_escaped: false,
        }
    }

    /// Text with JSON escapes, which were checked.
    pub(super) const fn escaped(raw: &'a str) -> Self {
        Self {
            raw,
            is_escaped: true,
        }
    }

    /// The text, unless it has escapes.
    #[must_use]
    pub const fn as_str(&self) -> Option<&'a str> {
        if self.is_escaped {
            None
        } else {
            Some(self.raw)
        }
    }

    /// Its characters.
    pub fn chars(&self) -> impl Iterator<Item = char> + Clone + 'a {
        let mut rest = self.raw.chars();
        let is_escaped = self.is_escaped;
        core::iter::from_fn(move || match rest.next()? {
            '\\' if is_escaped => Some(unescape(&mut rest)),
            other => Some(other),
        })
    }

    /// Whether there is no character.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }
}

/// The character behind a backslash; escapes that were not checked give the replacement character.
fn unescape(rest: &mut core::str::Chars<'_>) -> char {
    match rest.next() {
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('u') => {
            let unit = hex4(rest);
            if !(0xd800..0xe000).contains(&unit) {
                return char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER);
            }
            rest.next();
            rest.next();
            let low = hex4(rest);
            let joined = 0x1_0000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
            char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        Some(other) => other,
        None => char::REPLACEMENT_CHARACTER,
    }
}

fn hex4(rest: &mut core::str::Chars<'_>) -> u32 {
    (0..4).fold(0, |unit, _| {
        let digit = rest.next().and_then(|c| c.to_digit(16)).unwrap_or(0);
        unit << 4 | digit
    })
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        match self.as_str() {
            Some(plain) => plain == other,
            None => self.chars().eq(other.chars()),
        }
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.chars().eq(other.chars())
    }
}

impl Eq for Text<'_> {}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        match self.as_str() {
            Some(plain) => f.write_str(plain),
            None => self.chars().try_for_each(|c| f.write_char(c)),
        }
    }
}

/// The name of a resolved record: the base name and the record's own, one after the other.
///
/// ```
/// use gofarm_hal::payload::senml::Decoder;
///
/// let pack = br#"[{"bn":"probe-7/","n":"water","v":0.3}]"#;
/// let record = Decoder::json(pack).next().ok_or("a record")??;
/// assert!(record.name() == "probe-7/water");
/// assert_eq!(record.name().local().as_str(), Some("water"));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    base: Text<'a>,
    local: Text<'a>,
}

impl<'a> Name<'a> {
    /// The most bytes of a name, as it stands in the pack: 256.
    pub const MAX_LEN: usize = 256;

    /// Joins both parts; `None` if the name is empty, too long or has characters that section 4.5.1 forbids.
    #[inline(never)] // inlined, it makes the decoder of CBOR a third slower
    pub(super) fn new(base: Text<'a>, local: Text<'a>) -> Option<Self> {
        let name = Self { base, local };
        if base.raw.len() + local.raw.len() > Self::MAX_LEN {
            return None;
        }
        let is_sound = if base.is_escaped || local.is_escaped {
            let mut chars = name.chars();
            chars.next().is_some_and(|c| c.is_ascii_alphanumeric()) && chars.all(is_allowed)
        } else if base.is_empty() {
            is_beginning(local.raw)
        } else {
            is_beginning(base.raw) && is_part(local.raw)
        };
        is_sound.then_some(name)
    }

    /// The base name; empty if there is none.
    #[must_use]
    pub const fn base(&self) -> Text<'a> {
        self.base
    }

    /// The record's own part; empty if there is none.
    #[must_use]
    pub const fn local(&self) -> Text<'a> {
        self.local
    }

    /// Its characters.
    pub fn chars(&self) -> impl Iterator<Item = char> + 'a {
        self.base.chars().chain(self.local.chars())
    }
}

/// Whether a name may begin so, and is one already.
pub(super) fn is_beginning(text: &str) -> bool {
    let first = text.as_bytes().first();
    first.is_some_and(u8::is_ascii_alphanumeric) && is_part(text)
}

/// Whether a name may go on so.
pub(super) fn is_part(text: &str) -> bool {
    // Every character that is allowed is one byte.
    text.bytes().all(|byte| is_allowed(byte.into()))
}

/// Whether a name may have this character (section 4.5.1).
const fn is_allowed(c: char) -> bool {
    matches!(c, 'a'..='z' | '0'..='9' | '/' | ':' | '-' | '.' | '_' | 'A'..='Z')
}

impl PartialEq<str> for Name<'_> {
    fn eq(&self, other: &str) -> bool {
        self.chars().eq(other.chars())
    }
}

impl PartialEq<&str> for Name<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.chars().eq(other.chars())
    }
}

impl Eq for Name<'_> {}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.base.fmt(f)?;
        self.local.fmt(f)
    }
}
