//! Short names of writers: a number for 12 bytes.
//!
//! Each side numbers the writers that it speaks of. A frame that spells a writer out gives its number too;
//! later frames use the number, but only once such a frame was acknowledged: a frame may come alone.
//!
//! On the wire a writer is a varint: 0 spelled out, without a number; 1 the number, then spelled out; n > 1
//! the writer with number n - 2.

use crate::capacity::{Capacity, List};
use crate::dot::Actor;
use crate::error::{Full, Malformed};
use crate::value::{Intake, NO_DOT, Sink};

/// The names that this side gives.
pub(super) struct Given<C: Capacity> {
    entries: C::List<Entry>,
    /// How many the peer keeps.
    pub(super) limit: u16,
}

#[derive(Clone, Copy)]
struct Entry {
    actor: Actor,
    known: bool,
    /// The first frame in flight that spells it out, or 0.
    defined_in: u64,
}

impl<C: Capacity> Given<C> {
    pub(super) fn new() -> Self {
        Self {
            entries: Default::default(),
            limit: 0,
        }
    }

    /// Begins anew with a peer that knows no names and keeps up to `limit`. A number keeps its actor: the
    /// peer may remember more than this side believes.
    pub(super) fn reset(&mut self, limit: u16) {
        for entry in self.entries.as_mut_slice() {
            entry.known = false;
            entry.defined_in = 0;
        }
        self.limit = limit;
    }

    fn place(&mut self, actor: Actor) -> Option<(usize, bool)> {
        let entries = self.entries.as_slice();
        if let Some(at) = entries.iter().position(|entry| entry.actor == actor) {
            let kept = at < usize::from(self.limit);
            return entries
                .get(at)
                .filter(|_| kept)
                .map(|entry| (at, entry.known));
        }
        let at = entries.len();
        if at >= usize::from(self.limit) {
            return None;
        }
        let entry = Entry {
            actor,
            known: false,
            defined_in: 0,
        };
        self.entries.push(entry).ok()?;
        Some((at, false))
    }

    /// A frame that spells these names out was sent.
    pub(super) fn sent(&mut self, frame: u64, fresh: &[u16]) {
        for at in fresh {
            if let Some(entry) = self.entries.as_mut_slice().get_mut(usize::from(*at))
                && entry.defined_in == 0
            {
                entry.defined_in = frame;
            }
        }
    }

    pub(super) fn acknowledged(&mut self, frame: u64) {
        for entry in self.entries.as_mut_slice() {
            entry.known |= entry.defined_in == frame;
        }
    }

    pub(super) fn lost(&mut self, frame: u64) {
        for entry in self.entries.as_mut_slice() {
            if entry.defined_in == frame {
                entry.defined_in = 0;
            }
        }
    }
}

/// The names as one frame may use them.
pub(super) struct Speller<'a, C: Capacity> {
    given: &'a mut Given<C>,
    fresh: C::List<u16>,
    last: Option<(Actor, u64)>,
}

impl<'a, C: Capacity> Speller<'a, C> {
    pub(super) fn new(given: &'a mut Given<C>) -> Self {
        Self {
            given,
            fresh: Default::default(),
            last: None,
        }
    }

    pub(super) fn mark(&self) -> usize {
        self.fresh.as_slice().len()
    }

    /// Takes back what was spelled out after the mark.
    pub(super) fn rewind(&mut self, mark: usize) {
        self.last = None;
        self.fresh.truncate(mark);
    }

    pub(super) fn finish(self, frame: u64) {
        self.given.sent(frame, self.fresh.as_slice());
    }

    fn spell(&mut self, actor: Actor, out: &mut dyn Sink) {
        if let Some((last, name)) = self.last
            && last == actor
        {
            return out.put_varint(name);
        }
        let Some((at, known)) = self.given.place(actor) else {
            return spell_out(actor, out);
        };
        let short = u16::try_from(at).unwrap_or(u16::MAX);
        if known || self.fresh.as_slice().contains(&short) {
            let name = u64::from(short).saturating_add(2);
            self.last = Some((actor, name));
            return out.put_varint(name);
        }
        if self.fresh.push(short).is_err() {
            return spell_out(actor, out);
        }
        out.put_varint(1);
        out.put_varint(u64::from(short));
        put_actor(actor, out);
    }
}

/// Writes the name of a writer.
pub(super) trait Spell {
    fn actor(&mut self, actor: Actor, out: &mut dyn Sink);
}

impl<C: Capacity> Spell for Speller<'_, C> {
    fn actor(&mut self, actor: Actor, out: &mut dyn Sink) {
        self.spell(actor, out);
    }
}

/// Spells every writer out: the same bytes every time.
pub(super) struct InFull;

impl Spell for InFull {
    fn actor(&mut self, actor: Actor, out: &mut dyn Sink) {
        spell_out(actor, out);
    }
}

fn spell_out(actor: Actor, out: &mut dyn Sink) {
    out.put_varint(0);
    put_actor(actor, out);
}

fn put_actor(actor: Actor, out: &mut dyn Sink) {
    out.put(&actor.replica().get().to_le_bytes());
    out.put(&actor.incarnation().to_le_bytes());
}

/// The names that the peer gave, and those that the frame at hand gives.
pub(super) struct Learned<'a, C: Capacity> {
    known: &'a [Option<Actor>],
    fresh: C::List<(u16, Actor)>,
    limit: u16,
}

impl<'a, C: Capacity> Learned<'a, C> {
    pub(super) fn new(known: &'a [Option<Actor>], limit: u16) -> Self {
        Self {
            known,
            fresh: Default::default(),
            limit,
        }
    }

    /// What the frame gives, to be kept once all of it was read.
    pub(super) fn into_fresh(self) -> C::List<(u16, Actor)> {
        self.fresh
    }

    #[cfg_attr(target_os = "none", inline(never))]
    pub(super) fn take(&mut self, input: &mut Intake<'_>) -> Actor {
        match input.varint("actor") {
            0 => input.actor(),
            1 => self.define(input),
            name => {
                let at = usize::try_from(name.saturating_sub(2)).unwrap_or(usize::MAX);
                self.resolve(at).unwrap_or_else(|| {
                    input.invalid("actor");
                    NO_DOT.actor()
                })
            }
        }
    }

    fn resolve(&self, at: usize) -> Option<Actor> {
        let fresh = || {
            let named = |entry: &&(u16, Actor)| usize::from(entry.0) == at;
            self.fresh
                .as_slice()
                .iter()
                .find(named)
                .map(|entry| entry.1)
        };
        self.known.get(at).copied().flatten().or_else(fresh)
    }

    fn define(&mut self, input: &mut Intake<'_>) -> Actor {
        let at = input.varint("actor number");
        let actor = input.actor();
        let short = u16::try_from(at).unwrap_or(u16::MAX);
        if short >= self.limit {
            input.fail(Malformed::Limit {
                what: "actor number",
                found: at,
                limit: u64::from(self.limit).saturating_sub(1),
            });
            return actor;
        }
        match self.resolve(usize::from(short)) {
            Some(known) if known == actor => {}
            Some(_) => input.invalid("actor number"),
            None => {
                if let Err(Full { limit }) = self.fresh.push((short, actor)) {
                    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
                    input.fail(Malformed::Limit {
                        what: "actors spelled out in a frame",
                        found: limit.saturating_add(1),
                        limit,
                    });
                }
            }
        }
        actor
    }
}

/// Keeps what a frame gave; the numbers were checked against the limit that the list can hold.
pub(super) fn learn<C: Capacity>(known: &mut C::List<Option<Actor>>, fresh: &[(u16, Actor)]) {
    for (short, actor) in fresh {
        let at = usize::from(*short);
        while known.as_slice().len() <= at {
            if known.push(None).is_err() {
                return;
            }
        }
        if let Some(slot) = known.as_mut_slice().get_mut(at) {
            *slot = Some(*actor);
        }
    }
}
