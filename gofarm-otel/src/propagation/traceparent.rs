//! `traceparent`: 55 bytes (W3C Trace Context, section 3.2).

use gofarm_core::trace_context::TraceContext;

use super::carrier::{Field, Headers, only, window};

/// The length of version 00.
const LEN: usize = 55;

/// The flags that go on: sampled and, from level 2 of the standard, random. Others are set to zero (section 3.2.2.5).
const FLAGS: u8 = 0x03;

/// The context of a request that has one `traceparent`; more than one is none.
pub(super) fn read<H: Headers + ?Sized>(headers: &H) -> Option<TraceContext> {
    // One byte more than version 00 has tells whether it ends there or goes on as later versions may.
    let value = window(only(headers, Field::TraceParent)?, LEN + 1);
    TraceContext::from_header(value).ok()
}

/// The header value.
pub(super) fn write(context: &TraceContext) -> [u8; LEN] {
    let mut value = [b'-'; LEN];
    hex(&mut value[..2], &[0]);
    hex(&mut value[3..35], context.trace_id().as_bytes());
    hex(&mut value[36..52], context.span_id().as_bytes());
    hex(&mut value[53..], &[context.flags() & FLAGS]);
    value
}

/// Writes each byte as two lower-case digits.
pub(super) fn hex(out: &mut [u8], bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (pair, byte) in out.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}
