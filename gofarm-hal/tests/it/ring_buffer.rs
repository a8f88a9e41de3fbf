//! A ring as an interrupt and a task see it.

use gofarm_hal::ring_buffer::{AlreadySplit, Consumer, Full, Producer, RingBuffer};

#[test]
fn both_ends_may_go_to_other_threads() {
    fn is_send<T: Send>() {}
    fn is_sync<T: Sync>() {}
    is_sync::<RingBuffer<(u32, [u8; 3]), 8>>();
    is_send::<Producer<'static, u8, 8>>();
    is_send::<Consumer<'static, u8, 8>>();
}

#[test]
fn a_static_ring_gives_its_ends_once() {
    static RING: RingBuffer<u8, 4> = RingBuffer::new();
    let threads: Vec<_> = (0..8)
        .map(|_| std::thread::spawn(|| RING.split().is_ok()))
        .collect();
    let winners = threads.into_iter().map(|thread| thread.join().unwrap());
    assert!(winners.filter(|&won| won).count() <= 1);
    assert_eq!(RING.split().map(|_| ()), Err(AlreadySplit));
}

#[test]
fn a_batch_keeps_its_places_until_it_is_acknowledged() {
    let ring: RingBuffer<u16, 4> = RingBuffer::new();
    let (mut interrupt, mut task) = ring.split().unwrap();
    assert_eq!(interrupt.write(&[1, 2, 3, 4, 5]), 4);
    let mut batch = [0; 3];
    assert_eq!(task.copy(&mut batch), 3);
    assert_eq!(interrupt.push(5), Err(Full));
    task.acknowledge_first(2);
    assert_eq!((interrupt.room(), task.unacknowledged()), (2, 1));
    assert_eq!(interrupt.extend(&[6, 7, 8]), 2);
    task.rewind();
    let all: Vec<u16> = core::iter::from_fn(|| task.pop()).collect();
    assert_eq!(all, [3, 4, 6, 7]);
    assert_eq!((task.lost(), ring.lost()), (2, 2));
}

#[test]
fn what_a_task_could_not_write_is_not_lost() {
    let ring: RingBuffer<u8, 2> = RingBuffer::new();
    let (mut task, mut interrupt) = ring.split().unwrap();
    let mut rest = &b"0M!"[..];
    let mut line = Vec::new();
    while !rest.is_empty() {
        let len = task.write(rest);
        rest = &rest[len..];
        line.extend(interrupt.pop());
    }
    line.extend(core::iter::from_fn(|| interrupt.pop()));
    assert_eq!((&line[..], ring.lost()), (&b"0M!"[..], 0));
}
