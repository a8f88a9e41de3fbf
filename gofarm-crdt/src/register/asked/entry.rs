//! What a mark of an asking register holds.

use crate::dot::{Actor, Dot, ReplicaId};
use crate::error::Malformed;
use crate::register::asked::Person;
use crate::register::stamped::{put_stamp, take_stamp};
use crate::timestamp::Timestamp;
use crate::value::{Reader, Sink, Value};

/// How many rejected values a decision remembers; of more, the latest.
pub(crate) const MOST_REJECTED: usize = 4;

/// A write, or a decision between writes.
#[derive(Clone, Debug)]
pub(crate) struct Entry<T> {
    pub(crate) stamp: Timestamp,
    pub(crate) value: Option<T>,
    /// What was agreed where it was written.
    pub(crate) before: Agreed<T>,
    pub(crate) decision: Option<Decision<T>>,
}

/// A value that stood without contradiction, or that a person decided for.
#[derive(Clone, Debug)]
pub(crate) struct Agreed<T> {
    pub(crate) stamp: Timestamp,
    pub(crate) is_decided: bool,
    pub(crate) value: Option<T>,
}

/// That the value was chosen by a person, and what was not.
#[derive(Clone, Debug)]
pub(crate) struct Decision<T> {
    pub(crate) by: Person,
    pub(crate) rejected: heapless::Vec<Rejected<T>, MOST_REJECTED>,
}

#[derive(Clone, Debug)]
pub(crate) struct Rejected<T> {
    pub(crate) dot: Dot,
    pub(crate) stamp: Timestamp,
    pub(crate) value: Option<T>,
}

impl<T> Decision<T> {
    pub(crate) const fn new(by: Person) -> Self {
        Self {
            by,
            rejected: heapless::Vec::new(),
        }
    }

    /// Remembers a rejected value once; the earliest goes if there is no room.
    pub(crate) fn reject(&mut self, rejected: Rejected<T>) {
        if self.rejected.iter().any(|other| other.dot == rejected.dot) {
            return;
        }
        let key = |rejected: &Rejected<T>| (rejected.stamp, rejected.dot);
        let at = self
            .rejected
            .iter()
            .take_while(|other| key(other) < key(&rejected))
            .count();
        if !self.rejected.is_full() {
            let done = self.rejected.insert(at, rejected);
            debug_assert!(done.is_ok(), "it is not full");
        } else if at > 0 {
            self.rejected.remove(0);
            let done = self.rejected.insert(at - 1, rejected);
            debug_assert!(done.is_ok(), "one was removed");
        }
    }
}

impl<T: Value> Value for Entry<T> {
    fn encode(&self, out: &mut dyn Sink) {
        put_stamp(self.stamp, out);
        put_option(self.value.as_ref(), out);
        put_stamp(self.before.stamp, out);
        self.before.is_decided.encode(out);
        put_option(self.before.value.as_ref(), out);
        let Some(decision) = &self.decision else {
            out.put_u8(0);
            return;
        };
        out.put_u8(1);
        out.put_varint(decision.by.get());
        // At most MOST_REJECTED.
        out.put_varint(decision.rejected.len() as u64);
        for rejected in &decision.rejected {
            let actor = rejected.dot.actor();
            out.put(&actor.replica().get().to_le_bytes());
            out.put(&actor.incarnation().to_le_bytes());
            out.put_varint(rejected.dot.counter());
            put_stamp(rejected.stamp, out);
            put_option(rejected.value.as_ref(), out);
        }
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            stamp: take_stamp(input)?,
            value: take_option(input)?,
            before: Agreed {
                stamp: take_stamp(input)?,
                is_decided: bool::decode(input)?,
                value: take_option(input)?,
            },
            decision: if bool::decode(input)? {
                Some(take_decision(input)?)
            } else {
                None
            },
        })
    }
}

fn take_decision<T: Value>(input: &mut Reader<'_>) -> Result<Decision<T>, Malformed> {
    let what = "the rejected values of a decision";
    let mut decision = Decision::new(Person::new(input.take_varint("a person")?));
    let found = input.take_varint(what)?;
    let limit = MOST_REJECTED as u64;
    if found > limit {
        return Err(Malformed::Limit { what, found, limit });
    }
    for _ in 0..found {
        let replica = take_array(input, what).map(u64::from_le_bytes)?;
        let incarnation = take_array(input, what).map(u32::from_le_bytes)?;
        let actor = Actor::new(ReplicaId::new(replica), incarnation);
        let rejected = Rejected {
            dot: Dot::new(actor, input.take_varint(what)?),
            stamp: take_stamp(input)?,
            value: take_option(input)?,
        };
        let is_sorted = decision
            .rejected
            .last()
            .is_none_or(|last| (last.stamp, last.dot) < (rejected.stamp, rejected.dot));
        if !is_sorted || decision.rejected.push(rejected).is_err() {
            return Err(Malformed::Invalid(what));
        }
    }
    Ok(decision)
}

fn take_array<const N: usize>(
    input: &mut Reader<'_>,
    what: &'static str,
) -> Result<[u8; N], Malformed> {
    input
        .take(N, what)?
        .try_into()
        .map_err(|_| Malformed::Truncated(what))
}

fn put_option<T: Value>(value: Option<&T>, out: &mut dyn Sink) {
    value.is_some().encode(out);
    if let Some(value) = value {
        value.encode(out);
    }
}

fn take_option<T: Value>(input: &mut Reader<'_>) -> Result<Option<T>, Malformed> {
    if bool::decode(input)? {
        T::decode(input).map(Some)
    } else {
        Ok(None)
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn entry(rejected: u64) -> Entry<u64> {
        let mut decision = Decision::new(Person::new(300));
        for n in (1..=rejected).rev() {
            decision.reject(Rejected {
                dot: Dot::new(Actor::new(ReplicaId::new(7), 1), n),
                stamp: Timestamp::from_bits(n),
                value: Some(n),
            });
        }
        Entry {
            stamp: Timestamp::from_bits(9),
            value: None,
            before: Agreed {
                stamp: Timestamp::from_bits(8),
                is_decided: true,
                value: Some(5),
            },
            decision: Some(decision),
        }
    }

    #[test]
    fn reads_what_it_wrote_and_no_more_than_the_cap() {
        let mut bytes = Vec::new();
        entry(9).encode(&mut bytes);
        let read = Entry::<u64>::from_bytes(&bytes).unwrap();
        let kept = read.decision.as_ref().unwrap().rejected.iter();
        assert_eq!(
            kept.map(|r| r.stamp.to_bits()).collect::<Vec<_>>(),
            [6, 7, 8, 9]
        );
        let mut again = Vec::new();
        read.encode(&mut again);
        assert_eq!(again, bytes);

        let mut bytes = Vec::new();
        entry(0).encode(&mut bytes);
        *bytes.last_mut().unwrap() = 5;
        assert!(matches!(
            Entry::<u64>::from_bytes(&bytes),
            Err(Malformed::Limit {
                found: 5,
                limit: 4,
                ..
            })
        ));
    }
}
