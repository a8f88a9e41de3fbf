//! Rules that change while the scheduler runs.

use alloc::boxed::Box;

use super::Scheduler;
use crate::load::LoadWeights;
use crate::placement::builder::{Filtering, Scoring};
use crate::placement::{Filter, Score, UnknownPlugin};

impl Scheduler {
    /// Replaces the score of this name, the first one if there are several; its weight stays. Gives the old one back.
    ///
    /// For scores that are made of what was learned so far, as those of [`packing`](crate::packing) are of a mix. All
    /// kept costs are dropped: the next placement of each shape asks all nodes. The new score may have another name.
    ///
    /// ```
    /// use gofarm_core::time::Instant;
    /// use gofarm_sched::node::Node;
    /// use gofarm_sched::packing::{Mix, Stranding};
    /// use gofarm_sched::placement::Scheduler;
    /// use gofarm_sched::request::Request;
    /// use gofarm_sched::resource::{Ask, Resources, Share};
    ///
    /// let mut mix = Mix::new();
    /// let mut sched = Scheduler::builder().score(100, Stranding::new(&mix)).build()?;
    /// sched.add_node(Node::new("gpu-1", Resources::new(64_000, 256 << 30).accelerators(4)));
    /// let request = Request::new(Ask::new(8_000, 16 << 30).share(Share::Whole(1)));
    /// for _ in 0..3 {
    ///     mix.count(&request);
    ///     let decision = sched.place(&request, Instant::ZERO)?;
    ///     sched.commit(decision, Instant::ZERO)?;
    /// }
    /// sched.replace_score("stranding", Box::new(Stranding::new(&mix)))?;
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// No score has this name; the new one is dropped.
    pub fn replace_score(
        &mut self,
        name: &str,
        score: Box<dyn Score>,
    ) -> Result<Box<dyn Score>, UnknownPlugin> {
        let mut scores = self.board.rules.scores.iter_mut();
        let old = scores.find(|s| s.plugin.name() == name);
        let old = old.ok_or(UnknownPlugin)?;
        let new = Scoring::new(old.weight, score);
        let old = core::mem::replace(old, new).plugin;
        self.board.rules_changed();
        Ok(old)
    }

    /// Replaces the filter of this name, the first one if there are several, at its place in the order. Gives the old
    /// one back.
    ///
    /// As [`replace_score`](Self::replace_score) does.
    ///
    /// # Errors
    /// No filter has this name; the new one is dropped.
    pub fn replace_filter(
        &mut self,
        name: &str,
        filter: Box<dyn Filter>,
    ) -> Result<Box<dyn Filter>, UnknownPlugin> {
        let mut filters = self.board.rules.filters.iter_mut();
        let old = filters.find(|f| f.plugin.name() == name);
        let old = old.ok_or(UnknownPlugin)?;
        let old = core::mem::replace(old, Filtering::new(filter)).plugin;
        self.board.rules_changed();
        Ok(old)
    }

    /// Counts metrics by other weights from now on; all nodes are ranked anew.
    pub fn set_weights(&mut self, weights: LoadWeights) {
        self.board.set_weights(weights);
    }
}
