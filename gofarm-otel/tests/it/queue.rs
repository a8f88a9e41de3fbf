//! The queue: bounded in bytes, and everything is accounted for.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Mutex;

use gofarm_core::observe::{Measurement, Observer, Signal};
use gofarm_core::trace_context::{SpanId, TraceContext, TraceId};
use gofarm_otel::attribute::Attribute;
use gofarm_otel::batch::Kind;
use gofarm_otel::clock::Clock;
use gofarm_otel::queue::Queue;
use gofarm_otel::resource::Resource;
use gofarm_otel::span::SpanRecord;
use gofarm_otel::timestamp::Timestamp;
use gofarm_otel::tracer::TracerProvider;
use proptest::prelude::*;

use crate::received;
use crate::tracer::ByName;

const BLOCK: usize = 18 << 10;

fn provider(queue: &Queue) -> TracerProvider {
    TracerProvider::new(ByName, queue.clone(), Clock::manual(Timestamp::UNKNOWN))
}

fn queue(limit: usize) -> Queue {
    Queue::new(Kind::Traces, &Resource::new("gateway"), limit)
}

/// A span whose id is `id` and that is at least `bytes` long.
fn push(provider: &TracerProvider, scope: &'static str, id: u64, bytes: usize) -> bool {
    let context = TraceContext::new(
        TraceId::new([1; 16]).unwrap(),
        SpanId::new(id.to_be_bytes()).unwrap(),
    );
    let filler = "x".repeat(bytes);
    let attributes = [Attribute::text("filler", &filler)];
    let at = Timestamp::from_unix_nanos(id);
    let record = SpanRecord::new(context, "span", at, at).attributes(&attributes);
    provider.tracer(scope).record(&record)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_record_is_taken_once_or_counted_as_dropped(
        records in proptest::collection::vec((0_usize..3, 0_usize..4000), 1..200),
        blocks in 1_usize..6,
        max_bytes in 0_usize..60_000,
        takes in proptest::collection::vec(any::<bool>(), 200),
    ) {
        let queue = queue(blocks * BLOCK);
        let provider = provider(&queue);
        let (mut ids, mut kept, mut dropped) = (Vec::new(), Vec::new(), 0);
        let mut take = || {
            let Some(batch) = queue.take(max_bytes) else { return false };
            assert!(batch.items == 1 || batch.body.len() <= max_bytes);
            let mut items = 0;
            for scope in received::traces(&batch).scope_spans {
                let name = &scope.scope.as_ref().unwrap().name;
                for span in scope.spans {
                    items += 1;
                    ids.push((name.clone(), span.start_time_unix_nano));
                }
            }
            assert_eq!(items, batch.items);
            true
        };
        for (id, (scope, bytes)) in (1..).zip(&records) {
            let scope = ["a", "b", "c"][*scope];
            if push(&provider, scope, id, *bytes) {
                kept.push((scope.to_owned(), id));
            } else {
                dropped += 1;
            }
            if takes[usize::try_from(id).unwrap() - 1] && id % 7 == 0 {
                take();
            }
            let stats = queue.stats();
            prop_assert!(stats.bytes <= blocks * BLOCK);
            prop_assert_eq!(stats.pushed, stats.taken + stats.dropped + stats.held);
        }
        while take() {}
        let stats = queue.stats();
        prop_assert_eq!((stats.held, stats.bytes, stats.dropped), (0, 0, dropped));
        // Within a scope in order; all scopes together once each.
        for scope in ["a", "b", "c"] {
            let of = |all: &[(String, u64)]| -> Vec<u64> {
                all.iter().filter(|(name, _)| name == scope).map(|(_, id)| *id).collect()
            };
            prop_assert_eq!(of(&ids), of(&kept));
        }
        prop_assert_eq!(ids.len(), kept.len());
    }
}

#[test]
fn a_full_queue_drops_the_new_record_and_says_so() {
    #[derive(Default)]
    struct Dropped(Mutex<Vec<(&'static str, u64)>>);
    impl Observer for Dropped {
        fn observe(&self, signal: &Signal<'_>) {
            if let Measurement::Count(n) = signal.measurement() {
                self.0.lock().unwrap().push((signal.instrument().name(), n));
            }
        }
    }
    let seen = Arc::new(Dropped::default());
    let resource = Resource::new("gateway");
    let queue = Queue::observed(Kind::Traces, &resource, BLOCK, seen.clone());
    let provider = provider(&queue);
    let kept = (1..=100)
        .filter(|id| push(&provider, "a", *id, 1000))
        .count();
    assert!(kept > 10 && kept < 17, "{kept}");
    let spans = received::spans(&queue);
    assert_eq!(
        spans.first().unwrap().start_time_unix_nano,
        1,
        "the oldest stays"
    );
    let seen = seen.0.lock().unwrap();
    let dropped = seen
        .iter()
        .filter(|(name, _)| *name == "gofarm.otel.queue.dropped");
    assert_eq!(dropped.map(|(_, n)| n).sum::<u64>(), 100 - kept as u64);
    assert_eq!(seen.last(), Some(&("gofarm.otel.queue.bytes", 0)));
}

#[test]
fn a_record_longer_than_a_block_has_one_of_its_own() {
    let queue = queue(10 * BLOCK);
    let provider = provider(&queue).limits(
        gofarm_otel::tracer::Limits::new()
            .value_bytes(1 << 20)
            .span_bytes(1 << 20),
    );
    for id in 1..=5 {
        assert!(push(&provider, "a", id, if id == 3 { 40_000 } else { 10 }));
    }
    assert!(!push(&provider, "a", 6, 200_000), "longer than all of it");
    let batches: Vec<_> = core::iter::from_fn(|| queue.take(4000)).collect();
    assert_eq!(
        batches.iter().map(|batch| batch.items).collect::<Vec<_>>(),
        [2, 1, 2]
    );
    assert!(batches[1].body.len() > 40_000);
}

#[test]
fn the_exporter_is_woken_once_each_time_the_mark_is_passed() {
    let queue = queue(10 * BLOCK);
    let woken = Arc::new(AtomicU64::new(0));
    let count = woken.clone();
    queue.wake_at(2 * BLOCK, move || {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let provider = provider(&queue);
    for round in 1..=3 {
        for id in 1..=100 {
            push(&provider, "a", id, 1000);
        }
        assert_eq!(woken.load(Ordering::Relaxed), round);
        while queue.take(1 << 20).is_some() {}
    }
}

#[test]
fn threads_that_push_at_once_lose_nothing() {
    let queue = queue(1 << 20);
    let (threads, each) = (4, 2000);
    let taken = std::thread::scope(|scope| {
        for thread in 0..threads {
            let provider = provider(&queue);
            scope.spawn(move || {
                for n in 0..each {
                    push(&provider, "a", 1 + thread * each + n, 50);
                }
            });
        }
        let mut taken = Vec::new();
        while queue.stats().pushed < threads * each {
            taken.extend(received::spans(&queue));
        }
        taken.extend(received::spans(&queue));
        taken
    });
    let stats = queue.stats();
    let mut ids: Vec<_> = taken.iter().map(|span| span.start_time_unix_nano).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len() as u64, stats.taken);
    assert_eq!(stats.taken + stats.dropped, threads * each);
    assert!(stats.taken > 0);
}
