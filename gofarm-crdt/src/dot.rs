//! Who wrote, and which of its writes: [`ReplicaId`], [`Actor`] and [`Dot`].
//!
//! A replica numbers its writes. The number is worth something only if it is never used twice, also not
//! after somebody restores last week's backup. So the writer is not the replica but one *incarnation* of
//! it, drawn anew each time its store is opened; a restored replica is another [`Actor`] and its numbers
//! start again without harm.
//!
//! ```
//! use gofarm_core::DeviceId;
//! use gofarm_crdt::dot::{Actor, Dot, ReplicaId};
//!
//! let gateway = ReplicaId::of(&DeviceId::new("gw-7")?);
//! let first = Dot::new(Actor::new(gateway, 0x5eed), 1);
//! assert_eq!(first.next(), Some(Dot::new(first.actor(), 2)));
//! # Ok::<(), gofarm_core::device::DeviceIdError>(())
//! ```

use core::cmp::Ordering;
use core::fmt;

use gofarm_core::DeviceId;

/// The permanent number of a replica: a device, a gateway, a cloud node.
///
/// See the [module](self) for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReplicaId(u64);

impl ReplicaId {
    /// A number given by the integrator; unique within a farm.
    #[must_use]
    pub const fn new(id: u64) -> Self {
        Self(id)
    }

    /// The number that follows from a device's name: its FNV-1a 64 hash.
    ///
    /// Among 10 000 devices two names meet with a chance of 3 in 10^12.
    #[must_use]
    pub fn of(device: &DeviceId) -> Self {
        const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0100_0000_01b3;
        let hash = device.as_str().bytes().fold(OFFSET_BASIS, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(PRIME)
        });
        Self(hash)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ReplicaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// One incarnation of a replica: the writer that a [`Dot`] belongs to.
///
/// Ordered by replica, then incarnation; the order carries no time.
///
/// See the [module](self) for an example.
#[derive(Clone, Copy, Debug, Eq, Hash)]
#[expect(
    clippy::derived_hash_with_manual_eq,
    reason = "both look at all fields"
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
// Without the 4 bytes of padding, which each mark, register and entry of a list would carry.
#[repr(Rust, packed(4))]
pub struct Actor {
    replica: ReplicaId,
    incarnation: u32,
}

impl Actor {
    /// An incarnation of `replica`; `incarnation` is drawn at random each time a store opens.
    #[must_use]
    pub const fn new(replica: ReplicaId, incarnation: u32) -> Self {
        Self {
            replica,
            incarnation,
        }
    }

    /// The replica.
    #[must_use]
    pub const fn replica(self) -> ReplicaId {
        self.replica
    }

    /// The number drawn when its store was opened.
    #[must_use]
    pub const fn incarnation(self) -> u32 {
        self.incarnation
    }
}

// As derived, but a call where flash is scarce: 12 bytes are compared in some hundred places.
impl PartialEq for Actor {
    #[cfg_attr(target_os = "none", inline(never))]
    fn eq(&self, other: &Self) -> bool {
        self.replica() == other.replica() && self.incarnation() == other.incarnation()
    }
}

impl Ord for Actor {
    #[cfg_attr(target_os = "none", inline(never))]
    fn cmp(&self, other: &Self) -> Ordering {
        self.replica()
            .cmp(&other.replica())
            .then_with(|| self.incarnation().cmp(&other.incarnation()))
    }
}

impl PartialOrd for Actor {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

// The derive would borrow packed fields.
#[cfg(feature = "defmt")]
impl defmt::Format for Actor {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(
            f,
            "{=u64:016x}/{=u32:08x}",
            self.replica().get(),
            self.incarnation()
        );
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:08x}", self.replica(), self.incarnation())
    }
}

/// One write: the writer and its number, counted from 1.
///
/// See the [module](self) for an example.
#[derive(Clone, Copy, Debug, Eq, Hash)]
#[expect(
    clippy::derived_hash_with_manual_eq,
    reason = "both look at all fields"
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
// As an actor.
#[repr(Rust, packed(4))]
pub struct Dot {
    actor: Actor,
    counter: u64,
}

impl Dot {
    /// The write number `counter` of `actor`; 0 stands before the first.
    #[must_use]
    pub const fn new(actor: Actor, counter: u64) -> Self {
        Self { actor, counter }
    }

    /// The writer.
    #[must_use]
    pub const fn actor(self) -> Actor {
        self.actor
    }

    /// Its number, from 1.
    #[must_use]
    pub const fn counter(self) -> u64 {
        self.counter
    }

    /// The write after this one, or nothing after 2^64 - 1 writes.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        match self.counter.checked_add(1) {
            Some(counter) => Some(Self::new(self.actor, counter)),
            None => None,
        }
    }
}

// As for an actor.
impl PartialEq for Dot {
    #[cfg_attr(target_os = "none", inline(never))]
    fn eq(&self, other: &Self) -> bool {
        self.counter() == other.counter() && self.actor == other.actor
    }
}

impl Ord for Dot {
    #[cfg_attr(target_os = "none", inline(never))]
    fn cmp(&self, other: &Self) -> Ordering {
        self.actor
            .cmp(&other.actor)
            .then_with(|| self.counter().cmp(&other.counter()))
    }
}

impl PartialOrd for Dot {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

// The derive would borrow packed fields.
#[cfg(feature = "defmt")]
impl defmt::Format for Dot {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}#{=u64}", self.actor(), self.counter());
    }
}

impl fmt::Display for Dot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.actor(), self.counter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_has_no_padding() {
        assert_eq!((size_of::<Actor>(), size_of::<Dot>()), (12, 20));
    }
}
