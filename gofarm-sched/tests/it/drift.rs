//! Detectors against river and scipy, and what absurd values may not do.

use gofarm_sched::drift::{Adwin, Direction, Divergence, DriftEvent, PageHinkley, Reference};
use proptest::prelude::*;

/// A value, then what river and scipy say after it.
struct Row {
    value: f32,
    page_hinkley: bool,
    adwin: bool,
    width: u64,
    total: f64,
    squares: f64,
    divergence: f32,
}

fn rows() -> Vec<Row> {
    let csv = include_str!("../data/drift/series.csv");
    csv.lines()
        .skip(1)
        .map(|line| {
            let row: Vec<&str> = line.split(',').collect();
            Row {
                value: row[0].parse().unwrap(),
                page_hinkley: row[1] == "1",
                adwin: row[2] == "1",
                width: row[3].parse().unwrap(),
                total: row[4].parse().unwrap(),
                squares: row[5].parse().unwrap(),
                divergence: row[6].parse().unwrap(),
            }
        })
        .collect()
}

#[test]
fn page_hinkley_detects_where_river_does() {
    let mut test = PageHinkley::new().threshold(5.0).unwrap();
    let mut detections = Vec::new();
    for (i, row) in rows().into_iter().enumerate() {
        let detected = test.push(row.value);
        assert_eq!(detected.is_some(), row.page_hinkley, "value {i}");
        detections.extend(detected);
    }
    assert!(detections.contains(&Direction::Up) && detections.contains(&Direction::Down));
}

#[test]
fn the_window_of_adwin_is_that_of_river() {
    let mut window = Adwin::<12>::new();
    let mut detections = 0;
    for (i, row) in rows().into_iter().enumerate() {
        let detected = window.push(row.value).is_some();
        assert_eq!(
            (detected, window.width()),
            (row.adwin, row.width),
            "value {i}"
        );
        #[expect(clippy::cast_precision_loss, reason = "some thousand values")]
        let width = window.width() as f64;
        assert!((window.mean() * width - row.total).abs() < 1e-8);
        assert!((window.variance() * width - row.squares).abs() < 1e-8);
        detections += u32::from(detected);
    }
    assert!(detections >= 3);
}

#[test]
fn the_divergence_is_that_of_scipy() {
    let rows = rows();
    let mut learned: Vec<f32> = rows.iter().take(500).map(|row| row.value).collect();
    let mut divergence = Divergence::<200, 10>::new(Reference::of(&mut learned).unwrap());
    let mut events = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        divergence.push(row.value);
        match divergence.divergence() {
            Some(nats) => assert!((nats - row.divergence).abs() < 1e-5, "value {i}: {nats}"),
            None => assert!(i < 199),
        }
        while let Some(event) = divergence.poll_event() {
            events.push((i, event));
        }
    }
    // Once up, once more after the ramp came back through the reference.
    let [
        (first, DriftEvent::Alerted { divergence: nats }),
        (_, DriftEvent::CanaryStarted { share }),
        ..,
    ] = events[..]
    else {
        panic!("{events:?}")
    };
    assert!((1000..1100).contains(&first) && nats > 0.15 && share == 0.05);
    assert!(
        events
            .iter()
            .any(|(_, event)| matches!(event, DriftEvent::Settled { .. }))
            || events.len() == 2
    );
}

#[test]
fn an_alert_comes_once_until_it_settles() {
    let mut learned: Vec<f32> = (0..100_u8).map(f32::from).collect();
    let mut divergence = Divergence::<50, 5>::new(Reference::of(&mut learned).unwrap())
        .canary(0.1)
        .unwrap();
    let mut feed = |values: &mut dyn Iterator<Item = u8>| {
        let mut events = Vec::new();
        for value in values {
            divergence.push(f32::from(value));
            events.extend(core::iter::from_fn(|| divergence.poll_event()));
        }
        events
    };
    assert_eq!(feed(&mut (0..100).step_by(2)), []);
    let began = feed(&mut core::iter::repeat_n(99, 500));
    assert!(matches!(
        began[..],
        [
            DriftEvent::Alerted { .. },
            DriftEvent::CanaryStarted { share: 0.1 }
        ]
    ));
    let settled = feed(&mut (0..100).step_by(2));
    assert!(matches!(settled[..], [DriftEvent::Settled { .. }]));
    assert_eq!(feed(&mut core::iter::repeat_n(0, 100)).len(), 2);
}

#[test]
fn values_that_did_not_change_raise_no_alert() {
    let rows = rows();
    let mut learned: Vec<f32> = rows.iter().take(500).map(|row| row.value).collect();
    let mut divergence = Divergence::<200, 10>::new(Reference::of(&mut learned).unwrap());
    for row in &rows[500..1000] {
        divergence.push(row.value);
        assert_eq!(divergence.poll_event(), None);
    }
    assert!(!divergence.is_drifted());
}

#[test]
fn a_new_reference_starts_anew() {
    let mut learned: Vec<f32> = (0..100_u8).map(f32::from).collect();
    let reference = Reference::of(&mut learned).unwrap();
    let mut divergence = Divergence::<50, 5>::new(reference).threshold(0.3).unwrap();
    (0..50).for_each(|_| divergence.push(7.0));
    assert!(divergence.is_drifted());
    let sevens = Reference::new([7.0, 8.0, 9.0, 10.0, 11.0], [50, 0, 0, 0, 0]).unwrap();
    divergence.rebase(sevens);
    assert_eq!(
        (divergence.poll_event(), divergence.divergence()),
        (None, None)
    );
    (0..50).for_each(|_| divergence.push(7.0));
    assert_eq!(
        (divergence.poll_event(), divergence.divergence()),
        (None, Some(0.0))
    );
}

#[test]
fn what_is_out_of_range_is_refused_when_it_is_made() {
    assert!(
        PageHinkley::new().threshold(0.0).is_err() && PageHinkley::new().tolerance(-1.0).is_err()
    );
    assert!(PageHinkley::new().fading(1.5).is_err() && PageHinkley::new().fading(1.0).is_ok());
    assert!(Adwin::<4>::new().delta(0.0).is_err() && Adwin::<4>::new().delta(1.0).is_err());
    assert!(
        Reference::<2>::of(&mut [1.0; 19]).is_err() && Reference::<2>::of(&mut [1.0; 20]).is_ok()
    );
    assert!(Reference::<2>::of(&mut [f32::NAN; 40]).is_err());
    assert!(Reference::new([2.0, 1.0, 3.0], [1; 3]).is_err());
    assert!(Reference::new([f32::NAN, 1.0, 3.0], [1; 3]).is_err());
    assert!(Reference::new([1.0, 2.0, 3.0], [0; 3]).is_err());
}

#[test]
fn a_sample_with_holes_is_that_without_them() {
    let mut holes: Vec<f32> = (0..60_u8).map(f32::from).collect();
    let whole = Reference::<3>::of(&mut holes.clone()).unwrap();
    holes.extend([f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY]);
    assert_eq!(Reference::<3>::of(&mut holes).unwrap(), whole);
}

proptest! {
    #[test]
    fn windows_are_bounded_and_figures_finite(
        values in proptest::collection::vec(prop_oneof![4 => -1.0_f32..1.0, 1 => proptest::num::f32::ANY], 0..800),
    ) {
        let mut window = Adwin::<4>::new();
        let mut test = PageHinkley::new().at_least(5);
        let mut learned: Vec<f32> = (0..40_u8).map(|i| f32::from(i) / 40.0).collect();
        let mut divergence = Divergence::<30, 3>::new(Reference::of(&mut learned).unwrap());
        for &value in &values {
            window.push(value);
            test.push(value);
            divergence.push(value);
            prop_assert!(window.width() <= 5 * 15 + 1);
            prop_assert!(window.mean().is_finite() && window.variance().is_finite() && window.variance() >= 0.0);
            prop_assert!(divergence.divergence().is_none_or(|nats| nats.is_finite() && nats >= 0.0));
        }
        let holes = values.iter().filter(|value| !value.is_finite()).count() as u64;
        prop_assert_eq!((window.skipped(), test.skipped(), divergence.skipped()), (holes, holes, holes));
    }

    #[test]
    fn equal_values_are_never_a_change(value in -1e6_f32..1e6, count in 0_usize..2000) {
        let mut window = Adwin::<16>::new();
        let mut test = PageHinkley::new();
        for _ in 0..count {
            prop_assert_eq!((window.push(value), test.push(value)), (None, None));
        }
        prop_assert_eq!(window.width(), count as u64);
    }
}
