//! What the typed cells have in common, so that fields of one cell and of many are written once.

use core::cmp::Ordering;

use crate::cell::{CellKind, CellWriter, Content};
use crate::dot::Dot;
use crate::error::Malformed;
use crate::field::{Change, JoinError};
use crate::value::{Sink, Value};

/// What a reader may find something in.
pub(crate) trait Present {
    /// Whether a reader finds something here.
    fn is_present(&self) -> bool;
}

/// A cell with typed values.
pub(crate) trait Lattice: Present {
    /// Which lattice it is.
    fn kind(&self) -> CellKind;

    /// Whether nothing was ever written here.
    fn is_empty(&self) -> bool;

    /// Hands the content over; nothing if it is empty.
    fn write(&self, out: &mut dyn CellWriter);

    /// See [`Field::dots`](crate::field::Field::dots).
    fn dots(&self, each: &mut dyn FnMut(Dot) -> bool) -> bool;

    /// Merges received content; on an error nothing was changed.
    fn join(&mut self, content: &Content<'_>) -> Result<Met, JoinError>;

    /// See [`Field::has_remains`](crate::field::Field::has_remains).
    fn has_remains(&self) -> bool;

    /// See [`Field::settle`](crate::field::Field::settle).
    fn settle(&mut self, stable: &dyn Fn(Dot) -> bool) -> bool;
}

/// What a merge did to one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Met {
    pub(crate) change: Change,
    pub(crate) conflict: Option<(Dot, Dot)>,
}

impl Met {
    pub(crate) const NOTHING: Self = Self {
        change: Change::None,
        conflict: None,
    };
}

/// What a reader sees of a change: it was there `before`, it is there `after`, and it is `other` than it was.
pub(crate) const fn change(before: bool, after: bool, other: bool) -> Change {
    match (before, after) {
        (false, true) => Change::Created,
        (true, false) => Change::Deleted,
        (true, true) if other => Change::Updated,
        _ => Change::Hidden,
    }
}

/// The error for content of another kind.
pub(crate) const fn other_kind(expected: CellKind, content: &Content<'_>) -> JoinError {
    JoinError::Kind {
        expected,
        found: content.kind(),
    }
}

/// Refuses a list of dots that is not sorted by actor, names one twice, or holds a write number 0.
pub(crate) fn check_dots(dots: impl Iterator<Item = Dot>) -> Result<(), JoinError> {
    let mut last = None;
    for dot in dots {
        if dot.counter() == 0 || last.is_some_and(|last| last >= dot.actor()) {
            return Err(Malformed::Invalid("the list of dots").into());
        }
        last = Some(dot.actor());
    }
    Ok(())
}

/// Compares encoded values as bytes, none before any: what decides between two values of one dot, which
/// only a forged or reused dot can have.
pub(crate) fn compare(ours: Option<&dyn Value>, theirs: Option<&[u8]>) -> Ordering {
    match (ours, theirs) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(ours), Some(theirs)) => {
            let mut sink = Against {
                rest: theirs,
                order: Ordering::Equal,
            };
            ours.encode(&mut sink);
            sink.order.then(if sink.rest.is_empty() {
                Ordering::Equal
            } else {
                Ordering::Less
            })
        }
    }
}

/// Compares what is put with bytes that are there.
struct Against<'a> {
    rest: &'a [u8],
    order: Ordering,
}

impl Sink for Against<'_> {
    fn put(&mut self, bytes: &[u8]) {
        if self.order.is_ne() {
            return;
        }
        let (head, rest) = self.rest.split_at(bytes.len().min(self.rest.len()));
        self.order = bytes.cmp(head);
        self.rest = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_as_bytes() {
        for (ours, theirs, order) in [
            (300_u64, &[0xac, 0x02][..], Ordering::Equal),
            (300, &[0xac], Ordering::Greater),
            (300, &[0xac, 0x02, 0], Ordering::Less),
            (300, &[0xad], Ordering::Less),
            (300, &[0xab, 0xff], Ordering::Greater),
        ] {
            assert_eq!(compare(Some(&ours), Some(theirs)), order, "{theirs:?}");
        }
        assert_eq!(compare(None, Some(&[])), Ordering::Less);
        assert_eq!(compare(Some(&1_u64), None), Ordering::Greater);
    }
}
