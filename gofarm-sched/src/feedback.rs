//! What was predicted of a node and what came: a weight that follows, and when to train again.
//!
//! A scheduler that believes its forecasts keeps sending work to a node that is slower than its forecast says: a
//! worn disk, a throttled processor. So each forecast is compared with what was measured 30 s later. A node that is
//! slower than predicted loses weight a little each time, and gets it back when forecast and measurement agree again;
//! a forecast that is off by more than 15 % is asked to be trained again, once, and not with each comparison.
//!
//! Logic only: predictions, measurements and time are arguments. What is compared is the caller's choice, as long as
//! larger is slower or busier: a latency, a load.
//!
//! ```
//! use gofarm_core::time::{Instant, secs};
//! use gofarm_sched::feedback::{Feedback, FeedbackEvent};
//!
//! let mut feedback = Feedback::new();
//! let mut now = Instant::ZERO;
//! for _ in 0..20 {
//!     feedback.predict("node-07", 0.20, now); // seconds, in 30 s
//!     now = now + secs(30);
//!     feedback.measure(&"node-07", 0.30, now);
//! }
//! assert!((0.5..0.7).contains(&feedback.weight(&"node-07")));
//! assert!(matches!(
//!     feedback.poll_event(),
//!     Some(FeedbackEvent::RetrainAsked { node: "node-07", .. })
//! ));
//! assert_eq!(feedback.poll_event(), None); // asked once
//! ```

mod comparison;
mod history;
mod signal;

pub use comparison::Comparison;
pub use signal::{INSTRUMENTS, observe_comparison};

use alloc::collections::VecDeque;
use core::hash::Hash;
use core::time::Duration;

use gofarm_core::time::Instant;
use hashbrown::HashMap;

use crate::ConfigError;
use history::History;

/// What feedback tells the caller to do.
///
/// See [`Feedback`] for an example.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum FeedbackEvent<N> {
    /// The forecast of this node has to be trained again; say so with [`Feedback::retrained`] when it was.
    RetrainAsked {
        /// Which node.
        node: N,
        /// The relative error that was too much, not negative: 0.2 is 20 %.
        error: f32,
    },
}

/// Predictions of nodes beside measurements, with 2 h of history and a weight for each node.
///
/// At most one prediction of a node waits, so comparisons are at least 30 s apart and a node's history is bounded: 240
/// comparisons, 24 bytes each. A measurement that comes more than 30 s late is not compared. Nodes are kept until they
/// are [removed](Self::remove).
///
/// The weight moves a tenth of the way to 1 - e with each comparison, where e is how much slower the node was than
/// predicted, relative to the prediction; it stays in 0.3..=2, and a forecast that is met brings it back to 1.
///
/// ```
/// use gofarm_core::time::Instant;
/// use gofarm_sched::feedback::Feedback;
///
/// let mut feedback = Feedback::new();
/// feedback.predict("gw-1", 100.0, Instant::ZERO);
/// assert!(feedback.measure(&"gw-1", 150.0, Instant::from_secs(29)).is_none()); // not yet
/// let comparison = feedback.measure(&"gw-1", 150.0, Instant::from_secs(30));
/// assert_eq!(comparison.map(|c| c.relative()), Some(0.5));
/// assert_eq!(feedback.weight(&"gw-1"), 0.95);
/// ```
#[derive(Clone, Debug)]
pub struct Feedback<N> {
    nodes: HashMap<N, Node>,
    events: VecDeque<FeedbackEvent<N>>,
    retrain_above: f32,
    floor: f32,
}

#[derive(Clone, Debug)]
struct Node {
    weight: f32,
    /// When it can be compared, and what was predicted.
    waiting: Option<(Instant, f32)>,
    /// When training was last asked for.
    asked: Option<Instant>,
    history: History,
}

impl<N: Clone + Eq + Hash> Feedback<N> {
    /// How long after a prediction it is compared.
    pub const AFTER: Duration = Duration::from_secs(30);
    /// How long comparisons are kept; also how long a request to train again stands before it is repeated.
    pub const HISTORY: Duration = Duration::from_secs(2 * 3600);
    /// The smallest weight of a node.
    pub const LEAST: f32 = 0.3;
    /// The largest weight of a node.
    pub const MOST: f32 = 2.0;
    /// The part of its way that a weight moves with one comparison.
    pub const GAIN: f32 = 0.1;

    /// No nodes yet; training is asked for above 15 %, and predictions below 0.001 count as that.
    #[must_use]
    pub fn new() -> Self {
        Self {
            nodes: HashMap::new(),
            events: VecDeque::new(),
            retrain_above: 0.15,
            floor: 1e-3,
        }
    }

    /// The relative error above which training is asked for: 0.15 is 15 %.
    ///
    /// # Errors
    /// It is not finite or not above 0.
    pub fn retrain_above(mut self, error: f32) -> Result<Self, ConfigError> {
        if !(error.is_finite() && error > 0.0) {
            return Err(ConfigError::new("retrain_above", "finite and above 0"));
        }
        self.retrain_above = error;
        Ok(self)
    }

    /// What a smaller prediction counts as when errors are made relative, in the unit of the predictions: a node that
    /// was predicted to take 0 ms and took 0.1 ms is not infinitely slow.
    ///
    /// # Errors
    /// It is not a normal number above 0.
    pub fn floor(mut self, least: f32) -> Result<Self, ConfigError> {
        if !(least.is_normal() && least > 0.0) {
            return Err(ConfigError::new("floor", "a normal number above 0"));
        }
        self.floor = least;
        Ok(self)
    }

    /// Notes what is predicted of a node for 30 s from now, in any unit in which larger is slower.
    ///
    /// Ignored if it is not finite or below 0, and while an earlier prediction waits to be compared.
    pub fn predict(&mut self, node: N, value: f32, now: Instant) {
        if !(value.is_finite() && value >= 0.0) {
            return;
        }
        let node = self.nodes.entry(node).or_insert_with(Node::new);
        let lapsed = |(due, _)| now.saturating_since(due) > Self::AFTER;
        if node.waiting.is_none_or(lapsed) {
            node.waiting = Some((now + Self::AFTER, value));
        }
    }

    /// Compares the prediction that is due with a measurement; `None` if there is none to compare.
    ///
    /// A measurement that is not finite or below 0 is ignored. Drain [`poll_event`](Self::poll_event) after it.
    pub fn measure(&mut self, node: &N, value: f32, now: Instant) -> Option<Comparison> {
        if !(value.is_finite() && value >= 0.0) {
            return None;
        }
        let known = self.nodes.get_mut(node)?;
        let (due, predicted) = known.waiting.filter(|(due, _)| *due <= now)?;
        known.waiting = None;
        if now.saturating_since(due) > Self::AFTER {
            return None;
        }
        let comparison = Comparison::new(predicted, value, self.floor);
        known.history.push(now, comparison);
        let target = (1.0 - comparison.relative()).clamp(Self::LEAST, Self::MOST);
        let weight = known.weight + Self::GAIN * (target - known.weight);
        known.weight = weight.clamp(Self::LEAST, Self::MOST);
        let error = comparison.relative().abs();
        let stands = |asked| now.saturating_since(asked) < Self::HISTORY;
        if error > self.retrain_above && !known.asked.is_some_and(stands) {
            known.asked = Some(now);
            let asks = |FeedbackEvent::RetrainAsked { node: n, .. }: &FeedbackEvent<N>| n == node;
            if !self.events.iter().any(asks) {
                let node = node.clone();
                self.events
                    .push_back(FeedbackEvent::RetrainAsked { node, error });
            }
        }
        Some(comparison)
    }

    /// What a node counts, 0.3..=2; 1 for one of which nothing is known.
    #[must_use]
    pub fn weight(&self, node: &N) -> f32 {
        self.nodes.get(node).map_or(1.0, |node| node.weight)
    }

    /// The comparisons of a node in the 2 h up to its last one, the oldest first, each with its time.
    pub fn history(&self, node: &N) -> impl Iterator<Item = (Instant, Comparison)> + '_ {
        let node = self.nodes.get(node).into_iter();
        node.flat_map(|node| node.history.iter())
    }

    /// The mean of the absolute relative errors of a node's history: 0.15 is 15 %; `None` without any.
    #[must_use]
    pub fn mean_error(&self, node: &N) -> Option<f32> {
        self.nodes.get(node)?.history.mean_error()
    }

    /// Notes that the forecast of a node was trained again: its history and its waiting prediction were of the old
    /// one and are forgotten, the weight stays.
    pub fn retrained(&mut self, node: &N) {
        if let Some(known) = self.nodes.get_mut(node) {
            known.asked = None;
            known.waiting = None;
            known.history = History::new();
        }
        self.forget_events(node);
    }

    /// Forgets a node that is gone.
    pub fn remove(&mut self, node: &N) {
        self.nodes.remove(node);
        self.forget_events(node);
    }

    /// The next thing to do; `None` when there is no more. At most one waits for each node.
    pub fn poll_event(&mut self) -> Option<FeedbackEvent<N>> {
        self.events.pop_front()
    }

    fn forget_events(&mut self, node: &N) {
        self.events
            .retain(|FeedbackEvent::RetrainAsked { node: n, .. }| n != node);
    }
}

impl<N: Clone + Eq + Hash> Default for Feedback<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl Node {
    fn new() -> Self {
        Self {
            weight: 1.0,
            waiting: None,
            asked: None,
            history: History::new(),
        }
    }
}
