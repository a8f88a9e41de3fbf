//! `tracestate`: data of other tracing systems, to be handed on (W3C Trace Context, section 3.3).
//!
//! We put nothing into it and read nothing from it. What can be read is handed on as it came; a list that breaks
//! the grammar is dropped as a whole, as the standard allows.

use super::carrier::{Field, Headers, window};

/// The bytes that are handed on; the least that the standard asks of everybody (section 3.3.1.5).
const MAX_LEN: usize = 512;
const MAX_MEMBERS: usize = 32;

/// The first `tracestate` of a request, cut to whole members within the limits; empty if it cannot be read.
pub(super) fn read<H: Headers + ?Sized>(headers: &H) -> &str {
    let mut values = headers.values(Field::TraceState);
    values.next().and_then(list).unwrap_or("")
}

fn list(value: &[u8]) -> Option<&str> {
    // The byte behind the limit tells whether the last member ends there.
    let seen = core::str::from_utf8(window(value, MAX_LEN + 1)).ok()?;
    let mut end = 0;
    let mut at = 0;
    for (number, member) in seen.split(',').enumerate() {
        let next = at + member.len();
        // The one that touches the end of the window may go on behind it.
        if number == MAX_MEMBERS || next > MAX_LEN {
            break;
        }
        if !is_member(member.trim_matches([' ', '\t'])) {
            return None;
        }
        end = next;
        at = next + 1;
    }
    Some(seen.get(..end)?.trim_matches([' ', '\t', ',']))
}

/// `key=value`, or nothing at all between two commas.
fn is_member(member: &str) -> bool {
    member.is_empty()
        || member
            .split_once('=')
            .is_some_and(|(key, value)| is_key(key.as_bytes()) && is_value(value.as_bytes()))
}

fn is_key(key: &[u8]) -> bool {
    let first = key
        .first()
        .is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    first
        && key.len() <= 256
        && key.iter().all(|b| {
            b.is_ascii_lowercase()
                || b.is_ascii_digit()
                || matches!(b, b'_' | b'-' | b'*' | b'/' | b'@')
        })
}

fn is_value(value: &[u8]) -> bool {
    !value.is_empty()
        && value.len() <= 256
        && value
            .iter()
            .all(|b| matches!(b, b' '..=b'~') && !matches!(b, b',' | b'='))
}
