//! The laws of every encoding, and tables of what is refused.

use core::fmt::Debug;
use core::time::Duration;

use gofarm_core::DeviceId;
use gofarm_core::command::CommandId;
use gofarm_core::text::Text;
use gofarm_core::time::UnixMillis;
use proptest::prelude::*;

use super::{Reader, SliceSink, Value};
use crate::Timestamp;
use crate::dot::{Actor, Dot, ReplicaId};
use crate::error::Malformed;

/// What `value` is as bytes, after checking that they are read back, that their number is known before, and
/// that a part of them is refused.
fn bytes_of<T: Value + PartialEq + Debug>(value: &T) -> Vec<u8> {
    let len = value.encoded_len();
    let mut room = vec![0; len];
    let mut sink = SliceSink::new(&mut room);
    value.encode(&mut sink);
    assert_eq!(sink.wanted(), len);
    assert_eq!(&T::from_bytes(&room).unwrap(), value);
    for cut in 0..len {
        assert!(
            T::from_bytes(&room[..cut]).is_err(),
            "{value:?} cut at {cut}"
        );
    }
    room
}

/// Whatever can be read is written as the very bytes that were read.
fn one_encoding<T: Value>(bytes: &[u8]) {
    let mut reader = Reader::new(bytes);
    if let Ok(value) = T::decode(&mut reader) {
        let read = &bytes[..bytes.len() - reader.rest().len()];
        let mut again = vec![0; value.encoded_len()];
        value.encode(&mut SliceSink::new(&mut again));
        assert_eq!(again, read);
    }
}

fn cases() -> ProptestConfig {
    ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 512 })
}

/// Bytes that decoders get far with: small numbers, ends of ranges, marks of continuation.
fn plausible() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        4 => 0..4_u8,
        1 => prop_oneof![Just(0x7f), Just(0x80), Just(0xc0), Just(0xff), Just(b'a')],
        2 => any::<u8>(),
    ];
    prop::collection::vec(byte, 0..24)
}

fn dot() -> impl Strategy<Value = Dot> {
    (any::<u64>(), any::<u32>(), any::<u64>()).prop_map(|(replica, incarnation, counter)| {
        Dot::new(Actor::new(ReplicaId::new(replica), incarnation), counter)
    })
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn numbers_are_read_back(
        unsigned: (u8, u16, u32, u64),
        signed: (i8, i16, i32, i64),
        small in -300..300_i64,
    ) {
        bytes_of(&unsigned);
        bytes_of(&signed);
        bytes_of(&small);
    }

    #[test]
    fn floats_are_read_back_bit_by_bit(single: u32, double: u64) {
        let (single, double) = (f32::from_bits(single), f64::from_bits(double));
        let bytes = single.to_le_bytes();
        prop_assert_eq!(f32::from_bytes(&bytes).is_ok(), !single.is_nan() || single.to_bits() == 0x7fc0_0000);
        if !single.is_nan() {
            prop_assert_eq!(bytes_of(&single), bytes);
        }
        if !double.is_nan() {
            prop_assert_eq!(bytes_of(&double), double.to_le_bytes());
        }
    }

    #[test]
    fn composites_are_read_back(
        one: Option<(bool, char)>,
        many: ([Option<u16>; 3], (), (i8,), (u8, u8, u8, u8, u8, u64)),
        time: Duration,
    ) {
        bytes_of(&one);
        bytes_of(&many);
        bytes_of(&time);
    }

    #[test]
    fn names_times_and_writers_are_read_back(
        text in "\\PC{0,5}",
        device in "[a-z0-9:.~-]{1,47}",
        command: [u8; 16],
        times: (u64, u64),
        dot in dot(),
    ) {
        bytes_of(&Text::<20>::new(&text).unwrap());
        bytes_of(&DeviceId::new(&device).unwrap());
        bytes_of(&CommandId::new(command));
        bytes_of(&(UnixMillis::new(times.0), Timestamp::from_bits(times.1)));
        bytes_of(&dot);
    }

    #[test]
    fn what_is_read_has_one_encoding(bytes in plausible()) {
        one_encoding::<(bool, u8, i8)>(&bytes);
        one_encoding::<(u16, i16)>(&bytes);
        one_encoding::<(u32, i32)>(&bytes);
        one_encoding::<(u64, i64)>(&bytes);
        one_encoding::<f32>(&bytes);
        one_encoding::<f64>(&bytes);
        one_encoding::<char>(&bytes);
        one_encoding::<Duration>(&bytes);
        one_encoding::<[Option<()>; 4]>(&bytes);
        one_encoding::<Text<4>>(&bytes);
        one_encoding::<DeviceId>(&bytes);
        one_encoding::<(UnixMillis, Timestamp)>(&bytes);
        one_encoding::<Dot>(&bytes);
    }
}

#[cfg(feature = "alloc")]
mod collections {
    use alloc::boxed::Box;
    use alloc::collections::{BTreeMap, BTreeSet};
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::*;

    proptest! {
        #![proptest_config(cases())]

        #[test]
        fn collections_are_read_back(
            text: String,
            list: Vec<Option<u8>>,
            set: BTreeSet<i16>,
            map in prop::collection::btree_map(".{0,3}", any::<Vec<u8>>(), 0..5),
        ) {
            bytes_of(&text);
            bytes_of(&Box::new(list));
            bytes_of(&set);
            bytes_of(&map);
        }

        #[test]
        fn collections_have_one_encoding(bytes in plausible()) {
            one_encoding::<String>(&bytes);
            one_encoding::<Vec<Vec<u8>>>(&bytes);
            one_encoding::<BTreeSet<u16>>(&bytes);
            one_encoding::<BTreeMap<u8, Box<i32>>>(&bytes);
            one_encoding::<BTreeMap<(), ()>>(&bytes);
        }
    }

    #[test]
    fn order_and_repetition_are_refused() {
        assert_eq!(
            BTreeSet::<u8>::from_bytes(&[2, 1, 2]),
            Ok(BTreeSet::from([1, 2]))
        );
        for bytes in [[2, 2, 1], [2, 1, 1]] {
            let refused = Err(Malformed::Invalid("order of a set"));
            assert_eq!(BTreeSet::<u8>::from_bytes(&bytes), refused);
        }
        for bytes in [[2, 2, 0, 1, 0], [2, 1, 0, 1, 1]] {
            let refused = Err(Malformed::Invalid("order of a map"));
            assert_eq!(BTreeMap::<u8, u8>::from_bytes(&bytes), refused);
        }
    }

    #[test]
    fn a_length_beyond_the_bytes_is_refused_before_anything_is_set_aside() {
        let huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0];
        assert_eq!(
            Vec::<[u64; 64]>::from_bytes(&huge),
            Err(Malformed::Truncated("list"))
        );
        assert_eq!(
            BTreeSet::<u8>::from_bytes(&huge),
            Err(Malformed::Truncated("set"))
        );
        assert_eq!(
            BTreeMap::<u8, ()>::from_bytes(&huge),
            Err(Malformed::Truncated("map"))
        );
        assert_eq!(
            String::from_bytes(&huge),
            Err(Malformed::Truncated("string"))
        );
    }

    #[test]
    fn elements_without_bytes_are_refused() {
        let mut bytes = Vec::new();
        vec![(); 1].encode(&mut bytes);
        bytes.push(0);
        let mut reader = Reader::new(&bytes);
        assert_eq!(
            Vec::<()>::decode(&mut reader),
            Err(Malformed::Invalid("list"))
        );
        assert_eq!(Vec::<()>::from_bytes(&[0]), Ok(Vec::new()));
    }
}

#[test]
fn golden_bytes() {
    assert_eq!(bytes_of(&(true, 200_u8, -1_i8)), [1, 200, 0xff]);
    assert_eq!(
        bytes_of(&(300_u16, 0_u32, u64::MAX)),
        [
            0xac, 2, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1
        ]
    );
    assert_eq!(
        bytes_of(&(-1_i16, 1_i32, -64_i64, 64_i64)),
        [1, 2, 0x7f, 0x80, 1]
    );
    assert_eq!(bytes_of(&i64::MIN), bytes_of(&u64::MAX));
    assert_eq!(
        bytes_of(&(-0.0_f32, 1.0_f64)),
        [0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]
    );
    assert_eq!(bytes_of(&('a', '\u{10ffff}')), [b'a', 0xff, 0xff, 0x43]);
    assert_eq!(bytes_of(&[Some(7_u8), None]), [1, 7, 0]);
    assert_eq!(
        bytes_of(&Text::<8>::new("m³").unwrap()),
        [3, b'm', 0xc2, 0xb3]
    );
    assert_eq!(bytes_of(&Duration::from_secs(60)), [60, 0]);
    assert_eq!(bytes_of(&UnixMillis::new(1_790_000_000_000)).len(), 6);
    let dot = Dot::new(Actor::new(ReplicaId::new(7), 0x0102_0304), 300);
    assert_eq!(
        bytes_of(&dot),
        [7, 0, 0, 0, 0, 0, 0, 0, 4, 3, 2, 1, 0xac, 2]
    );
}

#[test]
fn second_ways_to_write_are_refused() {
    let bool = |bytes: &[u8]| bool::from_bytes(bytes).map(|_| ());
    let u16 = |bytes: &[u8]| u16::from_bytes(bytes).map(|_| ());
    let i16 = |bytes: &[u8]| i16::from_bytes(bytes).map(|_| ());
    let u64 = |bytes: &[u8]| u64::from_bytes(bytes).map(|_| ());
    let f64 = |bytes: &[u8]| f64::from_bytes(bytes).map(|_| ());
    let char = |bytes: &[u8]| char::from_bytes(bytes).map(|_| ());
    let option = |bytes: &[u8]| Option::<()>::from_bytes(bytes).map(|_| ());
    let text = |bytes: &[u8]| Text::<2>::from_bytes(bytes).map(|_| ());
    let device = |bytes: &[u8]| DeviceId::from_bytes(bytes).map(|_| ());
    let time = |bytes: &[u8]| Duration::from_bytes(bytes).map(|_| ());
    let too_long = Malformed::Limit {
        what: "bytes of a text",
        found: 3,
        limit: 2,
    };
    let nan = f64::from_bits(0x7ff8_0000_0000_0001).to_le_bytes();
    type Read<'a> = &'a dyn Fn(&[u8]) -> Result<(), Malformed>;
    let table: &[(Read<'_>, &[u8], Malformed)] = &[
        (&bool, &[2], Malformed::Invalid("bool")),
        (&u16, &[0x80, 0], Malformed::Invalid("u16")),
        (&u16, &[0x80, 0x80, 4], Malformed::Invalid("u16")),
        (&u16, &[1, 1], Malformed::Trailing(1)),
        (&i16, &[0x80, 0x80, 4], Malformed::Invalid("i16")),
        (&u64, &[0xff; 10], Malformed::Invalid("u64")),
        (&f64, &nan, Malformed::Invalid("f64")),
        (&char, &[0x80, 0xb0, 3], Malformed::Invalid("char")),
        (&option, &[2], Malformed::Invalid("option")),
        (&text, &[3, b'a', b'b', b'c'], too_long),
        (&text, &[2, 0xc3, 0x28], Malformed::Invalid("text")),
        (&device, &[0], Malformed::Invalid("device id")),
        (&device, &[1, b'/'], Malformed::Invalid("device id")),
        (
            &time,
            &[0, 0x80, 0x94, 0xeb, 0xdc, 3],
            Malformed::Invalid("duration"),
        ),
    ];
    for (row, (read, bytes, expected)) in table.iter().enumerate() {
        assert_eq!(read(bytes), Err(*expected), "row {row}");
    }
}

#[test]
fn every_nan_is_the_same_bytes() {
    let bytes = |nan: f32| {
        let mut room = [0; 4];
        nan.encode(&mut SliceSink::new(&mut room));
        room
    };
    for bits in [0x7fc0_0000, 0xffc0_0000, 0x7f80_0001, 0x7fff_ffff] {
        assert_eq!(bytes(f32::from_bits(bits)), [0, 0, 0xc0, 0x7f]);
    }
}
