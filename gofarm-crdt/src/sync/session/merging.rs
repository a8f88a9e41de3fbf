//! Cells that came, and whether the peer may bring them.

use crate::capacity::{Capacity, List};
use crate::cell::{Content, Mark, Slot};
use crate::clock::Now;
use crate::dot::Dot;
use crate::ledger::{Ledger, Named, Refusal};
use crate::sync::dictionary::Learned;
use crate::sync::event::PeerRefusal;
use crate::sync::frame::Fragment;
use crate::sync::item::{Item, ItemReader, Scratch, dots_of};
use crate::sync::{Event, PeerIdentity};

use super::Session;
use super::fragments::{Reassembled, Reassembly};
use super::receive::Taken;

impl<C: Capacity, B: Capacity> Session<C, B> {
    pub(super) fn take_items<L: Ledger<Capacity = C>>(
        &mut self,
        ledger: &mut L,
        now: Now,
        number: u64,
        bytes: &[u8],
    ) -> Taken {
        let known = core::mem::take(&mut self.learned);
        let mut names: Learned<'_, C> = Learned::new(known.as_slice(), self.limits.dictionary());
        let mut scratch: Scratch<'_, C> = Scratch::new(self.limits.entries());
        let mut items = ItemReader::new(bytes);
        let mut taken = Taken::Accepted;
        let mut place = 0_u16;
        while let Ok(Some(item)) = items.next(&mut names, &mut scratch) {
            if let Err(why) = self.take_item(ledger, now, &item) {
                taken = self.refuse(number, place, why);
            }
            place = place.saturating_add(1);
        }
        drop(names);
        self.learned = known;
        taken
    }

    pub(super) fn take_fragment<L: Ledger<Capacity = C>>(
        &mut self,
        ledger: &mut L,
        now: Now,
        number: u64,
        fragment: &Fragment<'_>,
    ) -> Taken {
        if !Self::FRAGMENTS {
            return self.refuse(number, 0, PeerRefusal::Full);
        }
        match self.reassembly.take(fragment, self.limits.item_bytes()) {
            Ok(Reassembled::Noted) => Taken::Accepted,
            Ok(Reassembled::Refused(why)) => self.refuse(number, 0, why),
            Ok(Reassembled::Whole) => {
                let mut reassembly = core::mem::replace(&mut self.reassembly, Reassembly::new());
                let refused = self.take_whole(ledger, now, reassembly.bytes()).err();
                reassembly.finish(refused);
                self.reassembly = reassembly;
                refused.map_or(Taken::Accepted, |why| self.refuse(number, 0, why))
            }
            // Another item under the same number: only a peer that breaks the protocol does that.
            Err(_) => Taken::NotNow,
        }
    }

    fn take_whole<L: Ledger<Capacity = C>>(
        &mut self,
        ledger: &mut L,
        now: Now,
        bytes: &[u8],
    ) -> Result<(), PeerRefusal> {
        let mut names: Learned<'_, C> = Learned::new(&[], 0);
        let mut scratch: Scratch<'_, C> = Scratch::new(self.limits.entries());
        let mut items = ItemReader::new(bytes);
        match items.next(&mut names, &mut scratch) {
            Ok(Some(item)) => self.take_item(ledger, now, &item),
            _ => Err(PeerRefusal::Unreadable),
        }
    }

    fn take_item<L: Ledger<Capacity = C>>(
        &mut self,
        ledger: &mut L,
        now: Now,
        item: &Item<'_>,
    ) -> Result<(), PeerRefusal> {
        let merged = match item.content {
            Err(full) => Err(Refused::Here(full.into())),
            Ok(content) => {
                merge_granted(ledger, &self.identity, now, &item.name, &content).map(|()| content)
            }
        };
        match merged {
            Ok(content) => {
                dots_of(&content, &mut |dot| {
                    self.peer_has(dot);
                    self.pass(dot);
                });
                self.synced = false;
                Ok(())
            }
            Err(Refused::NotGranted(dot)) => {
                self.emit(Event::NotGranted(dot));
                Err(PeerRefusal::NotGranted)
            }
            Err(Refused::Here(refusal)) => {
                match refusal {
                    Refusal::UnknownBirth(_) => {}
                    Refusal::Impostor(dot) => self.emit(Event::Impostor(dot)),
                    refusal => self.emit(Event::Rejected(refusal)),
                }
                Err(refusal.into())
            }
        }
    }
}

enum Refused {
    NotGranted(Dot),
    Here(Refusal),
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Here(refusal)
    }
}

/// Merges what the peer may bring.
///
/// A peer that speaks only for itself still sends whole cells, with what others wrote in them. Of writes of
/// others that are known here, what they said is left out (it is here already, and could be forged), and
/// what the peer did to them is kept: that it replaced, killed or reset them. Writes of others that are not
/// known here are refused.
fn merge_granted<L: Ledger>(
    ledger: &mut L,
    identity: &PeerIdentity<L::Capacity>,
    now: Now,
    name: &Named<'_>,
    content: &Content<'_>,
) -> Result<(), Refused> {
    let may_bring = |dot: Dot| identity.may_bring(dot.actor());
    let (Named::Full(birth, _) | Named::Birth(birth)) = *name;
    if may_bring(birth) && content.all(&mut |dot| may_bring(dot)) {
        return Ok(ledger.merge(now, name, content)?);
    }
    let mut unknown = None;
    let mut is_known = |dot: Dot| {
        if !may_bring(dot) && !ledger.context().covers(dot) {
            unknown = Some(dot);
        }
        unknown.is_none()
    };
    if is_known(birth) {
        content.all(&mut is_known);
    }
    if let Some(dot) = unknown {
        return Err(Refused::NotGranted(dot));
    }
    match content {
        Content::Register { dot, .. } => {
            if may_bring(*dot) {
                ledger.merge(now, name, content)?;
            }
        }
        Content::Marks(marks) => {
            let mut granted: <L::Capacity as Capacity>::List<Mark<'_>> = Default::default();
            for mark in *marks {
                if may_bring(mark.dot) || mark.value.is_none() {
                    granted.push(*mark).map_err(Refusal::Full)?;
                }
            }
            ledger.merge(now, name, &Content::Marks(granted.as_slice()))?;
        }
        Content::Tally(slots) => {
            let mut granted: <L::Capacity as Capacity>::List<Slot> = Default::default();
            for slot in *slots {
                let mut slot = *slot;
                if !may_bring(slot.dot) {
                    (slot.up, slot.down) = (0, 0);
                }
                granted.push(slot).map_err(Refusal::Full)?;
            }
            ledger.merge(now, name, &Content::Tally(granted.as_slice()))?;
        }
    }
    Ok(())
}
