//! What strangers send: the bytes that parsers have before them are counted.

use core::cell::Cell;

use gofarm_core::random::{Random, SplitMix64};

use super::carrier::looked_at;
use super::{Field, Headers, MAX_FIELDS, Propagators, baggage};
use crate::sampler::Parent;

const PARENT: &[u8] = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// The table in the documentation of the module, summed up for a request that has all headers.
const MOST_FOR_A_TRACE: usize = 56
    + 513
    + if cfg!(feature = "b3") {
        69 + 33 + 17 + 6
    } else {
        0
    };
const MOST_FOR_BAGGAGE: usize = 8192;

fn all() -> Propagators {
    let all = Propagators::default();
    #[cfg(feature = "b3")]
    let all = all.and(Propagators::B3).and(Propagators::B3_MULTI);
    all
}

/// Reads everything and returns the bytes that were looked at.
fn cost<H: Headers + ?Sized>(headers: &H) -> (usize, usize) {
    looked_at::take();
    core::hint::black_box(all().extract(headers));
    let trace = looked_at::take();
    let members = baggage::entries(headers).count();
    assert!(members <= 64);
    (trace, looked_at::take())
}

/// Values of the kinds that hurt: long, empty, not ASCII, nearly right, cut in the middle of a character.
fn hostile_values() -> Vec<Vec<u8>> {
    let mut values = vec![
        PARENT.to_vec(),
        b"01"
            .iter()
            .chain(&PARENT[2..])
            .chain(b"-later")
            .copied()
            .collect(),
        b"0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-d".to_vec(),
        b"0af7651916cd43dd8448eb211c80319c".to_vec(),
        b"b7ad6b7169203331".to_vec(),
        b"1".to_vec(),
        b"a=1".to_vec(),
        vec![],
    ];
    let long = if cfg!(miri) { 600 } else { 100_000 };
    for unit in [
        "a=1,",
        ",",
        "=",
        "a",
        " ",
        "%",
        "\u{e9}",
        "\u{1f33e}",
        "00-",
        "a=%C3%,",
        "k;p;",
        "-",
    ] {
        values.push(unit.bytes().cycle().take(long).collect());
        values.push(unit.bytes().cycle().take(513).collect());
    }
    let around = [54, 55, 56, 57, 512, 513, 8_191, 8_192, 8_193];
    for len in around.into_iter().filter(|len| *len <= long) {
        values.push(b"k=v,".iter().copied().cycle().take(len).collect());
        values.push(PARENT.iter().copied().cycle().take(len).collect());
    }
    values
}

const FIELDS: [Field; 8] = [
    Field::TraceParent,
    Field::TraceState,
    Field::Baggage,
    Field::B3,
    Field::B3TraceId,
    Field::B3SpanId,
    Field::B3Sampled,
    Field::B3Flags,
];

#[test]
fn a_million_hostile_headers_never_change_the_cost_class() {
    let values = hostile_values();
    let mut random = SplitMix64::new(7);
    let requests = if cfg!(miri) { 6 } else { 100_000 };
    let (mut sent, mut worst) = (0, (0, 0));
    for _ in 0..requests {
        let mut headers: Vec<(&str, &[u8])> = Vec::new();
        for _ in 0..=random.below(20) {
            let field = FIELDS[usize::try_from(random.below(8)).unwrap()];
            let value = random.below(values.len() as u64);
            headers.push((field.as_str(), &values[usize::try_from(value).unwrap()]));
        }
        sent += headers.len();
        let (trace, bag) = cost(&headers[..]);
        worst = (worst.0.max(trace), worst.1.max(bag));
    }
    assert!(cfg!(miri) || sent >= 1_000_000, "{sent}");
    assert!(
        worst.0 <= MOST_FOR_A_TRACE && worst.1 <= MOST_FOR_BAGGAGE,
        "{worst:?}"
    );
    // They went in far enough to be worth the name.
    let is_deep = worst.0 > 500 && worst.1 == MOST_FOR_BAGGAGE;
    assert!(cfg!(miri) || is_deep, "{worst:?}");
}

/// Every header, without end.
struct Endless<'a> {
    value: &'a [u8],
    asked: Cell<usize>,
}

impl Headers for Endless<'_> {
    fn values(&self, _: Field) -> impl Iterator<Item = &[u8]> {
        core::iter::repeat_with(|| {
            self.asked.set(self.asked.get() + 1);
            self.value
        })
    }
}

#[test]
fn headers_that_are_repeated_without_end_are_asked_for_a_few_times() {
    for value in hostile_values()
        .into_iter()
        .step_by(if cfg!(miri) { 16 } else { 1 })
    {
        let headers = Endless {
            value: &value,
            asked: Cell::new(0),
        };
        assert_eq!(all().extract(&headers), None);
        // Two of each name that may occur once, and the decision of B3 twice.
        assert!(headers.asked.take() <= 2 * FIELDS.len());
        assert!(baggage::entries(&headers).count() <= 64);
        assert!(headers.asked.take() <= 64);
    }
}

#[test]
fn of_a_slice_with_a_million_headers_the_first_ones_are_searched() {
    let mut headers: Vec<(&str, &[u8])> =
        vec![("x", b"y"); if cfg!(miri) { 300 } else { 1_000_000 }];
    headers[MAX_FIELDS] = ("traceparent", PARENT);
    assert_eq!(all().extract(&headers[..]), None);
    headers[MAX_FIELDS - 1] = ("Traceparent", PARENT);
    assert!(all().extract(&headers[..]).is_some());
}

#[test]
fn tracestate_is_cut_between_members_and_dropped_when_broken() {
    let long = "a=".to_string() + &"1".repeat(250);
    let member = |n: usize| format!("k{n}=1");
    let many: Vec<_> = (0..40).map(member).collect();
    let rows: [(String, String); 12] = [
        ("a=1,b=2".into(), "a=1,b=2".into()),
        (" a=1 ,\tb=2 ".into(), "a=1 ,\tb=2".into()),
        ("a=1,,b=2,".into(), "a=1,,b=2".into()),
        (many.join(","), many[..32].join(",")),
        (format!("{long},{long},{long}"), format!("{long},{long}")),
        ("a=1,b".into(), "".into()),
        ("a=1,B=2".into(), "".into()),
        ("a=1,=2".into(), "".into()),
        ("a=1,b=2=3".into(), "".into()),
        ("a=caf\u{e9}".into(), "".into()),
        ("a".repeat(600), "".into()),
        (",,,".into(), "".into()),
    ];
    for (sent, read) in rows {
        let headers: &[(&str, &[u8])] = &[("traceparent", PARENT), ("tracestate", sent.as_bytes())];
        let remote = all().extract(headers).unwrap();
        assert_eq!(remote.trace_state, read, "{sent}");
        assert_eq!(remote.parent, Parent::Remote { sampled: true });
    }
}

#[test]
fn a_percent_sign_without_two_digits_stands_for_itself() {
    for (sent, read) in [
        ("%41%4", "A%4"),
        ("%", "%"),
        ("%zz%20", "%zz "),
        ("%c3%a9", "\u{e9}"),
    ] {
        let header = format!("k={sent}");
        let headers: &[(&str, &[u8])] = &[("baggage", header.as_bytes())];
        let entry = baggage::entries(headers).next().unwrap();
        assert_eq!(entry.decode(&mut [0; 16]), Some(read));
        assert_eq!(entry.decode(&mut [0; 0]), None);
    }
}
