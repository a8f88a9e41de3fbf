//! What keeps ranks in line with what is known.

use gofarm_core::time::Instant;

use super::coefficients::Coefficients;
use super::column::{Hole, Standing};
use super::row::Row;
use super::{ABSENT, NodeTable, TableError};
use crate::load::{Metric, StaleAfter, StalePolicy};

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

    /// Looks at a node whose metrics may have gone stale.
    pub(super) fn look_again(&mut self, slot: usize) {
        if let Ok(row) = self.row_mut(slot).map(|row| *row) {
            self.restand(slot, &row, true);
        }
    }

    /// Brings columns, rank and the queue of expiries in line with what is known of a slot; `before` is what was known.
    pub(super) fn restand(&mut self, slot: usize, before: &Row, present: bool) {
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
            let in_flight = (before.in_flight(k), row.in_flight(k));
            changed |= column.set(slot, stands, row.value(k), in_flight);
        }
        if !changed {
            return;
        }
        self.marks[slot] = is;
        self.marked += usize::from(is != 0);
        self.marked -= usize::from(was != 0);
        let values = [0, 1, 2, 3, 4].map(|k: usize| self.columns[k].value(slot));
        let mut rank = self.coefficients.rank(values);
        if is != 0 {
            rank += self.coefficients.rank_of_missing(is, &row) + self.handicaps().of(is);
        }
        self.ranks.set(slot, rank);
        self.log.note(slot);
        self.unchecked = true;
        self.changes_since_resync += 1;
        self.work.ranked_alone += 1;
    }

    /// Which metrics are missing; asks for another look when the next of the others goes stale.
    fn look_at(&mut self, slot: usize, row: &Row) -> u8 {
        let holds = self.config.policy == StalePolicy::Hold;
        let after = self.stale_after;
        let (mut missing, mut next) = (0, Instant::FAR_FUTURE);
        for k in 0..Metric::COUNT {
            if !row.is_measured(k) {
                missing |= 1 << k;
            } else if !holds {
                let at = row.measured_at(k).as_micros();
                let stale_at = Instant::from_micros(at.saturating_add(after));
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

    const fn handicaps(&self) -> Handicaps {
        Handicaps {
            required: self.required,
            late: match self.config.policy {
                StalePolicy::Refuse => f32::INFINITY,
                StalePolicy::Penalise => self.coefficients.penalty(),
                StalePolicy::Ignore | StalePolicy::Hold => 0.0,
            },
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
        self.coefficients = Coefficients::freeze(&self.columns, &self.config);
        let handicap = self.handicaps();
        let numbers = self.ranks.numbers_mut();
        self.coefficients.rank_all(&self.columns, numbers);
        if self.marked > 0 {
            for ((number, &mark), row) in numbers.iter_mut().zip(&self.marks).zip(&self.rows) {
                if mark != 0 {
                    *number += self.coefficients.rank_of_missing(mark, row) + handicap.of(mark);
                }
            }
        }
        self.ranks.replay();
        self.log.note_all();
        self.epoch += 1;
        self.unchecked = false;
        self.outdated = false;
        self.work.renewals += 1;
    }
}

/// How long after its time a metric is stale for the first time, in microseconds; the bound itself is fresh.
pub(super) fn first_stale(after: StaleAfter) -> u64 {
    let micros = u64::try_from(after.duration().as_micros());
    micros.unwrap_or(u64::MAX).saturating_add(1)
}

/// What missing metrics add to a rank.
#[derive(Clone, Copy, Debug)]
struct Handicaps {
    required: u8,
    /// For each required metric.
    late: f32,
}

impl Handicaps {
    fn of(self, mark: u8) -> f32 {
        let late = mark & self.required;
        if mark & ABSENT != 0 {
            f32::INFINITY
        } else if late != 0 && self.late > 0.0 {
            self.late * count(late)
        } else {
            0.0
        }
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
            in_flight: (mark & ABSENT == 0).then(|| row.in_flight(k)),
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
