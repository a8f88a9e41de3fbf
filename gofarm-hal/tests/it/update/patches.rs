//! Patches: what they make, and what they cost.

use gofarm_hal::update::{PatchError, PatchReader, Piece, diff};
use proptest::prelude::*;

use super::flash::Random;

/// Applies a patch in memory, given `chunk` bytes at a time and asked for `room`.
pub(crate) fn apply(
    base: &[u8],
    patch: &[u8],
    image_len: usize,
    chunk: usize,
    room: usize,
) -> Result<Option<Vec<u8>>, PatchError> {
    let number = |len: usize| u32::try_from(len).unwrap();
    let mut reader = PatchReader::new(number(base.len()), number(image_len));
    let (mut image, mut at) = (Vec::new(), 0);
    loop {
        let input = &patch[at..(at + chunk).min(patch.len())];
        let (used, piece) = reader.next(input, room)?;
        match piece {
            Piece::Literal(len) => image.extend(&input[used - len..used]),
            Piece::Copy { from, len } => image.extend(&base[from as usize..][..len]),
            Piece::NeedInput if input.len() == used && at + used == patch.len() => return Ok(None),
            Piece::NeedInput => {}
            Piece::End => return Ok((at + used == patch.len()).then_some(image)),
        }
        at += used;
        assert!(image.len() <= image_len);
    }
}

#[derive(Clone, Debug)]
enum Edit {
    Replace(usize, Vec<u8>),
    Insert(usize, Vec<u8>),
    Delete(usize, usize),
    Move(usize, usize, usize),
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let len = bytes.len();
        let within = |at: usize| at % (len + 1);
        match self {
            Self::Replace(at, with) => {
                for (to, from) in bytes.iter_mut().skip(within(*at)).zip(with) {
                    *to = *from;
                }
            }
            Self::Insert(at, with) => {
                let _ = bytes.splice(within(*at)..within(*at), with.iter().copied());
            }
            Self::Delete(at, count) => {
                let _ = bytes.drain(within(*at)..(within(*at) + count).min(len));
            }
            Self::Move(at, count, to) => {
                let cut: Vec<u8> = bytes
                    .drain(within(*at)..(within(*at) + count).min(len))
                    .collect();
                let to = to % (bytes.len() + 1);
                let _ = bytes.splice(to..to, cut);
            }
        }
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        (any::<usize>(), bytes()).prop_map(|(at, with)| Edit::Replace(at, with)),
        (any::<usize>(), bytes()).prop_map(|(at, with)| Edit::Insert(at, with)),
        (any::<usize>(), 0..300_usize).prop_map(|(at, len)| Edit::Delete(at, len)),
        (any::<usize>(), 0..300_usize, any::<usize>())
            .prop_map(|(at, len, to)| Edit::Move(at, len, to)),
    ]
}

/// Bytes with repeats, as code has them.
fn base() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..60),
        (any::<u8>(), 0..60_usize).prop_map(|(byte, len)| vec![byte; len]),
        proptest::collection::vec(0..4_u8, 0..60),
    ];
    proptest::collection::vec(part, 0..20).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn a_patch_makes_the_image_from_the_base(
        base in base(),
        edits in proptest::collection::vec(edit(), 0..12),
        chunk in 1..70_usize,
        room in 1..70_usize,
    ) {
        let mut image = base.clone();
        for edit in &edits {
            edit.apply(&mut image);
        }
        prop_assume!(!image.is_empty());
        let patch = diff(&base, &image);
        let made = apply(&base, &patch, image.len(), chunk, room);
        prop_assert_eq!(made, Ok(Some(image)));
    }

    #[test]
    fn two_images_that_share_nothing_cost_little_more_than_the_image(
        base in base(),
        image in base(),
    ) {
        prop_assume!(!image.is_empty());
        let patch = diff(&base, &image);
        let bound = image.len() + image.len() / 2 + 8;
        prop_assert!(patch.len() <= bound);
        prop_assert_eq!(apply(&base, &patch, image.len(), 64, 64), Ok(Some(image)));
    }
}

/// Code of 4-byte words of which each tenth is an address; a function is inserted, and addresses behind it move.
#[test]
fn code_that_moved_by_a_function_costs_a_fifth_of_the_image() {
    let mut random = Random(11);
    let words: Vec<u32> = (0..8_000)
        .map(|at| {
            if at % 10 == 0 {
                0x0800_0000 + at * 3
            } else {
                u32::try_from(random.below(1 << 30)).unwrap()
            }
        })
        .collect();
    let bytes = |words: &[u32]| {
        words
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect::<Vec<u8>>()
    };
    let mut moved = words.clone();
    for word in moved
        .iter_mut()
        .filter(|word| **word > 0x0800_0000 + 6_000 && **word < 0x0801_0000)
    {
        *word += 64;
    }
    moved.splice(
        2_000..2_000,
        (0..16).map(|_| u32::try_from(random.below(1 << 30)).unwrap()),
    );
    let (base, image) = (bytes(&words), bytes(&moved));
    let patch = diff(&base, &image);
    assert_eq!(
        apply(&base, &patch, image.len(), 64, 256),
        Ok(Some(image.clone()))
    );
    assert!(
        patch.len() * 5 < image.len(),
        "{} of {} bytes",
        patch.len(),
        image.len()
    );
}

#[test]
fn what_is_no_instruction_is_refused_where_it_stands() {
    let base = [0; 10];
    for (patch, error) in [
        (&[0x00][..], PatchError::Number { at: 1 }), // copies nothing
        (&[0x01], PatchError::Number { at: 1 }),     // inserts nothing
        (&[0x03], PatchError::Base { at: 1 }),       // seeks nowhere
        (&[0x84, 0x00], PatchError::Number { at: 2 }), // longer than it needs to be
        (
            &[0xff, 0xff, 0xff, 0xff, 0x10],
            PatchError::Number { at: 5 },
        ), // 33 bits
        (
            &[0xff, 0xff, 0xff, 0xff, 0xff],
            PatchError::Number { at: 5 },
        ), // more than 5 bytes
        (&[11 * 4], PatchError::Base { at: 1 }),     // copies 11 of 10
        (&[21 * 4 + 1], PatchError::Image { at: 1 }), // 21 into 20
        (&[2 * 4 + 3, 10 * 4], PatchError::Base { at: 2 }), // 10 from 1 on
        (&[4 + 3], PatchError::Base { at: 1 }),      // to -1
        (&[22 * 4 + 3], PatchError::Base { at: 1 }), // to 11
        (&[10 * 4, 4 + 2, 0], PatchError::Base { at: 2 }), // replaces behind the end
    ] {
        let made = apply(&base, patch, 20, 64, 64);
        assert_eq!(made, Err(error), "{patch:?}");
    }
}
