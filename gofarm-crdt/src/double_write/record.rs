//! A double write as bytes: what it is, both sides, its place in time, its payload.

use alloc::vec::Vec;

use super::Settled;
use crate::error::Malformed;

/// What is known of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// It must be applied.
    Waits,
    /// It is applied.
    Applied,
    /// It refused, for good: it does not have it.
    Refused,
    /// It must be undone.
    MustUndo,
    /// It is undone, or was never asked.
    Undone,
}

impl Stand {
    const ALL: [Self; 5] = [
        Self::Waits,
        Self::Applied,
        Self::Refused,
        Self::MustUndo,
        Self::Undone,
    ];

    fn number(self) -> u8 {
        match self {
            Self::Waits => 0,
            Self::Applied => 1,
            Self::Refused => 2,
            Self::MustUndo => 3,
            Self::Undone => 4,
        }
    }

    fn of(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// What a record says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said<'a> {
    Running {
        stands: [Stand; 2],
        payload: &'a [u8],
    },
    Settled(Settled),
}

impl<'a> Said<'a> {
    pub(super) fn encode(&self, order: u64) -> Vec<u8> {
        let head = match self {
            Self::Running { stands: [a, b], .. } => [0, a.number(), b.number()],
            Self::Settled(Settled::Written) => [1, 0, 0],
            Self::Settled(Settled::Compensated) => [2, 0, 0],
        };
        let mut bytes = head.to_vec();
        bytes.extend_from_slice(&order.to_le_bytes());
        if let Self::Running { payload, .. } = self {
            bytes.extend_from_slice(payload);
        }
        bytes
    }

    pub(super) fn decode(bytes: &'a [u8]) -> Result<(Self, u64), Malformed> {
        const WHAT: &str = "a double write";
        let (head, rest) = bytes
            .split_first_chunk()
            .ok_or(Malformed::Truncated(WHAT))?;
        let (order, payload) = rest.split_first_chunk().ok_or(Malformed::Truncated(WHAT))?;
        let invalid = Malformed::Invalid(WHAT);
        let said = match *head {
            [0, a, b] => {
                let stands = [Stand::of(a).ok_or(invalid)?, Stand::of(b).ok_or(invalid)?];
                Self::Running { stands, payload }
            }
            [1, 0, 0] if payload.is_empty() => Self::Settled(Settled::Written),
            [2, 0, 0] if payload.is_empty() => Self::Settled(Settled::Compensated),
            _ => return Err(invalid),
        };
        Ok((said, u64::from_le_bytes(*order)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_is_read_as_it_was_written() {
        let pairs = Stand::ALL
            .into_iter()
            .flat_map(|a| Stand::ALL.map(|b| [a, b]));
        let running = pairs.map(|stands| Said::Running {
            stands,
            payload: b"12 m3",
        });
        let settled = [Settled::Written, Settled::Compensated].map(Said::Settled);
        for said in running.chain(settled) {
            let bytes = said.encode(9);
            assert_eq!(Said::decode(&bytes), Ok((said, 9)));
            assert!(Said::decode(&bytes[..10]).is_err());
        }
        assert!(Said::decode(&[0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0]).is_err());
        assert!(Said::decode(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]).is_err());
    }
}
