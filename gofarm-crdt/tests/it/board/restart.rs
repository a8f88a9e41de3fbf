//! What is there again after a restart, and what a page may hold.

use gofarm_core::time::Instant;
use gofarm_crdt::board::RestoreError;
use gofarm_crdt::clock::Now;
use gofarm_crdt::ledger::Ledger;

use super::meet::{pull_small, push_small};
use super::*;
use crate::replica::replica;

fn restored(flash: &Flash) -> Result<Small, RestoreError> {
    Small::restore(NAME, ReplicaId::new(2), 0xbeef, flash.pages())
}

fn filled() -> (Small, Flash) {
    let (mut gateway, mut small, mut flash) = (replica(1), board(2), Flash::new(2));
    let valve = gateway.register::<Valve>(NAME).expect("a name");
    gateway.update(at(1), &valve, |v| {
        v.open.set(true);
        v.litres.add(3);
        v.crew.insert(1);
        v.limits.insert("flow".into(), 7);
    });
    gateway.commit().expect("memory takes it");
    pull_small(2, &gateway, &mut small);
    small
        .update(at(3), |v| {
            v.open.set(false);
            v.litres.try_add(4)?;
            v.crew.try_insert(2)?;
            v.crew.try_remove(&1)?;
            v.limits.try_insert(Text::new("head").expect("short"), 9)
        })
        .expect("room");
    flash.save(&mut small);
    (small, flash)
}

#[test]
fn all_that_was_saved_is_there_and_nothing_else() {
    let (mut small, flash) = filled();
    let (was, context, clock) = (
        seen_small(small.read()),
        small.context().clone(),
        small.clock().last(),
    );
    small
        .update(at(4), |v| {
            v.open.set(true);
            v.crew.try_insert(3)
        })
        .expect("room");
    let mut again = restored(&flash).expect("a whole page");
    assert_eq!(seen_small(again.read()), was);
    assert!(*again.context() == context && again.is_durable());
    assert_eq!(again.actor(), small.actor(), "the same writer goes on");
    // The numbers of the writes that were lost are given again: nobody saw them. Time goes on.
    let written = again.update(Now::new(Instant::ZERO, None), |v| {
        v.open.set(true);
        Ok(())
    });
    written.expect("room");
    assert_eq!(again.read().open.writer(), small.read().open.writer());
    assert!(again.read().open.stamp() > Some(clock));
}

#[test]
fn a_save_gives_the_same_bytes_each_time() {
    let (mut small, _) = filled();
    let (mut one, mut two) = ([0; 2048], [7; 2048]);
    let len = small.save(&mut one).expect("room").bytes().len();
    assert_eq!(small.save_len(), len);
    assert_eq!(small.save(&mut two).expect("room").bytes(), &one[..len]);
    assert!(len < 300, "{len} bytes");
    let error = small.save(&mut one[..len - 1]).expect_err("too small");
    assert_eq!((error.needed, error.room), (len, len - 1));
}

#[test]
fn a_page_that_was_torn_leaves_the_save_before_it_and_a_new_writer() {
    let (mut small, mut flash) = filled();
    let before = seen_small(small.read());
    let whole = flash.clone();
    small
        .update(at(5), |v| {
            v.open.set(true);
            Ok(())
        })
        .expect("room");
    let len = flash.save(&mut small);
    let torn_at = (0..2).find(|at| flash.0[*at] != whole.0[*at]).expect("one");
    for cut in 1..len {
        let mut flash = flash.clone();
        flash.0[torn_at][cut..].fill(0xff);
        let again = restored(&flash).expect("the other page is whole");
        assert_eq!(seen_small(again.read()), before);
        assert_eq!(again.actor(), Actor::new(ReplicaId::new(2), 0xbeef));
    }
    // Erased and not yet written: nothing can be lost.
    let mut erased = flash.clone();
    erased.0[torn_at].fill(0xff);
    assert_eq!(restored(&erased).expect("whole").actor(), small.actor());
    // Written whole.
    assert_eq!(
        restored(&flash).expect("whole").read().open.get(),
        Some(&true)
    );
}

#[test]
fn a_damaged_page_among_many_is_the_next_to_be_written() {
    for damaged in 0..4 {
        let (mut small, mut flash) = (board(2), Flash::new(4));
        for litres in 1..=6 {
            small
                .update(at(litres), |v| v.litres.try_add(1))
                .expect("room");
            flash.save(&mut small);
        }
        let newest = 6 % 4;
        flash.0[damaged][50] ^= 1;
        let mut again = restored(&flash).expect("three pages are whole");
        let lost = u64::from(damaged == newest);
        assert_eq!(again.read().litres.value(), 6 - lost);
        assert_ne!(again.actor(), small.actor());
        again.update(at(9), |v| v.litres.try_add(10)).expect("room");
        flash.save(&mut again);
        let third = restored(&flash).expect("all pages are whole");
        assert_eq!(third.actor(), again.actor(), "{damaged}");
        assert_eq!(third.read().litres.value(), 16 - lost);
    }
}

#[test]
fn a_save_that_was_lost_after_it_was_sent_comes_back_from_the_peer() {
    let (mut small, mut flash) = filled();
    let mut gateway = replica(4);
    let valve = gateway.register::<Valve>(NAME).expect("a name");
    small
        .update(at(5), |v| {
            v.open.set(true);
            v.litres.try_add(10)
        })
        .expect("room");
    flash.save(&mut small);
    push_small(6, &small, &mut gateway);
    let newest = usize::from(flash.0[0][8] < flash.0[1][8]);
    flash.0[newest][100] ^= 1;
    let mut again = restored(&flash).expect("the other page is whole");
    assert_eq!(again.read().litres.value(), 7);
    again
        .update(at(7), |v| v.litres.try_add(100))
        .expect("room");
    flash.save(&mut again);
    pull_small(8, &gateway, &mut again);
    push_small(8, &again, &mut gateway);
    assert_eq!(again.read().litres.value(), 117);
    assert_eq!(seen(gateway.read(&valve)), seen_small(again.read()));
}

#[test]
fn a_flipped_or_missing_byte_never_panics_and_is_never_taken_for_a_save() {
    let (mut small, _) = filled();
    let mut page = [0; 2048];
    let len = small.save(&mut page).expect("room").bytes().len();
    let restore = |page: &[u8]| Small::restore(NAME, ReplicaId::new(2), 9, [page]).map(drop);
    assert_eq!(restore(&page[..len]), Ok(()));
    for cut in 1..len {
        assert_eq!(restore(&page[..cut]), Err(RestoreError::Damaged), "{cut}");
    }
    for bit in 0..8 * len {
        let mut flipped = page;
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(restore(&flipped), Err(RestoreError::Damaged), "{bit}");
    }
    assert_eq!(restore(&[]), Err(RestoreError::Blank));
    assert_eq!(restore(&[0xff; 64]), Err(RestoreError::Blank));
}

/// The CRC-32 of IEEE 802.3, bit by bit.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[test]
fn bytes_that_only_look_like_a_save_never_panic() {
    let (mut small, _) = filled();
    let mut page = [0; 2048];
    let len = small.save(&mut page).expect("room").bytes().len();
    let mut refused = 0;
    for at in 8..len - 4 {
        for byte in [0, 1, 2, 0x7f, 0x80, 0xff] {
            let mut forged = page;
            forged[at] = byte;
            let check = crc(&forged[..len - 4]);
            forged[len - 4..len].copy_from_slice(&check.to_le_bytes());
            let restored = Small::restore(NAME, ReplicaId::new(2), 9, [&forged[..]]);
            refused += usize::from(restored.is_err());
            if let Ok(mut board) = restored {
                board.save(&mut forged).expect("room").done();
            }
        }
        let mut cut = page[..at + 4].to_vec();
        cut[4..8].copy_from_slice(&u32::try_from(at + 4).expect("short").to_le_bytes());
        let check = crc(&cut[..at]);
        cut[at..].copy_from_slice(&check.to_le_bytes());
        assert!(
            Small::restore(NAME, ReplicaId::new(2), 9, [&cut[..]]).is_err(),
            "{at}"
        );
    }
    assert!(refused > len, "{refused}");
}

#[test]
fn a_save_of_another_device_state_or_type_is_refused() {
    #[derive(Replicated, Debug, Default)]
    struct Less {
        open: Lww<bool, Fixed<1>>,
    }
    let (_, flash) = filled();
    let other = Small::restore(NAME, ReplicaId::new(3), 9, flash.pages());
    assert_eq!(
        other.map(drop),
        Err(RestoreError::OtherDevice(ReplicaId::new(2)))
    );
    let other = Small::restore("valve/8", ReplicaId::new(2), 9, flash.pages());
    assert_eq!(other.map(drop), Err(RestoreError::OtherState));
    let less = Board::<Less, 8, 12>::restore(NAME, ReplicaId::new(2), 9, flash.pages());
    assert!(matches!(less.map(drop), Err(RestoreError::UnknownField(_))));
    let few = Board::<SmallValve, 8, 3>::restore(NAME, ReplicaId::new(2), 9, flash.pages());
    assert!(matches!(few.map(drop), Err(RestoreError::Full(_))));
}
