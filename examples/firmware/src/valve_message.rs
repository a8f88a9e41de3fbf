//! What a controller and the valve node say to each other: [`Message`] and [`Reply`], one in each frame of the line.
//!
//! A kind, its fields in little-endian order, and a CRC-16 of both: a frame that was damaged on the line may still decode
//! as something else.

use core::time::Duration;

use gofarm_core::command::CommandId;
use gofarm_core::time::UnixMillis;
use gofarm_hal::modbus::Crc;

/// Room for any message or reply.
pub const MAX_LEN: usize = 48;

/// From the controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// What time it is; the node has no clock that outlives a reset.
    Time(UnixMillis),
    /// Once, by who installs it: no command was ever sent to this node.
    Commission,
    /// Opens the valve.
    Open {
        id: CommandId,
        expires: UnixMillis,
        /// Up to 49 days, in whole milliseconds.
        lease: Duration,
    },
    /// Closes it.
    Close { id: CommandId },
}

/// From the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply<'a> {
    /// The command is carried out.
    Accepted(CommandId),
    /// It is not, and why.
    Refused(CommandId, &'a str),
    /// Nobody knows whether it was carried out; it will not be.
    Indeterminate(CommandId),
}

impl Message {
    /// Writes it to the front of `into` and says how many bytes it took.
    pub fn encode(&self, into: &mut [u8; MAX_LEN]) -> usize {
        let mut out = Writer { into, len: 0 };
        match *self {
            Self::Time(unix) => {
                out.put(&[1]);
                out.put(&unix.as_millis().to_le_bytes());
            }
            Self::Commission => out.put(&[2]),
            Self::Open { id, expires, lease } => {
                out.put(&[3]);
                out.put(id.as_bytes());
                out.put(&expires.as_millis().to_le_bytes());
                let lease = u32::try_from(lease.as_millis()).unwrap_or(u32::MAX);
                out.put(&lease.to_le_bytes());
            }
            Self::Close { id } => {
                out.put(&[4]);
                out.put(id.as_bytes());
            }
        }
        out.seal()
    }

    /// Reads one; `None` if it is none.
    pub fn decode(frame: &[u8]) -> Option<Self> {
        let (kind, rest) = checked(frame)?;
        Some(match (kind, rest.len()) {
            (1, 8) => Self::Time(unix(rest)?),
            (2, 0) => Self::Commission,
            (3, 28) => {
                let (id, rest) = rest.split_at_checked(16)?;
                let (expires, lease) = rest.split_at_checked(8)?;
                let lease = u32::from_le_bytes(lease.try_into().ok()?);
                Self::Open {
                    id: command(id)?,
                    expires: unix(expires)?,
                    lease: Duration::from_millis(lease.into()),
                }
            }
            (4, 16) => Self::Close { id: command(rest)? },
            _ => return None,
        })
    }
}

impl<'a> Reply<'a> {
    /// Writes it to the front of `into` and says how many bytes it took.
    pub fn encode(&self, into: &mut [u8; MAX_LEN]) -> usize {
        let mut out = Writer { into, len: 0 };
        let (kind, id, why) = match self {
            Self::Accepted(id) => (1, id, ""),
            Self::Refused(id, why) => (2, id, *why),
            Self::Indeterminate(id) => (3, id, ""),
        };
        out.put(&[kind]);
        out.put(id.as_bytes());
        out.put(why.as_bytes());
        out.seal()
    }

    /// Reads one; `None` if it is none.
    pub fn decode(frame: &'a [u8]) -> Option<Self> {
        let (kind, rest) = checked(frame)?;
        let (id, why) = rest.split_at_checked(16)?;
        let id = command(id)?;
        Some(match kind {
            1 => Self::Accepted(id),
            2 => Self::Refused(id, core::str::from_utf8(why).ok()?),
            3 => Self::Indeterminate(id),
            _ => return None,
        })
    }
}

/// The kind and the fields of a frame whose CRC is right.
fn checked(frame: &[u8]) -> Option<(u8, &[u8])> {
    let (content, crc) = frame.split_last_chunk::<2>()?;
    if Crc::of(content).to_bytes() != *crc {
        return None;
    }
    let (kind, fields) = content.split_first()?;
    Some((*kind, fields))
}

fn command(bytes: &[u8]) -> Option<CommandId> {
    Some(CommandId::new(bytes.try_into().ok()?))
}

fn unix(bytes: &[u8]) -> Option<UnixMillis> {
    Some(UnixMillis::new(u64::from_le_bytes(bytes.try_into().ok()?)))
}

struct Writer<'a> {
    into: &'a mut [u8; MAX_LEN],
    len: usize,
}

impl Writer<'_> {
    /// Appends what there is room for, two bytes left free for the CRC.
    fn put(&mut self, bytes: &[u8]) {
        let room = &mut self.into[self.len..MAX_LEN - 2];
        let len = bytes.len().min(room.len());
        room[..len].copy_from_slice(&bytes[..len]);
        self.len += len;
    }

    fn seal(self) -> usize {
        let end = self.len + 2;
        let crc = Crc::of(&self.into[..self.len]).to_bytes();
        self.into[self.len..end].copy_from_slice(&crc);
        end
    }
}
