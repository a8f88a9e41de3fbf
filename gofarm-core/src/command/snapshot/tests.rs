use super::*;
use crate::command::Outcome;

/// Random inputs; few where each instruction is interpreted.
const MANY: u32 = if cfg!(miri) { 20 } else { 20_000 };
/// Every bit is flipped, or every 97th where each instruction is interpreted.
const STRIDE: usize = if cfg!(miri) { 97 } else { 1 };

fn sample() -> Memory<2> {
    let mut memory = Memory::<2>::empty();
    memory.window.forgotten_until = UnixMillis::new(0x0102_0304);
    let wall = UnixMillis::new(0);
    for n in [1, 2] {
        let id = CommandId::new([n; 16]);
        let expires = UnixMillis::new(1_790_000_000_000 + u64::from(n));
        memory.window.admit(id, expires, wall).unwrap();
        memory.tally.issue();
    }
    memory.window.find(CommandId::new([2; 16])).unwrap().phase = Phase::Executed;
    memory.tally.settle(Outcome::Executed);
    for outcome in [Outcome::Expired, Outcome::Refused, Outcome::Refused] {
        memory.tally.issue();
        memory.tally.settle(outcome);
    }
    memory.tally.issue();
    memory.closes = 1;
    memory
}

fn bytes_of<const N: usize>(memory: &Memory<N>) -> Vec<u8> {
    memory.encode(&mut [0; MAX_SNAPSHOT_LEN]).to_vec()
}

/// With the checksum made right again, so that only the content is wrong.
fn resealed(
    mut bytes: Vec<u8>,
    change: impl FnOnce(&mut [u8]),
) -> Result<Memory<2>, SnapshotError> {
    let body = bytes.len() - 4;
    change(&mut bytes[..body]);
    let crc = crc32(&bytes[..body]).to_le_bytes();
    bytes[body..].copy_from_slice(&crc);
    Memory::decode(&bytes)
}

#[test]
fn crc32_gives_the_published_check_value() {
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
}

#[test]
fn the_bytes_of_version_1_do_not_change() {
    let hex: String = bytes_of(&sample())
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let golden: String = include_str!("../../../tests/data/lease_snapshot_v1.hex")
        .split_whitespace()
        .collect();
    assert_eq!(hex, golden);
}

#[test]
fn a_snapshot_gives_the_same_memory_back() {
    let memory = sample();
    let bytes = bytes_of(&memory);
    assert_eq!(bytes.len(), snapshot_len(2));
    assert_eq!(Memory::decode(&bytes), Ok(memory.clone()));
    let roomier = Memory::<8>::decode(&bytes).unwrap();
    assert_eq!(roomier.tally, memory.tally);
    assert_eq!(roomier.window.iter().count(), 2);
    let empty = Memory::<32> {
        is_lost: true,
        ..Memory::empty()
    };
    assert_eq!(bytes_of(&empty).len(), MAX_SNAPSHOT_LEN);
    assert_eq!(Memory::decode(&bytes_of(&empty)), Ok(empty));
}

#[test]
fn every_truncation_and_extension_is_an_error() {
    let mut bytes = bytes_of(&sample());
    for len in 0..bytes.len() {
        assert!(Memory::<2>::decode(&bytes[..len]).is_err(), "{len} bytes");
    }
    bytes.push(0);
    let len = bytes.len();
    assert_eq!(
        Memory::<2>::decode(&bytes),
        Err(SnapshotError::Length { len })
    );
}

#[test]
fn every_bit_flip_is_an_error() {
    let bytes = bytes_of(&sample());
    for bit in (0..bytes.len() * 8).step_by(STRIDE) {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Memory::<2>::decode(&flipped).is_err(), "bit {bit}");
    }
}

#[test]
fn content_that_contradicts_itself_is_an_error_even_with_a_right_checksum() {
    use SnapshotError::{Inconsistent, Length, Magic, TooManyIds, Version};
    type Change = fn(&mut [u8]);
    let rows: [(&str, Change, SnapshotError); 11] = [
        ("magic", |b| b[0] = b'X', Magic),
        ("version", |b| b[4] = 2, Version(2)),
        ("unknown flag", |b| b[5] = 2, Inconsistent),
        ("slots", |b| b[6] = 3, Length { len: 118 }),
        ("more in use than slots", |b| b[7] = 3, Inconsistent),
        ("issued", |b| b[16] += 1, Inconsistent),
        ("closes", |b| b[56] = 2, Inconsistent),
        ("closes overflow", |b| b[56..64].fill(0xff), Inconsistent),
        ("phase 0", |b| b[64 + 24] = 0, Inconsistent),
        ("phase 4", |b| b[64 + 24] = 4, Inconsistent),
        ("the same id twice", |b| b[89..105].fill(1), Inconsistent),
    ];
    for (what, change, error) in rows {
        assert_eq!(resealed(bytes_of(&sample()), change), Err(error), "{what}");
    }
    let small = Memory::<1>::decode(&bytes_of(&sample()));
    assert_eq!(small, Err(TooManyIds { found: 2, max: 1 }));

    let mut one = sample();
    one.window.entries[1] = None;
    one.tally.executed = 0;
    one.tally.issued -= 1;
    assert!(resealed(bytes_of(&one), |_| ()).is_ok());
    assert_eq!(
        resealed(bytes_of(&one), |b| b[100] = 1),
        Err(Inconsistent),
        "an unused slot that is not empty"
    );
}

#[test]
fn arbitrary_bytes_never_panic_the_decoder() {
    use crate::random::{Random, SplitMix64};
    let mut random = SplitMix64::new(11);
    let template = bytes_of(&sample());
    for _ in 0..MANY {
        let mut bytes = template.clone();
        let changes = 1 + random.below(8);
        for _ in 0..changes {
            let at = usize::try_from(random.below(bytes.len() as u64 - 8)).unwrap();
            bytes[4 + at] = random.next_u64().to_le_bytes()[0];
        }
        if let Ok(memory) = resealed(bytes, |_| ()) {
            assert!(memory.tally.is_balanced());
        }
    }
}
