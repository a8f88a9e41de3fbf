//! [`Value`] and [`Place`]: what a described value holds, leaf by leaf, and where each leaf stands in its contract.

use super::violation::MAX_DEPTH;
use super::{Access, Number, Path, Property, Schema};

/// One leaf of a described value, as [`Describe::each_value`](super::Describe::each_value) hands it out.
///
/// ```
/// use gofarm_core::contract::{Number, Value};
/// use gofarm_core::Describe;
///
/// #[derive(Describe)]
/// enum Mode { Auto, Manual }
/// #[derive(Describe)]
/// struct Zone { mode: Mode, flow: Option<f32>, layers: [f32; 2] }
///
/// let mut seen = Vec::new();
/// Zone { mode: Mode::Manual, flow: None, layers: [0.2, 0.3] }.each_value(&mut |place, value| {
///     seen.push((place.number(), format!("{value:?}")));
/// });
/// assert_eq!(seen[0], (0, format!("{:?}", Value::Variant(1))));
/// assert_eq!(seen[1], (2, format!("{:?}", Value::Number(Number::F32(0.2))))); // flow, number 1, is absent
/// assert_eq!(seen.len(), 3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(
    clippy::exhaustive_enums,
    reason = "a writer has to handle every kind of leaf; a new one is a breaking change anyway"
)]
pub enum Value<'a> {
    /// `true` or `false`.
    Boolean(bool),
    /// A number; nothing says that it is within its limits.
    Number(Number),
    /// Text; nothing says that it is short enough.
    Text(&'a str),
    /// The variant of an enumeration, counted from 0 in the order of declaration.
    Variant(u16),
}

/// Where a leaf stands in its contract.
///
/// ```
/// use gofarm_core::contract::{Access, Segment};
/// use gofarm_core::Describe;
///
/// #[derive(Describe)]
/// struct Layer {
///     #[prop(range = 0.0..=0.6, unit = "m3/m3")]
///     water: f32,
/// }
/// #[derive(Describe)]
/// struct Profile { layers: [Layer; 2] }
///
/// let profile = Profile { layers: [Layer { water: 0.2 }, Layer { water: 0.3 }] };
/// let mut last = None;
/// profile.each_value(&mut |place, _| last = Some(*place));
/// let place = last.ok_or("a leaf")?;
/// let path: Vec<Segment> = place.path().collect();
/// assert_eq!(path, [Segment::Field("layers"), Segment::Index(1), Segment::Field("water")]);
/// assert_eq!((place.number(), place.access()), (1, Access::Read));
/// let unit = place.schema().numeric().and_then(|limits| limits.unit_code());
/// assert_eq!(unit.map(|unit| unit.code()), Some("m3/m3"));
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Place {
    root: &'static Schema,
    schema: &'static Schema,
    property: Option<&'static Property>,
    access: Access,
    number: u32,
    /// The way from `root`, innermost step first, in the last `depth` elements.
    steps: [u16; MAX_DEPTH],
    depth: u8,
}

impl Place {
    /// The outermost value, of this schema.
    #[must_use]
    pub const fn new(root: &'static Schema) -> Self {
        Self {
            root,
            schema: root,
            property: None,
            access: Access::Read,
            number: 0,
            steps: [0; MAX_DEPTH],
            depth: 0,
        }
    }

    /// The field or element `step` of the value here; derived code and arrays call it.
    ///
    /// A step that the schema does not have leads nowhere new. Beyond [`MAX_DEPTH`] steps the path is cut; a derived
    /// contract that deep does not compile.
    #[must_use]
    pub fn step(mut self, step: u16) -> Self {
        match self.schema.present() {
            Schema::Record(properties) => {
                let Some((property, before)) = properties
                    .get(..=usize::from(step))
                    .and_then(<[Property]>::split_last)
                else {
                    return self;
                };
                let leaves = before.iter().map(|property| property.schema().leaves());
                self.number = leaves.fold(self.number, u32::saturating_add);
                if self.access == Access::Read {
                    self.access = property.accessible();
                }
                self.property = Some(property);
                self.schema = property.schema();
            }
            Schema::Array { items, .. } => {
                let before = items.leaves().saturating_mul(u32::from(step));
                self.number = self.number.saturating_add(before);
                self.schema = items;
            }
            _ => return self,
        }
        let free = MAX_DEPTH.saturating_sub(usize::from(self.depth));
        if let Some(slot) = self.steps.get_mut(..free).and_then(<[u16]>::last_mut) {
            *slot = step;
            self.depth += 1;
        }
        self
    }

    /// The way here, outermost step first.
    #[must_use]
    pub fn path(&self) -> Path<'_> {
        let free = MAX_DEPTH.saturating_sub(usize::from(self.depth));
        Path::new(self.root, self.steps.get(free..).unwrap_or_default())
    }

    /// The schema of the value here, without `Optional`.
    #[must_use]
    pub const fn schema(&self) -> &'static Schema {
        self.schema.present()
    }

    /// The innermost property on the way; `None` for a value that stands in no record.
    #[must_use]
    pub const fn property(&self) -> Option<&'static Property> {
        self.property
    }

    /// Who may change the value: what the outermost property that is not [`Access::Read`] says.
    #[must_use]
    pub const fn access(&self) -> Access {
        self.access
    }

    /// How many leaves stand before this one in the contract, absent ones counted: a number that stays the same as
    /// long as the contract does.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }
}
