//! [`Flight`]: what a recording of a season holds, so that its gateways can be made anew and told the same.

use gofarm_core::time::{Instant, UnixMillis};
use gofarm_crdt::clock::Now;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::gateway::{Gateway, Input, Output};
use super::party::Party;
use super::plan::Plan;
use super::record::{Digest, Recorder};

/// The gateways of a season, in order of their [`Party::index`].
pub(super) const GATEWAYS: [Party; 2] = [Party::Gateway1, Party::Gateway2];

/// The header of a recording: what the gateways of a season are made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Flight {
    /// The version of the program; another may read the rest otherwise.
    pub(super) program: String,
    pub(super) plan: Plan,
    /// Of each of [`GATEWAYS`].
    pub(super) seeds: [u64; 2],
    /// Wall time at the start.
    epoch: UnixMillis,
}

/// What an entry holds: how many milliseconds the gateway's wall clock was ahead, if it knew the time, and what happened
/// to it.
pub(super) type Noted = (Option<i64>, Input);

impl Flight {
    pub(super) fn new(plan: Plan, seeds: [u64; 2], epoch: UnixMillis) -> Self {
        Self {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            plan,
            seeds,
            epoch,
        }
    }

    /// The gateways as they were before the first input.
    pub(super) fn gateways(&self) -> [Gateway; 2] {
        let now = Now::new(Instant::ZERO, Some(self.epoch));
        let made = |place: usize| Gateway::new(GATEWAYS[place], self.plan, self.seeds[place], now);
        [made(0), made(1)]
    }

    /// The first day.
    pub(super) fn from(&self) -> Date {
        self.plan.from
    }

    /// How many days were to be played.
    pub(super) fn days(&self) -> u16 {
        self.plan.days()
    }

    /// The right wall time of the devices at `at`.
    pub(super) fn wall(&self, at: Instant) -> UnixMillis {
        self.epoch + at.saturating_since(Instant::ZERO)
    }

    /// The time on the clocks of a gateway whose wall clock was so much ahead.
    pub(super) fn time(&self, at: Instant, ahead: Option<i64>) -> Now {
        let shown = |ahead| self.wall(at).as_millis().wrapping_add_signed(ahead);
        Now::new(at, ahead.map(shown).map(UnixMillis::new))
    }

    /// Writes down what a gateway was told, and the digest of what it is about to do.
    pub(super) fn note(
        &self,
        recorder: &mut Recorder,
        at: Now,
        party: Party,
        input: &Input,
        gateway: &Gateway,
    ) {
        let who = u8::try_from(party.index()).unwrap_or(u8::MAX);
        let right = self.wall(at.instant()).as_millis();
        let ahead = |wall: UnixMillis| wall.as_millis().wrapping_sub(right).cast_signed();
        let told = (at.wall().map(ahead), input);
        recorder.note(at.instant(), who, &told, digest(gateway.outputs()));
    }
}

/// Stands for all that a gateway does for an input.
pub(super) fn digest<'a>(outputs: impl IntoIterator<Item = &'a Output>) -> u64 {
    let mut digest = Digest::new();
    for output in outputs {
        digest.add(output);
    }
    digest.get()
}
