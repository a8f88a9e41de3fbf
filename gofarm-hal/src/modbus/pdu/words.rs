//! The big-endian words of which requests and answers are made.

use super::RequestError;

/// Writes a function and its words; says how many bytes that were.
#[inline]
pub(super) fn put<const N: usize>(
    into: &mut [u8],
    function: u8,
    words: [u16; N],
) -> Result<usize, RequestError> {
    let needed = 1 + 2 * N;
    let available = into.len();
    let Some((code, rest)) = into
        .get_mut(..needed)
        .and_then(|into| into.split_first_mut())
    else {
        return Err(RequestError::Buffer { needed, available });
    };
    *code = function;
    for (bytes, word) in rest.chunks_exact_mut(2).zip(words) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    Ok(needed)
}

/// Writes a function, its words and a count of bytes, and hands out the place of those bytes.
pub(super) fn announce<const N: usize>(
    into: &mut [u8],
    function: u8,
    words: [u16; N],
    count: usize,
) -> Option<&mut [u8]> {
    let head = put(into, function, words).ok()?;
    let (announced, data) = into.get_mut(head..=head + count)?.split_first_mut()?;
    *announced = u8::try_from(count).ok()?;
    Some(data)
}

/// Takes `N` big-endian words off the front.
#[inline]
pub(super) fn words<const N: usize>(bytes: &[u8]) -> Option<([u16; N], &[u8])> {
    let (head, rest) = bytes.split_at_checked(2 * N)?;
    let mut words = [0; N];
    for (word, bytes) in words.iter_mut().zip(head.chunks_exact(2)) {
        *word = bytes.try_into().map(u16::from_be_bytes).ok()?;
    }
    Some((words, rest))
}

/// The data after a count of bytes, if that is `expected` and they are all there.
pub(super) fn counted(bytes: &[u8], expected: usize) -> Option<&[u8]> {
    let (count, data) = bytes.split_first()?;
    (usize::from(*count) == expected && data.len() == expected).then_some(data)
}
