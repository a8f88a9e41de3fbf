//! Which node has the least load: all nodes by five metrics, kept so that one changed node costs one node.
//!
//! The usual way computes mean and standard deviation of each metric, then each node's z-scores, for every decision:
//! two passes over all nodes, though one of them changed. But the weighted sum of z-scores is a linear form, `Σ a_k x_k +
//! b` with `a_k = w_k / sd_k`, and `a_k` hardly moves when one node of many does. So a table keeps running sums, and
//! freezes the coefficients for an *epoch*: a changed node is ranked alone, and all are ranked anew only when the
//! figures have moved beyond a tolerance ([`NodeTableConfig::tolerance`]).
//!
//! - The **rank** of a node ([`NodeTable::rank`]) is that linear form: less is better, comparable within an epoch.
//! - The **score** ([`NodeTable::score`]) is the rank squashed by the logistic function to 0 (idle) ..= 1 (worst);
//!   0.5 is an average node. It is relative: a table of equally full nodes has 0.5 everywhere.
//! - The **absolute load** ([`NodeTable::absolute`]) looks at one node alone, and is what limits look at.
//!
//! **In flight.** Work that was placed and is not yet seen by the metrics counts by its expected load
//! ([`NodeTable::add_in_flight`]), in all three; without that, everything placed between two reports goes to the
//! same node. Work that has ended and is still in the metrics is taken off them in the same way
//! ([`NodeTable::add_ended`]).
//!
//! **Stale and missing metrics.** A metric is *required* if its weight is above 0 and at least one node of the table
//! has ever reported it (if no node has reported anything: each one with a weight). What a required metric that is
//! stale means is said by the [`StalePolicy`]. A metric that is left out counts as the average of the nodes where it is
//! known. A score changes when a metric goes stale although nobody reports anything: call [`NodeTable::advance`] before
//! reading, and by [`NodeTable::next_expiry`] at the latest.
//!
//! **What it does not do.** It owns no names and gives no slots away: slots are small numbers, dense from 0, that the
//! caller hands out and uses again. It does not lock: readers and writers share it as the caller wishes.
//!
//! ```
//! use gofarm_core::time::Instant;
//! use gofarm_sched::load::Load;
//! use gofarm_sched::node_table::{NodeTable, NodeTableConfig};
//!
//! let now = Instant::from_secs(1);
//! let mut table = NodeTable::new(NodeTableConfig::new());
//! for (slot, cpu) in [0.7, 0.2, 0.3].into_iter().enumerate() {
//!     table.insert(slot)?;
//!     table.observe(slot, &Load::idle().cpu(cpu), now)?;
//! }
//! table.advance(now);
//! assert_eq!(table.top(), Some(1));
//! table.add_in_flight(1, &Load::idle().cpu(0.4))?; // work is on its way there
//! table.advance(now);
//! assert_eq!(table.top(), Some(2));
//! # Ok::<(), gofarm_sched::node_table::TableError>(())
//! ```

mod attribution;
mod coefficients;
mod column;
mod config;
mod error;
mod expiry;
mod read;
mod row;
mod top;
mod upkeep;
mod work;

pub use crate::change_log::{ChangedSlots, Changes, Cursor};
pub use attribution::Attribution;
pub use config::NodeTableConfig;
pub use error::TableError;
pub(crate) use read::logistic;
pub use work::Work;

use alloc::vec::Vec;

use gofarm_core::time::Instant;

use crate::change_log::ChangeLog;
use crate::load::{Load, LoadWeights, Metric, StaleAfter, StalePolicy};
use crate::winner_tree::WinnerTree;
use coefficients::Coefficients;
use column::Column;
use expiry::ExpiryQueue;
use row::Row;

/// The mark of a slot without a node; the lower bits of a mark are the metrics that are missing.
const ABSENT: u8 = 1 << 7;

/// Changes of values until the running sums are computed anew, for each slot and in all.
const RESYNC_PER_SLOT: u64 = 16;
const RESYNC_AT_LEAST: u64 = 4_096;

/// All nodes by load.
///
/// Mutations are O(1) for the node (and O(log n) for its place among the others); [`NodeTable::advance`] then brings
/// everything up to date. Between a mutation and the next `advance`, reads answer by the coefficients of before; in a
/// new table these are 0, and all nodes are equal.
///
/// A slot takes about 200 bytes.
#[derive(Clone, Debug)]
pub struct NodeTable {
    config: NodeTableConfig,
    rows: Vec<Row>,
    /// For each slot which metrics are missing, or [`ABSENT`]; 0 for a node that is known in all.
    marks: Vec<u8>,
    /// How many marks are not 0.
    marked: usize,
    nodes: usize,
    columns: [Column; Metric::COUNT],
    coefficients: Coefficients,
    ranks: WinnerTree,
    log: ChangeLog,
    expiries: ExpiryQueue,
    /// How many nodes have ever reported each metric.
    reporting: [usize; Metric::COUNT],
    required: u8,
    /// How long after its time a metric is stale for the first time, in microseconds.
    stale_after: u64,
    now: Instant,
    epoch: u64,
    /// Something changed since the coefficients were last checked.
    unchecked: bool,
    /// All nodes must be ranked anew, whatever the coefficients say.
    outdated: bool,
    changes_since_resync: u64,
    work: Work,
}

impl NodeTable {
    /// How many slots a table may have.
    pub const MAX_SLOTS: usize = 1 << 22;

    /// A table without nodes.
    #[must_use]
    pub fn new(config: NodeTableConfig) -> Self {
        let mut table = Self {
            config,
            rows: Vec::new(),
            marks: Vec::new(),
            marked: 0,
            nodes: 0,
            columns: [(); Metric::COUNT].map(|()| Column::default()),
            coefficients: Coefficients::NONE,
            ranks: WinnerTree::new(),
            log: ChangeLog::new(),
            expiries: ExpiryQueue::default(),
            reporting: [0; Metric::COUNT],
            required: 0,
            stale_after: upkeep::first_stale(config.after),
            now: Instant::ZERO,
            epoch: 0,
            unchecked: false,
            outdated: false,
            changes_since_resync: 0,
            work: Work::default(),
        };
        table.required = table.required_now();
        table
    }

    /// Puts a node of which nothing is known into a slot: one that is free, or the next one.
    ///
    /// # Errors
    /// A node is there, the slot is beyond the next one, or there are [`NodeTable::MAX_SLOTS`].
    pub fn insert(&mut self, slot: usize) -> Result<(), TableError> {
        let next = self.rows.len();
        if slot > next || slot >= Self::MAX_SLOTS {
            return Err(TableError::OutOfRange {
                slot,
                next,
                limit: Self::MAX_SLOTS,
            });
        }
        if slot == next {
            self.rows.push(Row::EMPTY);
            self.marks.push(ABSENT);
            self.marked += 1;
            self.columns.iter_mut().for_each(Column::push_absent);
            self.ranks.grow_to(next + 1);
            self.log.push_slot();
            self.expiries.push_slot();
        } else if self.has(slot) {
            return Err(TableError::Occupied { slot });
        }
        self.rows[slot] = Row::EMPTY;
        self.nodes += 1;
        self.restand(slot, &Row::EMPTY, true);
        Ok(())
    }

    /// Takes the node out of a slot, with all that is known of it and in flight to it.
    ///
    /// # Errors
    /// No node is there.
    pub fn remove(&mut self, slot: usize) -> Result<(), TableError> {
        let before = core::mem::replace(self.row_mut(slot)?, Row::EMPTY);
        let reported = before.measured_bits();
        for (k, nodes) in self.reporting.iter_mut().enumerate() {
            *nodes -= usize::from(reported >> k & 1);
        }
        self.nodes -= 1;
        self.restand(slot, &before, false);
        self.require();
        Ok(())
    }

    /// Takes in what was measured of a node at `at`.
    ///
    /// Metrics that the load does not know keep their last values, and grow older. So do those of which something
    /// newer is known: reports that overtake each other do no harm.
    ///
    /// # Errors
    /// No node is there.
    pub fn observe(&mut self, slot: usize, load: &Load, at: Instant) -> Result<(), TableError> {
        let row = self.row_mut(slot)?;
        let first = row.measure(load, at);
        let row = *row;
        self.restand(slot, &row, true);
        if first != 0 {
            for (k, nodes) in self.reporting.iter_mut().enumerate() {
                *nodes += usize::from(first >> k & 1);
            }
            self.require();
        }
        Ok(())
    }

    /// Counts the load that work will bring to a node, until [`NodeTable::remove_in_flight`] takes it back.
    ///
    /// Unknown metrics of it count as 0. It is kept in whole parts of 2^-30 of a unit (a nanosecond of latency), so
    /// that what is taken back leaves no trace; one load counts as at most 2^20 units in each metric.
    ///
    /// # Errors
    /// No node is there.
    pub fn add_in_flight(&mut self, slot: usize, expected: &Load) -> Result<(), TableError> {
        self.change(slot, |row| row.add_in_flight(expected))
    }

    /// Takes back what [`NodeTable::add_in_flight`] counted: the work is seen by the metrics now, ended, or never came.
    ///
    /// More than was counted takes it to 0.
    ///
    /// # Errors
    /// No node is there.
    pub fn remove_in_flight(&mut self, slot: usize, expected: &Load) -> Result<(), TableError> {
        self.change(slot, |row| row.remove_in_flight(expected))
    }

    /// Takes load that has ended off what is measured, until [`NodeTable::remove_ended`] puts it back.
    ///
    /// Metrics show work for a while after its end. Counts where the metric is known, and down to 0 at most; a node
    /// whose metric is missing shows no work that could be taken off. Units and bounds as in
    /// [`NodeTable::add_in_flight`].
    ///
    /// # Errors
    /// No node is there.
    pub fn add_ended(&mut self, slot: usize, load: &Load) -> Result<(), TableError> {
        self.change(slot, |row| row.add_ended(load))
    }

    /// Takes back what [`NodeTable::add_ended`] counted: the metrics no longer show it.
    ///
    /// More than was counted takes it to 0.
    ///
    /// # Errors
    /// No node is there.
    pub fn remove_ended(&mut self, slot: usize, load: &Load) -> Result<(), TableError> {
        self.change(slot, |row| row.remove_ended(load))
    }

    fn change(&mut self, slot: usize, change: impl FnOnce(&mut Row)) -> Result<(), TableError> {
        let row = self.row_mut(slot)?;
        let before = *row;
        change(row);
        self.restand(slot, &before, true);
        Ok(())
    }

    /// Scores by other weights from now on; all nodes are ranked anew.
    pub fn set_weights(&mut self, weights: LoadWeights) {
        self.config.weights = weights;
        self.required = self.required_now();
        self.renew();
    }

    /// Treats stale metrics by another rule from now on; all nodes are looked at and ranked anew.
    pub fn set_stale(&mut self, after: StaleAfter, policy: StalePolicy) {
        (self.config.after, self.config.policy) = (after, policy);
        self.stale_after = upkeep::first_stale(after);
        self.expiries.clear();
        for slot in 0..self.rows.len() {
            self.look_again(slot);
        }
        self.renew();
    }

    /// Brings everything up to date: metrics that have gone stale by `now`, coefficients that are off.
    ///
    /// Costs what has changed; now and then it ranks all nodes anew. An instant before the last one counts as that.
    pub fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
        while let Some(slot) = self.expiries.pop(self.now) {
            self.look_again(slot);
        }
        if !self.unchecked {
            return;
        }
        let slots = u64::try_from(self.rows.len()).unwrap_or(u64::MAX);
        if self.changes_since_resync >= (RESYNC_PER_SLOT * slots).max(RESYNC_AT_LEAST) {
            self.resync();
        }
        self.unchecked = false;
        if self.outdated || self.coefficients.are_off(&self.columns) {
            self.renew();
        }
    }

    /// Computes all figures anew from the values and ranks all nodes; nobody needs to, since [`NodeTable::advance`]
    /// does it in time.
    pub fn rescore(&mut self) {
        self.resync();
        self.renew();
    }
}
