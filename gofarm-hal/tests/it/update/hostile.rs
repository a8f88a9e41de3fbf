//! A million headers and a million patches of somebody who means harm.

use core::num::NonZero;

use gofarm_hal::update::{
    HEADER_LEN, Header, Manifest, Receiver, Refusal, Slot, Status, UpdateError, diff,
};

use super::device::{Key, MODEL, Offer, digest, header, layout, provision, signed};
use super::flash::{Flash, Random};
use super::patches::apply;

type Small = Flash<1, 8, 256>;

#[test]
fn a_million_hostile_manifests_are_refused() {
    let (layout, len) = layout::<Small>(5);
    let mut flash: Small = Flash::new(len, 5);
    let image = Random(1).bytes(600);
    provision(&mut flash, &layout, &Offer::whole(&image, 0));
    flash.steps = 0;
    let mut device: Receiver<'_, _, 64> =
        Receiver::open(&mut flash, layout, MODEL, Slot::First).unwrap();
    let good = signed(&header(&image, 3).patched_from(digest(&image), 70));
    let mut random = Random(2);
    let (mut headers, mut refused) = (0, 0);
    for round in 0..1_000_000 {
        let bytes = match round % 3 {
            // Anything of any length.
            0 => {
                let len = random.below(240);
                random.bytes(len)
            }
            // A good one with some bytes changed, the signature not made again.
            1 => {
                let mut bytes = good.clone();
                for _ in 0..=random.below(3) {
                    let at = random.below(bytes.len());
                    bytes[at] ^= 1 << random.below(8);
                }
                if bytes == good {
                    bytes[4 * 4] ^= 1;
                }
                bytes
            }
            // The frame of one with anything in it.
            _ => {
                let mut bytes = random.bytes(HEADER_LEN + 32);
                bytes[..8].copy_from_slice(&[b'G', b'F', b'F', b'W', 1, 0, 0, 0]);
                bytes[5] = u8::from(round % 2 == 1);
                bytes[8..40].fill(0);
                bytes[8..18].copy_from_slice(MODEL.as_bytes());
                bytes[46..48].fill(0);
                if bytes[5] == 0 {
                    bytes.copy_within(52..56, 56);
                    bytes[96..128].fill(0);
                }
                bytes
            }
        };
        if let Ok(manifest) = Manifest::decode(&bytes) {
            headers += 1;
            assert_eq!(manifest.header().encode(), bytes[..HEADER_LEN]);
        }
        match device.begin(&bytes, &Key) {
            Err(UpdateError::Header(_)) => {}
            Err(UpdateError::Refused(_)) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(
        headers > 100_000 && refused == headers,
        "{headers} {refused}"
    );
    assert_eq!(device.state().confirmed(), Slot::First);
    drop(device);
    assert_eq!(flash.steps, 0, "nothing was written");
}

/// Bytes that are mostly instructions within bounds.
fn hostile_patch(random: &mut Random) -> Vec<u8> {
    let mut patch = Vec::new();
    for _ in 0..random.below(12) {
        let mut number = match random.below(8) {
            0 => random.below(1 << 32),
            1 => random.below(1 << 12),
            _ => random.below(1 << 7),
        };
        let literal = if number % 4 == 1 || number % 4 == 2 {
            number / 4
        } else {
            0
        };
        while number > 0x7f {
            patch.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        patch.push(number.to_le_bytes()[0]);
        let bytes = literal.min(random.below(64));
        patch.extend(random.bytes(bytes));
    }
    patch
}

#[test]
fn a_million_hostile_patches_stay_in_their_bounds() {
    let mut random = Random(3);
    let base = random.bytes(64);
    let (mut made, mut broken) = (0, 0);
    for _ in 0..1_000_000 {
        let patch = hostile_patch(&mut random);
        let image_len = 1 + random.below(64);
        // `apply` indexes the base with what the reader says: a step outside is a panic.
        match apply(
            &base,
            &patch,
            image_len,
            1 + random.below(16),
            1 + random.below(64),
        ) {
            Ok(Some(image)) => {
                assert_eq!(image.len(), image_len);
                made += 1;
            }
            Ok(None) => {}
            Err(_) => broken += 1,
        }
    }
    assert!(made > 1_000 && broken > 100_000, "{made} {broken}");
}

#[test]
fn a_patch_that_makes_another_image_than_was_signed_never_starts() {
    let (layout, len) = layout::<Small>(5);
    let mut flash: Small = Flash::new(len, 5);
    let mut random = Random(4);
    let base = random.bytes(600);
    provision(&mut flash, &layout, &Offer::whole(&base, 0));
    let image = random.bytes(300);
    let mut digests = 0;
    for round in 0..3_000 {
        // Half of them make an image of the right length; some bytes of it or of the instructions are changed.
        let mut patch = hostile_patch(&mut random);
        if round % 2 == 0 {
            let from = random.below(300);
            let mut other = base[from..from + 300].to_vec();
            other.rotate_left(random.below(300));
            patch = diff(&base, &other);
            let at = random.below(patch.len());
            patch[at] ^= 1 << random.below(16).min(7);
        }
        patch.push(16 * 4);
        if round % 4 == 0 {
            patch.pop();
        }
        let len = u32::try_from(patch.len()).unwrap();
        let header: Header = header(&image, 0).patched_from(digest(&base), len);
        let mut device: Receiver<'_, _, 64> =
            Receiver::open(&mut flash, layout, MODEL, Slot::First).unwrap();
        let mut status = device.begin(&signed(&header), &Key);
        let error = loop {
            status = match status {
                Ok(Status::Wants { offset } | Status::Busy { offset }) => {
                    device.write(offset, &patch[offset as usize..])
                }
                Ok(Status::Received | Status::Verifying) => device.verify(&Key),
                Ok(other) => panic!("{other:?}"),
                Err(error) => break error,
            }
        };
        match error {
            UpdateError::Refused(Refusal::Digest) => digests += 1,
            UpdateError::Patch(_) | UpdateError::Lengths { .. } => {}
            other => panic!("{other:?}"),
        }
        let activated = device.activate(NonZero::new(3).unwrap());
        assert_eq!(activated, Err(UpdateError::OutOfOrder));
    }
    assert!(digests > 100, "{digests}");
}
