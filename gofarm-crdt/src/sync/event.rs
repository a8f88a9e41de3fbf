//! What a session tells its owner: [`Event`].

use crate::dot::{Actor, Dot};
use crate::ledger::{CellRef, Refusal};

/// Something that happened in a session; see [`Session::poll_event`](super::Session::poll_event).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The peer's greeting arrived: it is there, as this actor; both sides begin anew.
    Greeted(Actor),
    /// All that is durable here is durable there, and all that the peer said it has is here.
    Synced,
    /// The peer was away for too long and is given the full state.
    PeerBehindHorizon,
    /// This replica was away for too long and is given the full state; nothing is sent until it ends.
    AdoptionBegun,
    /// The full state has arrived.
    AdoptionEnded,
    /// The full state did not come, and the peer waits for one as well: this side feeds it with what it has.
    AdoptionGivenUp,
    /// The peer wanted this replica to take over its full state, but may not bring all of it: refused, and nothing
    /// here was replaced. If this replica lost its store and has nobody else to ask, believe the peer as a
    /// [`relay`](super::PeerIdentity::relay) for one session.
    FullStateNotGranted,
    /// The peer does not take over the full state from this side: see
    /// [`FullStateNotGranted`](Self::FullStateNotGranted). Writes go on both ways; that the peer has everything is not
    /// claimed until another has mended it.
    FullStateRefused,
    /// The peer's clock says that this write is from the future: write the cell anew. It is offered again
    /// later too, in case the peer's clock was wrong.
    RestampNeeded {
        /// The cell.
        cell: CellRef,
        /// The write.
        dot: Dot,
    },
    /// The peer refused a cell; it is offered again later.
    Refused {
        /// The cell.
        cell: CellRef,
        /// The write for which it was sent.
        dot: Dot,
        /// Why.
        why: PeerRefusal,
    },
    /// A cell that came was refused; the peer was told.
    Rejected(Refusal),
    /// The peer brought a write, or a claim of one, for which it has no grant; it was refused.
    NotGranted(Dot),
    /// The peer has a write of this very actor that was never written here: a copy of this store is
    /// running. Open the store anew, so that this replica gets another incarnation.
    Impostor(Dot),
    /// A cell that is larger than this link can carry in fragments, or than the peer may take; not sent.
    TooLarge {
        /// The cell.
        cell: CellRef,
        /// Its size in bytes.
        bytes: usize,
    },
    /// The peer speaks only other versions of the protocol.
    Incompatible {
        /// The oldest that it speaks.
        oldest: u8,
        /// The newest.
        newest: u8,
    },
}

/// Why a peer refused a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PeerRefusal {
    /// It knows no cell by this birth; it gets the full name next. Not reported.
    UnknownBirth,
    /// Its clock is far behind the time-stamp.
    AheadOfClock,
    /// The write bears its name, but it did not write it.
    Impostor,
    /// This side may not bring writes of this actor there.
    NotGranted,
    /// The content does not fit its field.
    Unreadable,
    /// It has no room.
    Full,
    /// A reason that this version does not know.
    Other,
}

impl PeerRefusal {
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Other => 0,
            Self::UnknownBirth => 1,
            Self::AheadOfClock => 2,
            Self::Impostor => 3,
            Self::NotGranted => 4,
            Self::Unreadable => 5,
            Self::Full => 6,
        }
    }

    pub(super) const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::UnknownBirth,
            2 => Self::AheadOfClock,
            3 => Self::Impostor,
            4 => Self::NotGranted,
            5 => Self::Unreadable,
            6 => Self::Full,
            _ => Self::Other,
        }
    }
}

impl From<Refusal> for PeerRefusal {
    fn from(refusal: Refusal) -> Self {
        use crate::field::JoinError;
        match refusal {
            Refusal::UnknownBirth(_) => Self::UnknownBirth,
            Refusal::AheadOfClock { .. } => Self::AheadOfClock,
            Refusal::Impostor(_) => Self::Impostor,
            Refusal::Full(_) | Refusal::Join(JoinError::Full(_)) => Self::Full,
            Refusal::Name { .. } | Refusal::UnknownState | Refusal::UnknownField(_) => Self::Other,
            Refusal::Join(_) => Self::Unreadable,
        }
    }
}
