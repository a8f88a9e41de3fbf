//! The receiver is away.

use gofarm_core::time::{hours, millis, minutes, secs};
use gofarm_otel::export::{Answer, ExporterConfig, Reason};
use gofarm_otel::spool::Limits;

use super::World;

const CONFIG: ExporterConfig = ExporterConfig::DEFAULT;

#[test]
fn three_days_away_lose_nothing_that_the_bound_allows() {
    let mut world = World::new(CONFIG, Limits::new(64 << 20));
    world.create(10);
    world.up(secs(1));
    for _ in 0..72 * 60 {
        world.create(50);
        world.down(minutes(1));
    }
    let tally = world.tally();
    assert_eq!(tally.held().total(), 72 * 60 * 50);
    assert_eq!(tally.dropped().total(), 0);
    world.up(hours(1));
    let tally = world.tally();
    assert_eq!(
        (tally.exported().total(), tally.held().total()),
        (world.created, 0)
    );
    assert_eq!(world.arrived.distinct(), world.created);
    assert!(
        world.arrived.0.values().all(|times| *times == 1),
        "no request arrived and went unanswered"
    );
}

#[test]
fn three_days_away_with_a_spool_too_small_keep_the_newest_and_count_the_rest() {
    let limits = Limits::new(2 << 20);
    let mut world = World::new(CONFIG, limits);
    for _ in 0..72 * 60 {
        world.create(50);
        world.down(minutes(1));
        let stats = world.exporter.spool_stats().unwrap();
        assert!(stats.bytes() <= limits.bytes());
    }
    world.up(hours(1));
    let (tally, lost) = (world.tally(), world.dropped_for(Reason::Oldest));
    assert_eq!(tally.dropped().total(), lost);
    assert!(lost > 0);
    assert_eq!(tally.exported().total() + lost, world.created);
    let expected: Vec<u64> = (lost..world.created).collect();
    assert!(
        world.arrived.0.keys().copied().eq(expected),
        "the oldest went first"
    );
    // What a full spool of three quarters at the least holds.
    let kept = (2 << 20) * 3 / 4 / (crate::spans::batch(1 << 20, 50).body.len() as u64 + 24) * 50;
    assert!(
        world.arrived.distinct() >= kept,
        "{} {kept}",
        world.arrived.distinct()
    );
}

#[test]
fn three_days_away_try_about_once_a_minute() {
    let mut world = World::new(CONFIG, Limits::new(1 << 20));
    world.create(1);
    world.down(hours(72));
    assert!(
        (3_000..6_000).contains(&world.requests),
        "{}",
        world.requests
    );
}

#[test]
fn a_power_cut_every_hour_loses_at_most_what_waited_in_memory() {
    let mut world = World::new(CONFIG, Limits::new(64 << 20));
    let mut lost = 0;
    for hour in 0..72 {
        for _ in 0..60 {
            world.create(50);
            world.down(minutes(1));
        }
        world.create(50);
        world.down(secs(hour % 12));
        let spooled = world.exporter.spool_stats().unwrap().held().total();
        let held = world.tally().held().total();
        assert!(held - spooled <= 50, "one batch at most waits in memory");
        lost += held - spooled;
        world.restart(CONFIG);
        assert_eq!(world.tally().recovered().total(), spooled);
    }
    world.up(hours(1));
    assert_eq!(world.arrived.distinct() + lost, world.created);
    assert!(lost > 0);
}

#[test]
fn a_link_that_comes_and_goes_loses_nothing() {
    let mut world = World::new(CONFIG, Limits::new(16 << 20));
    for minute in 0..24 * 60_u32 {
        world.create(20 + minute % 7);
        if minute / 7 % 3 == 0 {
            world.up(minutes(1));
        } else {
            world.down(minutes(1));
        }
    }
    world.up(minutes(10));
    let tally = world.tally();
    assert_eq!(
        (tally.exported().total(), tally.dropped().total()),
        (world.created, 0)
    );
    assert_eq!(world.arrived.distinct(), world.created);
}

#[test]
fn a_short_outage_writes_nothing_to_the_disk() {
    let mut world = World::new(CONFIG, Limits::new(16 << 20));
    world.create(20);
    world.up(secs(1));
    world.create(20);
    world.down(secs(5));
    world.up(secs(10));
    assert_eq!(world.disk.written(), 0);
    assert_eq!(world.arrived.distinct(), 40);
}

#[test]
fn while_the_receiver_is_away_the_disk_is_synchronised_at_most_every_ten_seconds() {
    let mut world = World::new(CONFIG, Limits::new(16 << 20));
    for _ in 0..3_600 * 4 {
        world.create(5);
        world.down(millis(250));
    }
    let syncs = world.disk.syncs();
    assert!((300..=361).contains(&syncs), "{syncs}");
}

#[test]
fn without_spool_the_oldest_in_memory_goes_first() {
    let mut world = World::new(CONFIG.with_memory_bytes(20_000), Limits::new(1 << 20));
    world.exporter = gofarm_otel::export::Exporter::new(CONFIG.with_memory_bytes(20_000), 7);
    for _ in 0..100 {
        world.create(10);
        world.down(secs(30));
    }
    let lost = world.dropped_for(Reason::Memory);
    assert!(lost > 0);
    world.up(minutes(2));
    assert_eq!(lost + world.arrived.distinct(), world.created);
    assert!(world.arrived.0.keys().copied().eq(lost..world.created));
}

#[test]
fn an_exporter_that_ends_leaves_everything_in_the_spool() {
    let mut world = World::new(CONFIG, Limits::new(1 << 20));
    world.create(10);
    world.create(20);
    world.run(secs(1), hours(1), |_, _| (false, Answer::Accepted));
    world.exporter.shut_down(world.now);
    world.assert_sum();
    assert_eq!(world.tally().dropped().total(), 0);
    world.restart(CONFIG);
    assert_eq!(world.tally().recovered().total(), 30);
    world.up(secs(10));
    assert_eq!(world.arrived.distinct(), 30);
}
