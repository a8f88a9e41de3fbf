//! [`Violation`]: what broke a contract, where, and which limit.

use core::fmt;

use super::{Number, Numeric, Schema};
use crate::error::{Classify, Kind};

/// The deepest nesting that a contract may have, in path segments; a deeper one does not compile.
pub const MAX_DEPTH: usize = 6;

/// One step of a path into a value: a field's name, or an element's index.
///
/// ```
/// use gofarm_core::contract::Segment;
/// use gofarm_core::{Describe, Validate};
///
/// #[derive(Describe)]
/// struct Profile {
///     #[prop(range = 0.0..=0.6, unit = "m3/m3")]
///     water: [f32; 2],
/// }
///
/// let violation = Profile { water: [0.3, 0.7] }.validate().unwrap_err();
/// let path: Vec<Segment> = violation.path().collect();
/// assert_eq!(path, [Segment::Field("water"), Segment::Index(1)]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(
    clippy::exhaustive_enums,
    reason = "these are all the ways into a value"
)]
pub enum Segment {
    /// A record's field.
    Field(&'static str),
    /// An array's element, from 0.
    Index(u16),
}

/// What was found where the contract wanted something else.
///
/// ```
/// use gofarm_core::contract::{Found, Number};
/// use gofarm_core::{Describe, Validate};
///
/// #[derive(Describe)]
/// struct Label {
///     #[prop(max_len = 4)]
///     name: String,
/// }
///
/// let too_long = Label { name: "north".into() }.validate().unwrap_err();
/// assert_eq!(too_long.found(), Found::Length(5));
/// let not_finite = f64::INFINITY.validate().unwrap_err();
/// assert_eq!(not_finite.found(), Found::Number(Number::F64(f64::INFINITY)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Found {
    /// A number outside its limits, not a number, or not a multiple of its step.
    Number(Number),
    /// Text of this many bytes, which is more than the contract allows.
    Length(u32),
}

/// What broke a contract, where, and which limit; no allocation.
///
/// ```
/// use gofarm_core::{Describe, Validate};
///
/// #[derive(Describe)]
/// struct Layer {
///     #[prop(range = 0.0..=0.6, unit = "m3/m3")]
///     water: f32,
/// }
/// #[derive(Describe)]
/// struct Profile { layers: [Layer; 2] }
///
/// let wet = Profile { layers: [Layer { water: 0.3 }, Layer { water: 0.7 }] };
/// assert_eq!(
///     wet.validate().unwrap_err().to_string(),
///     "layers[1].water: 0.7 is outside 0..=0.6 m3/m3",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Violation {
    found: Found,
    /// The outermost value that is known to surround the broken one, or that value itself.
    root: &'static Schema,
    /// The way from `root`, innermost step first; the first `depth` are used.
    steps: [u16; MAX_DEPTH],
    depth: u8,
}

impl Violation {
    /// Something found that breaks `schema`.
    #[cold]
    #[must_use]
    pub const fn new(found: Found, schema: &'static Schema) -> Self {
        Self {
            found,
            root: schema,
            steps: [0; MAX_DEPTH],
            depth: 0,
        }
    }

    /// The same violation seen from the value around it: the field or element `step` of a value with `schema`.
    ///
    /// Beyond [`MAX_DEPTH`] steps the outer ones are left out; a derived contract that deep does not compile.
    #[cold]
    #[must_use]
    pub const fn within(mut self, schema: &'static Schema, step: u16) -> Self {
        if (self.depth as usize) < MAX_DEPTH {
            self.steps[self.depth as usize] = step;
            self.depth += 1;
            self.root = schema;
        }
        self
    }

    /// What was found.
    #[must_use]
    pub const fn found(&self) -> Found {
        self.found
    }

    /// The way to the value, outermost step first.
    #[must_use]
    pub fn path(&self) -> Path<'_> {
        Path {
            schema: self.root,
            steps: self
                .steps
                .get(..usize::from(self.depth))
                .unwrap_or_default(),
        }
    }

    /// The schema that the value broke, with its limits.
    #[must_use]
    pub fn schema(&self) -> &'static Schema {
        let mut path = self.path();
        while path.next().is_some() {}
        path.schema.present()
    }
}

/// The way into a value, outermost step first; made by [`Violation::path`] and [`Place::path`](super::Place::path).
///
/// See [`Segment`] for an example.
#[derive(Clone, Debug)]
pub struct Path<'a> {
    schema: &'static Schema,
    /// Innermost first.
    steps: &'a [u16],
}

impl<'a> Path<'a> {
    /// The way from a value of `schema`; `steps` innermost first.
    pub(super) const fn new(schema: &'static Schema, steps: &'a [u16]) -> Self {
        Self { schema, steps }
    }
}

impl Iterator for Path<'_> {
    type Item = Segment;

    fn next(&mut self) -> Option<Segment> {
        let (step, rest) = self.steps.split_last()?;
        let (segment, inner) = match self.schema.present() {
            Schema::Record(properties) => {
                let property = properties.get(usize::from(*step))?;
                (Segment::Field(property.name()), property.schema())
            }
            Schema::Array { items, .. } => (Segment::Index(*step), *items),
            _ => return None,
        };
        self.steps = rest;
        self.schema = inner;
        Some(segment)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, segment) in self.path().enumerate() {
            match segment {
                Segment::Field(name) if i == 0 => f.write_str(name)?,
                Segment::Field(name) => write!(f, ".{name}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        if self.depth > 0 {
            f.write_str(": ")?;
        }
        match (self.found, self.schema()) {
            (Found::Number(found), Schema::Numeric(limits)) => write_numeric(f, found, limits),
            (Found::Number(found), _) => write!(f, "{found} is not allowed"),
            (Found::Length(found), Schema::Text { max_len }) => {
                write!(f, "text of {found} bytes is longer than {max_len}")
            }
            (Found::Length(found), _) => write!(f, "text of {found} bytes is too long"),
        }
    }
}

fn write_numeric(f: &mut fmt::Formatter<'_>, found: Number, limits: &Numeric) -> fmt::Result {
    let is_bounded = limits.min().is_some() || limits.max().is_some();
    if is_bounded && !limits.encloses(found) {
        write!(f, "{found} is outside ")?;
        if let Some(min) = limits.min() {
            write!(f, "{min}")?;
        }
        f.write_str("..")?;
        if let Some(max) = limits.max() {
            write!(f, "={max}")?;
        }
    } else if !found.is_finite() {
        write!(f, "{found} is not a finite number")?;
    } else if let Some(step) = limits.resolution() {
        write!(f, "{found} is not a multiple of {step}")?;
    } else {
        write!(f, "{found} is not allowed")?;
    }
    match limits.unit_code() {
        Some(unit) => write!(f, " {unit}"),
        None => Ok(()),
    }
}

impl core::error::Error for Violation {}

impl Classify for Violation {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Property, Repr};
    use crate::quantity::Unit;

    const PH: Schema = Schema::Numeric(
        Numeric::new(Repr::F32)
            .at_least(Number::F32(0.0))
            .at_most(Number::F32(14.0))
            .unit(Unit::new("[pH]")),
    );
    const STEPPED: Schema = Schema::Numeric(
        Numeric::new(Repr::U16)
            .at_least(Number::U64(10))
            .step(Number::U64(5)),
    );
    const ZONE: Schema = Schema::Record(&[
        Property::new("ph", PH),
        Property::new("name", Schema::Optional(&Schema::Text { max_len: 8 })),
    ]);
    const ZONES: Schema = Schema::Array {
        items: &ZONE,
        len: 4,
    };
    const FARM: Schema = Schema::Record(&[Property::new("zones", ZONES)]);

    #[test]
    fn a_message_says_what_where_and_which_limit() {
        let number = |n, schema| Violation::new(Found::Number(n), schema);
        let free = const { &Schema::Numeric(Numeric::new(Repr::F64)) };
        let name = Violation::new(Found::Length(9), &Schema::Text { max_len: 8 })
            .within(&ZONE, 1)
            .within(&ZONES, 3)
            .within(&FARM, 0);
        let rows = [
            (
                number(Number::F32(f32::NAN), &PH).within(&ZONE, 0),
                "ph: NaN is outside 0..=14 [pH]",
            ),
            (
                number(Number::F64(f64::INFINITY), free),
                "inf is not a finite number",
            ),
            (number(Number::U64(5), &STEPPED), "5 is outside 10.."),
            (
                number(Number::U64(12), &STEPPED),
                "12 is not a multiple of 5",
            ),
            (name, "zones[3].name: text of 9 bytes is longer than 8"),
        ];
        for (violation, message) in rows {
            assert_eq!(violation.to_string(), message);
        }
    }

    #[test]
    fn a_path_that_is_too_deep_starts_further_in() {
        let mut violation = Violation::new(Found::Number(Number::F32(15.0)), &PH).within(&ZONE, 0);
        for _ in 0..2 * MAX_DEPTH {
            violation = violation.within(&ZONES, 1);
        }
        assert_eq!(violation.depth as usize, MAX_DEPTH);
    }

    #[test]
    fn a_violation_stays_small() {
        assert!(size_of::<Violation>() <= 40);
    }
}
