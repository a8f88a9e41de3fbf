//! [`Backbone`]: the way between gateways and cloud, through a broker.
//!
//! It carries packets that it cannot read, or loses them: what must arrive is repeated by those who sent it. A
//! [`Party`] is told when its own connection to the broker is there and when it is gone, never whether another party
//! is connected: nobody can know that.

mod in_process;
pub(super) mod mqtt;

use core::fmt;

use gofarm_core::time::Instant;

pub(super) use self::in_process::InProcess;

use super::party::Party;

/// What comes out of a [`Backbone`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// A packet has arrived.
    Packet {
        /// Who sent it.
        from: Party,
        /// Who receives it.
        to: Party,
        /// The packet.
        packet: Vec<u8>,
    },
    /// A party has its connection to the broker, for the first time or again.
    Found(Party),
    /// A party finds that its connection to the broker is gone.
    Lost(Party),
}

/// A broker with a connection to each party; every connection is down at the start, until it is [`Delivery::Found`].
///
/// `now` is simulated time and never goes back. Poll until nothing is left whenever
/// [`poll_timeout`](Self::poll_timeout) is due, and after each other call.
pub(super) trait Backbone: fmt::Debug {
    /// Sends a packet or loses it; packets may overtake each other and arrive twice.
    fn send(&mut self, now: Instant, from: Party, to: Party, packet: Vec<u8>);

    /// The next thing that has happened up to `now`.
    fn poll(&mut self, now: Instant) -> Option<Delivery>;

    /// When to poll again at the latest.
    fn poll_timeout(&self) -> Instant;

    /// Cuts the way between a party and the broker, or mends it.
    fn cut(&mut self, now: Instant, party: Party, is_cut: bool);

    /// Kills the broker, or starts it again; what it has not handed out yet is gone.
    fn kill(&mut self, now: Instant, is_killed: bool);
}
