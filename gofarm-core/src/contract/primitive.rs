//! [`Validate`] and [`Describe`] for numbers, `bool`, [`Text`], arrays and `Option`.

use super::{
    Describe, Found, Number, Numeric, Place, Repr, Schema, Validate, Value, Violation, derived,
};
use crate::text::Text;

macro_rules! integers {
    ($($primitive:ty => $repr:ident),+) => {$(
        impl Describe for $primitive {
            const SCHEMA: Schema = Schema::Numeric(Numeric::new(Repr::$repr));

            #[inline]
            fn visit(&self, place: &Place, visit: &mut dyn FnMut(&Place, Value<'_>)) {
                visit(place, Value::Number(Number::from(*self)));
            }
        }

        /// Every value of the type is valid.
        impl Validate for $primitive {
            #[inline]
            fn validate(&self) -> Result<(), Violation> {
                Ok(())
            }
        }
    )+};
}

integers!(u8 => U8, u16 => U16, u32 => U32, u64 => U64, i8 => I8, i16 => I16, i32 => I32, i64 => I64);

macro_rules! floats {
    ($($primitive:ty => $repr:ident),+) => {$(
        impl Describe for $primitive {
            const SCHEMA: Schema = Schema::Numeric(Numeric::new(Repr::$repr));

            #[inline]
            fn visit(&self, place: &Place, visit: &mut dyn FnMut(&Place, Value<'_>)) {
                visit(place, Value::Number(Number::from(*self)));
            }
        }

        /// Every finite value is valid.
        impl Validate for $primitive {
            #[inline]
            fn validate(&self) -> Result<(), Violation> {
                if self.is_finite() {
                    Ok(())
                } else {
                    Err(Violation::new(Found::Number(Number::from(*self)), &Self::SCHEMA))
                }
            }
        }
    )+};
}

floats!(f32 => F32, f64 => F64);

impl Describe for bool {
    const SCHEMA: Schema = Schema::Boolean;

    #[inline]
    fn visit(&self, place: &Place, visit: &mut dyn FnMut(&Place, Value<'_>)) {
        visit(place, Value::Boolean(*self));
    }
}

impl Validate for bool {
    #[inline]
    fn validate(&self) -> Result<(), Violation> {
        Ok(())
    }
}

impl<const N: usize> Describe for Text<N> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a Text holds at most 255 bytes"
    )]
    const SCHEMA: Schema = Schema::Text { max_len: N as u32 };

    fn visit(&self, place: &Place, visit: &mut dyn FnMut(&Place, Value<'_>)) {
        visit(place, Value::Text(self.as_ref()));
    }
}

/// Every text that fits is valid.
impl<const N: usize> Validate for Text<N> {
    #[inline]
    fn validate(&self) -> Result<(), Violation> {
        Ok(())
    }
}

impl<T: Describe, const N: usize> Describe for [T; N] {
    const SCHEMA: Schema = Schema::Array {
        items: &T::SCHEMA,
        len: derived::array_len(N),
    };

    fn visit(&self, place: &Place, visit: &mut dyn FnMut(&Place, Value<'_>)) {
        for (item, index) in self.iter().zip(0..) {
            item.visit(&place.step(index), visit);
        }
    }
}

impl<T: Validate + Describe, const N: usize> Validate for [T; N] {
    #[inline]
    fn validate(&self) -> Result<(), Violation> {
        for (item, index) in self.iter().zip(0..) {
            item.validate()
                .map_err(|violation| violation.within(&Self::SCHEMA, index))?;
        }
        Ok(())
    }

    #[inline]
    fn is_valid(&self) -> bool {
        self.iter().all(T::is_valid)
    }

    fn validate_all(&self, visit: &mut dyn FnMut(Violation)) {
        for (item, index) in self.iter().zip(0..) {
            item.validate_all(&mut |violation| visit(violation.within(&Self::SCHEMA, index)));
        }
    }
}

impl<T: Describe> Describe for Option<T> {
    const SCHEMA: Schema = Schema::Optional(&T::SCHEMA);

    fn visit(&self, place: &Place, visit: &mut dyn FnMut(&Place, Value<'_>)) {
        if let Some(value) = self {
            value.visit(place, visit);
        }
    }
}

/// Absent values are valid.
impl<T: Validate> Validate for Option<T> {
    #[inline]
    fn validate(&self) -> Result<(), Violation> {
        match self {
            Some(value) => value.validate(),
            None => Ok(()),
        }
    }

    #[inline]
    fn is_valid(&self) -> bool {
        self.as_ref().is_none_or(T::is_valid)
    }

    fn validate_all(&self, visit: &mut dyn FnMut(Violation)) {
        if let Some(value) = self {
            value.validate_all(visit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_names_the_element() {
        let values = [Some(1.0), None, Some(f64::NAN)];
        let violation = values.validate().unwrap_err();
        assert_eq!(violation.to_string(), "[2]: NaN is not a finite number");
    }

    #[test]
    fn all_violations_are_visited_in_order() {
        let mut seen = Vec::new();
        [[f32::NAN, 1.0], [2.0, f32::INFINITY]].validate_all(&mut |v| seen.push(v.to_string()));
        assert_eq!(
            seen,
            [
                "[0][0]: NaN is not a finite number",
                "[1][1]: inf is not a finite number"
            ]
        );
    }

    #[test]
    fn the_longest_array_is_walked_to_its_end() {
        // A shorter one where each instruction is interpreted.
        const LEN: usize = if cfg!(miri) { 300 } else { 65_535 };
        let mut values = [0.0_f32; LEN];
        assert_eq!(values.validate(), Ok(()));
        values[LEN - 1] = f32::NAN;
        let violation = values.validate().unwrap_err();
        let message = format!("[{}]: NaN is not a finite number", LEN - 1);
        assert_eq!(violation.to_string(), message);
    }

    #[test]
    fn depth_counts_path_segments() {
        assert_eq!(f32::SCHEMA.depth(), 0);
        assert_eq!(<[[f32; 2]; 2]>::SCHEMA.depth(), 2);
        assert_eq!(<Option<[bool; 1]>>::SCHEMA.depth(), 1);
    }
}
