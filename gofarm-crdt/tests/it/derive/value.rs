use gofarm_crdt::error::Malformed;
use gofarm_crdt::value::{SliceSink, Value};

#[derive(Debug, PartialEq, Value)]
struct Setpoint {
    celsius: f32,
    r#type: Mode,
    minutes: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Value)]
enum Mode {
    Off,
    #[value(300)]
    Auto,
    Manual {
        percent: u8,
    },
    Timed(u16, bool),
}

#[derive(Debug, PartialEq, Value)]
struct Litres(u64);

#[derive(Debug, PartialEq, Value)]
struct Nothing;

#[derive(Debug, PartialEq, Value)]
struct Pair<T, const N: usize> {
    one: T,
    many: [T; N],
}

/// A tree, one child each.
#[derive(Debug, PartialEq, Value)]
enum Chain {
    End,
    Link(Box<Chain>),
}

fn bytes<T: Value + PartialEq + core::fmt::Debug>(value: &T) -> Vec<u8> {
    let mut bytes = vec![0; value.encoded_len()];
    value.encode(&mut SliceSink::new(&mut bytes));
    assert_eq!(T::from_bytes(&bytes).as_ref(), Ok(value));
    bytes
}

#[test]
fn a_struct_is_its_fields_in_order() {
    let setpoint = Setpoint {
        celsius: 1.0,
        r#type: Mode::Off,
        minutes: Some(300),
    };
    assert_eq!(bytes(&setpoint), [0, 0, 0x80, 0x3f, 0, 1, 0xac, 2]);
    assert_eq!(bytes(&Litres(5)), [5]);
    assert!(bytes(&Nothing).is_empty());
    let pair = Pair {
        one: 1_u8,
        many: [2, 3],
    };
    assert_eq!(bytes(&pair), [1, 2, 3]);
}

#[test]
fn a_variant_is_its_number_and_its_fields() {
    assert_eq!(bytes(&Mode::Off), [0]);
    assert_eq!(bytes(&Mode::Auto), [0xac, 2]);
    assert_eq!(bytes(&Mode::Manual { percent: 40 }), [2, 40]);
    assert_eq!(bytes(&Mode::Timed(9, true)), [3, 9, 1]);
}

#[test]
fn a_number_without_a_variant_is_refused() {
    for unknown in [
        &[1][..],
        &[4],
        &[0x80, 0],
        &[0xff, 0xff, 0xff, 0xff, 0xff, 1],
    ] {
        assert!(matches!(
            Mode::from_bytes(unknown),
            Err(Malformed::Invalid("Mode"))
        ));
    }
    assert_eq!(Mode::from_bytes(&[3, 9]), Err(Malformed::Truncated("bool")));
}

#[test]
fn nesting_without_end_is_refused() {
    let mut chain = Chain::End;
    for _ in 0..32 {
        chain = Chain::Link(Box::new(chain));
    }
    assert_eq!(bytes(&chain).len(), 33);
    let refused = Err(Malformed::Limit {
        what: "depth of nesting",
        found: 33,
        limit: 32,
    });
    assert_eq!(Chain::from_bytes(&[1; 1_000_000]), refused);
}
