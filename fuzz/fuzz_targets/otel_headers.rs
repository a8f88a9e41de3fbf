//! Hostile headers: read within the limits, the same from a map and a slice, and what is read is written so that it is
//! read again.
#![no_main]

use gofarm_otel::propagation::{Field, Outgoing, Propagators, baggage};
use gofarm_otel::sampler::Parent;
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 8] = [
    "traceparent",
    "tracestate",
    "baggage",
    "b3",
    "x-b3-traceid",
    "x-b3-spanid",
    "x-b3-sampled",
    "x-b3-flags",
];

fuzz_target!(|values: Vec<(u8, Vec<u8>)>| {
    let mut map = HeaderMap::new();
    let mut slice: Vec<(&str, &[u8])> = Vec::new();
    for (name, value) in values.iter().take(100) {
        let name = NAMES[usize::from(*name) % NAMES.len()];
        if let Ok(header) = HeaderValue::from_bytes(value) {
            map.append(HeaderName::from_static(name), header);
            slice.push((name, value));
        }
    }
    let members: Vec<_> = baggage::entries(&map).collect();
    assert!(members.len() <= 64);
    assert!(
        members
            .iter()
            .map(|m| m.key.len() + m.value.len())
            .sum::<usize>()
            <= 8192
    );
    assert_eq!(members, baggage::entries(&slice[..]).collect::<Vec<_>>());
    let mut header = String::new();
    for member in &members {
        let mut room = [0; 8192];
        let Some(value) = member.decode(&mut room) else {
            continue;
        };
        if !header.is_empty() {
            header.push(',');
        }
        baggage::write(member.key, value, &mut header).expect("a key that was read is a token");
    }

    let all = Propagators::default()
        .and(Propagators::B3)
        .and(Propagators::B3_MULTI);
    let read = all.extract(&map);
    assert_eq!(read, all.extract(&slice[..]));
    let Some(remote) = read else { return };
    assert!(remote.trace_state.len() <= 512);
    let mut outgoing = Outgoing::new(remote.context)
        .trace_state(remote.trace_state)
        .baggage(&header);
    if remote.parent == Parent::Debug {
        outgoing = outgoing.debug();
    }
    for set in [Propagators::W3C, Propagators::B3, Propagators::B3_MULTI] {
        let mut written = HeaderMap::new();
        set.and(Propagators::BAGGAGE).inject(outgoing, &mut written);
        let again = set.extract(&written).expect("what we write is read");
        assert_eq!(again.context.trace_id(), remote.context.trace_id());
        assert_eq!(again.context.span_id(), remote.context.span_id());
        assert_eq!(again.context.is_sampled(), remote.context.is_sampled());
        if set == Propagators::W3C {
            assert_eq!(again.trace_state, remote.trace_state);
        }
        let value = written.get(Field::Baggage.as_str());
        assert_eq!(value.is_some(), !header.is_empty());
    }
});
