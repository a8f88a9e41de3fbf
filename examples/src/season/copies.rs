//! [`Copies`]: what a gateway or the cloud holds of all fields, and what it says of them on the backbone.

use core::array;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::Instant;
use gofarm_crdt::clock::Now;

use super::disk::Disk;
use super::listener::Listener;
use super::party::Party;
use super::plan::{FIELDS, Plan};
use super::replica::{Counts, FieldReplica, Settled, Side};

/// A replica of each field.
#[derive(Debug)]
pub(super) struct Copies {
    fields: [FieldReplica; FIELDS],
    is_linked: bool,
}

impl Copies {
    /// Copies of all fields on the side of `own`. What happens in a field comes from the gateway beside it: with the others
    /// in between it would only come twice.
    pub(super) fn new(own: Party, seed: u64, now: Now) -> Self {
        let mut random = SplitMix64::new(seed);
        let field = |place: usize| {
            let number = number(place);
            let home = Plan::home(number);
            let peers: Vec<Side> = if own == home {
                let others = own.others().map(Side::Party);
                others.chain([Side::Node]).collect()
            } else {
                vec![Side::Party(home)]
            };
            FieldReplica::new(Side::Party(own), number, &peers, random.next_u64(), now)
        };
        Self {
            fields: array::from_fn(field),
            is_linked: false,
        }
    }

    pub(super) fn listen(&mut self, listener: &Listener) {
        for field in &mut self.fields {
            field.listen(listener);
        }
    }

    /// The copy of a field, by its number.
    pub(super) fn field(&self, number: u8) -> &FieldReplica {
        &self.fields[usize::from(number) - 1]
    }

    pub(super) fn field_mut(&mut self, number: u8) -> &mut FieldReplica {
        &mut self.fields[usize::from(number) - 1]
    }

    /// The connection to the broker is there, or gone.
    pub(super) fn linked(&mut self, is_linked: bool) {
        self.is_linked = is_linked;
        for field in &mut self.fields {
            field.linked(is_linked, |peer| peer != Side::Node);
        }
    }

    pub(super) fn is_linked(&self) -> bool {
        self.is_linked
    }

    /// A frame of another side has come for a field.
    pub(super) fn handle(
        &mut self,
        now: Now,
        number: u8,
        from: Side,
        frame: &[u8],
    ) -> Vec<Settled> {
        if !(1..=FIELDS).contains(&usize::from(number)) {
            return Vec::new();
        }
        self.field_mut(number).handle(now, from, frame)
    }

    /// Sends the frames that are due: `send` gets the field's number, the other side and the frame.
    pub(super) fn transmit(&mut self, now: Now, mut send: impl FnMut(u8, Side, Vec<u8>)) {
        for (place, field) in self.fields.iter_mut().enumerate() {
            if field.poll_timeout() <= now.instant() {
                field.transmit(now, |to, frame| send(number(place), to, frame));
            }
        }
    }

    pub(super) fn poll_timeout(&self) -> Instant {
        let timeouts = self.fields.iter().map(FieldReplica::poll_timeout);
        timeouts.min().unwrap_or(Instant::FAR_FUTURE)
    }

    /// The power is back; how many fields lack something that was committed.
    pub(super) fn restart(&mut self, now: Now) -> u32 {
        self.is_linked = false;
        let fields = self.fields.iter_mut();
        fields.map(|field| u32::from(!field.restart(now))).sum()
    }

    pub(super) fn maintain(&mut self, now: Now) {
        for field in &mut self.fields {
            field.maintain(now);
        }
    }

    pub(super) fn is_synced(&self) -> bool {
        self.fields.iter().all(FieldReplica::is_synced)
    }

    pub(super) fn disks(&self) -> impl Iterator<Item = &Disk> {
        self.fields.iter().map(FieldReplica::disk)
    }

    pub(super) fn counts(&self) -> Counts {
        let mut sum = Counts::default();
        for field in &self.fields {
            sum.add(field.counts());
        }
        sum
    }
}

/// Fields count from 1.
fn number(place: usize) -> u8 {
    u8::try_from(place + 1).unwrap_or(u8::MAX)
}
