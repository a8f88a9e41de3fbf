//! [`Groups`]: how much of each group of work runs where.

use alloc::string::String;

use hashbrown::HashMap;

use crate::node::{Node, NodeId};

/// How many members of each group run on each node and in each domain of each label.
///
/// A domain is a value of a label: the zone `north`, the host `shed-2`. Domains are known as long as a node of
/// them is, also those where nothing runs.
///
/// ```
/// use gofarm_sched::node::{Node, NodeId};
/// use gofarm_sched::placement::Groups;
/// use gofarm_sched::resource::Resources;
///
/// let mut groups = Groups::new();
/// let north = Node::new("a", Resources::new(1_000, 0)).zone("north");
/// let south = Node::new("b", Resources::new(1_000, 0)).zone("south");
/// groups.node_added(&north);
/// groups.node_added(&south);
/// groups.placed("irrigation", NodeId::new(0, 0), &north);
/// assert_eq!(groups.in_domain("irrigation", "zone", "north"), 1);
/// assert_eq!(groups.fewest("irrigation", "zone"), 0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Groups {
    /// Label key to domain to how many nodes it has.
    domains: HashMap<String, HashMap<String, u32>>,
    groups: HashMap<String, Members>,
}

#[derive(Clone, Debug, Default)]
struct Members {
    total: u32,
    nodes: HashMap<NodeId, u32>,
    /// Label key to domain to how many members it has.
    domains: HashMap<String, HashMap<String, u32>>,
}

impl Groups {
    /// No nodes, and no work.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A node's domains are there from now on.
    pub fn node_added(&mut self, node: &Node) {
        for (key, domain) in node.labels().iter() {
            *entry(entry(&mut self.domains, key), domain) += 1;
        }
    }

    /// A node is gone; a domain without nodes is gone with it.
    pub fn node_removed(&mut self, node: &Node) {
        for (key, domain) in node.labels().iter() {
            if let Some(domains) = self.domains.get_mut(key) {
                decrease(domains, domain);
            }
        }
    }

    /// A member of a group runs on a node.
    pub fn placed(&mut self, group: &str, id: NodeId, node: &Node) {
        let members = entry(&mut self.groups, group);
        members.total += 1;
        *members.nodes.entry(id).or_default() += 1;
        for (key, domain) in node.labels().iter() {
            *entry(entry(&mut members.domains, key), domain) += 1;
        }
    }

    /// A member of a group no longer runs on a node; without one there, nothing changes.
    pub fn removed(&mut self, group: &str, id: NodeId, node: &Node) {
        let Some(members) = self.groups.get_mut(group) else {
            return;
        };
        let Some(here) = members.nodes.get_mut(&id) else {
            return;
        };
        *here -= 1;
        if *here == 0 {
            members.nodes.remove(&id);
        }
        members.total -= 1;
        for (key, domain) in node.labels().iter() {
            if let Some(domains) = members.domains.get_mut(key) {
                decrease(domains, domain);
            }
        }
        if members.total == 0 {
            self.groups.remove(group);
        }
    }

    /// How many members a group has.
    #[must_use]
    pub fn len(&self, group: &str) -> u32 {
        self.groups.get(group).map_or(0, |members| members.total)
    }

    /// Whether a group has no member.
    #[must_use]
    pub fn is_empty(&self, group: &str) -> bool {
        self.len(group) == 0
    }

    /// How many members of a group run on a node.
    #[must_use]
    pub fn on_node(&self, group: &str, id: NodeId) -> u32 {
        let members = self.groups.get(group);
        members.and_then(|m| m.nodes.get(&id)).copied().unwrap_or(0)
    }

    /// How many members of a group run in a domain of a label.
    #[must_use]
    pub fn in_domain(&self, group: &str, key: &str, domain: &str) -> u32 {
        let members = self.groups.get(group).and_then(|m| m.domains.get(key));
        members.and_then(|d| d.get(domain)).copied().unwrap_or(0)
    }

    /// How many nodes are in a domain of a label.
    pub(super) fn nodes_in(&self, key: &str, domain: &str) -> u32 {
        let nodes = self.domains.get(key).and_then(|d| d.get(domain));
        nodes.copied().unwrap_or(0)
    }

    /// The domains of a label that have nodes, in no order.
    pub fn domains<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> {
        self.domains
            .get(key)
            .into_iter()
            .flatten()
            .map(|(domain, _)| &**domain)
    }

    /// The members of a group in that domain of a label which has the fewest; 0 without domains.
    #[must_use]
    pub fn fewest(&self, group: &str, key: &str) -> u32 {
        // Fewer domains with members than there are domains: one of them is empty.
        let with = self.groups.get(group).and_then(|m| m.domains.get(key));
        let all = self.domains.get(key);
        if with.map_or(0, HashMap::len) < all.map_or(0, HashMap::len) {
            return 0;
        }
        let counts = self
            .domains(key)
            .map(|domain| self.in_domain(group, key, domain));
        counts.min().unwrap_or(0)
    }
}

/// The value of a key, made if it is missing; allocates only then.
fn entry<'a, V: Default>(map: &'a mut HashMap<String, V>, key: &str) -> &'a mut V {
    map.entry_ref(key).or_default()
}

fn decrease(counts: &mut HashMap<String, u32>, key: &str) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
