//! [`Report`]: what came of a run.

use core::fmt;
use core::time::Duration;

use super::{Cause, Spread, What};

/// What came of a run so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Report {
    /// Pieces of work that arrived.
    pub arrived: u64,
    /// Placements of work that waited: first ones, and those after an eviction or a shedding.
    pub placed: u64,
    /// How often work asked for a place and got none.
    pub unplaced: u64,
    /// Placements of work that was lost with its node.
    pub rebuilt: u64,
    /// Lost work whose node came back with it before it was rebuilt.
    pub kept: u64,
    /// Placements of work whose node was too full.
    pub moved: u64,
    /// Placements for which hard spread was lifted, since no node would have kept it and a crop depends on the work.
    pub spread_lifted: u64,
    /// How often a chosen node did not answer.
    pub not_started: u64,
    /// Pieces of work that made room for others.
    pub evicted: u64,
    /// Pieces of work that were stopped because the farm was cut off or short of power.
    pub shed: u64,
    /// Pieces of work that were shed and came back.
    pub resumed: u64,
    /// Pieces of work that are over.
    pub done: u64,
    /// Wanted pieces of work that never ran and do not run now.
    pub waiting: u64,
    /// Wanted pieces of work that ran and do not run now; what was shed is not among them.
    pub lost: u64,
    /// Of `waiting` and `lost`, those that a crop depends on.
    pub critical_missing: u64,
    /// The longest time for which a wanted, crop-critical piece of work ran on no node that the farm could reach, from
    /// its arrival on.
    pub longest_critical_outage: Duration,
    /// Moves of nodes between modes.
    pub mode_moves: u64,
    /// The most of them that one node made within any hour.
    pub most_mode_moves_an_hour: u64,
    /// How often the farm became cut off or connected.
    pub link_moves: u64,
    /// The most of them within any hour.
    pub most_link_moves_an_hour: u64,
    /// How often what the services of a node call was asked to scale ahead of time.
    pub scale_asked: u64,
    /// The mean true load of a node by itself, 0..=1, over all that was measured.
    pub mean_load: f32,
    /// The highest.
    pub most_load: f32,
    /// The whole log as a number: equal for equal runs.
    pub digest: u64,
}

impl Report {
    /// Counts what an entry says.
    pub(super) fn count(&mut self, what: &What) {
        let count = match what {
            What::Placed { cause, spread, .. } => {
                self.spread_lifted += u64::from(*spread == Spread::Lifted);
                match cause {
                    Cause::Waited => &mut self.placed,
                    Cause::Lost => &mut self.rebuilt,
                    Cause::Moved => &mut self.moved,
                }
            }
            What::NotStarted { .. } => &mut self.not_started,
            What::Evicted { .. } => &mut self.evicted,
            What::Shed(_) => &mut self.shed,
            What::Resumed(_) => &mut self.resumed,
            What::Done(_) => &mut self.done,
            What::Mode { .. } => &mut self.mode_moves,
            What::Link(_) => &mut self.link_moves,
            _ => return,
        };
        *count += 1;
    }
}

impl fmt::Display for Report {
    /// A few lines for a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outage = self.longest_critical_outage.as_secs_f32();
        writeln!(
            f,
            "work: {} arrived, {} placed, {} rebuilt, {} kept, {} moved, {} evicted, {} shed, {} resumed, {} done",
            self.arrived,
            self.placed,
            self.rebuilt,
            self.kept,
            self.moved,
            self.evicted,
            self.shed,
            self.resumed,
            self.done,
        )?;
        writeln!(
            f,
            "not as wished: {} waiting, {} lost ({} crop-critical, out for {outage:.1} s at the longest), \
             {} refusals, {} not started, {} beyond the spread",
            self.waiting,
            self.lost,
            self.critical_missing,
            self.unplaced,
            self.not_started,
            self.spread_lifted,
        )?;
        writeln!(
            f,
            "modes: {} moves, at most {} of a node in an hour; link: {}, at most {} in an hour; {} asked to scale",
            self.mode_moves,
            self.most_mode_moves_an_hour,
            self.link_moves,
            self.most_link_moves_an_hour,
            self.scale_asked,
        )?;
        write!(
            f,
            "load: mean {:.2}, most {:.2} (0 is idle); digest {:016x}",
            self.mean_load, self.most_load, self.digest
        )
    }
}
