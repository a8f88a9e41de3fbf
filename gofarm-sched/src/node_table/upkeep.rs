//! What keeps ranks in line with what is known.

use gofarm_core::time::Instant;

use super::coefficients::Coefficients;
use super::column::{Hole, Standing};
use super::row::Row;
use super::{ABSENT, NodeTable, TableError};
use crate::load::{Metric, StalePolicy};

impl NodeTable {
    pub(super) fn row_mut(&mut self, slot: usize) -> Result<&mut Row, TableError> {
        match (self.marks.get(slot), self.rows.get_mut(slot)) {
            (Some(mark), Some(row)) if mark & ABSENT == 0 => Ok(row),
            _ => Err(TableError::Absent { slot }),
        }
    }

    pub(super) fn has(&self, slot: usize) -> bool {
        self.marks.get(slot).is_some_and(|mark| mark & ABSENT == 0)
    }

    /// Brings columns, rank and the queue of expiries in line with what is known of a slot.
    pub(super) fn restand(&mut self, slot: usize, present: bool) {
        let (Some(row), Some(was)) = (self.rows.get(slot).copied(), self.marks.get(slot).copied())
        else {
            return;
        };
        let is = if present {
            self.look_at(slot, &row)
        } else {
            ABSENT
        };
        let mut changed = was != is;
        for (k, column) in self.columns.iter_mut().enumerate() {
            let stands = (standing(was, k), standing(is, k));
            changed |= column.set(slot, stands, row.measured(k), row.in_flight(k));
        }
        if !changed {
            return;
        }
        self.marks[slot] = is;
        self.marked += usize::from(is != 0);
        self.marked -= usize::from(was != 0);
        let values = [0, 1, 2, 3, 4].map(|k: usize| self.columns[k].value(slot));
        let rank = self.coefficients.rank(values) + self.handicap(is);
        self.ranks.set(slot, rank);
        self.log.note(slot);
        self.unchecked = true;
        self.changes_since_resync += 1;
        self.work.ranked_alone += 1;
    }

    /// Which metrics are missing; asks for another look when the next of the others goes stale.
    fn look_at(&mut self, slot: usize, row: &Row) -> u8 {
        let holds = self.config.policy == StalePolicy::Hold;
        let after = self.config.after.duration();
        let (mut missing, mut next) = (0, Instant::FAR_FUTURE);
        for k in 0..Metric::COUNT {
            if !row.is_measured(k) {
                missing |= 1 << k;
            } else if !holds {
                let stale_at = row.stale_at(k, after);
                if stale_at <= self.now {
                    missing |= 1 << k;
                } else {
                    next = next.min(stale_at);
                }
            }
        }
        self.expiries.want(slot, next);
        missing
    }

    /// What missing metrics add to a rank.
    fn handicap(&self, mark: u8) -> f32 {
        if mark & ABSENT != 0 {
            return f32::INFINITY;
        }
        let late = mark & self.required;
        match self.config.policy {
            StalePolicy::Refuse if late != 0 => f32::INFINITY,
            StalePolicy::Penalise => self.coefficients.penalty() * count(late),
            _ => 0.0,
        }
    }

    /// Finds out anew which metrics are required.
    pub(super) fn require(&mut self) {
        let required = self.required_now();
        if required != self.required {
            self.required = required;
            self.outdated = true;
            self.unchecked = true;
        }
    }

    pub(super) fn required_now(&self) -> u8 {
        let (mut weighted, mut reported) = (0, 0);
        for metric in Metric::ALL {
            let k = metric as usize;
            if self.config.weights.weight(metric) > 0.0 {
                weighted |= 1 << k;
                reported |= u8::from(self.reporting[k] > 0) << k;
            }
        }
        if reported == 0 { weighted } else { reported }
    }

    /// Computes the sums anew from the values.
    pub(super) fn resync(&mut self) {
        for k in 0..Metric::COUNT {
            let holes = holes(&self.marks, &self.rows, self.marked, k);
            self.columns[k].resync(holes);
        }
        self.changes_since_resync = 0;
        self.work.resyncs += 1;
    }

    /// Begins an epoch: new coefficients, and all ranks by them.
    pub(super) fn renew(&mut self) {
        for k in 0..Metric::COUNT {
            let holes = holes(&self.marks, &self.rows, self.marked, k);
            self.columns[k].recentre(holes);
        }
        let (weights, tolerance) = (&self.config.weights, self.config.tolerance);
        self.coefficients = Coefficients::freeze(&self.columns, weights, tolerance);
        let mut ranks = core::mem::take(&mut self.ranks);
        let numbers = ranks.numbers_mut();
        self.coefficients.rank_all(&self.columns, numbers);
        if self.marked > 0 {
            for (number, &mark) in numbers.iter_mut().zip(&self.marks) {
                if mark != 0 {
                    *number += self.handicap(mark);
                }
            }
        }
        ranks.replay();
        self.ranks = ranks;
        self.log.note_all();
        self.epoch += 1;
        self.unchecked = false;
        self.outdated = false;
        self.work.renewals += 1;
    }
}

/// The slots in which a metric is missing, or no node is.
fn holes<'a>(
    marks: &'a [u8],
    rows: &'a [Row],
    marked: usize,
    k: usize,
) -> impl Iterator<Item = Hole> + Clone + 'a {
    let marks = if marked > 0 { marks } else { &[] };
    let all = marks.iter().zip(rows).enumerate();
    all.filter(move |(_, (mark, _))| standing(**mark, k) != Standing::Known)
        .map(move |(slot, (mark, row))| Hole {
            slot,
            absent: mark & ABSENT != 0,
            extra: row.in_flight(k),
        })
}

const fn standing(mark: u8, k: usize) -> Standing {
    if mark & ABSENT != 0 {
        Standing::Absent
    } else if mark >> k & 1 != 0 {
        Standing::Missing
    } else {
        Standing::Known
    }
}

/// How many metrics a set of bits holds.
fn count(bits: u8) -> f32 {
    (0..Metric::COUNT).map(|k| f32::from(bits >> k & 1)).sum()
}
