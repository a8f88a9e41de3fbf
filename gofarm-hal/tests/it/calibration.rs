//! Laws of calibration curves.

use gofarm_hal::calibration::{Beyond, Piecewise, Polynomial, TemperatureCompensation, TwoPoint};
use proptest::prelude::*;

fn number() -> impl Strategy<Value = f32> {
    prop_oneof![-1e6_f32..1e6, -1.0_f32..1.0, Just(0.0), any::<f32>()]
}

proptest! {
    #[test]
    fn monotone_in_is_monotone_out(
        mut counts in prop::array::uniform5(-1e6_f32..1e6),
        mut values in prop::array::uniform5(-1e6_f32..1e6),
        falls: bool,
        a in -1.1e6_f32..1.1e6,
        b in -1.1e6_f32..1.1e6,
    ) {
        counts.sort_by(f32::total_cmp);
        values.sort_by(f32::total_cmp);
        if falls {
            values.reverse();
        }
        let points = core::array::from_fn(|i| (counts[i], values[i]));
        let Ok(table) = Piecewise::<5>::new(points) else {
            // Only counts that are the same are refused.
            prop_assert!(counts.windows(2).any(|pair| pair[0] == pair[1]));
            return Ok(());
        };
        let table = table.beyond(Beyond::Clamp);
        let (low, high) = if a <= b { (a, b) } else { (b, a) };
        let (at_low, at_high) = (table.value(low).unwrap(), table.value(high).unwrap());
        if falls {
            prop_assert!(at_low >= at_high);
        } else {
            prop_assert!(at_low <= at_high);
        }
    }

    #[test]
    fn a_value_is_between_the_values_of_its_neighbours(
        low in (-1e6_f32..0.0, -1e6_f32..1e6),
        high in (1.0_f32..1e6, -1e6_f32..1e6),
        part in 0.0_f32..=1.0,
    ) {
        let raw = low.0 + (high.0 - low.0) * part;
        let (bottom, top) = (low.1.min(high.1), low.1.max(high.1));
        if let Ok(value) = TwoPoint::new(low, high).unwrap().value(raw) {
            prop_assert!((bottom..=top).contains(&value));
        }
        prop_assert_eq!(TwoPoint::new(low, high).unwrap().value(low.0), Ok(low.1));
        prop_assert_eq!(TwoPoint::new(low, high).unwrap().value(high.0), Ok(high.1));
    }

    #[test]
    fn both_orders_of_two_points_are_one_line(
        first in (number(), number()),
        second in (number(), number()),
        raw in number(),
    ) {
        match (TwoPoint::new(first, second), TwoPoint::new(second, first)) {
            (Ok(one), Ok(other)) => prop_assert_eq!(one.value(raw).ok(), other.value(raw).ok()),
            (one, other) => prop_assert!(one.is_err() && other.is_err()),
        }
    }

    #[test]
    fn no_curve_gives_what_is_not_finite(
        points in prop::array::uniform3((number(), number())),
        coefficients in prop::array::uniform4(number()),
        range in (number(), number()),
        far in number(),
        raw in number(),
        temperature in number(),
    ) {
        let values = [
            TwoPoint::new(points[0], points[1]).ok().and_then(|c| c.valid_to(far).value(raw).ok()),
            TwoPoint::new(points[0], points[1])
                .ok()
                .and_then(|c| c.beyond(Beyond::Clamp).value(raw).ok()),
            Piecewise::new(points).ok().and_then(|c| c.beyond(Beyond::Clamp).value(raw).ok()),
            Polynomial::new(coefficients, range)
                .ok()
                .and_then(|c| c.beyond(Beyond::Clamp).value(raw).ok()),
        ];
        for value in values.into_iter().flatten() {
            prop_assert!(value.is_finite());
        }
        if let Ok(at_25) = TemperatureCompensation::DEFAULT.to_25_celsius(raw, temperature) {
            prop_assert!(at_25 >= 0.0);
        }
    }

    #[test]
    fn refused_is_what_is_outside_and_nothing_else(
        low in -1e6_f32..0.0,
        width in 1.0_f32..1e6,
        raw in number(),
    ) {
        let high = low + width;
        let is_inside = raw >= low && raw <= high;
        let line = TwoPoint::new((low, 0.0), (high, 1.0)).unwrap();
        prop_assert_eq!(line.value(raw).is_ok(), is_inside);
        let table = Piecewise::new([(low, 0.0), (high, 1.0)]).unwrap();
        prop_assert_eq!(table.value(raw).is_ok(), is_inside);
        let curve = Polynomial::new([0.0, 1.0], (low, high)).unwrap();
        prop_assert_eq!(curve.value(raw).is_ok(), is_inside);
    }
}

#[cfg(feature = "serde")]
#[test]
fn stored_curves_come_back_and_broken_ones_do_not() {
    let line = TwoPoint::new((1.0, 2.0), (3.0, 5.0)).unwrap();
    let line = line.valid_to(9.0).beyond(Beyond::Clamp);
    let text = serde_json::to_string(&line).unwrap();
    assert_eq!(serde_json::from_str::<TwoPoint>(&text).unwrap(), line);
    let same = text.replace("3.0", "1.0");
    assert!(serde_json::from_str::<TwoPoint>(&same).is_err());

    let table = Piecewise::new([(0.0, 1.0), (2.0, 3.0), (4.0, 9.0)]).unwrap();
    let text = serde_json::to_string(&table).unwrap();
    assert_eq!(serde_json::from_str::<Piecewise<3>>(&text).unwrap(), table);
    assert!(serde_json::from_str::<Piecewise<2>>(&text).is_err());
    assert!(serde_json::from_str::<Piecewise<4>>(&text).is_err());
    let bumpy = text.replace("9.0", "0.5");
    assert!(serde_json::from_str::<Piecewise<3>>(&bumpy).is_err());

    let curve = Polynomial::new([1.0, 0.5], (0.0, 10.0)).unwrap();
    let text = serde_json::to_string(&curve).unwrap();
    assert_eq!(serde_json::from_str::<Polynomial<2>>(&text).unwrap(), curve);

    let text = serde_json::to_string(&TemperatureCompensation::DEFAULT).unwrap();
    let stored: TemperatureCompensation = serde_json::from_str(&text).unwrap();
    assert_eq!(stored, TemperatureCompensation::DEFAULT);
    assert!(serde_json::from_str::<TemperatureCompensation>(r#"{"coefficient":2.0}"#).is_err());
}
