//! What an answer of a receiver means.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::time::Duration;

use http::HeaderMap;

use crate::export::Answer;
use crate::wire::Fields;

/// The longest message of a receiver that is kept, in bytes.
const MESSAGE: usize = 1_024;

/// What `Export…ServiceResponse` says: everything was taken, or not some.
pub(super) fn taken(body: &[u8]) -> Answer {
    let Some(partial) = Fields(body).bytes(1) else {
        return Answer::Accepted;
    };
    // An int64 that is below zero is nobody's count.
    let rejected = Fields(partial)
        .varint_of(1)
        .and_then(|n| i64::try_from(n).ok());
    let message = Fields(partial).bytes(2).map(text).unwrap_or_default();
    let rejected = rejected.and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
    if rejected == 0 && message.is_empty() {
        return Answer::Accepted;
    }
    Answer::Partial { rejected, message }
}

/// What a status of HTTP says (OTLP, "Failures"); `body` is a `google.rpc.Status` or nothing.
pub(super) fn of_http(status: u16, headers: &HeaderMap, body: &[u8]) -> Answer {
    match status {
        200..=299 => taken(body),
        429 | 502 | 503 | 504 => Answer::Retry {
            after: retry_after(headers),
        },
        413 => Answer::TooLarge,
        _ => Answer::Refused {
            status,
            message: Fields(body).bytes(2).map(text).unwrap_or_default(),
        },
    }
}

/// `Retry-After` in seconds; a date is not followed, for the wall clock here may be unknown.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

/// What a status of gRPC says (OTLP, "Failures"), with `grpc-message` and the `google.rpc.Status` of
/// `grpc-status-details-bin`.
#[cfg(feature = "grpc")]
pub(super) fn of_grpc(status: u16, message: &str, details: &[u8]) -> Answer {
    let after = retry_info(details);
    match status {
        // Cancelled, deadline exceeded, aborted, out of range, unavailable, data loss.
        1 | 4 | 10 | 11 | 14 | 15 => Answer::Retry { after },
        // Resource exhausted: only a receiver that names a time expects to recover.
        8 if after.is_some() => Answer::Retry { after },
        // The words of the gRPC servers in Go and C for a message above their bound, which is 4 MiB if nobody set it.
        8 if message.contains("larger than max") => Answer::TooLarge,
        _ => Answer::Refused {
            status,
            message: text(message.as_bytes()),
        },
    }
}

/// The delay of a `google.rpc.RetryInfo` among the details of a `google.rpc.Status`.
#[cfg(feature = "grpc")]
fn retry_info(status: &[u8]) -> Option<Duration> {
    use crate::wire::Value;
    for (field, value) in Fields(status) {
        let (3, Value::Bytes(any)) = (field, value) else {
            continue;
        };
        let name = Fields(any).bytes(1).unwrap_or_default();
        if !name.ends_with(b"/google.rpc.RetryInfo") {
            continue;
        }
        let info = Fields(any).bytes(2).unwrap_or_default();
        let delay = Fields(info).bytes(1).unwrap_or_default();
        let seconds = Fields(delay).varint_of(1).unwrap_or(0);
        let nanos = u32::try_from(Fields(delay).varint_of(2).unwrap_or(0)).unwrap_or(0);
        // Below zero is no time at all.
        let seconds = i64::try_from(seconds).map_or(0, i64::unsigned_abs);
        return Some(Duration::from_secs(seconds) + Duration::from_nanos(u64::from(nanos)));
    }
    None
}

/// The beginning of a receiver's words.
fn text(bytes: &[u8]) -> String {
    let kept = bytes.get(..MESSAGE).unwrap_or(bytes);
    String::from_utf8_lossy(kept).into_owned().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_taken_is_read_from_the_partial_success() {
        let partial = |rejected, message: &str| Answer::Partial {
            rejected,
            message: message.into(),
        };
        let rows: [(&[u8], Answer); 7] = [
            (b"", Answer::Accepted),
            (b"\x0a\x00", Answer::Accepted),
            (b"\x0a\x02\x08\x07", partial(7, "")),
            (b"\x0a\x06\x08\x01\x12\x02no", partial(1, "no")),
            (b"\x0a\x04\x12\x02hm", partial(0, "hm")),
            // A count below zero is none, and what is cut is not read.
            (
                b"\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                Answer::Accepted,
            ),
            (b"\x0a\x09\x08\x07", Answer::Accepted),
        ];
        for (body, expected) in rows {
            assert_eq!(taken(body), expected, "{body:?}");
        }
    }

    #[test]
    fn the_words_of_a_receiver_have_a_bound() {
        let long = [b'x'; 5_000];
        assert_eq!(text(&long).len(), MESSAGE);
        assert_eq!(text(&[0xff, b'a', b' ']), "\u{fffd}a");
    }
}
