//! What a request carries in its headers: whatever comes, it is refused or written on as it was understood.
#![no_main]

use gofarm_core::time::Instant;
use gofarm_resilience::context::CallContext;
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 6] = [
    "grpc-timeout",
    "traceparent",
    "x-request-id",
    "x-region",
    "x-tenant-id",
    "authorization",
];

fuzz_target!(|values: Vec<(u8, Vec<u8>)>| {
    let mut headers = HeaderMap::new();
    for (name, value) in values.iter().take(12) {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(NAMES[usize::from(*name) % NAMES.len()], value);
        }
    }
    let now = Instant::from_secs(1_000);
    let Ok(context) = CallContext::from_headers(&headers, now) else {
        return;
    };
    let mut written = HeaderMap::new();
    context.write_to(&mut written, now);
    let again = CallContext::from_headers(&written, now).expect("what we write is read");
    assert_eq!(again.labels(), context.labels());
    assert_eq!(again.request_id(), context.request_id());
    assert_eq!(again.trace().is_some(), context.trace().is_some());
    assert_eq!(again.deadline().is_some(), context.deadline().is_some());
});
