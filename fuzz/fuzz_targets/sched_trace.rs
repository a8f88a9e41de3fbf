//! Recorded runs: whatever text comes, it is refused or reads back as it was written.
#![no_main]

use gofarm_sched::simulator::Trace;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|rows: &str| {
    // Given a header and a node, so that the fuzzer gets to the events.
    let text = format!("gofarm-trace,1\n0,node,a,farm,1000,1000,,\n{rows}");
    let Ok(trace) = text.parse::<Trace>() else {
        return;
    };
    let again: Trace = trace.to_string().parse().expect("what we write is read");
    assert_eq!(again, trace);
});
