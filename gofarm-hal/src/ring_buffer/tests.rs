//! What needs a ring of a given age, and threads for Miri.

use alloc::collections::VecDeque;
use std::thread;

use gofarm_core::random::{Random, SplitMix64};

use super::RingBuffer;

/// Ages of a ring at which its positions wrap, or are about to.
const AGES: [usize; 4] = [0, usize::MAX, usize::MAX - 7, u32::MAX as usize - 3];

/// Drives a ring and a queue with the same steps; both must give the same.
fn behaves_as_a_queue(seed: u64, age: usize, steps: usize) {
    const ROOM: usize = 8;
    let mut random = SplitMix64::new(seed);
    let mut draw = |below: u64| usize::try_from(random.below(below)).unwrap_or(0);
    let ring: RingBuffer<u16, ROOM> = RingBuffer::at(age);
    let (mut producer, mut consumer) = ring.split().expect("the first split");
    let (mut queue, mut read) = (VecDeque::new(), 0);
    let (mut lost, mut fresh) = (0, 0_u16);
    for _ in 0..steps {
        match draw(8) {
            0 => {
                fresh = fresh.wrapping_add(1);
                assert_eq!(producer.push(fresh).is_ok(), queue.len() < ROOM);
                if queue.len() < ROOM {
                    queue.push_back(fresh);
                } else {
                    lost += 1;
                }
            }
            1 | 2 => {
                let records: Vec<u16> = (fresh..).take(draw(12)).collect();
                fresh += 12;
                let fits = records.len().min(ROOM - queue.len());
                queue.extend(&records[..fits]);
                if draw(2) == 0 {
                    assert_eq!(producer.write(&records), fits);
                } else {
                    assert_eq!(producer.extend(&records), fits);
                    lost += records.len() - fits;
                }
            }
            3 => {
                assert_eq!(consumer.next(), queue.get(read).copied());
                read = (read + 1).min(queue.len());
            }
            4 | 5 => {
                let mut into = vec![0; draw(12)];
                let len = consumer.copy(&mut into);
                assert_eq!(len, into.len().min(queue.len() - read));
                assert!(into[..len].iter().eq(queue.range(read..read + len)));
                read += len;
                if draw(2) == 0 {
                    consumer.acknowledge();
                    queue.drain(..read);
                    read = 0;
                }
            }
            6 => {
                let count = draw(6);
                consumer.acknowledge_first(count);
                queue.drain(..count.min(read));
                read -= count.min(read);
            }
            _ => {
                consumer.rewind();
                read = 0;
            }
        }
        assert_eq!(consumer.unacknowledged(), read);
        assert_eq!(consumer.ready(), queue.len() - read);
        assert_eq!(producer.room(), ROOM - queue.len());
        assert_eq!(consumer.lost() as usize, lost);
    }
}

#[test]
fn a_ring_of_any_age_behaves_as_a_queue() {
    let (seeds, steps) = if cfg!(miri) { (2, 60) } else { (200, 500) };
    for age in AGES {
        for seed in 0..seeds {
            behaves_as_a_queue(seed, age, steps);
        }
    }
}

#[test]
fn two_threads_hand_over_everything_in_order() {
    let total: u32 = if cfg!(miri) { 40 } else { 5_000 };
    for age in AGES {
        let ring: RingBuffer<[u8; 4], 16> = RingBuffer::at(age);
        let (mut producer, mut consumer) = ring.split().expect("the first split");
        thread::scope(|scope| {
            scope.spawn(move || {
                for n in 0..total {
                    while producer.write(&[n.to_le_bytes()]) == 0 {
                        thread::yield_now();
                    }
                }
            });
            let mut expected = 0_u32;
            let mut into = [[0; 4]; 7];
            while expected < total {
                let len = consumer.copy(&mut into);
                for record in &into[..len] {
                    assert_eq!(u32::from_le_bytes(*record), expected);
                    expected += 1;
                }
                if len == 0 || consumer.unacknowledged() > 5 {
                    consumer.acknowledge();
                    thread::yield_now();
                }
            }
        });
    }
}

#[test]
fn the_count_of_lost_records_does_not_wrap() {
    let ring: RingBuffer<u8, 1> = RingBuffer::new();
    let (mut producer, consumer) = ring.split().expect("the first split");
    producer.lose(u32::MAX - 1);
    assert_eq!(producer.extend(&[1, 2, 3, 4]), 1);
    assert_eq!(consumer.lost(), u32::MAX);
}
