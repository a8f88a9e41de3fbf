//! The promises of a whole season, over many seeds.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use core::ops::Range;

use gofarm_examples::season::chaos::Chaos;
use gofarm_examples::season::report::{FieldReport, Report};
use gofarm_examples::season::{Background, Plan, Season};
use gofarm_examples::weather::{self, WeatherDay};

use crate::data;

pub(crate) fn hupsel() -> Vec<WeatherDay> {
    weather::read_file(&data::own("hupsel_283_daily_2002_2004.csv")).unwrap()
}

fn play(days: &[WeatherDay], seed: u64) -> Report {
    let plan = Plan::choose(days, None, None).unwrap().seed(seed);
    let chaos = Chaos::draw(seed, plan.days());
    let mut season = Season::start(plan, days, chaos);
    let mut ticks = 0;
    let mut clock = || {
        ticks += 1_000;
        ticks
    };
    while season.next_day(&mut clock).is_some() {}
    season.finish()
}

/// Plays seeds on two threads, for the time that it saves.
fn play_all(days: &[WeatherDay], seeds: Range<u64>) -> Vec<(u64, Report)> {
    let halves = [0, 1].map(|half| seeds.clone().filter(move |seed| seed % 2 == half));
    std::thread::scope(|scope| {
        let workers =
            halves.map(|half| scope.spawn(|| half.map(|seed| (seed, play(days, seed))).collect()));
        let played = workers.map(|worker| -> Vec<_> { worker.join().unwrap() });
        played.concat()
    })
}

/// What must hold in a season, whatever went wrong in it.
pub(crate) fn assert_promises(seed: u64, report: &Report) {
    let promises = &report.promises;
    let ended = promises.executed + promises.expired + promises.refused + promises.indeterminate;
    assert_eq!(
        promises.commands_issued,
        ended + promises.pending,
        "seed {seed}: {promises:?}"
    );
    assert_eq!(
        promises.commands_executed_twice, 0,
        "seed {seed}: {promises:?}"
    );
    let past = promises.seconds_past_lease_without_close_driven;
    assert_eq!(past, 0.0, "seed {seed}: {promises:?}");
    assert_eq!(promises.messages_lost, 0, "seed {seed}: {promises:?}");
    assert_eq!(
        promises.committed_writes_lost, 0,
        "seed {seed}: {promises:?}"
    );
    assert_eq!(promises.replicas_diverged, 0, "seed {seed}: {promises:?}");
    let upkeep = &report.upkeep;
    assert_eq!(
        (upkeep.bad_confirmed, upkeep.broken_starts),
        (0, 0),
        "seed {seed}: {upkeep:?}"
    );
    for (number, field) in &report.fields {
        assert_field(seed, *number, field);
    }
}

fn assert_field(seed: u64, number: u8, field: &FieldReport) {
    let commands = &field.commands;
    assert!(
        commands.is_balanced,
        "seed {seed}, field {number}: {commands:?}"
    );
    let deliveries = &field.deliveries.outcomes;
    assert!(
        deliveries.is_balanced,
        "seed {seed}, field {number}: {deliveries:?}"
    );

    let readings = &field.readings;
    let refused: u32 = readings.refused.values().sum();
    let taken = readings.accepted + refused;
    assert_eq!(readings.taken, taken, "seed {seed}, field {number}");
    let polls = 3 * readings.decisions;
    assert_eq!(
        readings.taken + readings.spared,
        polls,
        "seed {seed}, field {number}"
    );

    let water = &field.water;
    let balance =
        water.rain_mm + water.given_mm - water.used_mm - water.drained_mm - water.stored_mm;
    assert!(
        balance.abs() < 0.01,
        "seed {seed}, field {number}: {balance} mm"
    );
    let alone = water.stress_days_on_rain_alone;
    assert!(
        water.stress_days < alone,
        "seed {seed}, field {number}: {water:?}"
    );
}

/// 20, or as many as the environment asks for; `./ci.sh seeds` asks for 1 000.
fn seeds() -> Range<u64> {
    let asked = std::env::var("GOFARM_SEASONS");
    0..asked.map_or(20, |count| count.parse().unwrap())
}

/// Seasons of 145 days: no promise is broken in any of them, and each is given something to break it.
#[test]
fn every_promise_holds_in_every_season() {
    let days = hupsel();
    let mut total = [0_u64; 25];
    for (seed, report) in play_all(&days, seeds()) {
        assert_promises(seed, &report);
        let promises = &report.promises;
        for reason in ["not_finite", "range", "rate", "stuck", "read_failed"] {
            let refused = promises.readings_refused.contains_key(reason);
            assert!(refused, "seed {seed}: no reading refused for {reason}");
        }
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

        let sync = &report.sync;
        let fields = || report.fields.values();
        let refused_by = |reason| {
            fields()
                .filter_map(|field| field.deliveries.refused_by.get(reason))
                .sum::<u32>()
        };
        let closes = |reason| {
            fields()
                .filter_map(|field| field.valve.closes.get(reason))
                .sum::<u32>()
        };
        let of = |of: fn(&FieldReport) -> u32| u64::from(fields().map(of).sum::<u32>());
        for (sum, n) in total.iter_mut().zip([
            promises.executed,
            promises.expired,
            promises.indeterminate,
            u64::from(promises.stuck_valve_seconds > 0.0),
            u64::from(refused_by("repeated")),
            u64::from(refused_by("retained")),
            u64::from(closes("commanded")),
            u64::from(closes("lease_ended")),
            of(|field| field.valve.restarts_with_water),
            of(|field| field.link.outages),
            of(|field| field.readings.spared),
            of(|field| field.readings.waited_for_rain),
            of(|field| field.readings.leaks),
            sync.conflicts,
            u64::from(sync.lost),
            u64::from(sync.gateway_power_cuts),
            sync.commits_refused,
            sync.dispatches,
            u64::from(work.held_back),
            u64::from(work.stopped),
            u64::from(work.lost),
            u64::from(report.upkeep.completed),
            u64::from(report.upkeep.rolled_back),
            u64::from(report.upkeep.settings_taken),
            report.upkeep.settings_refused.values().sum::<u32>().into(),
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

/// One of three probes drifts for three days: the other two agree, and the field gets what it needs.
#[test]
fn a_probe_that_lies_floods_no_field() {
    let days = hupsel();
    let plan = Plan::choose(&days, None, None)
        .unwrap()
        .background(Background::Calm);
    let given = |by: f64| {
        let lie = format!(
            "[[failure]]\nat = \"day 60 00:00\"\nlasts = \"72h\"\nwhat = \"probe_lies\"\n\
             field = 2\nprobe = 1\nby = {by:?}\n"
        );
        let chaos = Chaos::read(&lie, plan.days()).unwrap();
        let mut season = Season::start(plan, &days, chaos);
        while season.next_day(&mut || 0).is_some() {}
        season.finish().promises
    };
    let honest = given(0.001);
    for by in [-0.1, 0.1] {
        let lied_to = given(by);
        let (honest, given) = (honest.water_mm[&2], lied_to.water_mm[&2]);
        assert!(
            (given - honest).abs() < 20.0,
            "{by}: {given} mm, {honest} mm without"
        );
        assert_eq!(lied_to.stress_days[&2], 0, "{by}");
    }
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
