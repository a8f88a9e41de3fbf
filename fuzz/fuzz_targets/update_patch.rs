//! Patches from anywhere stay inside base and image; one of our own makes the image.
#![no_main]

use arbitrary::Arbitrary;
use gofarm_hal::update::{PatchReader, Piece, diff};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    base: &'a [u8],
    other: &'a [u8],
    image_len: u16,
    room: u8,
    chunk: u8,
}

fuzz_target!(|input: Input<'_>| {
    let (base, other) = (input.base, input.other);
    let (room, chunk) = (usize::from(input.room) + 1, usize::from(input.chunk) + 1);
    // As a hostile patch.
    apply(base, other, usize::from(input.image_len), room, chunk);
    // As the next image.
    let made = apply(base, &diff(base, other), other.len(), room, chunk);
    assert_eq!(made.as_deref(), Some(other));
});

fn apply(base: &[u8], patch: &[u8], len: usize, room: usize, chunk: usize) -> Option<Vec<u8>> {
    let number = |len| u32::try_from(len).unwrap();
    let mut reader = PatchReader::new(number(base.len()), number(len));
    let (mut image, mut rest) = (Vec::new(), patch);
    loop {
        let input = &rest[..chunk.min(rest.len())];
        let (used, piece) = reader.next(input, room).ok()?;
        match piece {
            Piece::Literal(len) => image.extend(&input[used - len..used]),
            Piece::Copy { from, len } => image.extend(&base[from as usize..][..len]),
            Piece::NeedInput if used == rest.len() => return None,
            Piece::NeedInput => {}
            Piece::End => return rest[used..].is_empty().then_some(image),
        }
        assert!(image.len() <= len);
        rest = &rest[used..];
    }
}
