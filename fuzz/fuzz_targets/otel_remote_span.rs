//! A frame is a span or an error; what was read is written to bytes that give the same span.
#![no_main]

use gofarm_otel::remote_span::RemoteSpan;
use gofarm_otel::timestamp::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|frame: &[u8]| {
    let Ok(span) = RemoteSpan::decode(frame) else {
        return;
    };
    let mut room = RemoteSpan::ROOM;
    let received = Timestamp::from_unix_nanos(1_790_000_000_000_000_000);
    let record = span.record(received, &["a", "b"], &mut room);
    assert!(record.end >= record.start);
    assert!(record.attributes.len() <= 9);

    // Our form is the shortest, so it fits; NaN is not equal to itself, so bytes are compared.
    let (mut first, mut second) = ([0; RemoteSpan::MAX_LEN], [0; RemoteSpan::MAX_LEN]);
    let len = span.encode(&mut first).expect("what was read fits");
    assert!(len <= frame.len());
    let again = RemoteSpan::decode(&first[..len]).expect("what was written is read");
    assert_eq!(again.encode(&mut second), Ok(len));
    assert_eq!(first, second);
});
