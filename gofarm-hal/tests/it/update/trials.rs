//! Images on trial: attempts, roll back, and what is told of them.

use core::num::NonZero;

use gofarm_core::observe::{LabelValue, Signal};
use gofarm_hal::update::{Reason, Refusal, Slot, Trial, UpdateError, start};

use super::device::{Key, Offer, provision, transfer};
use super::refusals::{Device, image, new, open};

#[test]
fn the_floor_is_not_raised_by_an_image_that_fell_back() {
    let (mut flash, layout) = new();
    let mut device = open(&mut flash, layout, Slot::First);
    transfer(&mut device, &Offer::whole(&image(2, 900), 9), 64).unwrap();
    device.activate(NonZero::new(2).unwrap()).unwrap();
    assert_eq!(device.trial(), Trial::Pending);
    for attempt in [1, 2] {
        let choice = start(&mut flash, &layout).unwrap();
        assert_eq!(choice.slot(), Slot::Second);
        assert_eq!(
            choice.reason(),
            Reason::Trial {
                attempt,
                allowed: 2
            }
        );
        // While it runs unconfirmed, the slot to fall back to is not given away.
        let mut device = open(&mut flash, layout, Slot::Second);
        assert_eq!(
            device.trial(),
            Trial::Running {
                attempt,
                allowed: 2
            }
        );
        let taken = device.begin(&Offer::whole(&image(3, 900), 9).manifest, &Key);
        assert_eq!(taken, Err(UpdateError::Refused(Refusal::Unconfirmed)));
    }
    let erases = flash.erases;
    for _ in 0..5 {
        let choice = start(&mut flash, &layout).unwrap();
        assert_eq!(
            (choice.slot(), choice.reason()),
            (Slot::First, Reason::RolledBack)
        );
    }
    assert_eq!(
        flash.erases, erases,
        "a start without a trial wears nothing"
    );
    let mut device = open(&mut flash, layout, Slot::First);
    assert_eq!(device.trial(), Trial::RolledBack);
    let confirmed = device.confirm();
    assert_eq!(confirmed, Err(UpdateError::Refused(Refusal::NotOnTrial)));
    device.reject().unwrap();
    assert_eq!((device.trial(), device.state().floor()), (Trial::None, 0));
    // An image after it is taken with a lower counter.
    transfer(&mut device, &Offer::whole(&image(4, 900), 1), 64).unwrap();
}

#[test]
fn an_image_that_rejects_itself_is_not_started_again() {
    let (mut flash, layout) = new();
    let mut device = open(&mut flash, layout, Slot::First);
    transfer(&mut device, &Offer::whole(&image(2, 900), 0), 64).unwrap();
    device.activate(NonZero::new(9).unwrap()).unwrap();
    assert_eq!(start(&mut flash, &layout).unwrap().slot(), Slot::Second);
    let mut device = open(&mut flash, layout, Slot::Second);
    device.reject().unwrap();
    // It still runs: an update now would overwrite it under its own feet.
    let taken = device.begin(&Offer::whole(&image(3, 900), 0).manifest, &Key);
    assert_eq!(taken, Err(UpdateError::Refused(Refusal::Unconfirmed)));
    let choice = start(&mut flash, &layout).unwrap();
    assert_eq!(
        (choice.slot(), choice.reason()),
        (Slot::First, Reason::Confirmed)
    );
}

#[test]
fn a_flash_that_takes_no_attempt_starts_the_confirmed_image() {
    let (mut flash, layout) = new();
    let mut device = open(&mut flash, layout, Slot::First);
    transfer(&mut device, &Offer::whole(&image(2, 900), 0), 64).unwrap();
    device.activate(NonZero::new(3).unwrap()).unwrap();
    flash.fault_after = Some(0);
    let choice = start(&mut flash, &layout).unwrap();
    assert_eq!(
        (choice.slot(), choice.reason()),
        (Slot::First, Reason::AttemptNotRecorded)
    );
    let choice = start(&mut flash, &layout).unwrap();
    assert_eq!(
        choice.reason(),
        Reason::Trial {
            attempt: 1,
            allowed: 3
        }
    );
}

#[test]
fn refusals_and_trials_are_told() {
    let (mut flash, layout) = new();
    let mut device = open(&mut flash, layout, Slot::First);
    let mut bad = Offer::whole(&image(2, 900), 0);
    bad.manifest.pop();
    assert!(device.begin(&bad.manifest, &Key).is_err());
    transfer(&mut device, &Offer::whole(&image(2, 900), 0), 64).unwrap();
    device.activate(NonZero::new(1).unwrap()).unwrap();
    let told = |device: &mut Device<'_>| {
        let mut told = Vec::new();
        while let Some(signal) = device.poll_signal() {
            told.push(text(&signal));
        }
        told
    };
    assert_eq!(
        told(&mut device),
        [
            "gofarm.update.refused signature",
            "gofarm.update.trials started"
        ]
    );
    let _ = start(&mut flash, &layout).unwrap();
    let _ = start(&mut flash, &layout).unwrap();
    let mut device = open(&mut flash, layout, Slot::First);
    assert_eq!(told(&mut device), ["gofarm.update.trials rolled_back"]);
}

fn text(signal: &Signal<'_>) -> String {
    let name = signal.instrument().name();
    match signal.labels() {
        [label] => match label.value {
            LabelValue::Text(value) => format!("{name} {value}"),
            LabelValue::Number(number) => format!("{name} {number}"),
        },
        labels => panic!("{labels:?}"),
    }
}

#[test]
fn a_bootloader_that_swaps_is_believed_only_if_the_first_slot_has_the_image() {
    let (mut flash, layout) = new();
    let offer = Offer::whole(&image(2, 900), 5);
    let mut device = open(&mut flash, layout, Slot::First);
    transfer(&mut device, &offer, 64).unwrap();
    device.hand_over().unwrap();
    assert_eq!(device.trial(), Trial::Swapping);
    assert_eq!(
        device.begin(&offer.manifest, &Key),
        Err(UpdateError::Refused(Refusal::Unconfirmed))
    );
    // It did not swap, or swapped back.
    assert_eq!(
        device.confirm(),
        Err(UpdateError::Refused(Refusal::NotOnTrial))
    );
    // It swapped: image and manifest lie in the first slot now.
    provision(&mut flash, &layout, &offer);
    let mut device = open(&mut flash, layout, Slot::First);
    device.confirm().unwrap();
    assert_eq!(
        (device.state().confirmed(), device.state().floor()),
        (Slot::First, 5)
    );
}
