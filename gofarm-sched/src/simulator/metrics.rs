//! What is measured, and what comes of it.

use core::time::Duration;

use gofarm_core::random::Random;
use gofarm_core::time::Instant;

use super::machine::Due;
use super::{Cause, Simulator, Site, What};
use crate::eviction::WorkId;
use crate::load::{Load, Metric};
use crate::mode::ModeEvent;

/// Metrics on their way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message {
    at: Instant,
    boot: u64,
    load: Load,
}

/// Loads of nodes by themselves: those that are true, and the last that were heard.
#[derive(Debug, Default)]
pub(super) struct Loads {
    count: f64,
    total: f64,
    most: f32,
    /// Number, sum and squares of what was heard last of each node.
    heard: [f64; 3],
}

impl Loads {
    pub(super) fn mean_and_most(&self) -> (f32, f32) {
        let mean = if self.count > 0.0 {
            self.total / self.count
        } else {
            0.0
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the nearest single is meant"
        )]
        let mean = mean as f32;
        (mean, self.most)
    }

    fn measured(&mut self, load: f32) {
        self.count += 1.0;
        self.total += f64::from(load);
        self.most = self.most.max(load);
    }

    fn heard(&mut self, load: f32, sign: f64) {
        let load = f64::from(load);
        let terms = [1.0, load, load * load];
        self.heard
            .iter_mut()
            .zip(terms)
            .for_each(|(sum, term)| *sum += sign * term);
    }

    /// The standard deviation of what was heard last.
    fn spread(&self) -> f32 {
        let [count, total, squares] = self.heard;
        let mean = total / count.max(1.0);
        let variance = (squares / count.max(1.0) - mean * mean).max(0.0);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the nearest single is meant"
        )]
        let spread = libm::sqrt(variance) as f32;
        spread
    }
}

impl Simulator<'_> {
    pub(super) fn measure(&mut self, at: usize, feeds: u64) {
        let Some(node) = self
            .nodes
            .get(at)
            .filter(|node| node.feeds == feeds && node.id.is_some())
        else {
            return;
        };
        let feed = node.feed;
        self.plan(feed.every, Due::Measure { node: at, feeds });
        let Some(node) = self.nodes.get(at).filter(|node| node.up) else {
            return;
        };
        let (boot, site, mut load) = (node.boot, node.spec.site, node.load());
        self.loads.measured(self.rules.weights.absolute(&load));
        for metric in [Metric::Cpu, Metric::Memory] {
            let wrong = feed.noise * (2.0 * self.draw() - 1.0);
            let value = load.get(metric).unwrap_or(0.0) + wrong;
            load = load.with(metric, value.clamp(0.0, 1.0));
        }
        let lost = self.draw() < feed.loss || (site == Site::Cloud && self.cut);
        if lost {
            return;
        }
        let at_once = feed.delay == Duration::ZERO;
        let message = Message {
            at: self.now,
            boot,
            load,
        };
        if at_once {
            self.deliver(at, message);
        } else {
            self.plan(feed.delay, Due::Deliver(at, message));
        }
    }

    /// 0 to below 1.
    #[expect(clippy::cast_precision_loss, reason = "24 bits fit")]
    fn draw(&mut self) -> f32 {
        self.random.below(1 << 24) as f32 / (1_u32 << 24) as f32
    }

    pub(super) fn deliver(&mut self, at: usize, message: Message) {
        let (now, absolute) = (self.now, self.rules.weights.absolute(&message.load));
        let Some(node) = self.nodes.get_mut(at) else {
            return;
        };
        let Some(id) = node.id else { return };
        if node.heard.is_some_and(|(last, _)| message.at < last) {
            return;
        }
        let was_silent = core::mem::take(&mut node.silent);
        let boot_changed = core::mem::replace(&mut node.heard_boot, message.boot) != message.boot;
        let before = node.heard.replace((message.at, absolute));
        before
            .into_iter()
            .for_each(|(_, load)| self.loads.heard(load, -1.0));
        self.loads.heard(absolute, 1.0);
        // Evictor and scheduler know the node as long as it has an id.
        let _ = self
            .evictor
            .handle_heartbeat(now, id, message.boot, &mut self.random);
        self.recover();
        if boot_changed {
            self.release_gone(at);
        }
        let _ = self.scheduler.observe(id, message.load, message.at);
        if was_silent {
            let node = self.name_of(at);
            self.push(What::NodeHeard(node));
        }
        self.stop_ghosts(at);
        let spread = self.loads.spread();
        if let Some(node) = self.nodes.get_mut(at) {
            node.mode.handle_load(now, Some(absolute), spread);
        }
        self.follow_mode(at);
        self.retry_after(Duration::ZERO);
    }

    fn follow_mode(&mut self, at: usize) {
        while let Some(event) = self
            .nodes
            .get_mut(at)
            .and_then(|node| node.mode.poll_event())
        {
            match event {
                ModeEvent::Moved(moved) => {
                    let (from, to) = (moved.from(), moved.to());
                    let now = self.now;
                    let moves = self
                        .nodes
                        .get_mut(at)
                        .map_or(0, |node| node.moves.count(now));
                    let most = &mut self.report.most_mode_moves_an_hour;
                    *most = moves.max(*most);
                    let node = self.name_of(at);
                    self.push(What::Mode { node, from, to });
                }
                ModeEvent::MoveReplicas { .. } => self.move_one(at),
                ModeEvent::ScaleCalled { .. } => self.report.scale_asked += 1,
            }
        }
    }

    /// The least of the work on a node goes elsewhere, started there before it is stopped here.
    fn move_one(&mut self, at: usize) {
        let node = self.nodes.get(at);
        let works = node.into_iter().flat_map(|node| &node.claims);
        let least = works.filter_map(|id| self.works.get(id).map(|work| (*id, work)));
        let least = least.min_by_key(|(id, work)| {
            let spec = work.spec;
            (
                spec.is_critical(),
                spec.priority,
                core::cmp::Reverse(spec.uses_milli),
                *id,
            )
        });
        let Some((id, _)) = least else { return };
        if self.reaches(at) {
            self.find_place(id, Cause::Moved, None);
        }
    }

    fn stop_ghosts(&mut self, at: usize) {
        if !self.reaches(at) {
            return;
        }
        let Some(node) = self.nodes.get_mut(at) else {
            return;
        };
        let stops = core::mem::take(&mut node.stops);
        let ghosts = stops.into_iter().filter(|work| !node.claims.contains(work));
        let ghosts = ghosts.filter(|work| node.copies.remove(work).is_some());
        let ghosts: alloc::vec::Vec<WorkId> = ghosts.collect();
        for work in ghosts {
            let node = self.name_of(at);
            self.push(What::CopyStopped { work, node });
        }
    }
}
