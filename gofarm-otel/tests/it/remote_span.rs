//! Spans of firmware, from the frame to the record.

use core::time::Duration;

use gofarm_core::trace_context::{SpanId, TraceContext};
use gofarm_otel::attribute::{Attribute, Value};
use gofarm_otel::remote_span::{Name, RemoteSpan, RemoteSpanError};
use gofarm_otel::span::{SpanKind, Status};
use gofarm_otel::timestamp::Timestamp;
use proptest::prelude::*;

fn context() -> TraceContext {
    let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    text.parse().unwrap()
}

/// What a span is made of, owned.
type Parts = (
    [u8; 25],
    Option<[u8; 8]>,
    (Option<u16>, String),
    (u8, u8, String),
    (u64, u64),
    Vec<((Option<u16>, String), Owned)>,
);

#[derive(Clone, Debug)]
enum Owned {
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(String),
}

fn name() -> impl Strategy<Value = (Option<u16>, String)> {
    (prop::option::of(0..0x8000_u16), "[a-z\u{e9}.]{0,16}")
}

fn value() -> impl Strategy<Value = Owned> {
    prop_oneof![
        any::<bool>().prop_map(Owned::Bool),
        any::<i64>().prop_map(Owned::Int),
        (-9..9_i64).prop_map(Owned::Int),
        any::<f64>().prop_map(Owned::Double),
        any::<f32>().prop_map(|single| Owned::Double(f64::from(single))),
        "[ -~\u{1f33e}]{0,12}".prop_map(Owned::Text),
    ]
}

fn parts() -> impl Strategy<Value = Parts> {
    (
        any::<[u8; 25]>(),
        prop::option::of(any::<[u8; 8]>()),
        name(),
        (0..5_u8, 0..3_u8, "[ -~]{0,20}".prop_map(String::from)),
        (any::<u64>(), 0..1_u64 << 40),
        prop::collection::vec((name(), value()), 0..=8),
    )
}

fn borrowed((code, text): &(Option<u16>, String)) -> Name<'_> {
    code.map_or(Name::Text(text), Name::Code)
}

fn span(parts: &Parts) -> Option<RemoteSpan<'_>> {
    let (bytes, parent, name, (kind, status, sentence), (duration, ago), attributes) = parts;
    let kinds = [
        SpanKind::Internal,
        SpanKind::Server,
        SpanKind::Client,
        SpanKind::Producer,
        SpanKind::Consumer,
    ];
    let statuses = [Status::Unset, Status::Ok, Status::Error(sentence)];
    let duration = Duration::from_micros(*duration);
    let mut span = RemoteSpan::new(TraceContext::from_bytes(*bytes)?, borrowed(name), duration)
        .kind(kinds[usize::from(*kind)])
        .status(statuses[usize::from(*status)])
        .ended_ago(Duration::from_micros(*ago));
    if let Some(parent) = parent {
        span = span.parent(SpanId::new(*parent)?);
    }
    for (key, value) in attributes {
        let value = match value {
            Owned::Bool(value) => Value::Bool(*value),
            Owned::Int(value) => Value::Int(*value),
            Owned::Double(value) => Value::Double(*value),
            Owned::Text(text) => Value::Text(text),
        };
        span = span.with(borrowed(key), value).unwrap();
    }
    Some(span)
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(parts in parts()) {
        let Some(span) = span(&parts) else { return Ok(()) };
        let mut frame = [0; 300];
        match span.encode(&mut frame) {
            Ok(len) => {
                prop_assert!(len <= RemoteSpan::MAX_LEN);
                prop_assert_eq!(RemoteSpan::decode(&frame[..len]), Ok(span));
                prop_assert_eq!(span.encode(&mut frame[..len]), Ok(len));
                prop_assert_eq!(span.encode(&mut [0; 300][..len - 1]), Err(RemoteSpanError::TooLong));
                for cut in 0..len {
                    prop_assert_eq!(RemoteSpan::decode(&frame[..cut]), Err(RemoteSpanError::Truncated));
                }
                prop_assert!(RemoteSpan::decode(&frame[..=len]).is_err());
            }
            Err(error) => prop_assert_eq!(error, RemoteSpanError::TooLong),
        }
    }

    #[test]
    fn any_bytes_are_a_span_or_an_error(mut bytes in prop::collection::vec(any::<u8>(), 0..260), start: bool) {
        if start && bytes.len() > 2 {
            bytes[0] = 1;
            bytes[1] &= 0x2f;
        }
        if let Ok(span) = RemoteSpan::decode(&bytes) {
            let mut room = RemoteSpan::ROOM;
            let record = span.record(Timestamp::from_unix_nanos(1 << 60), &["a"], &mut room);
            prop_assert!(record.end >= record.start && record.attributes.len() <= 9);
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let span = |name| RemoteSpan::new(context(), name, Duration::ZERO);
    let long = "a".repeat(65);
    let mut out = [0; 300];
    let rows = [
        (span(Name::Text(&long)), RemoteSpanError::Text { len: 65 }),
        (
            span(Name::Code(0x8000)),
            RemoteSpanError::Code { code: 0x8000 },
        ),
        (
            span(Name::Code(1)).status(Status::Error(&long)),
            RemoteSpanError::Text { len: 65 },
        ),
    ];
    for (span, error) in rows {
        assert_eq!(span.encode(&mut out), Err(error));
    }
    let mut full = span(Name::Code(1));
    for _ in 0..8 {
        full = full.with(Name::Code(2), Value::Text(&long[..40])).unwrap();
    }
    let ninth = full.with(Name::Code(2), Value::Bool(true));
    assert_eq!(ninth, Err(RemoteSpanError::TooManyAttributes));
    assert_eq!(full.encode(&mut out), Err(RemoteSpanError::TooLong));
}

#[test]
fn frames_of_a_later_version_are_told_from_broken_ones() {
    let mut frame = [0; RemoteSpan::MAX_LEN];
    let span = RemoteSpan::new(context(), Name::Code(0), Duration::ZERO);
    let len = span.encode(&mut frame).unwrap();
    let change = |at: usize, to: u8| {
        let mut changed = frame;
        changed[at] = to;
        RemoteSpan::decode(&changed[..len]).unwrap_err()
    };
    assert_eq!(change(0, 2), RemoteSpanError::Version { version: 2 });
    for bits in [0x40, 0x80, 0x30, 0x0a] {
        assert!(matches!(change(1, bits), RemoteSpanError::Malformed { .. }));
    }
    // Nine attributes are announced, and none is there.
    assert_eq!(change(len - 1, 9), RemoteSpanError::Truncated);
}

#[test]
fn codes_become_words_and_the_date_is_that_of_the_gateway() {
    let span = RemoteSpan::new(context(), Name::Code(7), Duration::from_secs(2))
        .ended_ago(Duration::from_secs(3))
        .with(Name::Code(0), Value::Int(-5))
        .and_then(|span| span.with(Name::Code(9), Value::Int(1)))
        .and_then(|span| span.with(Name::Text("own"), Value::Bool(true)))
        .unwrap();
    let mut room = RemoteSpan::ROOM;
    let received = Timestamp::from_unix_nanos(60_000_000_000);
    let record = span.record(received, &["known"], &mut room);
    assert_eq!(record.name, "unknown");
    assert_eq!(record.start.as_unix_nanos(), 55_000_000_000);
    assert_eq!(record.end.as_unix_nanos(), 57_000_000_000);
    assert_eq!(
        record.attributes,
        [
            Attribute::int("known", -5),
            Attribute::bool("own", true),
            Attribute::int("gofarm.name_code", 7),
        ]
    );
}

#[test]
fn a_gateway_without_a_date_still_knows_how_long_it_took() {
    let span = RemoteSpan::new(context(), Name::Text("pulse"), Duration::from_secs(2));
    let mut room = RemoteSpan::ROOM;
    let record = span.record(Timestamp::UNKNOWN, &[], &mut room);
    assert_eq!(record.start, Timestamp::UNKNOWN);
    assert_eq!(record.end.as_unix_nanos(), 2_000_000_000);
}
