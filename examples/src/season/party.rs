//! [`Party`]: who holds a copy of the farm and speaks with the others through a broker.

use core::fmt;

use gofarm_crdt::dot::ReplicaId;
use serde::{Deserialize, Serialize};

/// A gateway in the field or the cloud node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) enum Party {
    /// The gateway of fields 1 and 2.
    Gateway1,
    /// The gateway of field 3.
    Gateway2,
    /// The node with plans, forecasts, configuration and firmware.
    Cloud,
}

impl Party {
    /// Every party, in order of [`index`](Self::index).
    pub(super) const ALL: [Self; 3] = [Self::Gateway1, Self::Gateway2, Self::Cloud];

    /// As tables and records spell it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Gateway1 => "gateway 1",
            Self::Gateway2 => "gateway 2",
            Self::Cloud => "cloud",
        }
    }

    /// Its place in [`ALL`](Self::ALL), for arrays with something for each party.
    pub(super) const fn index(self) -> usize {
        match self {
            Self::Gateway1 => 0,
            Self::Gateway2 => 1,
            Self::Cloud => 2,
        }
    }

    /// Its name in topics, and that of its client at a broker.
    pub(super) const fn replica(self) -> ReplicaId {
        ReplicaId::new(match self {
            Self::Gateway1 => 1,
            Self::Gateway2 => 2,
            Self::Cloud => 3,
        })
    }

    /// The other two, in order.
    pub(super) fn others(self) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |&party| party != self)
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_party_has_a_place_and_a_number_of_its_own() {
        for (place, party) in Party::ALL.into_iter().enumerate() {
            assert_eq!(party.index(), place);
            assert_eq!(party.others().count(), 2);
            assert!(
                party
                    .others()
                    .all(|other| other.replica() != party.replica())
            );
        }
    }
}
