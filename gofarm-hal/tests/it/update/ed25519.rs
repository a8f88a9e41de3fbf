//! Real signatures.

use core::num::NonZero;

use ed25519_compact::{KeyPair, Seed};
use gofarm_core::verify::{KeyId, Purpose, Signed, Verifier, VerifyError};
use gofarm_hal::update::{Ed25519Keys, PublicKey, Receiver, Slot, Status};

use super::device::{MODEL, header, layout};
use super::flash::{Flash, Random};

fn key(id: u32) -> (KeyPair, PublicKey) {
    let seed = Random(id.into()).bytes(32);
    let pair = KeyPair::from_seed(Seed::from_slice(&seed).unwrap());
    let bytes = *pair.pk;
    (
        pair,
        PublicKey {
            id: KeyId(id),
            bytes,
        },
    )
}

fn by(key: u32, signature: &[u8]) -> Signed<'_> {
    Signed {
        key: KeyId(key),
        purpose: Purpose::Firmware,
        message: b"message",
        signature,
    }
}

#[test]
fn a_key_that_is_unknown_or_revoked_signs_nothing() {
    let ((old_pair, old), (new_pair, new)) = (key(1), key(2));
    let keys = [old, new];
    let verifier = Ed25519Keys::new(&keys);
    let text = b"gofarm/firmwaremessage";
    let signed = |pair: &KeyPair| pair.sk.sign(text, None).to_vec();
    let (by_old, by_new) = (signed(&old_pair), signed(&new_pair));
    assert_eq!(verifier.verify(&by(1, &by_old)), Ok(()));
    assert_eq!(verifier.verify(&by(2, &by_new)), Ok(()));
    assert_eq!(verifier.verify(&by(1, &by_new)), Err(VerifyError::Mismatch));
    let unknown = Err(VerifyError::UnknownKey(KeyId(3)));
    assert_eq!(verifier.verify(&by(3, &by_new)), unknown);
    let revoked = verifier.revoking(&[KeyId(1)]);
    let unknown = Err(VerifyError::UnknownKey(KeyId(1)));
    assert_eq!(revoked.verify(&by(1, &by_old)), unknown);
    assert_eq!(revoked.verify(&by(2, &by_new)), Ok(()));
    let model = Signed {
        purpose: Purpose::Model,
        ..by(2, &by_new)
    };
    assert_eq!(verifier.verify(&model), Err(VerifyError::Mismatch));
    for len in [0, 63, 65] {
        let mut other = by_new.clone();
        other.resize(len, 0);
        assert_eq!(verifier.verify(&by(2, &other)), Err(VerifyError::Mismatch));
    }
    for bit in 0..by_new.len() * 8 {
        let mut flipped = by_new.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            verifier.verify(&by(2, &flipped)),
            Err(VerifyError::Mismatch)
        );
    }
}

#[test]
fn an_image_is_taken_with_a_real_signature() {
    type Small = Flash<1, 8, 256>;
    let (layout, len) = layout::<Small>(5);
    let mut flash: Small = Flash::new(len, 5);
    let (pair, public) = key(1);
    let keys = [public];
    let verifier = Ed25519Keys::new(&keys);
    let image = Random(8).bytes(800);
    let header = header(&image, 0).encode();
    let text = [b"gofarm/firmware", &header[..]].concat();
    let manifest = [&header[..], &*pair.sk.sign(&text, None)].concat();
    let mut device: Receiver<'_, _, 64> =
        Receiver::open(&mut flash, layout, MODEL, Slot::First).unwrap();
    let mut status = device.begin(&manifest, &verifier).unwrap();
    while status != Status::Verified {
        status = match status {
            Status::Wants { offset } => device.write(offset, &image[offset as usize..]).unwrap(),
            _ => device.verify(&verifier).unwrap(),
        };
    }
    device.activate(NonZero::new(1).unwrap()).unwrap();
}
