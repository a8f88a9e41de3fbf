//! [`Account`]: what became of the images.

use alloc::collections::BTreeMap;

use serde::Serialize;

use super::release::Image;

/// What became of the images, in numbers that add up, and of each rollout.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(in crate::season) struct Account {
    /// Images that were pushed, each for one rollout.
    pub(in crate::season) pushed: u32,
    pub(in crate::season) completed: u32,
    pub(in crate::season) aborted: u32,
    /// Rollouts under way, or waiting for the one that is.
    pub(in crate::season) pending: u32,
    /// Offers of an image to a node; after a failure an image is offered once more.
    pub(in crate::season) offered: u32,
    /// Offers that came as far as a trial; a part of those below.
    pub(in crate::season) installed: u32,
    pub(in crate::season) confirmed: u32,
    /// Trials that the boot loader ended, because they were never confirmed.
    pub(in crate::season) rolled_back: u32,
    /// Offers that a node refused, by reason: `signature`, `digest` or `other`.
    pub(in crate::season) refused: BTreeMap<&'static str, u32>,
    /// Offers that ended with the rollout.
    pub(in crate::season) withdrawn: u32,
    /// Offers without an end.
    pub(in crate::season) under_way: u32,
    /// Power cuts in the middle of a transfer.
    pub(in crate::season) cut_off: u32,
    /// Starts of a slot that does not hold the image that was put there.
    pub(in crate::season) broken_starts: u32,
    /// Bad images that a node confirmed.
    pub(in crate::season) bad_confirmed: u32,
    /// The version that each node starts by itself.
    pub(in crate::season) versions: Vec<String>,
    pub(in crate::season) rollouts: Vec<Rollout>,
}

/// What became of one pushed image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::season) struct Rollout {
    pub(in crate::season) version: String,
    pub(in crate::season) image: Image,
    pub(in crate::season) outcome: Outcome,
    /// To how many nodes it was offered.
    pub(in crate::season) nodes: usize,
    /// When the first stage began and when the rollout ended, in s from the start of the season.
    pub(in crate::season) began_s: Option<u64>,
    pub(in crate::season) ended_s: Option<u64>,
}

/// How a rollout stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::season) enum Outcome {
    Pending,
    /// Every node has it.
    Completed,
    /// The cloud took it back after the first node that did not do well with it.
    Aborted,
}

impl Account {
    /// Whether each rollout and each offer has exactly one end, or none yet.
    #[cfg(test)]
    pub(in crate::season) fn is_balanced(&self) -> bool {
        let refused: u32 = self.refused.values().sum();
        let ended = self.confirmed + self.rolled_back + refused + self.withdrawn;
        self.pushed == self.completed + self.aborted + self.pending
            && self.offered == ended + self.under_way
            && self.installed >= self.confirmed + self.rolled_back
    }
}
