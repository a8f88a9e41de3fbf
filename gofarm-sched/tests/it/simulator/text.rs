//! The text of traces: what is written reads back, and what is bad is refused with its place.

use core::fmt::Write;

use gofarm_core::time::{Instant, hours, minutes};
use gofarm_sched::simulator::{Event, Feed, Flaw, Generator, NodeSpec, Site, Trace, WorkSpec};
use proptest::prelude::*;

const NODE: &str = "0,node,a,farm,4000,1024,north,a\n";

/// Lines after the header, the line and the field that are bad, and what is said of them.
const BAD: &[(&str, usize, usize, &str)] = &[
    (
        "x,until",
        2,
        1,
        "line 2, field 1 (at): not seconds with at most six digits after the point, or too large",
    ),
    (
        "-1,until",
        2,
        1,
        "line 2, field 1 (at): not seconds with at most six digits after the point, or too large",
    ),
    (
        "1.0000001,until",
        2,
        1,
        "line 2, field 1 (at): not seconds with at most six digits after the point, or too large",
    ),
    (
        "99999999999999999999,until",
        2,
        1,
        "line 2, field 1 (at): not seconds with at most six digits after the point, or too large",
    ),
    (
        "18446744073709.551616,until",
        2,
        1,
        "line 2, field 1 (at): not seconds with at most six digits after the point, or too large",
    ),
    (
        "31622401,until",
        2,
        1,
        "line 2, field 1 (at): must be at most 366 days",
    ),
    (
        "5,until\n\n# a remark\n4,until",
        5,
        1,
        "line 5, field 1 (at): before the event before it",
    ),
    ("0", 2, 2, "line 2, field 2 (event): missing"),
    (
        "0,explode",
        2,
        2,
        "line 2, field 2 (event): not the name of an event",
    ),
    (
        "0,until,",
        2,
        3,
        "line 2, field 3 (end of line): one field too many",
    ),
    (
        "0,cut\n0,cut",
        3,
        2,
        "line 3, field 2 (event): the link is cut already",
    ),
    (
        "0,heal",
        2,
        2,
        "line 2, field 2 (event): the link is not cut",
    ),
    (
        "0,charge,1.5",
        2,
        3,
        "line 2, field 3 (charge): must be from 0 to 1",
    ),
    (
        "0,charge,NaN",
        2,
        3,
        "line 2, field 3 (charge): not a number like 12 or 0.5",
    ),
    ("0,charge", 2, 3, "line 2, field 3 (charge): missing"),
    (
        "0,fail,a",
        2,
        3,
        "line 2, field 3 (node): there is no such node",
    ),
    (
        "0,node,a,barn,4000,1,,",
        2,
        4,
        "line 2, field 4 (site): neither farm nor cloud",
    ),
    (
        "0,node,a,farm,4e3,1,,",
        2,
        5,
        "line 2, field 5 (cpu_milli): not a whole number, or too large",
    ),
    (
        "0,node,a,farm,-4000,1,,",
        2,
        5,
        "line 2, field 5 (cpu_milli): not a whole number, or too large",
    ),
    (
        "0,node,a,farm,0,1,,",
        2,
        5,
        "line 2, field 5 (cpu_milli): must be above 0",
    ),
    (
        "0,node,a,farm,4294967296,1,,",
        2,
        5,
        "line 2, field 5 (cpu_milli): not a whole number, or too large",
    ),
    (
        "0,node,a,farm,1,0,,",
        2,
        6,
        "line 2, field 6 (memory): must be above 0",
    ),
    (
        "0,node,a,farm,1,1,",
        2,
        8,
        "line 2, field 8 (host): missing",
    ),
    (
        "0,node,,farm,1,1,,",
        2,
        3,
        "line 2, field 3 (node): a name has 1 to 64 bytes, no comma, quote, asterisk, space at an end or control character",
    ),
    (
        "0,node, a,farm,1,1,,",
        2,
        3,
        "line 2, field 3 (node): a name has 1 to 64 bytes, no comma, quote, asterisk, space at an end or control character",
    ),
    (
        "0,node,\"a\",farm,1,1,,",
        2,
        3,
        "line 2, field 3 (node): a name has 1 to 64 bytes, no comma, quote, asterisk, space at an end or control character",
    ),
    (
        "0,node,*,farm,1,1,,",
        2,
        3,
        "line 2, field 3 (node): a name has 1 to 64 bytes, no comma, quote, asterisk, space at an end or control character",
    ),
    (
        "0,node,b,farm,1,1,north\u{7},",
        2,
        7,
        "line 2, field 7 (zone): a name has 1 to 64 bytes, no comma, quote, asterisk, space at an end or control character",
    ),
    (
        "0,work,1,,,,urgent,0,1,1,,1,",
        2,
        7,
        "line 2, field 7 (stakes): neither ordinary nor critical",
    ),
    (
        "0,work,1,,,,critical,--1,1,1,,1,",
        2,
        8,
        "line 2, field 8 (priority): not a whole number, or too large",
    ),
    (
        "0,work,1,,,,critical,2147483648,1,1,,1,",
        2,
        8,
        "line 2, field 8 (priority): not a whole number, or too large",
    ),
    (
        "0,work,1,,,,critical,+1,1,1,,1,",
        2,
        8,
        "line 2, field 8 (priority): not a whole number, or too large",
    ),
    (
        "0,work,1,,,,critical,0,1,1,inf,1,",
        2,
        11,
        "line 2, field 11 (expected): not a number like 12 or 0.5",
    ),
    (
        "0,work,1,,,,critical,0,1,1,,1,soon",
        2,
        13,
        "line 2, field 13 (life): not seconds with at most six digits after the point, or too large",
    ),
    (
        "0,work,1,,,,ordinary,0,1,1,,1,\n0,work,1,,,,ordinary,0,1,1,,1,",
        3,
        3,
        "line 3, field 3 (work): work of this number was there before",
    ),
    (
        "0,done,1",
        2,
        3,
        "line 2, field 3 (work): there is no such work",
    ),
    (
        "0,work,1,,,,ordinary,0,1,1,,1,\n0,done,1\n0,done,1",
        4,
        3,
        "line 4, field 3 (work): there is no such work",
    ),
    (
        "0,metrics,*,0.05,0,0,0",
        2,
        4,
        "line 2, field 4 (every): must be from 0.1 s to 1 day",
    ),
    (
        "0,metrics,*,10,86400.000001,0,0",
        2,
        5,
        "line 2, field 5 (delay): must be at most 1 day",
    ),
    (
        "0,metrics,*,10,0,1.01,0",
        2,
        6,
        "line 2, field 6 (loss): must be from 0 to 1",
    ),
    (
        "0,metrics,a,10,0,0,0",
        2,
        3,
        "line 2, field 3 (node): there is no such node",
    ),
    (
        "0,load,a,0,0,0,0,0",
        2,
        3,
        "line 2, field 3 (node): there is no such node",
    ),
];

/// The same after a node.
const BAD_AFTER_A_NODE: &[(&str, usize, usize, &str)] = &[
    (
        "0,node,a,farm,4000,1024,,",
        3,
        3,
        "line 3, field 3 (node): a node of this name was there before",
    ),
    (
        "0,return,a",
        3,
        3,
        "line 3, field 3 (node): the node is up already",
    ),
    (
        "0,fail,a\n0,fail,a",
        4,
        3,
        "line 4, field 3 (node): the node is down already",
    ),
    (
        "0,remove,a\n0,fail,a",
        4,
        3,
        "line 4, field 3 (node): there is no such node",
    ),
    (
        "0,remove,a\n0,node,a,farm,1,1,,",
        4,
        3,
        "line 4, field 3 (node): a node of this name was there before",
    ),
    (
        "0,load,a,1.1,,,,",
        3,
        4,
        "line 3, field 4 (cpu): must be from 0 to 1",
    ),
    (
        "0,load,a,,,3601,,",
        3,
        6,
        "line 3, field 6 (network): must be from 0 to 3600 s",
    ),
    (
        "0,load,a,,,,,,",
        3,
        9,
        "line 3, field 9 (end of line): one field too many",
    ),
];

#[test]
fn bad_lines_are_refused_with_their_place() {
    let rows = BAD.iter().map(|row| ("", row));
    for (before, (lines, line, column, said)) in
        rows.chain(BAD_AFTER_A_NODE.iter().map(|row| (NODE, row)))
    {
        let text = format!("gofarm-trace,1\n{before}{lines}\n");
        let error = text.parse::<Trace>().unwrap_err();
        assert_eq!((error.line(), error.column()), (*line, *column), "{text}");
        assert_eq!(error.to_string(), *said, "{text}");
    }
}

#[test]
fn what_is_no_trace_at_all_is_refused() {
    for text in ["", "\n", "gofarm-trace,2\n", " gofarm-trace,1\n", "0,until"] {
        let error = text.parse::<Trace>().unwrap_err();
        assert_eq!((error.line(), error.flaw()), (1, Flaw::Header), "{text:?}");
    }
    let long = format!("gofarm-trace,1\n0,until{}", ",".repeat(600));
    let error = long.parse::<Trace>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2, field 1 (at): the line has 607 bytes, and 512 are allowed"
    );
    let name = "n".repeat(65);
    let long = format!("gofarm-trace,1\n0,node,{name},farm,1,1,,");
    assert_eq!(
        long.parse::<Trace>().unwrap_err().flaw(),
        Flaw::BadName { limit: 64 }
    );
}

#[test]
fn there_are_limits_to_nodes_and_events() {
    let mut trace = Trace::new();
    let node = |i: usize| Event::Node(NodeSpec::new(&format!("n{i}"), Site::Farm, 1, 1));
    for i in 0..Trace::MOST_NODES {
        trace.push(Instant::ZERO, node(i)).unwrap();
    }
    let too_many = |what, limit| Err(Flaw::TooMany { what, limit });
    let refused = trace.push(Instant::ZERO, node(Trace::MOST_NODES));
    assert_eq!(refused, too_many("nodes", 10_000));

    let mut text = String::from("gofarm-trace,1\n");
    (0..=Trace::MOST_EVENTS).for_each(|_| text.push_str("0,until\n"));
    let error = text.parse::<Trace>().unwrap_err();
    assert_eq!(error.line(), Trace::MOST_EVENTS + 2);
    assert_eq!(error.flaw().to_string(), "more than 1000000 events");
}

#[test]
fn what_does_not_fit_is_not_added() {
    let mut trace = Trace::new();
    let feed = Feed::every(minutes(0));
    assert!(
        trace
            .push(Instant::ZERO, Event::Metrics(None, feed))
            .is_err()
    );
    assert!(
        trace
            .push(Instant::ZERO, Event::Done(WorkSpec::new(1, 1, 1).id()))
            .is_err()
    );
    assert!(
        trace
            .push(Instant::ZERO, Event::Charge(Some(f32::NAN)))
            .is_err()
    );
    assert!(trace.is_empty());
}

#[test]
fn empty_lines_remarks_and_foreign_line_ends_are_left_out() {
    let text = "gofarm-trace,1\r\n# a farm\r\n\r\n0.250,cut\r\n";
    let trace: Trace = text.parse().unwrap();
    assert_eq!(trace.events(), [(Instant::from_millis(250), Event::Cut)]);
    assert_eq!(trace.to_string(), "gofarm-trace,1\n0.25,cut\n");
}

#[test]
fn generated_traces_read_back_as_they_were() {
    for seed in 0..20 {
        let trace = Generator::new(hours(12))
            .zones(3, 2)
            .cloud(2)
            .service("irrigation", 3)
            .deferrable("video analysis", 3)
            .jobs_an_hour(5)
            .node_failures(hours(2), minutes(20))
            .zone_failures(hours(6), minutes(20))
            .cut(Instant::ZERO + hours(2), hours(6))
            .battery()
            .background(0.3)
            .generate(seed)
            .unwrap();
        let text = trace.to_string();
        assert_eq!(text.parse::<Trace>().unwrap(), trace);
    }
}

proptest! {
    #[test]
    fn whatever_is_read_is_written_as_it_reads(
        rows in prop::collection::vec((0_usize..12, "[0-9.,a-c*-]{0,30}"), 0..12),
    ) {
        let mut text = String::from("gofarm-trace,1\n0,node,a,farm,10,10,,\n0,node,b,cloud,10,10,z,h\n");
        let starts = [
            "1,node,", "1,metrics,a,", "1,load,a,", "1,work,", "2,done,", "2,fail,", "2,return,",
            "2,remove,", "2,charge,", "2,cut", "2,heal", "",
        ];
        for (start, rest) in rows {
            writeln!(text, "{}{rest}", starts[start]).unwrap();
            match text.parse::<Trace>() {
                Ok(trace) => prop_assert_eq!(trace.to_string().parse::<Trace>().unwrap(), trace),
                Err(error) => {
                    prop_assert!(error.line() == text.lines().count() && error.column() >= 1);
                    let end = text.trim_end().rfind('\n').unwrap_or(0);
                    text.truncate(end + 1);
                }
            }
        }
    }
}
