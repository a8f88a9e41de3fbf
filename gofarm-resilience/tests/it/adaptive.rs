//! Adaptive limits against a simulated server: they find its capacity, follow it, and do not grow unused.

use alloc::collections::BinaryHeap;
use core::cmp::Reverse;
use core::time::Duration;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, millis, secs};
use gofarm_resilience::Outcome;
use gofarm_resilience::memory::{Memory, Owned, Shared};
use gofarm_resilience::policy::{Aimd, AimdConfig, Gradient, GradientConfig, LimitPermit, Policy};
use proptest::prelude::*;

const CASES: u32 = if cfg!(miri) { 4 } else { 256 };

/// A server with `workers` that need `service` for a call; calls beyond that wait in its queue, and those beyond the
/// queue fail at once.
#[derive(Clone, Copy)]
struct Server {
    workers: usize,
    queue: usize,
    service: Duration,
}

/// Offers `demand` calls a millisecond for as long as told; the limit after each second.
fn drive<P: Policy<Permit = LimitPermit>>(
    policy: &P,
    limit: impl Fn(&P) -> u32,
    server: Server,
    demand: u32,
    from: Instant,
    seconds: u64,
) -> Vec<u32> {
    let mut random = SplitMix64::new(5);
    let mut busy: BinaryHeap<Reverse<u64>> = BinaryHeap::new();
    let mut running: BinaryHeap<Reverse<(u64, u64, bool)>> = BinaryHeap::new();
    let mut permits = std::collections::HashMap::new();
    let mut limits = Vec::new();
    let mut id = 0;
    for step in 0..seconds * 1_000 {
        let now = from + millis(step);
        while let Some(&Reverse((end, call, fine))) = running.peek() {
            if end > now.as_micros() {
                break;
            }
            running.pop();
            let outcome = if fine {
                Outcome::Success
            } else {
                Outcome::Failure
            };
            policy.record(
                permits.remove(&call).unwrap(),
                Instant::from_micros(end),
                outcome,
            );
        }
        while busy
            .peek()
            .is_some_and(|Reverse(end)| *end <= now.as_micros())
        {
            busy.pop();
        }
        for _ in 0..demand {
            let Ok(permit) = policy.try_acquire(now) else {
                break;
            };
            id += 1;
            permits.insert(id, permit);
            let jitter = Duration::from_micros(random.below(1_000));
            if busy.len() >= server.workers + server.queue {
                running.push(Reverse(((now + jitter).as_micros(), id, false)));
                continue;
            }
            // The worker that becomes free first, if all are busy.
            let mut ends: Vec<u64> = busy.iter().map(|Reverse(end)| *end).collect();
            ends.sort_unstable();
            let start = match ends.len().checked_sub(server.workers) {
                Some(behind) => ends[behind],
                None => now.as_micros(),
            };
            let end = (Instant::from_micros(start) + server.service + jitter).as_micros();
            busy.push(Reverse(end));
            running.push(Reverse((end, id, true)));
        }
        if step % 1_000 == 999 {
            limits.push(limit(policy));
        }
    }
    for (_, permit) in permits {
        policy.cancel(permit, from + secs(seconds));
    }
    limits
}

fn mean(limits: &[u32]) -> f64 {
    limits.iter().map(|limit| f64::from(*limit)).sum::<f64>() / limits.len() as f64
}

const START: Instant = Instant::from_secs(10);

// Minutes of simulated load are too much for Miri.
#[cfg(not(miri))]
#[test]
fn aimd_converges_to_what_the_server_bears() {
    for workers in [5, 20, 80] {
        for initial in [1, 20, 400] {
            let limit = Aimd::slower_than(secs(1))
                .bounds(initial, 1, 500)
                .build()
                .unwrap();
            let server = Server {
                workers,
                queue: 0,
                service: millis(10),
            };
            let limits = drive(&limit, Aimd::limit, server, 200, START, 20);
            let found = mean(&limits[10..]);
            let (low, high) = (0.8 * workers as f64, 1.15 * workers as f64 + 1.0);
            assert!(
                (low..high).contains(&found),
                "{workers} from {initial}: {limits:?}"
            );
        }
    }
}

#[cfg(not(miri))]
#[test]
fn gradient_keeps_the_queue_short_without_a_failure() {
    for workers in [10, 50] {
        let limit = Gradient::adaptive().bounds(10, 1, 1_000).build().unwrap();
        // The queue takes everything: only the latency tells.
        let server = Server {
            workers,
            queue: 100_000,
            service: millis(10),
        };
        let limits = drive(&limit, Gradient::limit, server, 500, START, 60);
        let found = mean(&limits[20..]);
        let (low, high) = (0.9 * workers as f64, 3.0 * workers as f64);
        assert!((low..high).contains(&found), "{workers}: {limits:?}");
    }
}

#[cfg(not(miri))]
#[test]
fn a_longer_route_is_not_taken_for_a_queue() {
    let limit = Gradient::adaptive()
        .bounds(10, 4, 1_000)
        .reprobe_every(secs(10))
        .build()
        .unwrap();
    let near = Server {
        workers: 40,
        queue: 100_000,
        service: millis(10),
    };
    let far = Server {
        service: millis(60),
        ..near
    };
    let before = mean(&drive(&limit, Gradient::limit, near, 500, START, 60)[20..]);
    let after = mean(&drive(&limit, Gradient::limit, far, 500, START + secs(60), 120)[60..]);
    assert!(
        limit.baseline().unwrap() >= millis(60),
        "{:?}",
        limit.baseline()
    );
    assert!(
        after >= 0.8 * before.min(40.0),
        "{before} before, {after} after"
    );
}

#[cfg(not(miri))]
#[test]
fn no_limit_grows_while_half_of_it_is_unused() {
    let server = Server {
        workers: 1_000,
        queue: 0,
        service: millis(10),
    };
    let aimd = Aimd::slower_than(secs(1))
        .bounds(100, 1, 1_000)
        .build()
        .unwrap();
    // One call a millisecond for 10 ms each: some ten at once.
    assert_eq!(
        drive(&aimd, Aimd::limit, server, 1, START, 20).last(),
        Some(&100)
    );
    let gradient = Gradient::adaptive().bounds(100, 1, 1_000).build().unwrap();
    let limits = drive(&gradient, Gradient::limit, server, 1, START, 20);
    assert!(limits.iter().all(|limit| *limit <= 100), "{limits:?}");
    // The same with enough calls.
    let grown = drive(&gradient, Gradient::limit, server, 20, START + secs(20), 5);
    assert!(grown.last() > Some(&150), "{grown:?}");
}

#[test]
fn calls_that_met_the_same_congestion_cut_once() {
    let limit = Aimd::slower_than(millis(100))
        .bounds(100, 1, 100)
        .keep_percent(50)
        .build()
        .unwrap();
    let permits: Vec<_> = (0..100)
        .map(|_| limit.try_acquire(START).unwrap())
        .collect();
    for (n, permit) in permits.into_iter().enumerate() {
        limit.record(permit, START + millis(n as u64), Outcome::Failure);
    }
    assert_eq!(limit.limit(), 50);
    // A slow success is a cut as well, a cancelled or neutral call is none.
    let later = START + secs(1);
    let [slow, neutral, cancelled] = [(); 3].map(|()| limit.try_acquire(later).unwrap());
    limit.record(neutral, later + secs(9), Outcome::Neutral);
    limit.cancel(cancelled, later + secs(9));
    assert_eq!(limit.limit(), 50);
    limit.record(slow, later + millis(101), Outcome::Success);
    assert_eq!((limit.limit(), limit.in_flight()), (25, 0));
}

/// Takes and settles as told; limits and admissions.
fn history<P: Policy<Permit = LimitPermit>>(
    policy: &P,
    limit: impl Fn(&P) -> (u32, u32),
    steps: &[(u8, u64)],
) -> Vec<(u32, u32)> {
    let mut now = START;
    let mut held = Vec::new();
    let mut log = Vec::new();
    for &(what, gap) in steps {
        now += millis(gap);
        let settled = match what {
            0..4 => {
                let (limit, in_flight) = limit(policy);
                match policy.try_acquire(now) {
                    Ok(permit) => {
                        assert!(in_flight < limit, "{in_flight} of {limit}");
                        held.push(permit);
                    }
                    Err(_) => assert!(in_flight >= limit),
                }
                None
            }
            4..7 => held
                .pop()
                .map(|permit| policy.record(permit, now, Outcome::Success)),
            7 => held
                .pop()
                .map(|permit| policy.record(permit, now, Outcome::Failure)),
            _ => held.pop().map(|permit| policy.cancel(permit, now)),
        };
        let (now_limit, in_flight) = limit(policy);
        assert_eq!(in_flight as usize, held.len(), "{settled:?}");
        log.push((now_limit, in_flight));
    }
    log
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn permits_never_exceed_the_limit_and_owned_and_shared_agree(
        steps in prop::collection::vec((0..9_u8, 0..300_u64), 0..400),
        min in 1..5_u32,
        span in 0..20_u32,
    ) {
        fn aimd<M: Memory>(config: &AimdConfig, steps: &[(u8, u64)]) -> Vec<(u32, u32)> {
            history(&Aimd::<M>::new(config).unwrap(), |limit| (limit.limit(), limit.in_flight()), steps)
        }
        fn gradient<M: Memory>(config: &GradientConfig, steps: &[(u8, u64)]) -> Vec<(u32, u32)> {
            history(&Gradient::<M>::new(config).unwrap(), |limit| (limit.limit(), limit.in_flight()), steps)
        }
        let bounds = (min + span / 2, min, min + span);
        let config = Aimd::slower_than(millis(200)).bounds(bounds.0, bounds.1, bounds.2);
        let owned = aimd::<Owned>(&config, &steps);
        prop_assert!(owned.iter().all(|(limit, _)| (bounds.1..=bounds.2).contains(limit)));
        prop_assert_eq!(owned, aimd::<Shared>(&config, &steps));

        let config = Gradient::adaptive().bounds(bounds.0, bounds.1, bounds.2).samples(10).reprobe_every(secs(1));
        let owned = gradient::<Owned>(&config, &steps);
        prop_assert!(owned.iter().all(|(limit, _)| (bounds.1..=bounds.2).contains(limit)));
        prop_assert_eq!(owned, gradient::<Shared>(&config, &steps));
    }
}

#[test]
fn figures_are_checked_by_name() {
    let aimd = Aimd::slower_than(secs(1));
    let rows: [(AimdConfig, &str); 7] = [
        (aimd.bounds(1, 0, 5), "min must be from 1 to 65535"),
        (aimd.bounds(1, 1, 65_536), "max must be from min to 65535"),
        (aimd.bounds(3, 4, 3), "max must be from min to 65535"),
        (aimd.bounds(9, 1, 8), "initial must be from min to max"),
        (
            Aimd::slower_than(secs(601)),
            "slower_than must be from 1 ms to 10 min",
        ),
        (aimd.keep_percent(9), "keep_percent must be from 10 to 99"),
        (aimd.keep_percent(100), "keep_percent must be from 10 to 99"),
    ];
    for (config, message) in rows {
        assert_eq!(config.build().unwrap_err().to_string(), message);
    }
    let gradient = Gradient::adaptive();
    let rows: [(GradientConfig, &str); 4] = [
        (gradient.bounds(9, 1, 8), "initial must be from min to max"),
        (
            gradient.tolerance_percent(99),
            "tolerance_percent must be from 100 to 1000",
        ),
        (gradient.samples(9), "samples must be from 10 to 1000"),
        (
            gradient.reprobe_every(millis(999)),
            "reprobe_every must be from 1 s to 1 h",
        ),
    ];
    for (config, message) in rows {
        assert_eq!(config.build().unwrap_err().to_string(), message);
    }
}
