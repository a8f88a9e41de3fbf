//! Laws of spans.

use core::time::Duration;

use gofarm_core::trace_context::{SpanId, TraceContext, TraceId};
use gofarm_otel::attribute::Attribute;
use gofarm_otel::span::{Event, SpanRecord, Status};
use gofarm_otel::timestamp::Timestamp;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use proptest::prelude::*;

use super::{begin, pipeline};
use crate::received;

fn text() -> impl Strategy<Value = String> {
    ".{0,40}"
}

/// A value without the key.
#[derive(Clone, Debug)]
enum Said {
    Text(String),
    Bool(bool),
    Int(i64),
    Double(f64),
}

fn said() -> impl Strategy<Value = Said> {
    prop_oneof![
        text().prop_map(Said::Text),
        any::<bool>().prop_map(Said::Bool),
        any::<i64>().prop_map(Said::Int),
        any::<f64>().prop_map(Said::Double),
    ]
}

fn attribute<'a>((key, said): (&'a str, &'a Said)) -> Attribute<'a> {
    match said {
        Said::Text(text) => Attribute::text(key, text),
        Said::Bool(so) => Attribute::bool(key, *so),
        Said::Int(number) => Attribute::int(key, *number),
        Said::Double(number) => Attribute::double(key, *number),
    }
}

fn attributes() -> impl Strategy<Value = Vec<(String, Said)>> {
    // Distinct keys of any text.
    proptest::collection::btree_map(text(), said(), 0..20).prop_map(|map| map.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_recorded_is_what_is_decoded(
        name in text(),
        of_span in attributes(),
        of_event in attributes(),
        trace in 1_u128.., id in 1_u64.., parent in proptest::option::of(1_u64..),
        start: u64, length in 0_u64..1_000_000, failed in proptest::option::of(text()),
    ) {
        let (provider, queue, _) = pipeline();
        let list: Vec<_> = of_span.iter().map(|(k, v)| attribute((k, v))).collect();
        let of_event: Vec<_> = of_event.iter().map(|(k, v)| attribute((k, v))).collect();
        let context = TraceContext::new(
            TraceId::new(trace.to_be_bytes()).unwrap(),
            SpanId::new(id.to_be_bytes()).unwrap(),
        );
        let start = Timestamp::from_unix_nanos(start);
        let end = start + Duration::from_nanos(length);
        let events = [Event { name: &name, at: end, attributes: &of_event }];
        let mut record = SpanRecord::new(context, &name, start, end)
            .attributes(&list)
            .events(&events)
            .status(failed.as_deref().map_or(Status::Unset, Status::Error));
        if let Some(parent) = parent {
            record = record.parent(SpanId::new(parent.to_be_bytes()).unwrap());
        }
        prop_assert!(provider.record(&record));

        let read = received::span(&queue);
        prop_assert_eq!(&read.name, &name);
        prop_assert_eq!(read.trace_id, trace.to_be_bytes());
        prop_assert_eq!(read.span_id, id.to_be_bytes());
        prop_assert_eq!(read.flags, 0, "nobody knows where the parent was");
        let parent = parent.map_or(vec![], |parent| parent.to_be_bytes().to_vec());
        prop_assert_eq!(read.parent_span_id, parent);
        prop_assert_eq!(read.start_time_unix_nano, start.as_unix_nanos());
        prop_assert_eq!(read.end_time_unix_nano, end.as_unix_nanos());
        let expected: Vec<_> = list.iter().map(received::key_value).collect();
        prop_assert_eq!(read.attributes, expected);
        let expected: Vec<_> = of_event.iter().map(received::key_value).collect();
        prop_assert_eq!(&read.events[0].attributes, &expected);
        prop_assert_eq!(read.status.map(|status| status.message), failed);
    }

    #[test]
    fn of_keys_that_repeat_the_last_value_is_received(
        said in proptest::collection::vec(("[a-d]{1,2}", any::<i64>()), 0..60),
    ) {
        let (provider, queue, clock) = pipeline();
        let span = begin(&provider, "keys");
        for (key, value) in &said {
            span.set(Attribute::int(key, *value));
            span.event(key, clock.now(), &[]);
        }
        span.end_at(clock.now());
        let read = received::span(&queue);
        let expected: alloc::collections::BTreeMap<_, _> = said.iter().cloned().collect();
        prop_assert_eq!(read.attributes.len(), expected.len());
        for (key, value) in expected {
            let read = received::value(&read.attributes, &key);
            prop_assert_eq!(read, Some(Value::IntValue(value)));
        }
        prop_assert_eq!(read.events.len(), said.len());
    }
}
