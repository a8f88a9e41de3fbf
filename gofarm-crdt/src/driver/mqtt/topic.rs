//! The topics of a farm: who sends to whom.

use alloc::format;
use alloc::string::String;

use bytes::Bytes;

use crate::dot::ReplicaId;

/// The topics as one replica sees them.
#[derive(Clone, Debug)]
pub(super) struct Topics {
    farm: String,
    replica: ReplicaId,
    /// What all topics that are read here begin with.
    inbox: String,
}

impl Topics {
    pub(super) fn new(farm: &str, replica: ReplicaId) -> Self {
        Self {
            farm: farm.into(),
            replica,
            inbox: format!("gofarm/{farm}/sync/{replica}/"),
        }
    }

    pub(super) const fn replica(&self) -> ReplicaId {
        self.replica
    }

    /// What to subscribe to.
    pub(super) fn filter(&self) -> String {
        format!("{}+", self.inbox)
    }

    /// Where to send what is for `peer`.
    pub(super) fn to(&self, peer: ReplicaId) -> Bytes {
        let Self { farm, replica, .. } = self;
        format!("gofarm/{farm}/sync/{peer}/{replica}").into()
    }

    /// Who sent what came with this topic; only the form that [`to`](Self::to) writes is read.
    pub(super) fn sender(&self, topic: &[u8]) -> Option<ReplicaId> {
        let name = topic.strip_prefix(self.inbox.as_bytes())?;
        let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if name.len() != 16 || !name.iter().all(is_hex) {
            return None;
        }
        let name = core::str::from_utf8(name).ok()?;
        u64::from_str_radix(name, 16).ok().map(ReplicaId::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_known_by_the_topic_that_it_writes_to_and_by_no_other() {
        let (one, two) = (ReplicaId::new(1), ReplicaId::new(0xab_cdef));
        let (here, there) = (Topics::new("north", one), Topics::new("north", two));
        assert_eq!(here.filter(), "gofarm/north/sync/0000000000000001/+");
        let topic = there.to(one);
        assert_eq!(
            &topic[..],
            b"gofarm/north/sync/0000000000000001/0000000000abcdef"
        );
        assert_eq!(here.sender(&topic), Some(two));
        assert_eq!(there.sender(&topic), None, "not for it");
        assert_eq!(Topics::new("south", one).sender(&topic), None);
        for name in [
            "",
            "1",
            "0000000000ABCDEF",
            "+000000000abcdef",
            "0000000000abcdef/x",
            "0000000000abcdef0",
        ] {
            let topic = format!("gofarm/north/sync/0000000000000001/{name}");
            assert_eq!(here.sender(topic.as_bytes()), None, "{name}");
        }
    }
}
