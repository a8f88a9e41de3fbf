//! Every interleaving of the two ends of a ring.
//!
//! ```sh
//! RUSTFLAGS="--cfg loom" cargo test -p gofarm-hal --test loom --release --no-default-features
//! ```
#![cfg(loom)]

use gofarm_hal::ring_buffer::{Full, RingBuffer};
use loom::sync::Arc;
use loom::thread;

/// A ring that outlives the threads of one model; each run of a model leaks its own, of a few bytes.
fn ring<T: gofarm_hal::ring_buffer::Record, const N: usize>() -> &'static RingBuffer<T, N> {
    Box::leak(Box::new(RingBuffer::new()))
}

#[test]
fn what_is_put_in_comes_out_once_in_order() {
    loom::model(|| {
        let (mut producer, mut consumer) = ring::<u8, 2>().split().expect("the first split");
        let interrupt = thread::spawn(move || {
            let mut sent = 0;
            for byte in 1..=3 {
                sent += u8::from(producer.push(byte) == Ok(()));
            }
            (sent, producer.lost())
        });
        let mut got = Vec::new();
        for _ in 0..2 {
            got.extend(consumer.pop());
        }
        let (sent, lost) = interrupt.join().expect("it ends");
        got.extend(core::iter::from_fn(|| consumer.pop()));
        assert_eq!(got.len(), usize::from(sent));
        assert_eq!(lost, 3 - u32::from(sent));
        assert!(got.is_sorted_by(|a, b| a < b));
    });
}

#[test]
fn a_record_of_several_cells_is_never_torn() {
    loom::model(|| {
        let (mut producer, mut consumer) = ring::<(u8, u8), 1>().split().expect("the first split");
        let interrupt = thread::spawn(move || {
            for n in 1..=2 {
                let _: Result<(), Full> = producer.push((n, n));
            }
        });
        for _ in 0..2 {
            if let Some((a, b)) = consumer.pop() {
                assert_eq!(a, b);
            }
        }
        interrupt.join().expect("it ends");
    });
}

#[test]
fn what_is_not_acknowledged_is_never_overwritten() {
    loom::model(|| {
        let (mut producer, mut consumer) = ring::<u8, 2>().split().expect("the first split");
        producer.push(1).expect("room");
        let interrupt = thread::spawn(move || producer.write(&[2, 3]));
        let mut first = [0; 2];
        let len = consumer.copy(&mut first);
        consumer.rewind();
        let mut again = [0; 2];
        assert!(consumer.copy(&mut again[..len]) == len);
        assert_eq!(first[..len], again[..len]);
        assert_eq!(interrupt.join().expect("it ends"), 1);
        consumer.acknowledge();
        assert_eq!(first[0], 1);
    });
}

#[test]
fn at_most_one_of_several_gets_the_ends() {
    loom::model(|| {
        let ring: Arc<RingBuffer<u8, 1>> = Arc::new(RingBuffer::new());
        let other = {
            let ring = ring.clone();
            thread::spawn(move || ring.split().is_ok())
        };
        let own = ring.split().is_ok();
        let other = other.join().expect("it ends");
        assert!(!(own && other));
        assert!(ring.split().is_err());
    });
}

#[test]
fn who_asks_alone_gets_the_ends() {
    loom::model(|| assert!(RingBuffer::<u8, 1>::new().split().is_ok()));
}
