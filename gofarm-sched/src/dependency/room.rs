//! [`Room`]: where a graph keeps services and edges, in slots that are used again.

use alloc::vec;
use alloc::vec::Vec;
use core::hash::Hash;

use hashbrown::HashMap;

use super::call::Sums;

/// Services with at least one edge, and edges. Ids are slots; those that are free are used again.
#[derive(Clone, Debug)]
pub(super) struct Room<K> {
    ids: HashMap<K, usize>,
    nodes: Vec<Option<Node<K>>>,
    free_nodes: Vec<usize>,
    edge_ids: HashMap<(usize, usize), usize>,
    edges: Vec<Option<Stored>>,
    free_edges: Vec<usize>,
}

#[derive(Clone, Debug)]
struct Node<K> {
    key: K,
    outgoing: Vec<usize>,
    /// Ends of edges at this service; it goes when the last one goes.
    ends: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) sums: Sums,
}

impl<K: Eq + Hash + Clone> Room<K> {
    pub(super) fn new() -> Self {
        Self {
            ids: HashMap::new(),
            nodes: Vec::new(),
            free_nodes: Vec::new(),
            edge_ids: HashMap::new(),
            edges: Vec::new(),
            free_edges: Vec::new(),
        }
    }

    pub(super) fn node(&self, key: &K) -> Option<usize> {
        self.ids.get(key).copied()
    }

    pub(super) fn key(&self, node: usize) -> Option<&K> {
        Some(&self.nodes.get(node)?.as_ref()?.key)
    }

    pub(super) fn node_count(&self) -> usize {
        self.ids.len()
    }

    /// One more than the largest id of a service that ever was.
    pub(super) fn node_slots(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn edge_count(&self) -> usize {
        self.edge_ids.len()
    }

    pub(super) fn edge(&self, id: usize) -> Option<&Stored> {
        self.edges.get(id)?.as_ref()
    }

    pub(super) fn edges(&self) -> impl Iterator<Item = (usize, &Stored)> {
        let edges = self.edges.iter().enumerate();
        edges.filter_map(|(id, edge)| Some((id, edge.as_ref()?)))
    }

    pub(super) fn outgoing(&self, node: usize) -> &[usize] {
        match self.nodes.get(node) {
            Some(Some(node)) => &node.outgoing,
            _ => &[],
        }
    }

    pub(super) fn find(&self, from: &K, to: &K) -> Option<&Sums> {
        let id = self.edge_ids.get(&(self.node(from)?, self.node(to)?))?;
        Some(&self.edge(*id)?.sums)
    }

    pub(super) fn find_mut(&mut self, from: &K, to: &K) -> Option<&mut Sums> {
        let id = *self.edge_ids.get(&(self.node(from)?, self.node(to)?))?;
        Some(&mut self.edges.get_mut(id)?.as_mut()?.sums)
    }

    /// How many services an edge between these two would add.
    pub(super) fn missing(&self, from: &K, to: &K) -> usize {
        let missing = |key: &K| usize::from(!self.ids.contains_key(key));
        missing(from) + if from == to { 0 } else { missing(to) }
    }

    /// Adds an edge that is not there.
    pub(super) fn insert(&mut self, from: &K, to: &K, sums: Sums) {
        let (from, to) = (self.node_of(from), self.node_of(to));
        let edge = Some(Stored { from, to, sums });
        let id = place(&mut self.edges, &mut self.free_edges, edge);
        self.edge_ids.insert((from, to), id);
        if let Some(Some(node)) = self.nodes.get_mut(from) {
            node.outgoing.push(id);
        }
        for end in [from, to] {
            if let Some(Some(node)) = self.nodes.get_mut(end) {
                node.ends += 1;
            }
        }
    }

    /// Removes an edge, and says how many services went with it because it was their last.
    pub(super) fn remove_edge(&mut self, id: usize) -> u64 {
        let Some(edge) = self.edges.get_mut(id).and_then(Option::take) else {
            return 0;
        };
        self.free_edges.push(id);
        self.edge_ids.remove(&(edge.from, edge.to));
        if let Some(Some(node)) = self.nodes.get_mut(edge.from) {
            node.outgoing.retain(|other| *other != id);
        }
        self.drop_end(edge.from) + self.drop_end(edge.to)
    }

    pub(super) fn edges_of(&self, node: usize) -> Vec<usize> {
        let touches = |edge: &Stored| edge.from == node || edge.to == node;
        let edges = self.edges().filter(|(_, edge)| touches(edge));
        edges.map(|(id, _)| id).collect()
    }

    pub(super) fn coldest_edge(&self, warmth: impl Fn(&Sums) -> f64) -> Option<usize> {
        let edges = self.edges().map(|(id, edge)| (id, warmth(&edge.sums)));
        Some(edges.min_by(|a, b| a.1.total_cmp(&b.1))?.0)
    }

    /// The service with the least traffic in and out, except those to keep.
    pub(super) fn coldest_node(
        &self,
        warmth: impl Fn(&Sums) -> f64,
        keep: [Option<usize>; 2],
    ) -> Option<usize> {
        let mut sums = vec![0.0; self.nodes.len()];
        for (_, edge) in self.edges() {
            let warmth = warmth(&edge.sums);
            for end in [edge.from, edge.to] {
                if let Some(sum) = sums.get_mut(end) {
                    *sum += warmth;
                }
            }
        }
        let nodes = self.nodes.iter().zip(sums).enumerate();
        let known = nodes.filter(|(id, (node, _))| node.is_some() && !keep.contains(&Some(*id)));
        let coldest = known.min_by(|(_, (_, a)), (_, (_, b))| a.total_cmp(b))?;
        Some(coldest.0)
    }

    fn node_of(&mut self, key: &K) -> usize {
        if let Some(id) = self.node(key) {
            return id;
        }
        let node = Some(Node {
            key: key.clone(),
            outgoing: Vec::new(),
            ends: 0,
        });
        let id = place(&mut self.nodes, &mut self.free_nodes, node);
        self.ids.insert(key.clone(), id);
        id
    }

    fn drop_end(&mut self, id: usize) -> u64 {
        let Some(slot) = self.nodes.get_mut(id) else {
            return 0;
        };
        let Some(node) = slot else { return 0 };
        node.ends -= 1;
        if node.ends > 0 {
            return 0;
        }
        self.ids.remove(&node.key);
        *slot = None;
        self.free_nodes.push(id);
        1
    }
}

/// Puts a value into a free slot, or a new one.
fn place<T>(slots: &mut Vec<Option<T>>, free: &mut Vec<usize>, value: Option<T>) -> usize {
    if let Some(id) = free.pop()
        && let Some(slot) = slots.get_mut(id)
    {
        *slot = value;
        return id;
    }
    slots.push(value);
    slots.len() - 1
}
