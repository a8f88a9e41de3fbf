//! What holds for any use and any damage.

use gofarm_otel::spool::{Memory, Spool, Storage};
use proptest::prelude::*;

use super::{NOW, SMALL, assert_sum, batch, drain, number};

proptest! {
    #[test]
    fn what_comes_in_goes_out_or_is_counted(
        steps in prop::collection::vec((0_u8..10, 1_usize..3_000), 1..120),
        capacity in 5_000_u64..60_000,
    ) {
        let disk = Memory::new();
        disk.fill_at(capacity);
        let mut spool = Spool::open(disk.clone(), SMALL).unwrap();
        let (mut next, mut last) = (0, None);
        for (step, len) in steps {
            match step {
                0..=5 => {
                    let _ = spool.append(NOW, &batch(next, len));
                    next += 1;
                }
                6 => disk.fail_writes(1),
                7 => {
                    let _ = spool.sync();
                    spool = Spool::open(disk.clone(), SMALL).unwrap();
                    last = None; // A mark that the disk did not take is no mark.
                }
                _ => if let Some(entry) = spool.peek() {
                    prop_assert!(last < Some(number(entry.batch())), "in order, none twice");
                    last = Some(number(entry.batch()));
                    spool.acknowledge(NOW, entry);
                }
            }
            assert_sum(&spool);
            prop_assert!(spool.stats().bytes() <= SMALL.bytes());
        }
        let held = spool.stats().held().total();
        prop_assert_eq!(drain(&mut spool).len() as u64, held);
    }

    #[test]
    fn any_bytes_on_the_disk_are_opened_and_read_to_an_end(
        image in prop::collection::vec(any::<u8>(), 0..400),
        at in 0_usize..2_000,
        flip in 1_u8..,
    ) {
        let mut disk = Memory::new();
        let mut spool = Spool::open(disk.clone(), SMALL).unwrap();
        for number in 0..4 {
            spool.append(NOW, &batch(number, 400)).unwrap();
        }
        let mut damaged = disk.image(1);
        if let Some(byte) = damaged.get_mut(at) {
            *byte ^= flip;
        }
        damaged.extend_from_slice(&image);
        disk.place(1, damaged);
        disk.place(2, image);
        let mut spool = Spool::open(disk.clone(), SMALL).unwrap();
        assert_sum(&spool);
        let found = drain(&mut spool);
        prop_assert!(found.is_sorted() && found.len() <= 4);
        assert_sum(&spool);
        prop_assert_eq!(disk.list().unwrap(), []);
    }
}
