//! [`Text`]: a short string stored inline, so that a record with a name in it needs no heap.
//!
//! ```
//! use gofarm_core::text::Text;
//!
//! let name: Text<16> = Text::new("north field")?;
//! assert_eq!(&*name, "north field");
//! assert!(Text::<4>::new("north field").is_err());
//! # Ok::<(), gofarm_core::text::TooLong>(())
//! ```

use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::Deref;

use crate::error::{Classify, Kind};

/// A UTF-8 string of at most `N` bytes, stored inline; `N` at most 255.
///
/// ```
/// use gofarm_core::text::Text;
///
/// let unit: Text<8> = "m³/h".parse()?;
/// assert_eq!((unit.len(), unit.to_uppercase()), (5, "M³/H".to_owned()));
/// # Ok::<(), gofarm_core::text::TooLong>(())
/// ```
#[derive(Clone, Copy)]
pub struct Text<const N: usize> {
    len: u8,
    bytes: [u8; N],
}

impl<const N: usize> Text<N> {
    const FITS: () = assert!(N <= 255, "Text<N> holds at most 255 bytes");

    /// The empty string.
    #[must_use]
    pub const fn empty() -> Self {
        let () = Self::FITS;
        Self {
            len: 0,
            bytes: [0; N],
        }
    }

    /// Copies `text`.
    ///
    /// # Errors
    /// [`TooLong`] if `text` has more than `N` bytes; nothing is cut.
    pub const fn new(text: &str) -> Result<Self, TooLong> {
        let mut copy = Self::empty();
        let source = text.as_bytes();
        if source.len() > N {
            return Err(TooLong {
                len: source.len(),
                max: N,
            });
        }
        let mut i = 0;
        while i < source.len() {
            copy.bytes[i] = source[i];
            i += 1;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "N is at most 255, see FITS"
        )]
        {
            copy.len = source.len() as u8;
        }
        Ok(copy)
    }

    /// The text as a string slice.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let used = self.bytes.get(..usize::from(self.len)).unwrap_or_default();
        // The bytes came from a `&str` and were not cut: this cannot fail.
        core::str::from_utf8(used).unwrap_or_default()
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::empty()
    }
}

impl<const N: usize> Deref for Text<N> {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl<const N: usize> AsRef<str> for Text<N> {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl<const N: usize> TryFrom<&str> for Text<N> {
    type Error = TooLong;

    fn try_from(text: &str) -> Result<Self, TooLong> {
        Self::new(text)
    }
}

impl<const N: usize> core::str::FromStr for Text<N> {
    type Err = TooLong;

    fn from_str(text: &str) -> Result<Self, TooLong> {
        Self::new(text)
    }
}

impl<const N: usize> PartialEq for Text<N> {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl<const N: usize> Eq for Text<N> {}

impl<const N: usize> PartialOrd for Text<N> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<const N: usize> Ord for Text<N> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl<const N: usize> Hash for Text<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

#[cfg(feature = "defmt")]
impl<const N: usize> defmt::Format for Text<N> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::Format::format(self.as_str(), f);
    }
}

#[cfg(feature = "serde")]
impl<const N: usize> serde::Serialize for Text<N> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(feature = "serde")]
impl<'de, const N: usize> serde::Deserialize<'de> for Text<N> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<const N: usize>;

        impl<const N: usize> serde::de::Visitor<'_> for Visitor<N> {
            type Value = Text<N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a string of at most {N} bytes")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Text<N>, E> {
                Text::new(text).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Visitor)
    }
}

/// A text that does not fit.
///
/// ```
/// use gofarm_core::text::{Text, TooLong};
///
/// assert_eq!(Text::<4>::new("field"), Err(TooLong { len: 5, max: 4 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TooLong {
    /// The length that was offered, in bytes.
    pub len: usize,
    /// The most that fits, in bytes.
    pub max: usize,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text of {} bytes is longer than {}", self.len, self.max)
    }
}

impl core::error::Error for TooLong {}

impl Classify for TooLong {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_equal_whatever_was_there_before() {
        let a = Text::<8>::new("ab").unwrap();
        let b = Text::<8> {
            len: 2,
            bytes: *b"abzzzzzz",
        };
        assert_eq!(a, b);
        assert_eq!(a.cmp(&b), Ordering::Equal);
    }

    #[test]
    fn a_multi_byte_character_is_never_cut() {
        assert_eq!(Text::<1>::new("ü"), Err(TooLong { len: 2, max: 1 }));
        assert_eq!(Text::<2>::new("ü").unwrap().as_str(), "ü");
    }
}
