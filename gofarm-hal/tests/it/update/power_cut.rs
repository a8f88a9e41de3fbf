//! Power that goes at every word and every erase.

use gofarm_hal::update::{Layout, Receiver, Slot, UpdateError};

use super::device::{Goal, Key, MODEL, Offer, Run, layout, provision, run, transfer};
use super::flash::{Flash, FlashError, Random};

/// An update, a patch on it, one that never confirms, and one more.
fn goals(page: usize, seed: u64) -> (Vec<u8>, Vec<Goal>) {
    let mut random = Random(seed);
    let first = random.bytes(page * 2 + 100);
    let second = random.bytes(page * 3 + 13);
    let mut third = second.clone();
    third[7] ^= 1;
    third.splice(page..page, random.bytes(33));
    let broken = random.bytes(page + 1);
    let mut last = third.clone();
    last[0] ^= 1;
    last.truncate(page * 2);
    let goal = |image: &[u8], offer, counter, works| Goal {
        image: image.to_vec(),
        offer,
        counter,
        works,
    };
    let goals = vec![
        goal(&second, Offer::whole(&second, 1), 1, true),
        goal(&third, Offer::patch(&second, &third, 1), 1, true),
        goal(&broken, Offer::whole(&broken, 9), 9, false),
        goal(&last, Offer::patch(&third, &last, 2), 2, true),
    ];
    (first, goals)
}

fn device<const R: usize, const W: usize, const E: usize>(
    first: &[u8],
    seed: u64,
) -> (Flash<R, W, E>, Layout) {
    let (layout, len) = layout::<Flash<R, W, E>>(5);
    let mut flash = Flash::new(len, seed);
    provision(&mut flash, &layout, &Offer::whole(first, 0));
    flash.steps = 0;
    (flash, layout)
}

/// One cut at each step of the whole history, `seeds` ways of tearing each.
fn cut_at_every_step<const R: usize, const W: usize, const E: usize, const B: usize>(seeds: u64) {
    let (first, goals) = goals(E, 1);
    let (mut whole, layout) = device::<R, W, E>(&first, 0);
    let uncut = run::<R, W, E, B>(&mut whole, layout, &first, &goals, || None);
    // One to send, one to confirm and one to note it; the broken one has three attempts between the first and the last.
    let expected = Run {
        starts: 3 * 3 + 5,
        unlucky: 0,
    };
    assert_eq!(uncut, expected);
    assert!(whole.steps > 200);
    for step in 0..whole.steps {
        for seed in 0..seeds {
            let (mut flash, layout) = device::<R, W, E>(&first, seed);
            flash.cut_after = Some(step);
            let run = run::<R, W, E, B>(&mut flash, layout, &first, &goals, || None);
            assert!((14..=15).contains(&run.starts), "step {step}: {run:?}");
            assert_eq!(run.unlucky, 0, "step {step}");
        }
    }
}

#[test]
fn a_cut_at_any_step_leaves_an_image_that_starts_words_of_4() {
    cut_at_every_step::<1, 4, 512, 256>(2);
}

#[test]
fn a_cut_at_any_step_leaves_an_image_that_starts_words_of_8() {
    cut_at_every_step::<4, 8, 256, 64>(4);
}

#[test]
fn a_cut_at_any_step_leaves_an_image_that_starts_words_of_32() {
    cut_at_every_step::<32, 32, 1024, 1024>(4);
}

#[test]
fn a_thousand_histories_with_many_cuts_come_to_their_end() {
    let mut unlucky = 0;
    for seed in 0..1000 {
        let mut random = Random(seed ^ 0xabcd);
        let (first, goals) = goals(256, seed);
        let (mut flash, layout) = device::<1, 8, 256>(&first, seed);
        let mut cuts = 40;
        flash.cut_after = Some(random.below(400));
        let run = run::<1, 8, 256, 64>(&mut flash, layout, &first, &goals, || {
            cuts -= 1;
            // Sometimes so soon after another that no attempt of a new image comes to its end.
            let within = if random.below(2) == 0 { 20 } else { 400 };
            (cuts > 0).then(|| random.below(within))
        });
        unlucky += run.unlucky;
    }
    assert!(unlucky > 10, "{unlucky} good images had no chance");
}

#[test]
fn a_transfer_goes_on_from_the_last_whole_page() {
    const PAGE: usize = 256;
    let (first, goals) = goals(PAGE, 3);
    let offer = &goals[0].offer;
    for step in (0..500).step_by(7) {
        let (mut flash, layout) = device::<1, 8, PAGE>(&first, step as u64);
        flash.cut_after = Some(step);
        let mut receiver: Receiver<'_, _, 64> =
            Receiver::open(&mut flash, layout, MODEL, Slot::First).unwrap();
        let cut = transfer(&mut receiver, offer, 50);
        drop(receiver);
        flash.cut_after = None;
        flash.power_on();
        let mut receiver: Receiver<'_, _, 64> =
            Receiver::open(&mut flash, layout, MODEL, Slot::First).unwrap();
        match cut {
            Ok(_) => {}
            Err(UpdateError::Flash(FlashError::PowerCut)) => {
                let sent = transfer(&mut receiver, offer, 50).unwrap();
                // 8 words a record, 32 a manifest; 41 steps for each page and its checkpoint.
                let pages = step.saturating_sub(32 + 8 + 3) / 42;
                assert!(
                    sent <= offer.payload.len().saturating_sub(pages * PAGE),
                    "step {step}: {sent} bytes after {pages} pages"
                );
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[test]
fn a_flash_that_fails_once_is_overcome_by_beginning_again() {
    let (first, goals) = goals(256, 4);
    let (mut flash, layout) = device::<1, 8, 256>(&first, 0);
    let mut faults = 0;
    for step in 0..600 {
        let mut flash = flash.clone();
        flash.fault_after = Some(step);
        let mut receiver: Receiver<'_, _, 64> =
            Receiver::open(&mut flash, layout, MODEL, Slot::First).unwrap();
        let sent = transfer(&mut receiver, &goals[0].offer, 50);
        if sent.is_err() {
            assert_eq!(sent, Err(UpdateError::Flash(FlashError::Fault)), "{step}");
            faults += 1;
            transfer(&mut receiver, &goals[0].offer, 50).unwrap();
        }
    }
    assert!(faults > 100);
    flash.power_on();
}

#[test]
fn a_transfer_that_another_one_replaced_leaves_nothing_in_it() {
    let (first, goals) = goals(256, 5);
    for step in 0..150 {
        let (mut flash, layout) = device::<1, 8, 256>(&first, step as u64);
        let mut receiver: Receiver<'_, _, 64> =
            Receiver::open(&mut flash, layout, MODEL, Slot::First).unwrap();
        let begun = &goals[0].offer;
        let _ = receiver.begin(&begun.manifest, &Key).unwrap();
        for (at, chunk) in (0..).step_by(64).zip(begun.payload[..600].chunks(64)) {
            let _ = receiver.write(at, chunk).unwrap();
        }
        let flash = receiver.release();
        flash.cut_after = Some(step);
        let mut receiver: Receiver<'_, _, 64> =
            Receiver::open(&mut *flash, layout, MODEL, Slot::First).unwrap();
        let other = &Offer::whole(&Random(9).bytes(900), 0);
        let _ = receiver.begin(&other.manifest, &Key);
        flash.cut_after = None;
        flash.power_on();
        let mut receiver: Receiver<'_, _, 64> =
            Receiver::open(&mut *flash, layout, MODEL, Slot::First).unwrap();
        transfer(&mut receiver, other, 64).unwrap();
    }
}
