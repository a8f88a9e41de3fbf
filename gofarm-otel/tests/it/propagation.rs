//! Headers as the OpenTelemetry propagators read and write them.

use std::collections::HashMap;

use gofarm_core::trace_context::TraceContext;
use gofarm_otel::propagation::{Field, Outgoing, Propagators, Remote, baggage};
use gofarm_otel::sampler::Parent;
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry_propagator_b3::{B3Encoding, Propagator as B3};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use proptest::prelude::*;

type Fields = HashMap<String, String>;

/// Reads with ours, from a slice.
fn ours(propagators: Propagators, fields: &Fields) -> Option<(TraceContext, Parent, String)> {
    let headers: Vec<(&str, &[u8])> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    propagators.extract(&headers[..]).map(|remote| {
        (
            remote.context,
            remote.parent,
            remote.trace_state.to_string(),
        )
    })
}

/// Reads with one of the API.
fn theirs(propagator: &dyn TextMapPropagator, fields: &Fields) -> SpanContext {
    let context = propagator.extract_with_context(&Context::new(), fields);
    context.span().span_context().clone()
}

fn same_ids(ours: &TraceContext, theirs: &SpanContext) {
    assert_eq!(*ours.trace_id().as_bytes(), theirs.trace_id().to_bytes());
    assert_eq!(*ours.span_id().as_bytes(), theirs.span_id().to_bytes());
}

fn fields(rows: &[(&str, &str)]) -> Fields {
    let row = |(name, value): &(&str, &str)| ((*name).to_string(), (*value).to_string());
    rows.iter().map(row).collect()
}

/// One character of a text replaced, left out or put in.
fn damaged(good: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (good, any::<prop::sample::Index>(), 0..3, "[ -~]").prop_map(|(good, at, how, with)| {
        let at = at.index(good.len());
        let (head, tail) = good.split_at(at);
        match how {
            0 => format!("{head}{with}{}", &tail[1..]),
            1 => format!("{head}{}", &tail[1..]),
            _ => format!("{head}{with}{tail}"),
        }
    })
}

fn trace_parent() -> impl Strategy<Value = String> {
    "(00|00|00|01|fe)-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"
}

fn trace_state() -> impl Strategy<Value = String> {
    prop::collection::vec(
        "[a-z][a-z0-9_*/-]{0,8}(@[a-z]{1,9})?=[!-+.-<>-~]{1,12}",
        0..40,
    )
    .prop_map(|members| members.join(","))
}

fn b3() -> impl Strategy<Value = String> {
    "([0-9a-f]{16}|[0-9a-f]{32})-[0-9a-f]{16}(-[01d](-[0-9a-f]{16})?)?"
}

proptest! {
    #[test]
    fn what_w3c_says_is_read_as_the_api_reads_it(parent in trace_parent(), state in trace_state()) {
        let fields = fields(&[("traceparent", &parent), ("tracestate", &state)]);
        let theirs = theirs(&TraceContextPropagator::new(), &fields);
        match ours(Propagators::W3C, &fields) {
            Some((context, parent, state)) => {
                same_ids(&context, &theirs);
                prop_assert_eq!(parent, Parent::Remote { sampled: theirs.is_sampled() });
                // We stop at 512 bytes as well as at 32 members.
                prop_assert!(theirs.trace_state().header().starts_with(&state));
                prop_assert!(state.len() > 470 || theirs.trace_state().header() == state);
            }
            None => prop_assert!(!theirs.is_valid()),
        }
    }

    #[test]
    fn what_we_read_from_a_damaged_traceparent_the_api_reads_as_well(parent in damaged(trace_parent())) {
        let fields = fields(&[("traceparent", &parent)]);
        if let Some((context, ..)) = ours(Propagators::W3C, &fields) {
            same_ids(&context, &theirs(&TraceContextPropagator::new(), &fields));
        }
    }

    #[test]
    fn what_we_write_is_what_the_api_writes(parent in trace_parent(), state in trace_state(), sampled: bool) {
        let context: TraceContext = match format!("{}-0{}", &parent[..52], u8::from(sampled)).parse() {
            Ok(context) => context,
            Err(_) => return Ok(()),
        };
        let fields = fields(&[("traceparent", &context.to_string()), ("tracestate", &state)]);
        let api = TraceContextPropagator::new().extract_with_context(&Context::new(), &fields);
        let rows: [(Propagators, &dyn TextMapPropagator); 3] = [
            (Propagators::W3C, &TraceContextPropagator::new()),
            (Propagators::B3, &B3::with_encoding(B3Encoding::SingleHeader)),
            (Propagators::B3_MULTI, &B3::with_encoding(B3Encoding::MultipleHeader)),
        ];
        for (own, propagator) in rows {
            let mut theirs = Fields::new();
            propagator.inject_context(&api, &mut theirs);
            // It writes an empty tracestate, and beside the single header of B3 the others.
            let written = own.fields().collect::<Vec<_>>();
            theirs.retain(|name, value| !value.is_empty() && written.contains(&name.as_str()));
            let mut ours = Fields::new();
            own.inject_context(&api, &mut ours);
            prop_assert_eq!(&ours, &theirs);
        }
    }

    #[test]
    fn a_b3_header_is_read_as_the_api_reads_it(value in prop_oneof![b3(), damaged(b3())]) {
        let fields = fields(&[("b3", &value)]);
        let theirs = theirs(&B3::with_encoding(B3Encoding::SingleHeader), &fields);
        if let Some((context, parent, _)) = ours(Propagators::B3, &fields) {
            same_ids(&context, &theirs);
            // The flags of the API's propagator: 2 is open, 4 is debug.
            prop_assert_eq!(parent, match theirs.trace_flags().to_u8() {
                2 => Parent::None,
                4 => Parent::Debug,
                flags => Parent::Remote { sampled: flags == 1 },
            });
        }
    }

    #[test]
    fn b3_headers_are_read_as_the_api_reads_them(
        trace in "([0-9a-f]{16}|[0-9a-f]{32}|0{32}|[0-9a-f]{0,40})",
        span in "([0-9a-f]{16}|[0-9a-fA-F]{15,17})",
        sampled in prop::option::of("(0|1|true|false|d|x|)"),
        flags in prop::option::of("[01]"),
    ) {
        let mut fields = fields(&[("x-b3-traceid", &trace), ("x-b3-spanid", &span)]);
        fields.extend(sampled.map(|value| ("x-b3-sampled".into(), value)));
        // The API takes `x-b3-flags: 0` for a decision against; the standard has no such value, we pass over it.
        let debug = flags.as_deref() == Some("1");
        if debug {
            fields.insert("x-b3-flags".into(), "1".into());
        }
        let theirs = theirs(&B3::with_encoding(B3Encoding::MultipleHeader), &fields);
        match ours(Propagators::B3_MULTI, &fields) {
            Some((context, parent, _)) => {
                same_ids(&context, &theirs);
                prop_assert_eq!(parent, match theirs.trace_flags().to_u8() {
                    2 => Parent::None,
                    5 => Parent::Debug,
                    flags => Parent::Remote { sampled: flags == 1 },
                });
            }
            None => prop_assert!(!theirs.is_valid()),
        }
    }

    #[test]
    fn baggage_is_read_as_the_api_reads_it(
        members in prop::collection::vec(("[a-z]{1,6}", "([!#$&-+.-:<>-\\[\\]-~]|%[0-7][0-9a-fA-F]){0,20}", prop::option::of("[a-z]{1,4}=[0-9]")), 0..80)
    ) {
        // An equals sign in a value is right by the standard; the API cuts the value there, so none is made here.
        let member = |(key, value, property): &(String, String, Option<String>)| match property {
            Some(property) => format!("{key}={value};{property}"),
            None => format!("{key} = {value}"),
        };
        let header = members.iter().map(member).collect::<Vec<_>>().join(",");
        let fields = fields(&[("baggage", &header)]);
        let theirs = BaggagePropagator::new().extract_with_context(&Context::new(), &fields);
        let ours = Propagators::BAGGAGE.extract_with_context(&Context::new(), &fields);
        prop_assert_eq!(ours.baggage().len(), theirs.baggage().len());
        for (key, (value, metadata)) in theirs.baggage() {
            let own = ours.baggage().get_with_metadata(key.as_str());
            let (own_value, own_metadata) = own.unwrap();
            // The API trims what a percent-encoded blank stands for; we do not.
            prop_assert_eq!(own_value.as_str().trim(), value.as_str());
            prop_assert_eq!(own_metadata, metadata);
        }
    }

    #[test]
    fn baggage_that_we_write_the_api_reads(members in prop::collection::hash_map("[a-zA-Z!#$&'*+.^_`|~-]{1,8}", "[!-~\u{e9}\u{1f33e}][ -~\u{e9}\u{1f33e}]{0,10}[!-~]", 0..10)) {
        let mut header = String::new();
        for (key, value) in &members {
            if !header.is_empty() {
                header.push(',');
            }
            baggage::write(key, value, &mut header).unwrap();
        }
        prop_assert!(header.bytes().all(|b| matches!(b, b'!'..=b'~')));
        let theirs = BaggagePropagator::new().extract_with_context(&Context::new(), &fields(&[("baggage", &header)]));
        prop_assert_eq!(theirs.baggage().len(), members.len());
        for (key, value) in &members {
            prop_assert_eq!(theirs.baggage().get(key).map(|v| v.as_str()), Some(value.as_str()));
        }
    }

    #[test]
    fn any_bytes_are_read_the_same_from_a_header_map_and_a_slice(
        rows in prop::collection::vec((0..8_usize, prop::collection::vec(prop_oneof![Just(b'-'), Just(b'='), Just(b','), Just(b'0'), Just(b'1'), 0x20..0xff_u8], 0..80)), 0..12)
    ) {
        const NAMES: [&str; 8] = ["traceparent", "tracestate", "baggage", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-sampled", "x-b3-flags"];
        let mut map = HeaderMap::new();
        let mut slice: Vec<(&str, &[u8])> = Vec::new();
        for (name, value) in &rows {
            if let Ok(header) = HeaderValue::from_bytes(value) {
                map.append(HeaderName::from_static(NAMES[*name]), header);
                slice.push((NAMES[*name], value));
            }
        }
        let all = Propagators::default().and(Propagators::B3).and(Propagators::B3_MULTI);
        prop_assert_eq!(all.extract(&map), all.extract(&slice[..]));
        let (a, b): (Vec<_>, Vec<_>) = (baggage::entries(&map).collect(), baggage::entries(&slice[..]).collect());
        prop_assert_eq!(a, b);
    }
}

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn a_repeated_traceparent_starts_a_new_trace() {
    // test_traceparent_duplicated of the test suite of W3C Trace Context.
    let headers: &[(&str, &[u8])] = &[
        ("traceparent", PARENT.as_bytes()),
        ("traceparent", PARENT.as_bytes()),
    ];
    assert_eq!(Propagators::W3C.extract(headers), None);
}

#[test]
fn the_first_form_that_can_be_read_counts() {
    let headers: &[(&str, &[u8])] = &[
        ("traceparent", b"00-bad"),
        ("tracestate", b"belongs=to-it"),
        ("b3", b"80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-d"),
        ("x-b3-traceid", b"1af7651916cd43dd8448eb211c80319c"),
        ("x-b3-spanid", b"b7ad6b7169203331"),
    ];
    let all = Propagators::W3C
        .and(Propagators::B3)
        .and(Propagators::B3_MULTI);
    let parent = |set: Propagators| set.extract(headers).map(|remote: Remote<'_>| remote.parent);
    assert_eq!(parent(all), Some(Parent::Debug));
    assert_eq!(parent(Propagators::B3_MULTI), Some(Parent::None));
    assert_eq!(parent(Propagators::W3C), None);
    assert_eq!(all.extract(headers).unwrap().trace_state, "");
    assert_eq!(parent(Propagators::NONE), None);
}

#[test]
fn what_is_injected_is_extracted_again() {
    let context: TraceContext = PARENT.parse().unwrap();
    let outgoing = Outgoing::new(context)
        .trace_state("a=1,b=2")
        .baggage("farm=north")
        .debug();
    let mut headers = HeaderMap::new();
    headers.append("traceparent", HeaderValue::from_static("stale"));
    headers.append("traceparent", HeaderValue::from_static("stale"));
    let sets = [
        (Propagators::default(), Parent::Remote { sampled: true }),
        (Propagators::B3, Parent::Debug),
        (Propagators::B3_MULTI, Parent::Debug),
    ];
    for (set, parent) in sets {
        set.inject(outgoing, &mut headers);
        let remote = set.extract(&headers).unwrap();
        assert_eq!((remote.context, remote.parent), (context, parent));
    }
    assert_eq!(headers["tracestate"], "a=1,b=2");
    assert_eq!(baggage::entries(&headers).next().unwrap().key, "farm");
    assert!(!headers.contains_key("x-b3-sampled"));
}

#[test]
fn flags_that_nobody_knows_are_not_handed_on() {
    let odd: TraceContext = PARENT.replace("-01", "-ff").parse().unwrap();
    let mut sent = String::new();
    Propagators::W3C.inject(odd, &mut |_: Field, value: &[u8]| {
        sent = String::from_utf8(value.to_vec()).unwrap();
    });
    assert_eq!(sent, PARENT.replace("-01", "-03"));
}

#[test]
fn reading_headers_allocates_nothing_and_writing_one_allocates_its_value() {
    let mut headers = HeaderMap::new();
    let context: TraceContext = PARENT.parse().unwrap();
    let all = Propagators::default()
        .and(Propagators::B3)
        .and(Propagators::B3_MULTI);
    let outgoing = Outgoing::new(context).trace_state("a=1").baggage("b=2");
    all.inject(outgoing, &mut headers);
    let read = allocation_counter::measure(|| {
        assert!(all.extract(&headers).is_some());
        assert!(Propagators::B3_MULTI.extract(&headers).is_some());
        assert_eq!(baggage::entries(&headers).count(), 1);
    });
    assert_eq!(read.count_total, 0);
    let write = allocation_counter::measure(|| Propagators::W3C.inject(context, &mut headers));
    assert_eq!(write.count_total, 1);
}

#[test]
fn the_fields_of_a_set_are_named_to_the_api() {
    let set = Propagators::default().and(Propagators::B3);
    let names: Vec<&str> = set.fields().collect();
    assert_eq!(names, ["traceparent", "tracestate", "baggage", "b3"]);
}
