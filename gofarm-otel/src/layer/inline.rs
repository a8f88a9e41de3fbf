//! A text on the stack that is cut where it gets too long: [`Inline`].

use core::fmt;

/// At most `N` bytes of text; what is longer is cut at the end of a character.
#[derive(Clone, Copy)]
pub(super) struct Inline<const N: usize> {
    len: u16,
    bytes: [u8; N],
}

impl<const N: usize> Inline<N> {
    pub(super) const fn new() -> Self {
        Self {
            len: 0,
            bytes: [0; N],
        }
    }

    pub(super) fn as_str(&self) -> &str {
        readable(self.bytes.get(..usize::from(self.len)).unwrap_or_default())
    }

    pub(super) const fn clear(&mut self) {
        self.len = 0;
    }

    /// Adds the beginning of `source`, which is looked at only when the text is read.
    pub(super) fn push(&mut self, source: &[u8]) {
        let used = usize::from(self.len);
        let free = self.bytes.get_mut(used..).unwrap_or_default();
        let len = source.len().min(free.len());
        if let (Some(free), Some(source)) = (free.get_mut(..len), source.get(..len)) {
            free.copy_from_slice(source);
            self.len += u16::try_from(len).unwrap_or(0);
        }
    }
}

impl<const N: usize> fmt::Write for Inline<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}

/// The beginning of `text`, of at most `max` bytes.
pub(super) fn cut(text: &str, max: usize) -> &str {
    text.as_bytes().get(..max).map_or(text, readable)
}

/// What of `bytes` is text: all up to the first byte that is not.
pub(super) fn readable(bytes: &[u8]) -> &str {
    match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            core::str::from_utf8(valid).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use core::fmt::Write;

    use super::*;

    fn copy<const N: usize>(source: &[u8]) -> Inline<N> {
        let mut copy = Inline::new();
        copy.push(source);
        copy
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_at_the_end_of_a_character() {
        assert_eq!(copy::<8>(b"/plots/7/soil").as_str(), "/plots/7");
        assert_eq!(copy::<3>("ab\u{e4}c".as_bytes()).as_str(), "ab");
        assert_eq!(copy::<8>(b"a\xffb").as_str(), "a");
        assert_eq!(copy::<0>(b"a").as_str(), "");
        assert_eq!(
            (cut("ab", 2), cut("a\u{e4}", 2), cut("", 0)),
            ("ab", "a", "")
        );
    }

    #[test]
    fn what_is_written_beyond_the_end_is_left_out() {
        let mut text = Inline::<4>::new();
        write!(text, "{}{}", 12, 345).unwrap();
        assert_eq!(text.as_str(), "1234");
    }
}
