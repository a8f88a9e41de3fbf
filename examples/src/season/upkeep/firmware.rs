//! [`Firmware`]: images from the cloud onto the nodes, in stages, and back by itself when one is bad.
//!
//! The parts are those of a real farm: images signed with Ed25519, two slots of flash and a boot loader on each node
//! ([`gofarm_hal::update`]), and a staged rollout in the cloud ([`gofarm_sched::rollout`]). A bad image is stopped by
//! the first part that can see it: a wrong signature by the header's check, before a page is erased; a broken copy by
//! the digest of what the flash holds; an image that verifies and does not work by the boot loader, which starts it
//! three times without a confirmation and then falls back. The first node's word of it ends the rollout, so that no
//! other node is offered the image.
//!
//! A node restarts for an image only when it does not water. An image on trial confirms itself after its self test, and
//! when it has heard the cloud. Time stands still for a rollout as long as one of its nodes is not heard.
//!
//! What is simulated is the chip ([`flash`]), and the link: it carries whole messages or none.

mod account;
mod flash;
mod node;
mod release;
mod stages;
#[cfg(test)]
mod tests;

pub(in crate::season) use self::account::{Account, Outcome, Rollout};
pub(in crate::season) use self::release::Image;

use alloc::collections::{BTreeSet, VecDeque};
use alloc::sync::Arc;
use core::time::Duration;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::Instant;
use gofarm_hal::update::Version;
use gofarm_sched::rollout::{self, Report, RolloutEvent};

use self::node::{Node, Told, Wanted};
use self::release::{Release, Signer};
use self::stages::CHECK_IN;
use crate::season::listener::Listener;

/// What happened; the caller acts on [`Event::Restart`], the others are for the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::season) enum Event {
    /// The power of this node is to be cut now; [`Firmware::restarted`] when it is there again. It does not water, unless
    /// it is the watchdog that resets an image on trial.
    Restart { node: usize },
    /// The transfer of an image to this node begins.
    Began { node: usize, version: Version },
    /// The node refused an image: `signature`, `digest` or `other`.
    Refused {
        node: usize,
        version: Version,
        reason: &'static str,
    },
    /// The node keeps an image.
    Confirmed { node: usize, version: Version },
    /// The node's boot loader gave an image up and started the one before.
    RolledBack { node: usize, version: Version },
    /// Every node has the image.
    Completed { version: Version },
    /// No node shall have the image any more.
    Aborted { version: Version },
}

/// The firmware of all nodes, and the rollouts of the cloud. Nodes are counted from 0.
///
/// Contract: after each call [`poll`](Self::poll) until it gives none, and again at [`poll_timeout`](Self::poll_timeout).
/// Each start of a node is told with [`restarted`](Self::restarted), whatever the reason.
#[derive(Debug)]
pub(in crate::season) struct Firmware {
    random: SplitMix64,
    signer: Signer,
    names: Vec<String>,
    nodes: Vec<Node>,
    is_reachable: Vec<bool>,
    /// What a node shall run that is not in a rollout.
    last_good: Arc<Release>,
    campaign: Option<Campaign>,
    waiting: VecDeque<(usize, Arc<Release>)>,
    rollouts: Vec<Rollout>,
    bad_confirmed: u32,
    events: VecDeque<Event>,
    listener: Listener,
}

/// A rollout under way.
#[derive(Debug)]
struct Campaign {
    /// Which one of `rollouts` it is.
    number: usize,
    release: Arc<Release>,
    rollout: rollout::Rollout,
    check_in: Instant,
    offered_to: BTreeSet<usize>,
}

impl Firmware {
    /// So many nodes fresh from the factory, with version 1.0.0, all of them reachable.
    pub(in crate::season) fn new(seed: u64, nodes: usize) -> Self {
        let mut random = SplitMix64::new(seed);
        let mut signer = Signer::new(SplitMix64::new(random.next_u64()));
        let factory = Arc::new(signer.release(version(0), Image::Good));
        let key = signer.public_key();
        Self {
            names: (1..=nodes).map(|n| format!("valve-{n}")).collect(),
            nodes: (0..nodes)
                .map(|_| Node::new(random.next_u64(), key, &factory))
                .collect(),
            is_reachable: vec![true; nodes],
            random,
            signer,
            last_good: factory,
            campaign: None,
            waiting: VecDeque::new(),
            rollouts: Vec::new(),
            bad_confirmed: 0,
            events: VecDeque::new(),
            listener: Listener::default(),
        }
    }

    pub(in crate::season) fn listen(&mut self, listener: &Listener) {
        self.listener = listener.clone();
        for node in &mut self.nodes {
            node.listen(listener);
        }
    }

    /// The cloud rolls an image out: now, or when the rollout before has come to its end. Gives its version.
    pub(in crate::season) fn push(&mut self, image: Image) -> Version {
        let number = self.rollouts.len();
        let version = version(number + 1);
        let release = Arc::new(self.signer.release(version, image));
        self.waiting.push_back((number, release));
        self.rollouts.push(Rollout {
            version: version.to_string(),
            image,
            outcome: Outcome::Pending,
            nodes: 0,
            began_s: None,
            ended_s: None,
        });
        version
    }

    /// Whether cloud and node hear each other.
    pub(in crate::season) fn set_reachable(&mut self, node: usize, is_reachable: bool) {
        if let Some(place) = self.is_reachable.get_mut(node) {
            *place = is_reachable;
        }
    }

    /// The node has started again, after [`Event::Restart`] or any other loss of its power.
    pub(in crate::season) fn restarted(&mut self, now: Instant, node: usize) {
        let told = self
            .nodes
            .get_mut(node)
            .and_then(|node| node.restarted(now));
        if let Some(told) = told {
            self.tell(node, told);
        }
    }

    /// When [`Firmware::poll`] has something to do.
    pub(in crate::season) fn poll_timeout(&self) -> Instant {
        let can_begin = self.campaign.is_none() && !self.waiting.is_empty();
        if can_begin || !self.events.is_empty() {
            return Instant::ZERO;
        }
        let check_in = self.campaign.iter().map(|campaign| campaign.check_in);
        let nodes = self.nodes.iter().enumerate();
        nodes
            .map(|(index, node)| node.poll_timeout(self.wanted(index)))
            .chain(check_in)
            .fold(Instant::FAR_FUTURE, Instant::min)
    }

    /// Does what is due, and gives what happened. `is_busy` says whether a node waters: it is not restarted now.
    pub(in crate::season) fn poll(
        &mut self,
        now: Instant,
        is_busy: impl Fn(usize) -> bool,
    ) -> Option<Event> {
        while self.events.is_empty() && self.poll_timeout() <= now {
            self.begin_next(now);
            for index in 0..self.nodes.len() {
                self.poll_node(now, index, &is_busy);
            }
            self.check_in(now);
        }
        self.events.pop_front()
    }

    /// What became of the images up to now.
    pub(in crate::season) fn account(&self) -> Account {
        let count = |outcome| {
            let rollouts = self.rollouts.iter();
            rollouts
                .filter(|rollout| rollout.outcome == outcome)
                .map(|_| 1)
                .sum()
        };
        let mut account = Account {
            pushed: self.rollouts.iter().map(|_| 1).sum(),
            completed: count(Outcome::Completed),
            aborted: count(Outcome::Aborted),
            pending: count(Outcome::Pending),
            bad_confirmed: self.bad_confirmed,
            rollouts: self.rollouts.clone(),
            ..Account::default()
        };
        for node in &self.nodes {
            let counts = node.counts();
            account.offered += counts.offered;
            account.installed += counts.installed;
            account.confirmed += counts.confirmed;
            account.rolled_back += counts.rolled_back;
            account.withdrawn += counts.withdrawn;
            account.under_way += u32::from(node.is_offered());
            account.cut_off += counts.cut_off;
            account.broken_starts += counts.broken_starts;
            account.versions.push(node.version().to_string());
            for (reason, count) in &counts.refused {
                *account.refused.entry(reason).or_default() += count;
            }
        }
        account
    }

    /// What the cloud wants a node to run; none while the two do not hear each other.
    fn wanted(&self, index: usize) -> Option<Wanted<'_>> {
        if !*self.is_reachable.get(index)? {
            return None;
        }
        let name = self.names.get(index)?;
        let campaign = self.campaign.as_ref();
        let new = campaign.filter(|campaign| campaign.rollout.includes(name.as_bytes()));
        Some(Wanted {
            release: new.map_or(&self.last_good, |campaign| &campaign.release),
            is_new: new.is_some(),
        })
    }

    fn poll_node(&mut self, now: Instant, index: usize, is_busy: &impl Fn(usize) -> bool) {
        loop {
            let wanted = self.wanted(index);
            let release = wanted.map(|wanted| Arc::clone(wanted.release));
            let is_new = wanted.is_some_and(|wanted| wanted.is_new);
            let Some(node) = self.nodes.get_mut(index) else {
                return;
            };
            let wanted = release.as_ref().map(|release| Wanted { release, is_new });
            if node.poll_timeout(wanted) > now {
                return;
            }
            if let Some(told) = node.poll(now, is_busy(index), wanted) {
                self.tell(index, told);
            }
        }
    }

    fn tell(&mut self, node: usize, told: Told) {
        let event = match told {
            Told::Restarts => Event::Restart { node },
            Told::Began(version) => {
                self.offered(node, version);
                Event::Began { node, version }
            }
            Told::Refused(version, reason) => {
                self.offered(node, version);
                Event::Refused {
                    node,
                    version,
                    reason,
                }
            }
            Told::Confirmed(version) => {
                let confirmed = self
                    .rollouts
                    .get(usize::from(version.minor).wrapping_sub(1));
                let is_bad = confirmed.is_some_and(|rollout| rollout.image != Image::Good);
                self.bad_confirmed += u32::from(is_bad);
                Event::Confirmed { node, version }
            }
            Told::RolledBack(version) => Event::RolledBack { node, version },
        };
        self.events.push_back(event);
    }

    fn offered(&mut self, node: usize, version: Version) {
        if let Some(campaign) = &mut self.campaign
            && campaign.release.version == version
            && campaign.offered_to.insert(node)
            && let Some(rollout) = self.rollouts.get_mut(campaign.number)
        {
            rollout.nodes += 1;
        }
    }

    /// Begins the next rollout if none is under way.
    fn begin_next(&mut self, now: Instant) {
        if self.campaign.is_some() {
            return;
        }
        let Some((number, release)) = self.waiting.pop_front() else {
            return;
        };
        let id = self.random.next_u64();
        let mut rollout = stages::config(id, &self.names)
            .and_then(|config| config.build(id))
            .expect("figures within their rules");
        if let Some(event) = rollout.start(now) {
            rollout::observe(&self.listener, &rollout, event);
        }
        if let Some(course) = self.rollouts.get_mut(number) {
            course.began_s = Some(seconds(now));
        }
        self.campaign = Some(Campaign {
            number,
            release,
            rollout,
            check_in: now + CHECK_IN,
            offered_to: BTreeSet::new(),
        });
    }

    /// The cloud asks the nodes that shall have the new image how they are.
    fn check_in(&mut self, now: Instant) {
        let Some(campaign) = self.campaign.as_mut().filter(|c| now >= c.check_in) else {
            return;
        };
        campaign.check_in = now + CHECK_IN;
        let (version, rollout) = (campaign.release.version, &mut campaign.rollout);
        let (mut members, mut well, mut failed) = (0, 0, 0);
        let nodes = self.nodes.iter().zip(&self.names).zip(&self.is_reachable);
        for ((node, name), is_reachable) in nodes {
            if !rollout.includes(name.as_bytes()) {
                continue;
            }
            members += 1;
            if *is_reachable {
                well += u64::from(node.has_settled_on(version));
                failed += u64::from(node.gave_up(version));
            }
        }
        // No news of one of them is no news of the stage.
        let event = if failed > 0 {
            rollout.handle_report(now, Report::new(well + failed, failed, Duration::ZERO))
        } else if well == members {
            rollout.handle_report(now, Report::new(well, 0, Duration::ZERO))
        } else {
            rollout.handle_timeout(now)
        };
        let Some(event) = event else {
            return;
        };
        rollout::observe(&self.listener, rollout, event);
        match event {
            RolloutEvent::Completed => self.end(now, Outcome::Completed),
            RolloutEvent::RolledBack(_) => self.end(now, Outcome::Aborted),
            _ => {}
        }
    }

    fn end(&mut self, now: Instant, outcome: Outcome) {
        let Some(Campaign {
            number, release, ..
        }) = self.campaign.take()
        else {
            return;
        };
        let version = release.version;
        self.events.push_back(if outcome == Outcome::Completed {
            self.last_good = release;
            Event::Completed { version }
        } else {
            Event::Aborted { version }
        });
        if let Some(rollout) = self.rollouts.get_mut(number) {
            rollout.outcome = outcome;
            rollout.ended_s = Some(seconds(now));
        }
    }
}

fn seconds(now: Instant) -> u64 {
    now.as_micros() / 1_000_000
}

/// The version of the image that was pushed as the n-th, from 1; 0 is the factory's.
fn version(number: usize) -> Version {
    Version {
        major: 1,
        minor: u16::try_from(number).unwrap_or(u16::MAX),
        patch: 0,
    }
}
