//! The register whose concurrent values wait for a person.

use core::fmt;

use gofarm_core::error::{Classify, Kind};

use crate::capacity::{Capacity, Growing};
use crate::cell::lone::Lone;
use crate::cell::marks::{AllLive, Marks};
use crate::dot::Dot;
use crate::error::Full;
use crate::field::Edit;
use crate::field::forward::forward_field;
use crate::timestamp::Timestamp;
use crate::value::Value;

mod entry;

use entry::{Agreed, Decision, Entry, Rejected};

/// One value; of different ones written without knowing of each other none counts until a person decides.
///
/// As long as writes know of each other, each is agreed at once. When two meet that did not, both are *held*:
/// reading gives the value that was agreed before them, further writes join the held ones, and a person
/// [approves](Edit::approve) one or [rejects](Edit::reject_all) all. Decisions are writes: they reach every
/// replica, stand against writes that did not know of them (which are held), can be
/// [reversed](Edit::reverse), and when two persons decided differently without knowing of each other, that is
/// held as well. Everyone reads the same from the same writes.
///
/// What was agreed before is the oldest of the values that the held writes replaced, since it is the one that
/// all of the writers knew; if a person had decided on any of them, the latest such. A decision remembers up
/// to 4 rejected values, until the next write.
///
/// ```
/// use gofarm_crdt::dot::{Actor, ReplicaId};
/// use gofarm_crdt::field::Pen;
/// use gofarm_crdt::merge::Merge;
/// use gofarm_crdt::register::{Asked, Person};
/// use gofarm_crdt::Timestamp;
///
/// let north = Pen::new(Actor::new(ReplicaId::new(1), 1), 0, Timestamp::from_bits(8), &());
/// let south = Pen::new(Actor::new(ReplicaId::new(2), 1), 0, Timestamp::from_bits(9), &());
/// let mut here = Asked::new();
/// north.edit(&mut here, 0).set(20_u64);
/// let mut there = here.clone();
/// north.edit(&mut here, 0).set(25);
/// south.edit(&mut there, 0).set(30);
/// here.merge(&there)?;
/// assert!(here.is_held() && here.get() == Some(&20));
///
/// let (dot, ..) = here.proposals().find(|(.., value)| *value == Some(&30)).ok_or("no such")?;
/// north.edit(&mut here, 0).approve(dot, Person::new(41))?;
/// assert!(!here.is_held() && here.get() == Some(&30));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Asked<T, C: Capacity = Growing> {
    cells: Lone<Marks<Entry<T>, C, AllLive>>,
}

/// The number of a person who may decide, given by the integrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Person(u64);

impl Person {
    /// The person with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// Why a decision was not written; nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum DecideError {
    /// There is no such write among those that are held or were rejected.
    #[error("no value to decide on was written by this write")]
    Unknown,
    /// Nothing is held.
    #[error("no values are held")]
    NotHeld,
    /// The value does not come from a decision, or is contested.
    #[error("the value is not one decision to reverse")]
    NotDecided,
    /// This writer is new and there is no room for it.
    #[error(transparent)]
    Full(#[from] Full),
}

impl Classify for DecideError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unknown | Self::NotHeld | Self::NotDecided => Kind::Invalid,
            Self::Full(full) => full.kind(),
        }
    }
}

#[cfg(feature = "alloc")]
impl<T> Asked<T> {
    /// Not written yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<T: PartialEq, C: Capacity> Asked<T, C> {
    /// The agreed value; nothing if there never was one.
    #[must_use]
    pub fn get(&self) -> Option<&T> {
        self.agreed().and_then(|agreed| agreed.value)
    }

    /// Whether different values wait for a decision.
    #[must_use]
    pub fn is_held(&self) -> bool {
        differ(self.live().map(|(_, entry)| &entry.value))
    }

    /// The values that wait for a decision, each with its write and time, in the order of writers; a value
    /// that stands by decision among them. Nothing stands for "no value", which somebody decided for.
    pub fn proposals(&self) -> impl Iterator<Item = (Dot, Timestamp, Option<&T>)> + '_ {
        let is_held = self.is_held();
        self.live()
            .filter(move |_| is_held)
            .map(|(dot, entry)| (dot, entry.stamp, entry.value.as_ref()))
    }

    /// Who decided for the agreed value and when; nothing if nobody did or if it is contested.
    #[must_use]
    pub fn decision(&self) -> Option<(Person, Timestamp)> {
        let (_, entry) = self.only_live()?;
        Some((entry.decision.as_ref()?.by, entry.stamp))
    }

    /// What the standing decision rejected, each with its write and time, from the earliest; any of them can
    /// be [approved](Edit::approve) still.
    pub fn rejected(&self) -> impl Iterator<Item = (Dot, Timestamp, Option<&T>)> + '_ {
        self.live()
            .filter_map(|(_, entry)| entry.decision.as_ref())
            .flat_map(|decision| &decision.rejected)
            .map(|rejected| (rejected.dot, rejected.stamp, rejected.value.as_ref()))
    }

    fn live(&self) -> impl Iterator<Item = (Dot, &Entry<T>)> + '_ {
        self.cells.cell.live()
    }

    fn only_live(&self) -> Option<(Dot, &Entry<T>)> {
        let mut live = self.live();
        live.next().filter(|_| live.next().is_none())
    }

    fn agreed(&self) -> Option<Agreed<&T>> {
        let decided = || self.live().filter(|(_, entry)| entry.decision.is_some());
        if decided().next().is_some() {
            agreed_of(decided)
        } else {
            agreed_of(|| self.live())
        }
    }
}

fn differ<'a, T: PartialEq + 'a>(mut values: impl Iterator<Item = &'a Option<T>>) -> bool {
    values
        .next()
        .is_some_and(|first| values.any(|other| other != first))
}

/// What is agreed by these writes: their value if they have the same, else what was agreed before them.
fn agreed_of<'a, T: PartialEq + 'a, I: Iterator<Item = (Dot, &'a Entry<T>)>>(
    live: impl Fn() -> I,
) -> Option<Agreed<&'a T>> {
    if !differ(live().map(|(_, entry)| &entry.value)) {
        let (_, first) = live().min_by_key(|(dot, entry)| (entry.stamp, *dot))?;
        return Some(Agreed {
            stamp: first.stamp,
            is_decided: first.decision.is_some(),
            value: first.value.as_ref(),
        });
    }
    let before = || live().map(|(dot, entry)| (dot, &entry.before));
    let decided = before()
        .filter(|(_, before)| before.is_decided)
        .max_by_key(|(dot, before)| (before.stamp, *dot));
    let oldest = || before().min_by_key(|(dot, before)| (before.stamp, *dot));
    let (_, agreed) = decided.or_else(oldest)?;
    Some(Agreed {
        stamp: agreed.stamp,
        is_decided: agreed.is_decided,
        value: agreed.value.as_ref(),
    })
}

impl<T: Value + Clone + PartialEq, C: Capacity> Edit<'_, Asked<T, C>> {
    /// Writes a value. It is agreed at once, unless values are held: then it is held beside them, in the
    /// place of what this writer had among them.
    ///
    /// # Errors
    /// [`Full`] if this writer is new and there is no room for it; nothing changed.
    pub fn try_set(&mut self, value: T) -> Result<(), Full> {
        self.put(Some(value), None)
    }

    /// Decides for a value that is held, was rejected by the standing decision, or is agreed.
    ///
    /// # Errors
    /// [`DecideError::Unknown`] if no such value was written by `dot`; [`DecideError::Full`] if this writer
    /// is new and there is no room for it. Nothing changed.
    pub fn approve(&mut self, dot: Dot, by: Person) -> Result<(), DecideError> {
        let held = self.live().find(|(other, _)| *other == dot);
        let value = match held {
            Some((_, entry)) => entry.value.clone(),
            None => self
                .rejected()
                .find(|(other, ..)| *other == dot)
                .map(|(.., value)| value.cloned())
                .ok_or(DecideError::Unknown)?,
        };
        self.decide(value, by)
    }

    /// Decides for the value that is agreed, against all others that are held.
    ///
    /// # Errors
    /// [`DecideError::NotHeld`] if there are none; [`DecideError::Full`] if this writer is new and there is
    /// no room for it. Nothing changed.
    pub fn reject_all(&mut self, by: Person) -> Result<(), DecideError> {
        if !self.is_held() {
            return Err(DecideError::NotHeld);
        }
        let value = self.get().cloned();
        self.decide(value, by)
    }

    /// Takes the standing decision back: what was agreed before it is agreed again, what it was for counts
    /// as rejected.
    ///
    /// # Errors
    /// [`DecideError::NotDecided`] if the value was not decided for or is contested; [`DecideError::Full`]
    /// if this writer is new and there is no room for it. Nothing changed.
    pub fn reverse(&mut self, by: Person) -> Result<(), DecideError> {
        let standing = self.only_live().map(|(_, entry)| entry);
        let standing = standing
            .filter(|entry| entry.decision.is_some())
            .ok_or(DecideError::NotDecided)?;
        let value = standing.before.value.clone();
        self.decide(value, by)
    }

    fn decide(&mut self, value: Option<T>, by: Person) -> Result<(), DecideError> {
        let mut decision = Decision::new(by);
        let live = self
            .live()
            .map(|(dot, entry)| (dot, entry.stamp, entry.value.as_ref()));
        for (dot, stamp, other) in live.chain(self.rejected()) {
            if other != value.as_ref() {
                decision.reject(Rejected {
                    dot,
                    stamp,
                    value: other.cloned(),
                });
            }
        }
        Ok(self.put(value, Some(decision))?)
    }

    fn put(&mut self, value: Option<T>, decision: Option<Decision<T>>) -> Result<(), Full> {
        self.cells.cell.admits(self.pen.actor())?;
        let before = match self.agreed() {
            Some(agreed) => Agreed {
                stamp: agreed.stamp,
                is_decided: agreed.is_decided,
                value: agreed.value.cloned(),
            },
            None => Agreed {
                stamp: Timestamp::ZERO,
                is_decided: false,
                value: None,
            },
        };
        let joins_held = decision.is_none() && self.is_held();
        self.sign(0, |field, dot, stamp| {
            let entry = Entry {
                // Later than what it replaces, also where the clock is behind.
                stamp: stamp.max(before.stamp.next()),
                value,
                before,
                decision,
            };
            let cell = &mut field.cells.cell;
            if joins_held {
                cell.add(entry, dot);
            } else {
                cell.set(Some(entry), dot);
            }
        });
        Ok(())
    }
}

#[cfg(feature = "alloc")]
impl<T: Value + Clone + PartialEq> Edit<'_, Asked<T>> {
    /// Writes a value. It is agreed at once, unless values are held: then it is held beside them, in the
    /// place of what this writer had among them.
    pub fn set(&mut self, value: T) {
        let done = self.try_set(value);
        debug_assert!(done.is_ok(), "a growing register has room");
    }
}

#[cfg(feature = "alloc")]
impl<T: Value> crate::map::Nested for Asked<T> {
    fn has_content(&self) -> bool {
        self.cells.cell.live().next().is_some()
    }

    fn reset(edit: &mut Edit<'_, Self>) {
        edit.sign(0, |field, dot, _| field.cells.cell.set(None, dot));
    }
}

forward_field!(impl[T: Value, C: Capacity] for Asked<T, C>);

impl<T, C: Capacity> Default for Asked<T, C> {
    fn default() -> Self {
        Self {
            cells: Lone::default(),
        }
    }
}

impl<T: fmt::Debug, C: Capacity> fmt::Debug for Asked<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cells.cell.fmt(f)
    }
}
