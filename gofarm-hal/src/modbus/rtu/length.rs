//! How long a frame is, from its first bytes: what makes frames independent of gaps between their bytes.

/// The length of a frame whose first bytes are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// All of it, with unit and CRC, in bytes.
    Is(usize),
    /// At least so many bytes; more of them are needed to know.
    AtLeast(usize),
    /// No frame begins so.
    Impossible,
}

/// The length of an answer.
pub(crate) fn reply_length(bytes: &[u8]) -> Length {
    match *bytes {
        [] | [_] => Length::AtLeast(5),
        [_, 0x81..=0xFF, ..] | [_, 1 | 2, 0, ..] => match bytes.get(1) {
            Some(0x81..) => Length::Is(5),
            _ => Length::Impossible,
        },
        [_, 5 | 6 | 15 | 16, ..] => Length::Is(8),
        [_, 22, ..] => Length::Is(10),
        [_, 1..=4 | 23] => Length::AtLeast(6),
        [_, 1 | 2, count, ..] if count <= 250 => Length::Is(5 + usize::from(count)),
        [_, 3 | 4 | 23, count, ..] if count <= 250 && count > 0 && count % 2 == 0 => {
            Length::Is(5 + usize::from(count))
        }
        _ => Length::Impossible,
    }
}

/// The length of a request.
pub(crate) fn request_length(bytes: &[u8]) -> Length {
    match *bytes {
        [] | [_] => Length::AtLeast(8),
        [_, 1..=6, ..] => Length::Is(8),
        [_, 22, ..] => Length::Is(10),
        [_, 15 | 16, ..] => counted(bytes.get(6), 9),
        [_, 23, ..] => counted(bytes.get(10), 13),
        _ => Length::Impossible,
    }
}

fn counted(count: Option<&u8>, rest: usize) -> Length {
    match count {
        None => Length::AtLeast(rest),
        Some(count) if usize::from(*count) + rest > super::MAX_RTU_FRAME => Length::Impossible,
        Some(count) => Length::Is(usize::from(*count) + rest),
    }
}
