//! What a device must not take.

use core::num::NonZero;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::verify::{KeyId, VerifyError};
use gofarm_hal::update::{
    Header, HeaderError, Layout, Receiver, Refusal, Slot, Status, UpdateError, start,
};

use super::device::{
    Key, MODEL, Offer, digest, header, layout, provision, signed, transfer, version,
};
use super::flash::{Flash, FlashError, Random};

pub(crate) type Small = Flash<1, 8, 256>;
pub(crate) type Device<'f> = Receiver<'static, &'f mut Small, 64>;

const PAGE: usize = 256;

pub(crate) fn image(seed: u64, len: usize) -> Vec<u8> {
    Random(seed).bytes(len)
}

pub(crate) fn new() -> (Small, Layout) {
    let (layout, len) = layout::<Small>(5);
    let mut flash = Flash::new(len, 5);
    provision(&mut flash, &layout, &Offer::whole(&image(1, 700), 0));
    (flash, layout)
}

pub(crate) fn open(flash: &mut Small, layout: Layout, running: Slot) -> Device<'_> {
    Receiver::open(flash, layout, MODEL, running).unwrap()
}

/// Installs and confirms in the slot that is not in use.
fn install(flash: &mut Small, layout: Layout, offer: &Offer) {
    let running = start(flash, &layout).unwrap().slot();
    let mut device = open(flash, layout, running);
    transfer(&mut device, offer, 64).unwrap();
    device.activate(NonZero::new(1).unwrap()).unwrap();
    let running = start(flash, &layout).unwrap().slot();
    open(flash, layout, running).confirm().unwrap();
}

/// What `begin` says, and that it erased nothing.
fn begin(flash: &mut Small, layout: Layout, manifest: &[u8]) -> UpdateError<FlashError> {
    let steps = flash.steps;
    let mut device = open(flash, layout, Slot::First);
    let error = device.begin(manifest, &Key).unwrap_err();
    assert_eq!(device.header(), None);
    assert_eq!(device.write(0, &[1]), Err(UpdateError::OutOfOrder));
    assert_eq!(device.verify(&Key), Err(UpdateError::OutOfOrder));
    let activated = device.activate(NonZero::new(3).unwrap());
    assert_eq!(activated, Err(UpdateError::OutOfOrder));
    drop(device);
    assert_eq!(flash.steps, steps, "{error}");
    error
}

#[test]
fn what_is_not_for_this_device_is_refused_before_anything_is_erased() {
    let (mut flash, layout) = new();
    let good = image(2, 1000);
    let whole = header(&good, 0);
    let other_model = Header::image("acme-pump", version(1), 1000, digest(&good)).unwrap();
    let longer = Header::image(MODEL, version(1), 1025, [0; 32]).unwrap();
    let refused = |refusal| UpdateError::Refused(refusal);
    let cases = [
        (other_model.with_key(KeyId(1)), refused(Refusal::Model)),
        (whole.for_slot(Slot::First), refused(Refusal::Slot)),
        (
            longer.with_key(KeyId(1)),
            refused(Refusal::TooLong {
                len: 1025,
                max: 1024,
            }),
        ),
        (
            whole.with_key(KeyId(2)),
            refused(Refusal::Signature(VerifyError::UnknownKey(KeyId(2)))),
        ),
        (whole.patched_from([9; 32], 10), refused(Refusal::Base)),
    ];
    for (header, expected) in cases {
        assert_eq!(begin(&mut flash, layout, &signed(&header)), expected);
    }
    let unsigned = begin(&mut flash, layout, &whole.encode());
    assert_eq!(unsigned, refused(Refusal::Signature(VerifyError::Mismatch)));
    let model = Key::sign("gofarm/model", &whole.encode());
    let for_a_model = [&whole.encode()[..], &model].concat();
    assert_eq!(begin(&mut flash, layout, &for_a_model), unsigned);
    let short = begin(&mut flash, layout, b"GFFW");
    assert_eq!(short, UpdateError::Header(HeaderError::Length { len: 4 }));
}

#[test]
fn any_flipped_bit_in_a_manifest_is_refused() {
    let (mut flash, layout) = new();
    let manifest = signed(&header(&image(2, 1000), 4));
    for bit in 0..manifest.len() * 8 {
        let mut flipped = manifest.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let error = begin(&mut flash, layout, &flipped);
        assert!(
            matches!(error, UpdateError::Header(_) | UpdateError::Refused(_)),
            "{error}"
        );
        assert_eq!(error.kind(), Kind::Invalid);
    }
}

#[test]
fn an_old_image_is_not_taken_again_once_a_higher_counter_is_confirmed() {
    let (mut flash, layout) = new();
    let old = Offer::whole(&image(2, 900), 3);
    install(&mut flash, layout, &old);
    install(&mut flash, layout, &Offer::whole(&image(3, 900), 4));
    let rollback = Refusal::Rollback {
        counter: 3,
        floor: 4,
    };
    assert_eq!(
        begin(&mut flash, layout, &old.manifest),
        UpdateError::Refused(rollback)
    );
    // The same counter may come again: back to the version before without a hole open.
    install(&mut flash, layout, &Offer::whole(&image(2, 900), 4));
}

#[test]
fn any_flipped_bit_of_the_image_in_flash_is_found_before_it_can_start() {
    let (flash, layout) = new();
    let sent = image(2, 500);
    let offer = Offer::whole(&sent, 0);
    let slot = layout.start(Slot::Second) as usize * 8;
    let manifest = slot + 4 * PAGE * 8;
    let bits = (0..500 * 8).map(|bit| slot + bit);
    for bit in bits
        .step_by(17)
        .chain((0..PAGE * 8).map(|bit| manifest + bit))
    {
        let mut flash = flash.clone();
        let mut device = open(&mut flash, layout, Slot::First);
        let mut status = device.begin(&offer.manifest, &Key).unwrap();
        while let Status::Wants { offset } = status {
            status = device.write(offset, &sent[offset as usize..]).unwrap();
        }
        assert_eq!(status, Status::Received);
        drop(device);
        flash.flip(bit);
        let mut device = open(&mut flash, layout, Slot::First);
        let status = device.begin(&offer.manifest, &Key).unwrap();
        if let Status::Wants { offset } = status {
            // The manifest was hit: the transfer starts again.
            assert_eq!(offset, 0);
            continue;
        }
        assert_eq!(device.verify(&Key), Ok(Status::Verifying));
        let verified = device.verify(&Key);
        assert_eq!(
            verified,
            Err(UpdateError::Refused(Refusal::Digest)),
            "bit {bit}"
        );
        assert_eq!(verified.unwrap_err().kind(), Kind::Transient);
        let activated = device.activate(NonZero::new(3).unwrap());
        assert_eq!(activated, Err(UpdateError::OutOfOrder));
        // And the next try begins from the start.
        let status = device.begin(&offer.manifest, &Key);
        assert_eq!(status, Ok(Status::Wants { offset: 0 }));
    }
}

#[test]
fn chunks_may_overlap_and_repeat_but_not_leave_a_gap() {
    let (mut flash, layout) = new();
    let sent = image(2, 1000);
    let offer = Offer::whole(&sent, 0);
    let mut device = open(&mut flash, layout, Slot::First);
    let _ = device.begin(&offer.manifest, &Key).unwrap();
    let gap = device.write(1, &sent[1..2]);
    assert_eq!(
        gap,
        Err(UpdateError::Gap {
            offset: 1,
            expected: 0
        })
    );
    let over = device.write(990, &sent[..11]);
    assert!(matches!(over, Err(UpdateError::Gap { .. })));
    let mut random = Random(6);
    let mut next = 0;
    while next < sent.len() {
        let from = next.saturating_sub(random.below(90));
        let to = (from + random.below(120)).min(sent.len());
        let status = device
            .write(u32::try_from(from).unwrap(), &sent[from..to])
            .unwrap();
        match status {
            Status::Wants { offset } => next = offset as usize,
            _ => next = sent.len(),
        }
    }
    assert_eq!(device.verify(&Key), Ok(Status::Verifying));
    assert_eq!(device.verify(&Key), Ok(Status::Verified));
    assert_eq!(device.verify(&Key), Ok(Status::Verified));
}

#[test]
fn bytes_behind_the_payload_change_nothing() {
    let (mut flash, layout) = new();
    let sent = image(2, 1000);
    let mut device = open(&mut flash, layout, Slot::First);
    let _ = device
        .begin(&Offer::whole(&sent, 0).manifest, &Key)
        .unwrap();
    let too_much = device.write(0, &[0; 1001]);
    assert_eq!(
        too_much,
        Err(UpdateError::TooMuch {
            end: 1001,
            len: 1000
        })
    );
    assert_eq!(
        device.write(0, &sent[..10]),
        Ok(Status::Wants { offset: 10 })
    );
}

#[test]
fn a_layout_that_does_not_suit_the_flash_is_not_opened() {
    let (mut flash, _) = new();
    for (state, first, second, len) in [
        (0, 512, 1000, 768),
        (0, 512, 1280, 100),
        (0, 512, 1280, 256),
        (0, 256, 1280, 768),
        (0, 512, 1024, 768),
        (0, 512, 1280, 1 << 20),
        (0, 512, u32::MAX - 255, 768),
    ] {
        let layout = Layout::new(state, first, second, len);
        let opened: Result<Receiver<'_, _, 64>, _> =
            Receiver::open(&mut flash, layout, MODEL, Slot::First);
        assert!(matches!(opened, Err(UpdateError::Layout(_))), "{layout:?}");
    }
}

#[test]
fn a_receiver_with_a_buffer_of_256_bytes_takes_at_most_900() {
    assert!(size_of::<Receiver<'_, &mut Small, 256>>() <= 900);
}
