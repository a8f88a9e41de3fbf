//! [`Schema`]: the shape and limits of one value, as constant data.

use super::{Number, Property, Repr};
use crate::quantity::Unit;

/// The shape and limits of one value.
///
/// ```
/// use gofarm_core::Describe;
/// use gofarm_core::contract::Schema;
/// use gofarm_core::text::Text;
///
/// let Schema::Array { items, len } = <[Option<f32>; 4]>::SCHEMA else { unreachable!() };
/// assert_eq!(len, 4);
/// assert!(matches!(items, Schema::Optional(_)));
/// assert!(matches!(items.present(), Schema::Numeric(_)));
/// assert_eq!(<Text<32>>::SCHEMA, Schema::Text { max_len: 32 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a writer has to handle every shape; a new one is a breaking change anyway"
)]
pub enum Schema {
    /// `true` or `false`.
    Boolean,
    /// A number with limits and unit.
    Numeric(Numeric),
    /// UTF-8 text of at most `max_len` bytes.
    Text {
        /// The most bytes that fit.
        max_len: u32,
    },
    /// One of a fixed set of names.
    Enumeration(&'static [Variant]),
    /// Exactly `len` values of one schema.
    Array {
        /// The schema of each element.
        items: &'static Schema,
        /// How many elements; at most 65535 in a derived contract.
        len: u32,
    },
    /// Named values.
    Record(&'static [Property]),
    /// A value that may be absent.
    Optional(&'static Schema),
}

impl Schema {
    /// The schema of the value when it is there: without `Optional`.
    #[must_use]
    pub const fn present(&self) -> &Self {
        match self {
            Self::Optional(inner) => inner.present(),
            other => other,
        }
    }

    /// The numeric leaf below `Optional` and `Array`, where there is one.
    #[must_use]
    pub const fn numeric(&self) -> Option<&Numeric> {
        match self {
            Self::Numeric(numeric) => Some(numeric),
            Self::Optional(inner) => inner.numeric(),
            Self::Array { items, .. } => items.numeric(),
            _ => None,
        }
    }

    /// How many leaves a value of this schema has, with all that may be absent; saturating.
    #[must_use]
    pub const fn leaves(&self) -> u32 {
        match self {
            Self::Boolean | Self::Numeric(_) | Self::Text { .. } | Self::Enumeration(_) => 1,
            Self::Optional(inner) => inner.leaves(),
            Self::Array { items, len } => items.leaves().saturating_mul(*len),
            Self::Record(properties) => {
                let mut leaves: u32 = 0;
                let mut i = 0;
                while i < properties.len() {
                    leaves = leaves.saturating_add(properties[i].schema().leaves());
                    i += 1;
                }
                leaves
            }
        }
    }

    /// How many path segments a violation inside a value of this schema can need.
    #[must_use]
    pub const fn depth(&self) -> usize {
        match self {
            Self::Boolean | Self::Numeric(_) | Self::Text { .. } | Self::Enumeration(_) => 0,
            Self::Optional(inner) => inner.depth(),
            Self::Array { items, .. } => 1 + items.depth(),
            Self::Record(properties) => {
                let mut deepest = 0;
                let mut i = 0;
                while i < properties.len() {
                    let depth = properties[i].schema().depth();
                    if depth > deepest {
                        deepest = depth;
                    }
                    i += 1;
                }
                1 + deepest
            }
        }
    }
}

/// A number's representation, limits, resolution and unit.
///
/// ```
/// use gofarm_core::contract::{Number, Numeric, Repr};
/// use gofarm_core::quantity::Unit;
///
/// const OPENING: Numeric = Numeric::new(Repr::U8).at_most(Number::U64(100)).unit(Unit::new("%"));
///
/// assert!(OPENING.encloses(Number::U64(100)));
/// assert!(!OPENING.encloses(Number::F32(f32::NAN)));
/// assert_eq!(OPENING.min(), None); // none was written
/// assert_eq!(OPENING.lower(), Some(Number::U64(0))); // of the type
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Numeric {
    repr: Repr,
    min: Option<Number>,
    max: Option<Number>,
    step: Option<Number>,
    unit: Option<Unit>,
}

impl Numeric {
    /// A number of this representation without further limits.
    #[must_use]
    pub const fn new(repr: Repr) -> Self {
        Self {
            repr,
            min: None,
            max: None,
            step: None,
            unit: None,
        }
    }

    /// With an inclusive lower limit.
    #[must_use]
    pub const fn at_least(mut self, min: Number) -> Self {
        self.min = Some(min);
        self
    }

    /// With an inclusive upper limit.
    #[must_use]
    pub const fn at_most(mut self, max: Number) -> Self {
        self.max = Some(max);
        self
    }

    /// With a resolution: for integers a promise that every value is a multiple of it, for floats advice to
    /// form builders (binary floats are never exact multiples of a decimal step).
    #[must_use]
    pub const fn step(mut self, step: Number) -> Self {
        self.step = Some(step);
        self
    }

    /// With a unit.
    #[must_use]
    pub const fn unit(mut self, unit: Unit) -> Self {
        self.unit = Some(unit);
        self
    }

    /// The machine representation.
    #[must_use]
    pub const fn repr(&self) -> Repr {
        self.repr
    }

    /// The least allowed value as written in the contract; `None` if none was written.
    #[must_use]
    pub const fn min(&self) -> Option<Number> {
        self.min
    }

    /// The greatest allowed value as written in the contract; `None` if none was written.
    #[must_use]
    pub const fn max(&self) -> Option<Number> {
        self.max
    }

    /// The least possible value: the written limit, else the least of the integer type; `None` for a float without.
    #[must_use]
    pub const fn lower(&self) -> Option<Number> {
        match self.min {
            Some(min) => Some(min),
            None => self.repr.min(),
        }
    }

    /// The greatest possible value: the written limit, else the greatest of the integer type; `None` for a float without.
    #[must_use]
    pub const fn upper(&self) -> Option<Number> {
        match self.max {
            Some(max) => Some(max),
            None => self.repr.max(),
        }
    }

    /// The resolution, where one was written.
    #[must_use]
    pub const fn resolution(&self) -> Option<Number> {
        self.step
    }

    /// Whether `value` is a number within the limits, both inclusive; NaN never is, and infinity is not where no limit
    /// stands. Does not look at the step.
    #[must_use]
    pub const fn encloses(&self, value: Number) -> bool {
        let above = match self.lower() {
            Some(min) => min.at_most(value),
            None => value.is_finite(),
        };
        let below = match self.upper() {
            Some(max) => value.at_most(max),
            None => value.is_finite(),
        };
        above && below
    }

    /// The unit, where one was written.
    #[must_use]
    pub const fn unit_code(&self) -> Option<Unit> {
        self.unit
    }
}

/// One name of an enumeration.
///
/// ```
/// use gofarm_core::Describe;
/// use gofarm_core::contract::Schema;
///
/// #[derive(Describe)]
/// enum Mode {
///     /// By the schedule.
///     Auto,
///     #[prop(name = "by-hand")]
///     Manual,
/// }
///
/// let Schema::Enumeration(variants) = Mode::SCHEMA else { unreachable!() };
/// assert_eq!((variants[0].name(), variants[0].description()), ("Auto", "By the schedule."));
/// assert_eq!((variants[1].name(), variants[1].description()), ("by-hand", ""));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Variant {
    name: &'static str,
    description: &'static str,
}

impl Variant {
    /// Creates a variant; `name` is what stands in JSON, `description` may be empty.
    #[must_use]
    pub const fn new(name: &'static str, description: &'static str) -> Self {
        Self { name, description }
    }

    /// The name as it stands in JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What the variant means; empty if it was not written.
    #[must_use]
    pub const fn description(&self) -> &'static str {
        self.description
    }
}
