//! [`Text`]: printable characters of one reply.

use core::fmt;

/// Up to 75 printable ASCII characters, the most that a reply carries (section 4.4).
///
/// ```
/// use gofarm_hal::sdi12::{Address, Answer, Request};
///
/// let request = Request::extended(Address::DEFAULT, b"XWHO").unwrap();
/// let Answer::Text(text) = request.answer(b"0gate 7\r\n")? else { unreachable!() };
/// assert_eq!(text.as_str(), "gate 7");
/// # Ok::<(), gofarm_hal::sdi12::ReplyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text {
    characters: [u8; Text::MAX_LEN],
    len: u8,
}

impl Text {
    /// The most characters.
    pub const MAX_LEN: usize = 75;

    /// No character yet.
    pub(super) const EMPTY: Self = Self {
        characters: [0; Self::MAX_LEN],
        len: 0,
    };

    /// A text of `characters`; `None` if they are too many or not all printable.
    ///
    /// ```
    /// use gofarm_hal::sdi12::Text;
    ///
    /// assert_eq!(Text::new(b",TA,Cel;").unwrap().as_str(), ",TA,Cel;");
    /// assert_eq!(Text::new(b"a\n"), None);
    /// ```
    #[must_use]
    pub fn new(characters: &[u8]) -> Option<Self> {
        let mut text = Self::EMPTY;
        if !characters.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            return None;
        }
        text.characters
            .get_mut(..characters.len())?
            .copy_from_slice(characters);
        text.len = u8::try_from(characters.len()).ok()?;
        Some(text)
    }

    /// The characters.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.characters
            .get(..usize::from(self.len))
            .unwrap_or_default()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Text {
    fn format(&self, f: defmt::Formatter<'_>) {
        self.as_str().format(f);
    }
}
