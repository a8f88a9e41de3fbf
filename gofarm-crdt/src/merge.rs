//! Whole values merged, and what one lacks of another: [`Merge`], for CRDTs used without a replica.

use alloc::vec::Vec;

use crate::cell::CellCopy;
use crate::field::{Field, JoinError};
use crate::version_vector::VersionVector;

/// Merging of whole values; every CRDT of this crate has it.
///
/// Merging is commutative, associative and idempotent, and a delta does what the whole would do. A replica
/// with its registry merges cell by cell instead and needs neither.
///
/// ```
/// use gofarm_crdt::counter::GCounter;
/// use gofarm_crdt::dot::{Actor, Dot, ReplicaId};
/// use gofarm_crdt::field::Pen;
/// use gofarm_crdt::merge::Merge;
/// use gofarm_crdt::{Timestamp, VersionVector};
///
/// let me = Actor::new(ReplicaId::new(7), 1);
/// let pen = Pen::new(me, 0, Timestamp::from_bits(9), &());
/// let (mut here, mut there) = (GCounter::new(), GCounter::new());
/// pen.edit(&mut here, 0).add(120);
/// there.merge(&here.delta_since(&VersionVector::new()))?;
/// assert_eq!(there.value(), 120);
///
/// let known = VersionVector::from_iter([Dot::new(me, 1)]);
/// assert_eq!(here.delta_since(&known).value(), 0);
/// # Ok::<(), gofarm_crdt::field::JoinError>(())
/// ```
pub trait Merge: Field + Default {
    /// Merges all that `other` has. O(cells of the other).
    ///
    /// # Errors
    /// [`JoinError::Full`] if a fixed capacity is too small; a part was merged, which does no harm.
    fn merge(&mut self, other: &Self) -> Result<(), JoinError> {
        join_cells(self, other, |_| true)
    }

    /// The cells that hold a write which is not `known`. Merged into a state that has all the known writes
    /// it does what all of this would. O(cells).
    #[must_use]
    fn delta_since(&self, known: &VersionVector) -> Self {
        let mut delta = Self::default();
        let joined = join_cells(&mut delta, self, |cell| {
            !self.dots(cell, &mut |dot| known.covers(dot))
        });
        debug_assert!(joined.is_ok(), "a part fits where the whole does");
        delta
    }
}

impl<F: Field + Default> Merge for F {}

fn join_cells<F: Field>(
    into: &mut F,
    from: &F,
    wanted: impl Fn(u32) -> bool,
) -> Result<(), JoinError> {
    let (mut copy, mut key) = (CellCopy::new(), Vec::new());
    for cell in (0..from.cells()).filter(|cell| wanted(*cell)) {
        copy.clear();
        key.clear();
        from.write(cell, &mut copy);
        from.key(cell, &mut key);
        copy.read(|content| into.join(&key, content)).transpose()?;
    }
    Ok(())
}
