//! What was predicted and what came.

use gofarm_core::time::{Instant, hours, secs};
use gofarm_sched::feedback::{Feedback, FeedbackEvent};
use proptest::prelude::*;

/// One prediction and its measurement 30 s later.
fn round(feedback: &mut Feedback<u8>, now: &mut Instant, predicted: f32, measured: f32) {
    feedback.predict(1, predicted, *now);
    *now += secs(30);
    feedback.measure(&1, measured, *now);
}

#[test]
fn a_prediction_is_compared_after_30_s_and_not_later_than_60() {
    let mut feedback = Feedback::new();
    let at = Instant::from_secs;
    feedback.predict(1, 1.0, at(0));
    assert!(feedback.measure(&1, 1.0, at(29)).is_none());
    assert!(feedback.measure(&1, 1.0, at(60)).is_some());
    assert!(feedback.measure(&1, 1.0, at(60)).is_none(), "compared once");
    feedback.predict(1, 1.0, at(100));
    assert!(feedback.measure(&1, 9.0, at(161)).is_none(), "too late");
    assert_eq!(
        (feedback.weight(&1), feedback.history(&1).count()),
        (1.0, 1)
    );
    // One that lapsed does not stand in the way of the next.
    feedback.predict(1, 1.0, at(200));
    feedback.predict(1, 5.0, at(300));
    let comparison = feedback.measure(&1, 5.0, at(330)).unwrap();
    assert_eq!((comparison.predicted(), comparison.relative()), (5.0, 0.0));
}

#[test]
fn an_error_above_15_percent_asks_for_training_once() {
    let (mut feedback, mut now) = (Feedback::new(), Instant::ZERO);
    round(&mut feedback, &mut now, 1.0, 1.14);
    round(&mut feedback, &mut now, 1.0, 0.86);
    assert_eq!(feedback.poll_event(), None);
    round(&mut feedback, &mut now, 1.0, 0.75);
    round(&mut feedback, &mut now, 1.0, 1.5);
    assert_eq!(
        feedback.poll_event(),
        Some(FeedbackEvent::RetrainAsked {
            node: 1,
            error: 0.25
        })
    );
    assert_eq!(feedback.poll_event(), None);
    feedback.retrained(&1);
    assert_eq!(
        (feedback.history(&1).count(), feedback.mean_error(&1)),
        (0, None)
    );
    round(&mut feedback, &mut now, 1.0, 1.5);
    assert_eq!(
        feedback.poll_event(),
        Some(FeedbackEvent::RetrainAsked {
            node: 1,
            error: 0.5
        })
    );
    // Nobody trained: after 2 h it is asked again.
    for _ in 0..239 {
        round(&mut feedback, &mut now, 1.0, 1.5);
    }
    assert_eq!(feedback.poll_event(), None);
    round(&mut feedback, &mut now, 1.0, 1.5);
    assert!(feedback.poll_event().is_some());
}

#[test]
fn history_is_2_h_and_bounded() {
    let (mut feedback, mut now) = (Feedback::new(), Instant::ZERO);
    for _ in 0..1000 {
        round(&mut feedback, &mut now, 1.0, 1.1);
    }
    assert_eq!(feedback.history(&1).count(), 240);
    let oldest = feedback.history(&1).map(|(at, _)| at).min().unwrap();
    assert!(now.saturating_since(oldest) <= hours(2));
    assert!(
        feedback
            .mean_error(&1)
            .is_some_and(|error| (error - 0.1).abs() < 1e-6)
    );
    now += hours(3);
    round(&mut feedback, &mut now, 1.0, 1.0);
    assert_eq!(feedback.history(&1).count(), 1);
}

#[test]
fn a_node_that_is_gone_is_forgotten() {
    let (mut feedback, mut now) = (Feedback::new(), Instant::ZERO);
    round(&mut feedback, &mut now, 1.0, 3.0);
    assert!(feedback.weight(&1) < 1.0);
    feedback.remove(&1);
    assert_eq!((feedback.weight(&1), feedback.poll_event()), (1.0, None));
}

#[test]
fn what_is_out_of_range_is_refused_or_ignored() {
    assert!(Feedback::<u8>::new().retrain_above(0.0).is_err());
    assert!(Feedback::<u8>::new().floor(f32::NAN).is_err());
    let mut feedback = Feedback::new()
        .floor(0.1)
        .unwrap()
        .retrain_above(0.5)
        .unwrap();
    let mut now = Instant::ZERO;
    round(&mut feedback, &mut now, 0.0, 0.04);
    assert_eq!(
        feedback.poll_event(),
        None,
        "0.04 of a floor of 0.1 is 40 %"
    );
    round(&mut feedback, &mut now, f32::NAN, 1.0);
    round(&mut feedback, &mut now, 1.0, f32::INFINITY);
    assert_eq!(feedback.history(&1).count(), 1);
}

fn value() -> impl Strategy<Value = f32> {
    prop_oneof![4 => 0.0_f32..10.0, 1 => proptest::num::f32::ANY]
}

proptest! {
    #[test]
    fn weights_are_bounded_and_finite(rounds in proptest::collection::vec((value(), value()), 0..200)) {
        let (mut feedback, mut now) = (Feedback::new(), Instant::ZERO);
        for (predicted, measured) in rounds {
            round(&mut feedback, &mut now, predicted, measured);
            prop_assert!((0.3..=2.0).contains(&feedback.weight(&1)));
            prop_assert!(feedback.mean_error(&1).is_none_or(f32::is_finite));
        }
        prop_assert!(core::iter::from_fn(|| feedback.poll_event()).count() <= 1);
    }

    #[test]
    fn a_forecast_that_is_met_brings_the_weight_back_to_1(
        rounds in proptest::collection::vec((value(), value()), 0..100), met in 0.01_f32..10.0,
    ) {
        let (mut feedback, mut now) = (Feedback::new(), Instant::ZERO);
        for (predicted, measured) in rounds {
            round(&mut feedback, &mut now, predicted, measured);
        }
        now += secs(100);
        for _ in 0..100 {
            let before = (feedback.weight(&1) - 1.0).abs();
            round(&mut feedback, &mut now, met, met);
            prop_assert!((feedback.weight(&1) - 1.0).abs() <= before);
        }
        prop_assert!((feedback.weight(&1) - 1.0).abs() < 1e-4);
    }

    #[test]
    fn a_steady_error_makes_a_steady_weight(slower in -0.9_f32..3.0) {
        let (mut feedback, mut now) = (Feedback::new(), Instant::ZERO);
        for _ in 0..150 {
            round(&mut feedback, &mut now, 1.0, 1.0 + slower);
        }
        let expected = (1.0 - slower).clamp(0.3, 2.0);
        prop_assert!((feedback.weight(&1) - expected).abs() < 1e-3);
    }

    #[test]
    fn a_node_slower_than_predicted_loses_weight(predicted in 0.01_f32..10.0, slower in 0.01_f32..5.0) {
        let (mut feedback, mut now) = (Feedback::new(), Instant::ZERO);
        round(&mut feedback, &mut now, predicted, predicted * (1.0 + slower));
        prop_assert!(feedback.weight(&1) < 1.0);
    }
}
