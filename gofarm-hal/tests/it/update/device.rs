//! A device, its images and the server that feeds it.

use core::num::NonZero;

use embedded_storage::nor_flash::NorFlash;
use gofarm_core::verify::{KeyId, Purpose, Signed, Verifier, VerifyError};
use gofarm_hal::update::{
    Header, Layout, MANIFEST_LEN, Manifest, Receiver, Slot, Status, Trial, UpdateError, Version,
    diff, start,
};
use sha2::{Digest, Sha256};

use super::flash::{Flash, FlashError};

pub(crate) const MODEL: &str = "acme-valve";

/// Stands in for a signature: a digest with a secret.
pub(crate) struct Key;

impl Key {
    pub(crate) fn sign(purpose: &str, message: &[u8]) -> Vec<u8> {
        let parts = [b"secret", purpose.as_bytes(), message].concat();
        Sha256::digest(parts).to_vec()
    }
}

impl Verifier for Key {
    fn verify(&self, signed: &Signed<'_>) -> Result<(), VerifyError> {
        if signed.key != KeyId(1) {
            return Err(VerifyError::UnknownKey(signed.key));
        }
        assert_eq!(signed.purpose, Purpose::Firmware);
        if signed.signature == Self::sign(signed.purpose.as_str(), signed.message) {
            Ok(())
        } else {
            Err(VerifyError::Mismatch)
        }
    }
}

pub(crate) fn version(minor: u16) -> Version {
    Version {
        major: 1,
        minor,
        patch: 0,
    }
}

pub(crate) fn digest(image: &[u8]) -> [u8; 32] {
    Sha256::digest(image).into()
}

/// The header of a whole image.
pub(crate) fn header(image: &[u8], counter: u32) -> Header {
    let len = u32::try_from(image.len()).unwrap();
    Header::image(MODEL, version(1), len, digest(image))
        .unwrap()
        .with_counter(counter)
        .with_key(KeyId(1))
}

/// Header and signature, as sent.
pub(crate) fn signed(header: &Header) -> Vec<u8> {
    let mut bytes = header.encode().to_vec();
    bytes.extend(Key::sign("gofarm/firmware", &header.encode()));
    bytes
}

/// What a server offers: a manifest and a payload.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) manifest: Vec<u8>,
    pub(crate) payload: Vec<u8>,
}

impl Offer {
    pub(crate) fn whole(image: &[u8], counter: u32) -> Self {
        Self {
            manifest: signed(&header(image, counter)),
            payload: image.to_vec(),
        }
    }

    pub(crate) fn patch(base: &[u8], image: &[u8], counter: u32) -> Self {
        let payload = diff(base, image);
        let len = u32::try_from(payload.len()).unwrap();
        let header = header(image, counter).patched_from(digest(base), len);
        Self {
            manifest: signed(&header),
            payload,
        }
    }
}

/// Three state pages' worth of nothing before, then state and two slots of `slot_pages`.
pub(crate) fn layout<F: NorFlash>(slot_pages: usize) -> (Layout, usize) {
    let page = F::ERASE_SIZE;
    let [state, first, second, end] =
        [1, 3, 3 + slot_pages, 3 + 2 * slot_pages].map(|pages| pages * page);
    let number = |bytes: usize| u32::try_from(bytes).unwrap();
    let layout = Layout::new(
        number(state),
        number(first),
        number(second),
        number(slot_pages * page),
    );
    (layout, end)
}

/// Writes an image and its manifest into the first slot, as a factory does; the state area is left as it is.
pub(crate) fn provision<F: NorFlash<Error = FlashError>>(
    flash: &mut F,
    layout: &Layout,
    offer: &Offer,
) {
    let first = layout.start(Slot::First);
    let end = layout.start(Slot::Second);
    flash.erase(first, end).unwrap();
    let mut image = offer.payload.clone();
    image.resize(image.len().next_multiple_of(F::WRITE_SIZE), 0xff);
    flash.write(first, &image).unwrap();
    let manifest: [u8; MANIFEST_LEN] = Manifest::decode(&offer.manifest).unwrap().to_flash();
    let page = u32::try_from(F::ERASE_SIZE).unwrap();
    flash.write(end - page, &manifest).unwrap();
}

/// Sends an offer in chunks and verifies it; the number of payload bytes sent.
pub(crate) fn transfer<F: NorFlash<Error = FlashError>, const B: usize>(
    receiver: &mut Receiver<'_, F, B>,
    offer: &Offer,
    chunk: usize,
) -> Result<usize, UpdateError<FlashError>> {
    let mut sent = 0;
    let mut status = receiver.begin(&offer.manifest, &Key)?;
    loop {
        status = match status {
            Status::Wants { offset } | Status::Busy { offset } => {
                let from = offset as usize;
                let to = (from + chunk).min(offer.payload.len());
                let taken = receiver.write(offset, &offer.payload[from..to])?;
                if let Status::Wants { offset } | Status::Busy { offset } = taken {
                    sent += offset as usize - from;
                }
                taken
            }
            Status::Received | Status::Verifying => receiver.verify(&Key)?,
            Status::Verified => return Ok(sent),
            other => panic!("{other:?}"),
        };
    }
}

/// What a device shall come to run, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Goal {
    pub(crate) image: Vec<u8>,
    pub(crate) offer: Offer,
    pub(crate) counter: u32,
    /// Whether it confirms itself; one that does not ends in a roll-back.
    pub(crate) works: bool,
}

/// How a run went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) starts: usize,
    /// Good images that fell back, because cuts took all their attempts.
    pub(crate) unlucky: usize,
}

/// Runs the goals to the end, starting again after each cut; what every start has to hold is asserted here.
pub(crate) fn run<const R: usize, const W: usize, const E: usize, const B: usize>(
    flash: &mut Flash<R, W, E>,
    layout: Layout,
    first: &[u8],
    goals: &[Goal],
    mut cut: impl FnMut() -> Option<usize>,
) -> Run {
    let (mut confirmed, mut goal, mut floor) = (first.to_vec(), 0, 0);
    let (mut starts, mut unlucky) = (0, 0);
    while goal < goals.len() {
        starts += 1;
        assert!(starts < 200, "it does not come to an end");
        if !flash.is_on() {
            flash.power_on();
            flash.cut_after = cut();
        }
        let Goal {
            image,
            offer,
            counter,
            works,
        } = &goals[goal];
        // The bootloader. Power may go in it too.
        let Ok(choice) = start(flash, &layout) else {
            assert!(!flash.is_on());
            continue;
        };
        if !flash.is_on() {
            continue;
        }
        let at = layout.start(choice.slot()) as usize;
        let runs = |image: &[u8]| flash.content()[at..].starts_with(image);
        let (old, new) = (runs(&confirmed), runs(image));
        assert!(
            old || new,
            "neither the old image nor the new one: {choice:?}"
        );

        // The image that was started.
        let opened: Result<Receiver<'_, _, B>, _> =
            Receiver::open(&mut *flash, layout, MODEL, choice.slot());
        let mut receiver = opened.unwrap();
        assert!(receiver.state().floor() >= floor, "the floor was lowered");
        floor = receiver.state().floor();
        let result = match receiver.trial() {
            Trial::Running { .. } if *works => receiver.confirm(),
            Trial::Running { .. } => Ok(()), // hangs; the watchdog resets it
            Trial::RolledBack => {
                assert!(old);
                unlucky += usize::from(*works);
                receiver.reject().map(|()| goal += usize::from(!works))
            }
            Trial::Pending => panic!("the bootloader should have started it"),
            Trial::None if new && *works => {
                assert_eq!(floor, *counter);
                confirmed.clone_from(image);
                goal += 1;
                Ok(())
            }
            Trial::None => {
                assert!(old);
                transfer(&mut receiver, offer, 100)
                    .and_then(|_| receiver.activate(NonZero::new(3).unwrap()))
            }
            other => panic!("{other:?}"),
        };
        match result {
            Ok(()) | Err(UpdateError::Flash(FlashError::PowerCut)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    Run { starts, unlucky }
}
