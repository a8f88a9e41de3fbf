//! The cell of kind [`CellKind::Marks`] with typed values.

use core::cmp::Ordering;
use core::fmt;
use core::marker::PhantomData;

use crate::capacity::{Capacity, List};
use crate::cell::lattice::{Lattice, Met, Present, change, check_dots, compare, other_kind};
use crate::cell::{self, CellKind, CellWriter, Content};
use crate::dot::{Actor, Dot};
use crate::error::{Full, Malformed};
use crate::field::JoinError;
use crate::value::Value;

/// The last write of each writer, live as long as no later write has seen it; `P` says how it is read.
pub(crate) struct Marks<V, C: Capacity, P> {
    // Sorted by actor.
    marks: C::Few<Mark<V>>,
    reading: PhantomData<fn() -> P>,
}

#[derive(Clone)]
pub(crate) struct Mark<V> {
    dot: Dot,
    value: Option<V>,
}

/// How the live marks of a cell are read.
pub(crate) trait Reading<V> {
    /// Whether several live marks are a conflict, and another set of them another value.
    const KEEPS_ALL: bool;

    /// Whether a reader finds something.
    fn is_present<'a>(live: impl Iterator<Item = &'a V>) -> bool
    where
        V: 'a;
}

/// It is present if any mark is live.
pub(crate) struct AnyLive;

impl<V> Reading<V> for AnyLive {
    const KEEPS_ALL: bool = false;

    fn is_present<'a>(mut live: impl Iterator<Item = &'a V>) -> bool
    where
        V: 'a,
    {
        live.next().is_some()
    }
}

/// It is present if an adding mark is live and no removing one.
pub(crate) struct RemovalWins;

impl Reading<bool> for RemovalWins {
    const KEEPS_ALL: bool = false;

    fn is_present<'a>(mut live: impl Iterator<Item = &'a bool>) -> bool {
        live.next()
            .is_some_and(|first| *first && live.all(|added| *added))
    }
}

/// Each live mark is a value.
pub(crate) struct AllLive;

impl<V> Reading<V> for AllLive {
    const KEEPS_ALL: bool = true;

    fn is_present<'a>(mut live: impl Iterator<Item = &'a V>) -> bool
    where
        V: 'a,
    {
        live.next().is_some()
    }
}

impl<V, C: Capacity, P> Marks<V, C, P> {
    /// The live marks, in the order of actors.
    pub(crate) fn live(&self) -> impl Iterator<Item = (Dot, &V)> + '_ {
        self.marks
            .as_slice()
            .iter()
            .filter_map(|mark| mark.value.as_ref().map(|value| (mark.dot, value)))
    }

    /// Whether a write of `actor` has room.
    pub(crate) fn admits(&self, actor: Actor) -> Result<(), Full> {
        if self.marks.room() > 0 || self.find(actor).is_ok() {
            Ok(())
        } else {
            Err(Full {
                limit: self.marks.as_slice().len(),
            })
        }
    }

    /// Writes locally: every mark dies that this write has seen, all that are here. The actor must have been
    /// [admitted](Self::admits).
    pub(crate) fn set(&mut self, value: Option<V>, dot: Dot) {
        for mark in self.marks.as_mut_slice() {
            mark.value = None;
        }
        let done = self.put(Mark { dot, value });
        debug_assert!(done.is_ok(), "the writer was admitted");
    }

    /// Writes locally beside the marks of others, which live on; the writer's own one is replaced. The actor
    /// must have been [admitted](Self::admits).
    pub(crate) fn add(&mut self, value: V, dot: Dot) {
        let done = self.put(Mark {
            dot,
            value: Some(value),
        });
        debug_assert!(done.is_ok(), "the writer was admitted");
    }

    fn put(&mut self, mark: Mark<V>) -> Result<(), Full> {
        match self.find(mark.dot.actor()) {
            Ok(at) => {
                if let Some(slot) = self.marks.as_mut_slice().get_mut(at) {
                    *slot = mark;
                }
                Ok(())
            }
            Err(at) => self.marks.insert(at, mark),
        }
    }

    fn find(&self, actor: Actor) -> Result<usize, usize> {
        self.marks
            .as_slice()
            .binary_search_by(|mark| mark.dot.actor().cmp(&actor))
    }
}

impl<V: Value, C: Capacity, P> Marks<V, C, P> {
    /// What must change here for `theirs` to be merged, if anything.
    fn taken(&self, theirs: &cell::Mark<'_>) -> Result<Option<Mark<V>>, JoinError> {
        let ours = self
            .find(theirs.dot.actor())
            .ok()
            .and_then(|at| self.marks.as_slice().get(at));
        let is_news = match ours {
            None => true,
            Some(ours) => match theirs.dot.counter().cmp(&ours.dot.counter()) {
                Ordering::Less => false,
                Ordering::Greater => true,
                // Dead beats live. Two live values of one dot are forged; the greater one, everywhere.
                Ordering::Equal => match (ours.value.as_ref(), theirs.value) {
                    (None, _) => false,
                    (Some(_), None) => true,
                    (ours, theirs) => {
                        let ours = ours.map(|value| value as &dyn Value);
                        compare(ours, theirs).is_lt()
                    }
                },
            },
        };
        if !is_news {
            return Ok(None);
        }
        Ok(Some(Mark {
            dot: theirs.dot,
            value: theirs.value.map(V::from_bytes).transpose()?,
        }))
    }
}

impl<V, C: Capacity, P: Reading<V>> Present for Marks<V, C, P> {
    fn is_present(&self) -> bool {
        P::is_present(self.live().map(|(_, value)| value))
    }
}

impl<V: Value, C: Capacity, P: Reading<V>> Lattice for Marks<V, C, P> {
    fn kind(&self) -> CellKind {
        CellKind::Marks
    }

    fn is_empty(&self) -> bool {
        self.marks.as_slice().is_empty()
    }

    fn write(&self, out: &mut dyn CellWriter) {
        let marks = self.marks.as_slice();
        if !marks.is_empty() {
            let mut each = marks.iter().map(|mark| {
                let value = mark.value.as_ref().map(|value| value as &dyn Value);
                (mark.dot, value)
            });
            out.marks(marks.len(), &mut each);
        }
    }

    fn dots(&self, each: &mut dyn FnMut(Dot) -> bool) -> bool {
        self.marks.as_slice().iter().all(|mark| each(mark.dot))
    }

    fn join(&mut self, content: &Content<'_>) -> Result<Met, JoinError> {
        let Content::Marks(theirs) = *content else {
            return Err(other_kind(CellKind::Marks, content));
        };
        if theirs.is_empty() {
            return Err(Malformed::Invalid("a cell without a write").into());
        }
        check_dots(theirs.iter().map(|mark| mark.dot))?;
        // First all that may fail: room, then the values.
        let new = theirs
            .iter()
            .filter(|mark| self.find(mark.dot.actor()).is_err())
            .count();
        if new > self.marks.room() {
            return Err(JoinError::Full(Full {
                limit: self.marks.as_slice().len() + self.marks.room(),
            }));
        }
        let mut taken = C::Few::<Mark<V>>::default();
        for mark in theirs {
            if let Some(mark) = self.taken(mark)? {
                taken.push(mark)?;
            }
        }
        if taken.as_slice().is_empty() {
            return Ok(Met::NOTHING);
        }

        let before = self.is_present();
        let mut live_changed = false;
        let mut came = None;
        for mark in drain(taken) {
            let (dot, is_live) = (mark.dot, mark.value.is_some());
            let was_live = self.find(dot.actor()).is_ok_and(|at| {
                self.marks
                    .as_slice()
                    .get(at)
                    .is_some_and(|m| m.value.is_some())
            });
            live_changed |= is_live || was_live;
            if is_live {
                came = came.or(Some(dot));
            }
            self.put(mark)?;
        }
        let conflict = came.filter(|_| P::KEEPS_ALL).and_then(|came| {
            let other = self.live().map(|(dot, _)| dot).find(|dot| *dot != came);
            other.map(|other| (other, came))
        });
        Ok(Met {
            change: change(before, self.is_present(), P::KEEPS_ALL && live_changed),
            conflict,
        })
    }

    fn has_remains(&self) -> bool {
        self.marks
            .as_slice()
            .iter()
            .any(|mark| mark.value.is_none())
    }

    fn settle(&mut self, stable: &dyn Fn(Dot) -> bool) -> bool {
        if self.dots(&mut |dot| stable(dot)) {
            // Live marks stay, also those that keep an element away: a later write must see them to end them.
            let mut at = 0;
            while let Some(mark) = self.marks.as_slice().get(at) {
                if mark.value.is_none() {
                    self.marks.remove(at);
                } else {
                    at += 1;
                }
            }
        }
        self.is_empty()
    }
}

/// Takes the items out of a list, in order.
fn drain<T, L: List<T>>(mut list: L) -> impl Iterator<Item = T> {
    core::iter::from_fn(move || list.remove(0))
}

impl<V, C: Capacity, P> Default for Marks<V, C, P> {
    fn default() -> Self {
        Self {
            marks: Default::default(),
            reading: PhantomData,
        }
    }
}

impl<V: Clone, C: Capacity, P> Clone for Marks<V, C, P> {
    fn clone(&self) -> Self {
        Self {
            marks: super::clone_list(&self.marks),
            reading: PhantomData,
        }
    }
}

impl<V: fmt::Debug, C: Capacity, P> fmt::Debug for Marks<V, C, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(
                self.marks
                    .as_slice()
                    .iter()
                    .map(|mark| (mark.dot, &mark.value)),
            )
            .finish()
    }
}
