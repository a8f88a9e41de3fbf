//! Whom a session talks to, and what it may bring: [`PeerIdentity`].

use core::fmt;

use crate::capacity::{Capacity, Growing, List};
use crate::dot::{Actor, ReplicaId};
use crate::error::Full;

/// Who is at the other end and whose writes it may bring; given by the driver that authenticated it.
///
/// A session believes its link: with TLS, a radio's key or a cable the driver knows who is there. What that
/// peer may say is another matter. A valve controller speaks for itself; a gateway passes on what others wrote.
///
/// ```
/// use gofarm_crdt::dot::{Actor, ReplicaId};
/// use gofarm_crdt::sync::PeerIdentity;
///
/// let valve = ReplicaId::new(7);
/// let identity: PeerIdentity = PeerIdentity::own_only(valve);
/// assert!(identity.may_bring(Actor::new(valve, 1)));
/// assert!(!identity.may_bring(Actor::new(ReplicaId::new(8), 1)));
/// ```
pub struct PeerIdentity<C: Capacity = Growing> {
    replica: ReplicaId,
    grants: Grants<C>,
}

enum Grants<C: Capacity> {
    Own,
    Listed(C::List<ReplicaId>),
    All,
}

impl<C: Capacity> PeerIdentity<C> {
    /// A peer that may bring only what it wrote itself. Its full state is never adopted: open it as
    /// [`Replica::own_only`](crate::Replica::own_only), or on a [`Board`](crate::board::Board), which is so by itself.
    #[must_use]
    pub const fn own_only(replica: ReplicaId) -> Self {
        Self {
            replica,
            grants: Grants::Own,
        }
    }

    /// A peer that may bring what it and these replicas wrote.
    ///
    /// # Errors
    /// [`Full`] if there is no room for so many.
    pub fn relay_of(replica: ReplicaId, others: &[ReplicaId]) -> Result<Self, Full> {
        let mut listed: C::List<ReplicaId> = Default::default();
        for other in others {
            listed.push(*other)?;
        }
        Ok(Self {
            replica,
            grants: Grants::Listed(listed),
        })
    }

    /// A peer that may bring what anyone wrote: a gateway, the cloud.
    #[must_use]
    pub const fn relay(replica: ReplicaId) -> Self {
        Self {
            replica,
            grants: Grants::All,
        }
    }

    /// Who is at the other end.
    #[must_use]
    pub const fn replica(&self) -> ReplicaId {
        self.replica
    }

    /// Whether the peer may bring what anyone wrote, so that its full state is the whole.
    pub(crate) const fn is_relay(&self) -> bool {
        matches!(self.grants, Grants::All)
    }

    /// Whether the peer may bring what this actor wrote.
    #[must_use]
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn may_bring(&self, actor: Actor) -> bool {
        actor.replica() == self.replica
            || match &self.grants {
                Grants::Own => false,
                Grants::Listed(listed) => listed.as_slice().contains(&actor.replica()),
                Grants::All => true,
            }
    }
}

impl<C: Capacity> fmt::Debug for PeerIdentity<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grants: &dyn fmt::Debug = match &self.grants {
            Grants::Own => &"own",
            Grants::Listed(listed) => &listed.as_slice(),
            Grants::All => &"all",
        };
        f.debug_struct("PeerIdentity")
            .field("replica", &self.replica)
            .field("grants", grants)
            .finish()
    }
}
