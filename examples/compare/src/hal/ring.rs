//! Rings between an interrupt and a task: 64 bytes in and out, one byte, and what acknowledging in batches saves.

use std::hint::black_box;
use std::time::Instant;

use bbqueue::BBQueue;
use bbqueue::traits::coordination::cas::AtomicCoord;
use bbqueue::traits::notifier::polling::Polling;
use bbqueue::traits::storage::Inline;
use gofarm_hal::ring_buffer::{Consumer, RingBuffer};

use crate::figures::Figures;

const ROOM: usize = 1024;
const BYTES: [u8; 64] = [0xA5; 64];

pub fn measure(figures: &mut Figures) {
    slices(figures);
    single(figures);
    batches(figures);
    across_threads(figures);
}

fn slices(figures: &mut Figures) {
    const CASE: &str = "ring, 64 bytes in and out";

    let ring: RingBuffer<u8, ROOM> = RingBuffer::new();
    let (mut producer, mut consumer) = ring.split().expect("the first split");
    let mut into = [0; 64];
    figures.time(CASE, "gofarm", || {
        producer.write(black_box(&BYTES)) + consumer.read(black_box(&mut into))
    });

    let (mut producer, mut consumer) = rtrb::RingBuffer::<u8>::new(ROOM);
    let mut into = [0; 64];
    figures.time(CASE, "rtrb slices", || {
        producer
            .push_entire_slice(black_box(&BYTES))
            .expect("there is room");
        consumer
            .pop_entire_slice(black_box(&mut into))
            .expect("they are there");
    });

    let queue: BBQueue<Inline<ROOM>, AtomicCoord, Polling> = BBQueue::new();
    let (producer, consumer) = (queue.stream_producer(), queue.stream_consumer());
    let mut into = [0; 64];
    figures.time(CASE, "bbqueue grant", || {
        let mut grant = producer.grant_exact(64).expect("there is room");
        grant.copy_from_slice(black_box(&BYTES));
        grant.commit(64);
        // At the end of the storage a grant is short: the rest comes with the next one.
        let mut read = 0;
        while read < 64 {
            let grant = consumer.read().expect("they are there");
            let len = grant.len().min(64 - read);
            black_box(&mut into)[read..read + len].copy_from_slice(&grant[..len]);
            grant.release(len);
            read += len;
        }
    });

    let mut queue = heapless::spsc::Queue::<u8, ROOM>::new();
    let (mut producer, mut consumer) = queue.split();
    let mut into = [0; 64];
    figures.time(CASE, "heapless spsc byte by byte", || {
        for &byte in black_box(&BYTES) {
            producer.enqueue(byte).expect("there is room");
        }
        for slot in black_box(&mut into) {
            *slot = consumer.dequeue().expect("it is there");
        }
    });
}

fn single(figures: &mut Figures) {
    const CASE: &str = "ring, one byte in and out";

    let ring: RingBuffer<u8, ROOM> = RingBuffer::new();
    let (mut producer, mut consumer) = ring.split().expect("the first split");
    figures.time(CASE, "gofarm", || {
        let _ = producer.push(black_box(7));
        consumer.pop()
    });

    let (mut producer, mut consumer) = rtrb::RingBuffer::<u8>::new(ROOM);
    figures.time(CASE, "rtrb", || {
        let _ = producer.push(black_box(7));
        consumer.pop()
    });

    let mut queue = heapless::spsc::Queue::<u8, ROOM>::new();
    let (mut producer, mut consumer) = queue.split();
    figures.time(CASE, "heapless spsc", || {
        let _ = producer.enqueue(black_box(7));
        consumer.dequeue()
    });
}

/// Takes `into.len()` records at a time and acknowledges each batch in one go.
fn take(consumer: &mut Consumer<'_, u32, ROOM>, into: &mut [u32]) -> usize {
    let len = consumer.copy(into);
    consumer.acknowledge();
    len
}

fn batches(figures: &mut Figures) {
    const CASE: &str = "ring, 64 records out";
    for (engine, batch) in [
        ("gofarm one by one", 1),
        ("gofarm batches of 16", 16),
        ("gofarm batches of 64", 64),
    ] {
        let ring: RingBuffer<u32, ROOM> = RingBuffer::new();
        let (mut producer, mut consumer) = ring.split().expect("the first split");
        let mut into = [0; 64];
        figures.time_on(
            CASE,
            engine,
            || (),
            |()| {
                producer.write(black_box(&[7; 64]));
                let mut taken = 0;
                while taken < 64 {
                    taken += take(&mut consumer, black_box(&mut into[..batch]));
                }
            },
        );
    }
}

/// Two threads, each on a core of its own if there are two: what the words that both look at cost.
fn across_threads(figures: &mut Figures) {
    const CASE: &str = "ring, two threads, one record";
    const RECORDS: u32 = 1 << 20;
    for (engine, batch) in [
        ("gofarm one by one", 1),
        ("gofarm batches of 16", 16),
        ("gofarm batches of 64", 64),
    ] {
        let runs = (0..9).map(|_| hand_over(RECORDS, batch));
        let least = runs.min_by(f64::total_cmp).expect("there are runs");
        figures.note(CASE, engine, "ns", least);
    }
}

/// Nanoseconds a record.
fn hand_over(records: u32, batch: usize) -> f64 {
    let ring: RingBuffer<u32, ROOM> = RingBuffer::new();
    let (mut producer, mut consumer) = ring.split().expect("the first split");
    let begun = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut next = 0;
            while next < records {
                match producer.write(&[next]) {
                    0 => std::thread::yield_now(),
                    _ => next += 1,
                }
            }
        });
        let mut into = [0; 64];
        let mut taken = 0;
        while taken < records {
            match take(&mut consumer, &mut into[..batch]) {
                0 => std::thread::yield_now(),
                len => taken += u32::try_from(black_box(len)).expect("a batch"),
            }
        }
    });
    begun.elapsed().as_secs_f64() * 1e9 / f64::from(records)
}
