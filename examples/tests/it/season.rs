//! The promises of a whole season, over many seeds.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use core::ops::Range;

use gofarm_examples::season::report::Report;
use gofarm_examples::season::{Plan, Season};
use gofarm_examples::weather::{self, WeatherDay};

use crate::data;

fn hupsel() -> Vec<WeatherDay> {
    weather::read_file(&data::own("hupsel_283_daily_2002_2004.csv")).unwrap()
}

fn play(days: &[WeatherDay], seed: u64) -> Report {
    let plan = Plan::choose(days, None, None).unwrap().seed(seed);
    let mut season = Season::start(plan, days);
    let mut ticks = 0;
    let mut clock = || {
        ticks += 1_000;
        ticks
    };
    while season.next_day(&mut clock).is_some() {}
    season.finish()
}

/// Plays seeds side by side, for the time that it saves.
fn play_all(days: &[WeatherDay], seeds: Range<u64>) -> Vec<(u64, Report)> {
    std::thread::scope(|scope| {
        let workers: Vec<_> = seeds
            .map(|seed| scope.spawn(move || (seed, play(days, seed))))
            .collect();
        workers.into_iter().map(|w| w.join().unwrap()).collect()
    })
}

/// Twenty seasons of 145 days: no promise is broken in any of them, and each test is given something to break it.
#[test]
fn every_promise_holds_in_every_season() {
    let days = hupsel();
    let mut total = [0_u64; 17];
    for (seed, report) in play_all(&days, 0..20) {
        let (commands, valve) = (&report.commands, &report.valve);

        assert!(commands.is_balanced, "seed {seed}: {commands:?}");
        let ended =
            commands.executed + commands.expired + commands.refused + commands.indeterminate;
        assert_eq!(commands.issued, ended + commands.pending, "seed {seed}");
        let deliveries = &report.deliveries.outcomes;
        assert!(deliveries.is_balanced, "seed {seed}: {deliveries:?}");

        assert_eq!(valve.longest_past_lease_s, 0.0, "seed {seed}");
        assert!(valve.longest_close_s <= 10.0, "seed {seed}: {valve:?}");
        assert_eq!(valve.executed_twice, 0, "seed {seed}");

        let sync = &report.sync;
        assert!(sync.is_same_on_both_sides, "seed {seed}: {sync:?}");
        assert!(sync.is_complete, "seed {seed}: {sync:?}");
        assert_eq!(sync.troubles, 0, "seed {seed}: {sync:?}");
        assert_eq!(sync.damaged_by_power_cuts, 0, "seed {seed}: {sync:?}");

        let readings = &report.readings;
        let refused: u32 = readings.refused.values().sum();
        assert_eq!(readings.taken, readings.accepted + refused, "seed {seed}");
        let polls = 3 * readings.decisions;
        assert_eq!(readings.taken + readings.spared, polls, "seed {seed}");
        assert!(readings.spared > 0, "seed {seed}: {readings:?}");
        for reason in ["not_finite", "range", "rate", "stuck", "read_failed"] {
            assert!(
                readings.refused.contains_key(reason),
                "seed {seed}: no reading refused for {reason}"
            );
        }

        let water = &report.water;
        let balance =
            water.rain_mm + water.given_mm - water.used_mm - water.drained_mm - water.stored_mm;
        assert!(balance.abs() < 0.01, "seed {seed}: {balance} mm");
        assert!(
            water.stress_days < water.stress_days_on_rain_alone,
            "seed {seed}: {water:?}"
        );

        let work = &report.work;
        assert_eq!(work.longest_uplink_cut_h, 72.0, "seed {seed}");
        assert_eq!(work.waited, 0, "seed {seed}: {work:?}");
        let cut = |kind| work.placed.get(kind).map_or(0, |w| w.while_uplink_cut);
        assert!(cut("harvest") > 0, "seed {seed}: {work:?}");
        for waits in ["video analysis", "model training"] {
            assert_eq!(cut(waits), 0, "seed {seed}: {waits} goes on");
            assert!(work.placed.contains_key(waits), "seed {seed}: no {waits}");
        }
        let placed: u32 = work.placed.values().map(|w| w.times).sum();
        assert_eq!(placed, work.machines.values().sum::<u32>(), "seed {seed}");

        let refused_by =
            |reason| u64::from(*report.deliveries.refused_by.get(reason).unwrap_or(&0));
        for (sum, n) in total.iter_mut().zip([
            commands.executed,
            commands.expired,
            commands.indeterminate,
            refused_by("repeated"),
            refused_by("retained"),
            u64::from(valve.restarts_with_water),
            u64::from(report.link.outages),
            u64::from(*valve.closes.get("commanded").unwrap_or(&0)),
            u64::from(*valve.closes.get("lease_ended").unwrap_or(&0)),
            sync.conflicts,
            u64::from(sync.lost),
            u64::from(sync.gateway_power_cuts),
            u64::from(work.held_back),
            u64::from(work.stopped),
            u64::from(work.lost),
            u64::from(work.mast_off),
            u64::from(work.rain_alerts),
        ]) {
            *sum += n;
        }
    }
    // Nothing above was kept for want of trouble.
    assert!(total.iter().all(|&n| n > 0), "{total:?}");
}

#[test]
fn the_same_seed_gives_the_same_bytes_outside_measured() {
    let days = hupsel();
    let text = |seed| {
        let mut value = serde_json::to_value(play(&days, seed)).unwrap();
        value.as_object_mut().unwrap().remove("measured").unwrap();
        value.to_string()
    };
    assert_eq!(text(3), text(3));
    assert_ne!(text(3), text(4));
}

/// Why that machine, term by term, and why not the others.
#[test]
fn one_decision_is_told_with_its_reasons() {
    let reasons = play(&hupsel(), 1).work.reasons;
    let (terms, refused) = reasons.split_once(" (0 is idle); refused: ").unwrap();
    assert!(refused.contains("solar-mast (loses power in "), "{reasons}");
    assert!(refused.contains("cloud ("), "{reasons}");

    let (head, terms) = terms.split_once(" = ").unwrap();
    let (chosen, cost) = head.rsplit_once("  ").unwrap();
    assert!(chosen.starts_with("harvest: "), "{reasons}");
    let cost: f32 = cost.parse().unwrap();
    let terms = terms.split(" + ").map(|term| {
        let (name, cost) = term.rsplit_once(' ').unwrap();
        (name, cost.parse::<f32>().unwrap())
    });
    let terms: Vec<_> = terms.collect();
    for name in ["cpu", "network", "zone spread", "soil moisture"] {
        assert!(terms.iter().any(|(known, _)| *known == name), "{reasons}");
    }
    // Each is rounded to hundredths.
    let sum: f32 = terms.iter().map(|(_, cost)| cost).sum();
    assert!((sum - cost).abs() < 0.05, "{reasons}");
}

#[test]
fn the_report_fits_into_80_columns() {
    let report = play(&hupsel(), 1).to_string();
    for line in report.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(report.contains("given through the valve"));
}
