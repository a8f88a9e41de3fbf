//! [`Claim`]: a request with the node that it was given, as the phases after scoring see it.

use gofarm_core::time::Instant;

use crate::node::NodeId;
use crate::request::Request;
use crate::resource::DeviceSet;

/// A reservation: stays the same until it is committed, abandoned or forgotten, and is never given again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReservationId(u64);

impl ReservationId {
    /// A reservation by its number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// Work that was committed: stays the same until it is completed or its node is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PlacementId(u64);

impl PlacementId {
    pub(super) const fn of(reservation: ReservationId) -> Self {
        Self(reservation.0)
    }

    /// Its number, which is that of the reservation.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// A request with the node that it was given, as [`Reserve`](super::Reserve), [`Permit`](super::Permit) and
/// [`Bind`](super::Bind) see it, and as [`Scheduler::placement`](super::Scheduler::placement) tells it.
///
/// The node is its id only, because a claim may outlive it.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    id: ReservationId,
    request: &'a Request,
    node: NodeId,
    devices: DeviceSet,
    tag: u64,
    now: Instant,
}

impl<'a> Claim<'a> {
    /// A claim of a request on a node.
    #[must_use]
    pub const fn new(id: ReservationId, request: &'a Request, node: NodeId, now: Instant) -> Self {
        Self {
            id,
            request,
            node,
            devices: DeviceSet::EMPTY,
            tag: 0,
            now,
        }
    }

    /// The same with the accelerators that the work gets.
    #[must_use]
    pub const fn with_devices(mut self, devices: DeviceSet) -> Self {
        self.devices = devices;
        self
    }

    /// The same with what the caller knows the work by.
    #[must_use]
    pub const fn with_tag(mut self, tag: u64) -> Self {
        self.tag = tag;
        self
    }

    /// The reservation, which stays its name after it was committed.
    #[must_use]
    pub const fn id(&self) -> ReservationId {
        self.id
    }

    /// The request; its tag is [`tag`](Self::tag), for one request is kept for all that are equal.
    #[must_use]
    pub const fn request(&self) -> &'a Request {
        self.request
    }

    /// What the caller knows the work by; see [`Request::tag`].
    #[must_use]
    pub const fn tag(&self) -> u64 {
        self.tag
    }

    /// The node.
    #[must_use]
    pub const fn node(&self) -> NodeId {
        self.node
    }

    /// The accelerators that the work gets.
    #[must_use]
    pub const fn devices(&self) -> DeviceSet {
        self.devices
    }

    /// The time of the call.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }
}
