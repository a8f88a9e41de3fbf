//! [`Barred`]: the domains that a request cannot use, whatever is free in them.
//!
//! Work that must stay on the farm is spread over the zones of the farm. A zone of rented machines never gets any of it,
//! and would count as the emptiest one for ever. Kubernetes leaves such domains out by the policy `Honor`.

use alloc::boxed::Box;
use alloc::vec::Vec;

use hashbrown::HashMap;

use super::Groups;
use crate::node::Node;

/// Keys and values of labels, ascending.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Barred(Vec<(Box<str>, Box<str>)>);

impl Barred {
    /// No domain.
    pub(super) const NONE: &'static Self = &Self(Vec::new());

    /// The domains that have no other nodes than these.
    pub(super) fn of<'a>(unable: impl Iterator<Item = &'a Node>, groups: &Groups) -> Self {
        let mut counts: HashMap<(&str, &str), u32> = HashMap::new();
        for label in unable.flat_map(|node| node.labels().iter()) {
            *counts.entry(label).or_default() += 1;
        }
        counts.retain(|(key, domain), count| groups.nodes_in(key, domain) == *count);
        let mut barred: Vec<_> = counts
            .into_keys()
            .map(|(key, domain)| (key.into(), domain.into()))
            .collect();
        barred.sort_unstable();
        Self(barred)
    }

    /// Whether there is one of this label.
    pub(super) fn has_key(&self, key: &str) -> bool {
        self.0.iter().any(|(known, _)| **known == *key)
    }

    pub(super) fn has(&self, key: &str, domain: &str) -> bool {
        let found = self
            .0
            .binary_search_by(|(k, d)| (&**k, &**d).cmp(&(key, domain)));
        found.is_ok()
    }
}
