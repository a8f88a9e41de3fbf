//! What goes wrong in a season: the laws of scripts, drawn and read, and of the timeline that plays them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use core::time::Duration;
use std::collections::HashSet;

use gofarm_core::time::{Instant, days, hours, minutes, secs};
use gofarm_examples::season::chaos::{
    Change, Chaos, Failure, FieldNumber, GatewayNumber, ProbeNumber, Timeline, Trouble, TroubleKind,
};
use jiff::SignedDuration;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const LENGTH: u16 = 60;

fn gateway() -> impl Strategy<Value = GatewayNumber> {
    select(GatewayNumber::all().collect::<Vec<_>>())
}

fn field() -> impl Strategy<Value = FieldNumber> {
    select(FieldNumber::all().collect::<Vec<_>>())
}

fn probe() -> impl Strategy<Value = ProbeNumber> {
    select(ProbeNumber::all().collect::<Vec<_>>())
}

fn trouble() -> impl Strategy<Value = Trouble> {
    let jump = (1..=86_400_i64).prop_map(SignedDuration::from_secs);
    let drift = (f64::MIN_POSITIVE..=Trouble::FURTHEST_DRIFT).prop_union(0.01..=0.1);
    let either = prop_oneof![Just(1_i32), Just(-1)];
    prop_oneof![
        gateway().prop_map(|gateway| Trouble::GatewayCut { gateway }),
        Just(Trouble::BrokerDown),
        (gateway(), jump, either.clone()).prop_map(|(gateway, by, sign)| Trouble::ClockJump {
            gateway,
            by: by * sign
        }),
        gateway().prop_map(|gateway| Trouble::ClockUnknown { gateway }),
        (field(), probe()).prop_map(|(field, probe)| Trouble::ProbeStuck { field, probe }),
        (field(), probe(), drift, either).prop_map(|(field, probe, by, sign)| Trouble::ProbeLies {
            field,
            probe,
            by: by * f64::from(sign)
        }),
        (field(), 1..=6 * 3_600_u64).prop_map(|(field, holds)| Trouble::ValveStuck {
            field,
            holds: secs(holds)
        }),
        field().prop_map(|field| Trouble::NodePowerCut { field }),
        gateway().prop_map(|gateway| Trouble::GatewayPowerCut { gateway }),
        field().prop_map(|field| Trouble::RadioCut { field }),
        field().prop_map(|field| Trouble::Duplicates { field }),
        (field(), 1..=3_600_u64).prop_map(|(field, by)| Trouble::Delays {
            field,
            by: secs(by)
        }),
        gateway().prop_map(|gateway| Trouble::DiskFull { gateway }),
        gateway().prop_map(|gateway| Trouble::DiskSlow { gateway }),
        gateway().prop_map(|gateway| Trouble::GoodConfig { gateway }),
        gateway().prop_map(|gateway| Trouble::BadConfig { gateway }),
        Just(Trouble::GoodFirmware),
        Just(Trouble::BadFirmware),
    ]
}

/// Begins on few different seconds, so that some begin together and some end when another begins.
fn failure() -> impl Strategy<Value = Failure> {
    let at = prop_oneof![
        0..u64::from(LENGTH) * 86_400,
        (0..240_u64).prop_map(|n| n * 21_600)
    ];
    let lasts = prop_oneof![1..=86_400_u64, Just(21_600)];
    (at, lasts, trouble()).prop_map(|(at, lasts, what)| {
        Failure::new(Instant::from_secs(at), secs(lasts), what).unwrap()
    })
}

/// As many of some failures as make a script together.
fn chaos() -> impl Strategy<Value = Chaos> {
    vec(failure(), 0..40).prop_map(|failures| {
        let mut taken = Vec::new();
        for failure in failures {
            taken.push(failure);
            if Chaos::new(taken.clone(), LENGTH).is_err() {
                taken.pop();
            }
        }
        Chaos::new(taken, LENGTH).unwrap()
    })
}

fn kinds(chaos: &Chaos) -> HashSet<TroubleKind> {
    let kinds = chaos.failures().iter().map(|failure| failure.what().kind());
    kinds.collect()
}

fn longest_cut(chaos: &Chaos) -> Option<Duration> {
    let cuts = chaos.failures().iter();
    cuts.filter(|failure| failure.what().kind() == TroubleKind::GatewayCut)
        .map(Failure::lasts)
        .max()
}

/// Everything that changes, asked for at each time that the timeline names.
fn play(chaos: &Chaos) -> Vec<Change> {
    let mut timeline = Timeline::new(chaos.clone());
    let mut changes = Vec::new();
    while timeline.poll_timeout() < Instant::FAR_FUTURE {
        let now = timeline.poll_timeout();
        while let Some(change) = timeline.poll(now) {
            assert_eq!(change.at(), now);
            changes.push(change);
        }
    }
    changes
}

#[test]
fn a_drawn_season_of_thirty_days_or_more_has_every_kind_and_a_cut_of_72_h() {
    let lengths = [30, 31, 37, 60, 145, 366];
    for (seed, days) in (0..3_000).zip(lengths.into_iter().cycle()) {
        let drawn = Chaos::draw(seed, days);
        assert_eq!(
            kinds(&drawn).len(),
            TroubleKind::ALL.len(),
            "seed {seed}, {days} days"
        );
        assert_eq!(
            longest_cut(&drawn),
            Some(hours(72)),
            "seed {seed}, {days} days"
        );
    }
}

#[test]
fn a_drawn_season_of_a_week_has_its_cut_and_one_of_a_day_has_nothing() {
    for seed in 0..100 {
        assert_eq!(
            longest_cut(&Chaos::draw(seed, 7)),
            Some(hours(72)),
            "seed {seed}"
        );
        assert_eq!(Chaos::draw(seed, 1), Chaos::none());
        assert_eq!(Chaos::draw(seed, 0), Chaos::none());
    }
}

#[test]
fn seeds_draw_different_seasons_that_are_longer_than_one_of_each() {
    let drawn: Vec<Chaos> = (0..50).map(|seed| Chaos::draw(seed, 145)).collect();
    for (seed, chaos) in drawn.iter().enumerate() {
        assert!(!drawn[..seed].contains(chaos), "seed {seed}");
        assert!(
            chaos.failures().len() >= 45,
            "seed {seed}: {}",
            chaos.failures().len()
        );
    }
}

proptest! {
    #[test]
    fn a_drawn_season_of_thirty_days_or_more_has_every_kind(seed: u64, days in 30..=366_u16) {
        prop_assert_eq!(kinds(&Chaos::draw(seed, days)).len(), TroubleKind::ALL.len());
    }

    #[test]
    fn the_same_seed_draws_the_same(seed: u64, days in 0..=366_u16) {
        prop_assert_eq!(Chaos::draw(seed, days), Chaos::draw(seed, days));
    }

    #[test]
    fn what_is_drawn_is_a_script_and_leaves_the_season_its_calm_ends(seed: u64, length in 0..=366_u16) {
        let drawn = Chaos::draw(seed, length);
        prop_assert_eq!(Chaos::new(drawn.failures().to_vec(), length), Ok(drawn.clone()));
        for failure in drawn.failures() {
            prop_assert!(failure.at() >= Instant::ZERO + hours(6), "{}", failure);
            prop_assert!(failure.end() + days(1) <= Instant::ZERO + days(u64::from(length)), "{}", failure);
        }
    }

    #[test]
    fn reading_gives_what_was_written(chaos in chaos()) {
        let text = chaos.to_string();
        prop_assert_eq!(Chaos::read(&text, LENGTH), Ok(chaos), "{}", text);
    }

    #[test]
    fn reading_gives_what_was_drawn(seed: u64, days in 0..=366_u16) {
        let drawn = Chaos::draw(seed, days);
        prop_assert_eq!(Chaos::read(&drawn.to_string(), days), Ok(drawn));
    }

    #[test]
    fn a_script_is_in_order_of_time_whatever_the_order_of_its_lines(chaos in chaos()) {
        let mut failures = chaos.failures().to_vec();
        failures.reverse();
        let again = Chaos::new(failures, LENGTH).unwrap();
        prop_assert!(again.failures().is_sorted_by_key(Failure::at));
        prop_assert_eq!(again.failures().len(), chaos.failures().len());
    }

    #[test]
    fn every_begin_has_one_end_after_it(chaos in chaos()) {
        let changes = play(&chaos);
        prop_assert_eq!(changes.len(), 2 * chaos.failures().len());
        prop_assert!(changes.is_sorted_by_key(Change::at));
        for failure in chaos.failures() {
            let place = |wanted: Change| {
                let places = changes.iter().enumerate().filter(|(_, change)| **change == wanted);
                let places: Vec<usize> = places.map(|(place, _)| place).collect();
                assert_eq!(places.len(), 1, "{failure}");
                places[0]
            };
            prop_assert!(place(Change::Begins(*failure)) < place(Change::Ends(*failure)));
        }
        let order = |change: &Change| (change.at(), matches!(change, Change::Begins(_)));
        prop_assert!(changes.is_sorted_by_key(order), "an end after a begin at the same time");
    }

    #[test]
    fn what_is_active_has_begun_and_not_ended(chaos in chaos(), steps in vec(1..6_000_u64, 1..60)) {
        let mut timeline = Timeline::new(chaos.clone());
        let mut now = Instant::ZERO;
        let mut changes = Vec::new();
        for step in steps {
            now += minutes(step);
            while let Some(change) = timeline.poll(now) {
                changes.push(change);
            }
            prop_assert!(timeline.poll_timeout() > now);
            let is_now = |failure: &&Failure| failure.at() <= now && now < failure.end();
            let wanted: Vec<&Failure> = chaos.failures().iter().filter(is_now).collect();
            prop_assert_eq!(timeline.active().collect::<Vec<_>>(), wanted);
        }
        let all = play(&chaos);
        prop_assert_eq!(&changes[..], &all[..changes.len()], "late polls give the same in the same order");
    }

    #[test]
    fn a_text_is_a_script_or_one_line_that_says_why_not(text in "(\\[\\[failure\\]\\]|[a-z]{1,7}| = |\"|[0-9.:-]{1,3}|\n|[^a]){0,40}") {
        if let Err(error) = Chaos::read(&text, LENGTH) {
            prop_assert_eq!(error.to_string().lines().count(), 1, "{}", error);
            prop_assert!((1..=text.lines().count() + 1).contains(&error.line()), "{}", error);
        }
    }

    #[test]
    fn a_script_with_one_wrong_byte_is_a_script_or_one_line(seed: u64, place: prop::sample::Index, byte in 0..=127_u8) {
        let mut text = Chaos::draw(seed, LENGTH).to_string().into_bytes();
        let place = place.index(text.len());
        text[place] = byte;
        let text = String::from_utf8(text).unwrap();
        if let Err(error) = Chaos::read(&text, LENGTH) {
            prop_assert_eq!(error.to_string().lines().count(), 1, "{}", error);
        }
    }
}
