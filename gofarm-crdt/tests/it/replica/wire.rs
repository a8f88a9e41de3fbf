//! Cells carried by hand from one replica to another, as a session would.

use super::*;

/// One cell, copied out of a ledger.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parcel {
    pub(crate) birth: Option<Dot>,
    pub(crate) state: String,
    pub(crate) field: u16,
    pub(crate) key: Vec<u8>,
    content: Option<Owned>,
}

#[derive(Clone, Debug)]
enum Owned {
    Register(Timestamp, Dot, Option<Vec<u8>>, Vec<Dot>),
    Marks(Vec<(Dot, Option<Vec<u8>>)>),
    Tally(Vec<Slot>),
}

fn bytes(value: Option<&dyn Value>) -> Option<Vec<u8>> {
    value.map(|value| {
        let mut bytes = Vec::new();
        value.encode(&mut bytes);
        bytes
    })
}

impl CellWriter for Parcel {
    fn register(&mut self, stamp: Timestamp, dot: Dot, value: Option<&dyn Value>, seen: &[Dot]) {
        self.content = Some(Owned::Register(stamp, dot, bytes(value), seen.to_vec()));
    }

    fn marks(&mut self, _: usize, marks: &mut dyn Iterator<Item = (Dot, Option<&dyn Value>)>) {
        self.content = Some(Owned::Marks(
            marks.map(|(dot, value)| (dot, bytes(value))).collect(),
        ));
    }

    fn tally(&mut self, slots: &[Slot]) {
        self.content = Some(Owned::Tally(slots.to_vec()));
    }
}

impl Parcel {
    pub(crate) fn deliver(&self, now: Now, to: &mut impl Ledger) -> Result<(), Refusal> {
        let name = Named::Full(
            self.birth.expect("committed cells have a birth"),
            Address {
                state: &self.state,
                field: self.field,
                key: &self.key,
            },
        );
        self.deliver_as(&name, now, to)
    }

    pub(crate) fn deliver_as(
        &self,
        name: &Named<'_>,
        now: Now,
        to: &mut impl Ledger,
    ) -> Result<(), Refusal> {
        match self.content.as_ref().expect("a cell has content") {
            Owned::Register(stamp, dot, value, seen) => to.merge(
                now,
                name,
                &Content::Register {
                    stamp: *stamp,
                    dot: *dot,
                    value: value.as_deref(),
                    seen,
                },
            ),
            Owned::Marks(marks) => {
                let marks: Vec<Mark<'_>> = marks
                    .iter()
                    .map(|(dot, value)| Mark {
                        dot: *dot,
                        value: value.as_deref(),
                    })
                    .collect();
                to.merge(now, name, &Content::Marks(&marks))
            }
            Owned::Tally(slots) => to.merge(now, name, &Content::Tally(slots)),
        }
    }
}

/// What `to` lacks of `from`, in order.
pub(crate) fn delta(from: &impl Ledger, to: &impl Ledger) -> Vec<Parcel> {
    let mut parcels = Vec::new();
    let mut next = from.next_actor(None).map(|actor| Dot::new(actor, 1));
    while let Some((dot, cell)) = next.and_then(|next| from.next_live(next)) {
        if !to.context().covers(dot) {
            let mut parcel = Parcel {
                birth: from.birth(cell),
                ..Parcel::default()
            };
            from.address(cell, &mut |address| {
                parcel.state = address.state.into();
                parcel.field = address.field;
                parcel.key = address.key.into();
            });
            from.write(cell, &mut parcel);
            parcels.push(parcel);
        }
        next = dot.next();
    }
    parcels
}

/// Brings all of `from` to `to`, which commits it.
pub(crate) fn pull(now: Now, from: &Replica<MemoryStore>, to: &mut Replica<MemoryStore>) -> usize {
    let parcels = delta(from, to);
    for parcel in &parcels {
        parcel.deliver(now, to).expect("an honest cell is merged");
    }
    for dot in from.context().prefix().iter() {
        to.cover(dot).expect("room for an actor");
    }
    to.commit().expect("memory takes it");
    parcels.len()
}

#[test]
fn two_replicas_meet_and_agree() {
    let (mut a, mut b) = (replica(1), replica(2));
    let at_a = a.register::<Valve>("valve/7").expect("a name");
    let at_b = b.register::<Valve>("valve/7").expect("a name");
    a.update(at(1), &at_a, |v| {
        v.open.set(true);
        v.litres.add(3);
        v.crew.insert(1);
    });
    b.update(at(2), &at_b, |v| {
        v.open.set(false);
        v.litres.add(4);
        v.crew.insert(2);
        v.limits.insert("flow".into(), 7);
    });
    a.commit().expect("memory takes it");
    b.commit().expect("memory takes it");
    assert_eq!(pull(at(3), &a, &mut b), 3);
    assert_eq!(pull(at(3), &b, &mut a), 4);
    for (replica, valve) in [(&a, at_a), (&b, at_b)] {
        let valve = replica.read(&valve);
        assert_eq!(valve.open.get(), Some(&false), "the later write");
        assert_eq!(valve.litres.value(), 7);
        assert!(valve.crew.contains(&1) && valve.crew.contains(&2));
        assert_eq!(valve.limits.get("flow"), Some(&7));
    }
    assert_eq!(a.context(), b.context());
    assert_eq!(delta(&a, &b).len() + delta(&b, &a).len(), 0);
    let conflicts: Vec<_> = b.conflicts().collect();
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].here().value::<bool>(), Ok(Some(false)));
    assert_eq!(conflicts[0].came().value::<bool>(), Ok(Some(true)));
}

#[test]
fn a_delta_visits_what_is_lacking_and_not_the_state() {
    let (mut a, mut b) = (replica(1), replica(2));
    let at_a = a.register::<Valve>("valve/7").expect("a name");
    for n in 0..10_000 {
        a.update(at(1), &at_a, |v| v.crew.insert(n));
    }
    a.commit().expect("memory takes it");
    pull(at(1), &a, &mut b);
    a.update(at(2), &at_a, |v| v.crew.insert(77));
    a.commit().expect("memory takes it");
    assert_eq!(delta(&a, &b).len(), 1);
}
