//! What tells the series of one instrument apart: [`Labels`], owned, and the borrowed sets they are found by.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{BuildHasher, Hash, Hasher};

use gofarm_core::observe::Label;

use crate::attribute::{Attribute, Value};

/// The labels of one series, sorted by key; keys do not repeat, and clones share them.
///
/// ```
/// use gofarm_otel::attribute::Attribute;
/// use gofarm_otel::instrument::Labels;
///
/// let labels = Labels::new(&[Attribute::text("zone", "north"), Attribute::int("port", 7)]);
/// let keys: Vec<_> = labels.iter().map(|label| label.key).collect();
/// assert_eq!(keys, ["port", "zone"]);
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Labels(Arc<[(Cow<'static, str>, Owned)]>);

/// A value of our own.
#[derive(Clone, Debug)]
enum Owned {
    Text(Box<str>),
    Bool(bool),
    Int(i64),
    Double(f64),
}

/// Labels as a caller has them, in any order.
pub(crate) trait LabelSet {
    /// How many there are.
    fn count(&self) -> usize;
    /// The label at a place below [`count`](Self::count).
    fn at(&self, place: usize) -> Option<Attribute<'_>>;
    /// Its key to keep.
    fn key(&self, place: usize) -> Cow<'static, str>;
}

impl LabelSet for [Label<'_>] {
    fn count(&self) -> usize {
        self.len()
    }

    fn at(&self, place: usize) -> Option<Attribute<'_>> {
        self.get(place).map(|&label| label.into())
    }

    fn key(&self, place: usize) -> Cow<'static, str> {
        self.get(place).map_or("", |label| label.key).into()
    }
}

impl LabelSet for [Attribute<'_>] {
    fn count(&self) -> usize {
        self.len()
    }

    fn at(&self, place: usize) -> Option<Attribute<'_>> {
        self.get(place).copied()
    }

    fn key(&self, place: usize) -> Cow<'static, str> {
        let key = self.get(place).map_or("", |attribute| attribute.key);
        Cow::Owned(key.into())
    }
}

impl Labels {
    /// Those labels; of a repeated key the last value counts.
    #[must_use]
    pub fn new(attributes: &[Attribute<'_>]) -> Self {
        Self::of(attributes)
    }

    /// A copy of a borrowed set.
    pub(crate) fn of<L: LabelSet + ?Sized>(set: &L) -> Self {
        let mut labels = Vec::with_capacity(set.count());
        for place in 0..set.count() {
            if let Some(attribute) = set.at(place) {
                labels.push((set.key(place), Owned::from(attribute.value)));
            }
        }
        // The last of equal keys first: the sort is stable and `dedup_by` keeps the first.
        labels.reverse();
        labels.sort_by(|a, b| a.0.cmp(&b.0));
        labels.dedup_by(|later, first| later.0 == first.0);
        Self(labels.into())
    }

    /// The labels in the order of their keys.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Attribute<'_>> {
        self.0.iter().map(|(key, value)| Attribute {
            key,
            value: value.borrowed(),
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a set without repeated keys has the same labels, in whatever order.
    pub(crate) fn matches<L: LabelSet + ?Sized>(&self, set: &L) -> bool {
        self.len() == set.count()
            && (0..set.count()).all(|place| {
                set.at(place).is_some_and(|wanted| {
                    self.0
                        .iter()
                        .any(|(key, value)| same_text(key, wanted.key) && value.is(&wanted.value))
                })
            })
    }
}

/// Equal text; the keys of signals are constants, which are at one address.
fn same_text(a: &str, b: &str) -> bool {
    core::ptr::eq(a, b) || a == b
}

/// A hash of a set that does not depend on its order.
pub(crate) fn hash<L: LabelSet + ?Sized>(build: &impl BuildHasher, set: &L) -> u64 {
    let mut sum = 0u64;
    for place in 0..set.count() {
        if let Some(attribute) = set.at(place) {
            let mut hasher = build.build_hasher();
            attribute.key.hash(&mut hasher);
            match attribute.value {
                Value::Text(text) => text.hash(&mut hasher),
                Value::Bool(bool) => bool.hash(&mut hasher),
                Value::Int(int) => int.hash(&mut hasher),
                Value::Double(double) => double.to_bits().hash(&mut hasher),
            }
            sum = sum.wrapping_add(hasher.finish());
        }
    }
    sum
}

/// How many bytes of text a set has.
pub(crate) fn text_len<L: LabelSet + ?Sized>(set: &L) -> usize {
    let len = |attribute: Attribute<'_>| match attribute.value {
        Value::Text(text) => attribute.key.len().saturating_add(text.len()),
        Value::Bool(_) | Value::Int(_) | Value::Double(_) => attribute.key.len(),
    };
    let lens = (0..set.count()).filter_map(|place| set.at(place).map(len));
    lens.fold(0, usize::saturating_add)
}

/// Whether a key is there twice; the number of labels is small.
pub(crate) fn repeats<L: LabelSet + ?Sized>(set: &L) -> bool {
    (1..set.count()).any(|later| {
        let key = set.at(later).map(|attribute| attribute.key);
        (0..later).any(|place| set.at(place).map(|attribute| attribute.key) == key)
    })
}

impl LabelSet for Labels {
    fn count(&self) -> usize {
        self.len()
    }

    fn at(&self, place: usize) -> Option<Attribute<'_>> {
        self.0.get(place).map(|(key, value)| Attribute {
            key,
            value: value.borrowed(),
        })
    }

    fn key(&self, place: usize) -> Cow<'static, str> {
        self.0
            .get(place)
            .map_or(Cow::Borrowed(""), |(key, _)| key.clone())
    }
}

impl Owned {
    fn borrowed(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(text),
            Self::Bool(bool) => Value::Bool(*bool),
            Self::Int(int) => Value::Int(*int),
            Self::Double(double) => Value::Double(*double),
        }
    }

    /// Equal, where NaN equals itself.
    fn is(&self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Self::Text(own), Value::Text(text)) => **own == **text,
            (Self::Bool(own), Value::Bool(bool)) => own == bool,
            (Self::Int(own), Value::Int(int)) => own == int,
            (Self::Double(own), Value::Double(double)) => own.to_bits() == double.to_bits(),
            _ => false,
        }
    }
}

/// In total: texts, then truths, whole numbers and real ones (NaN included), each by their value.
impl Ord for Owned {
    fn cmp(&self, other: &Self) -> Ordering {
        let rank = |owned: &Self| match owned {
            Self::Text(_) => 0u8,
            Self::Bool(_) => 1,
            Self::Int(_) => 2,
            Self::Double(_) => 3,
        };
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Double(a), Self::Double(b)) => a.total_cmp(b),
            _ => rank(self).cmp(&rank(other)),
        }
    }
}

impl PartialOrd for Owned {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Owned {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Owned {}

impl From<Value<'_>> for Owned {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Text(text) => Self::Text(text.into()),
            Value::Bool(bool) => Self::Bool(bool),
            Value::Int(int) => Self::Int(int),
            Value::Double(double) => Self::Double(double),
        }
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.0.iter().map(|(key, value)| (key, value.borrowed()));
        f.debug_map().entries(labels).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hashbrown::DefaultHashBuilder;

    #[test]
    fn order_does_not_matter_and_the_last_of_a_repeated_key_counts() {
        let build = DefaultHashBuilder::default();
        let ab = [Attribute::text("a", "1"), Attribute::int("b", 2)];
        let ba = [ab[1], ab[0]];
        assert_eq!(hash(&build, &ab[..]), hash(&build, &ba[..]));
        let labels = Labels::new(&ab);
        assert!(labels.matches(&ba[..]));
        assert_eq!(hash(&build, &labels), hash(&build, &ab[..]));

        let twice = [Attribute::int("a", 1), Attribute::int("a", 2)];
        assert!(repeats(&twice[..]) && !repeats(&ab[..]));
        assert_eq!(Labels::new(&twice), Labels::new(&twice[1..]));
    }

    #[test]
    fn values_of_different_types_are_different_labels() {
        let values = [
            Attribute::text("k", "1"),
            Attribute::int("k", 1),
            Attribute::double("k", 1.0),
            Attribute::bool("k", true),
        ];
        for (i, a) in values.iter().enumerate() {
            for (j, b) in values.iter().enumerate() {
                let owned = Labels::new(core::slice::from_ref(a));
                assert_eq!(owned.matches(core::slice::from_ref(b)), i == j);
            }
        }
    }
}
