//! [`Packet`]: what parties send each other on the backbone.

use gofarm_crdt::dot::{Actor, Dot, ReplicaId};

/// A packet: a kind, and what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::season) enum Packet<'a> {
    /// A frame of the session between the replicas of a field.
    Frame { field: u8, frame: &'a [u8] },
    /// A dispatch, and below which number nothing of its sender is under way.
    Dispatch {
        dot: Dot,
        floor: u64,
        body: &'a [u8],
    },
    /// A dispatch is taken, and durable where it was taken.
    Taken(Dot),
    /// Settings for a gateway, in words for people too.
    Settings { number: u32, document: &'a str },
    /// Settings have come, and were taken or refused.
    SettingsSeen { number: u32, is_taken: bool },
}

const DISPATCH: u8 = 100;
const TAKEN: u8 = 101;
const SETTINGS: u8 = 102;
const SETTINGS_SEEN: u8 = 103;

impl<'a> Packet<'a> {
    pub(in crate::season) fn encode(self) -> Vec<u8> {
        match self {
            Self::Frame { field, frame } => [&[field], frame].concat(),
            Self::Dispatch { dot, floor, body } => {
                let head = [DISPATCH];
                [&head[..], &put(dot), &floor.to_be_bytes(), body].concat()
            }
            Self::Taken(dot) => [&[TAKEN][..], &put(dot)].concat(),
            Self::Settings { number, document } => {
                let head = [SETTINGS];
                [&head[..], &number.to_be_bytes(), document.as_bytes()].concat()
            }
            Self::SettingsSeen { number, is_taken } => {
                let head = [SETTINGS_SEEN, u8::from(is_taken)];
                [&head[..], &number.to_be_bytes()].concat()
            }
        }
    }

    /// Reads one; `None` if it is none.
    pub(in crate::season) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let (&kind, rest) = bytes.split_first()?;
        match kind {
            DISPATCH => {
                let (dot, rest) = take(rest)?;
                let (floor, body) = rest.split_first_chunk()?;
                let floor = u64::from_be_bytes(*floor);
                Some(Self::Dispatch { dot, floor, body })
            }
            TAKEN => match take(rest)? {
                (dot, []) => Some(Self::Taken(dot)),
                _ => None,
            },
            SETTINGS => {
                let (number, document) = rest.split_first_chunk()?;
                let number = u32::from_be_bytes(*number);
                let document = core::str::from_utf8(document).ok()?;
                Some(Self::Settings { number, document })
            }
            SETTINGS_SEEN => {
                let [is_taken @ 0..=1, number @ ..] = rest else {
                    return None;
                };
                Some(Self::SettingsSeen {
                    number: u32::from_be_bytes(number.try_into().ok()?),
                    is_taken: *is_taken == 1,
                })
            }
            field => Some(Self::Frame { field, frame: rest }),
        }
    }
}

fn put(dot: Dot) -> [u8; 20] {
    let mut bytes = [0; 20];
    let actor = dot.actor();
    bytes[..8].copy_from_slice(&actor.replica().get().to_be_bytes());
    bytes[8..12].copy_from_slice(&actor.incarnation().to_be_bytes());
    bytes[12..].copy_from_slice(&dot.counter().to_be_bytes());
    bytes
}

fn take(bytes: &[u8]) -> Option<(Dot, &[u8])> {
    let (replica, rest) = bytes.split_first_chunk()?;
    let (incarnation, rest) = rest.split_first_chunk()?;
    let (counter, rest) = rest.split_first_chunk()?;
    let replica = ReplicaId::new(u64::from_be_bytes(*replica));
    let actor = Actor::new(replica, u32::from_be_bytes(*incarnation));
    Some((Dot::new(actor, u64::from_be_bytes(*counter)), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let dot = Dot::new(Actor::new(ReplicaId::new(2), 7), 41);
        for packet in [
            Packet::Frame {
                field: 3,
                frame: b"frame",
            },
            Packet::Dispatch {
                dot,
                floor: 12,
                body: b"body",
            },
            Packet::Taken(dot),
            Packet::Settings {
                number: 3,
                document: "start_at = 0.8",
            },
            Packet::SettingsSeen {
                number: 3,
                is_taken: true,
            },
        ] {
            let bytes = packet.encode();
            assert_eq!(Packet::decode(&bytes), Some(packet));
            if !matches!(packet, Packet::Frame { .. }) {
                assert_eq!(Packet::decode(&bytes[..3]), None);
            }
        }
        assert_eq!(Packet::decode(b""), None);
    }
}
