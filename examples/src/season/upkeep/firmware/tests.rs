//! Seasons of upkeep alone: what the run does is done by a harness with a seed.

use super::*;
use alloc::collections::BTreeMap;
use gofarm_core::observe::{Observer, Signal};
use gofarm_core::time::{days, hours, minutes, secs};
use gofarm_otel::batch::Kind;
use gofarm_otel::clock::Clock;
use gofarm_otel::queue::Queue;
use gofarm_otel::resource::Resource;
use gofarm_otel::sampler::Sampler;
use gofarm_otel::tracer::TracerProvider;
use std::sync::{LazyLock, Mutex};

/// What can go wrong around the nodes.
#[derive(Clone, Copy, PartialEq)]
enum World {
    /// Nothing.
    Calm,
    /// Links are cut, power goes, nodes water; power does not go twice in a trial.
    Rough,
    /// Power goes all the time, in trials too.
    Flickering,
}

struct Farm {
    firmware: Firmware,
    world: World,
    random: SplitMix64,
    now: Instant,
    up: Vec<bool>,
    busy: Vec<bool>,
    cut_in_trial: Vec<bool>,
    events: Vec<Event>,
}

impl Farm {
    fn new(seed: u64, nodes: usize, world: World) -> Self {
        Self {
            firmware: Firmware::new(seed, nodes),
            world,
            random: SplitMix64::new(!seed),
            now: Instant::ZERO,
            up: vec![true; nodes],
            busy: vec![false; nodes],
            cut_in_trial: vec![false; nodes],
            events: Vec::new(),
        }
    }

    fn play(&mut self, time: Duration) {
        let end = self.now + time;
        // In a slot of a quarter of an hour the world changes, sometimes within a transfer.
        while self.now < end {
            self.change();
            let slot = (self.now + minutes(15)).min(end);
            let moment = self.now + secs(self.random.below(900));
            self.play_until(moment.min(slot));
            self.lose_power();
            self.play_until(slot);
        }
    }

    fn change(&mut self) {
        if self.world == World::Calm {
            return;
        }
        for node in 0..self.up.len() {
            if self.random.below(40) == 0 {
                self.up[node] = !self.up[node];
                self.firmware.set_reachable(node, self.up[node]);
            }
            self.busy[node] = self.random.below(3) == 0;
        }
    }

    fn lose_power(&mut self) {
        let every = match self.world {
            World::Calm => return,
            World::Rough => 8,
            World::Flickering => 2,
        };
        for node in 0..self.up.len() {
            let is_on_trial = self.firmware.nodes[node].is_on_trial();
            self.cut_in_trial[node] &= is_on_trial;
            if self.random.below(every) > 0
                || (self.world == World::Rough && self.cut_in_trial[node])
            {
                continue;
            }
            self.cut_in_trial[node] = true;
            self.firmware.restarted(self.now, node);
        }
    }

    fn play_until(&mut self, end: Instant) {
        let mut told = self.events.len();
        loop {
            let busy = self.busy.clone();
            while let Some(event) = self.firmware.poll(self.now, |node| busy[node]) {
                self.events.push(event);
                if let Event::Restart { node } = event {
                    let crashes = self.firmware.nodes[node].is_on_trial();
                    assert!(crashes || !busy[node], "a node that waters was restarted");
                    self.firmware.restarted(self.now, node);
                }
            }
            if self.events.len() > told {
                told = self.events.len();
                let account = self.firmware.account();
                assert!(account.is_balanced(), "{account:?}");
            }
            let next = self.firmware.poll_timeout();
            assert!(next > self.now, "it does not rest");
            if next >= end {
                break;
            }
            self.now = next;
        }
        self.now = end;
    }

    /// All that was cut comes back, and what is under way comes to its end.
    fn settle(&mut self) -> Account {
        self.world = World::Calm;
        for node in 0..self.up.len() {
            self.up[node] = true;
            self.busy[node] = false;
            self.firmware.set_reachable(node, true);
        }
        for _ in 0..30 {
            self.play(days(1));
        }
        let account = self.firmware.account();
        assert_eq!((account.pending, account.under_way), (0, 0), "{account:?}");
        assert_eq!(self.firmware.poll_timeout(), Instant::FAR_FUTURE);
        account
    }
}

#[test]
fn a_good_image_gets_everywhere() {
    for nodes in [1, 3, 7] {
        let mut farm = Farm::new(4, nodes, World::Calm);
        farm.firmware.push(Image::Good);
        farm.play(days(2));
        let account = farm.settle();
        assert_eq!(account.versions, vec!["1.1.0"; nodes]);
        assert_eq!(account.confirmed as usize, nodes);
        assert_eq!(account.rollouts[0].nodes, nodes);
        // A stage each for 1, 2 and 3 nodes, of 6 hours at least.
        let ended = account.rollouts[0].ended_s.unwrap();
        assert!(nodes != 3 || (18..20).contains(&(ended / 3_600)), "{ended}");
    }
}

#[test]
fn each_bad_image_is_stopped_at_the_first_node_by_the_part_that_can_see_it() {
    for (image, refused, rolled_back) in [
        (Image::Forged, Some(("signature", 1)), 0),
        (Image::Damaged, Some(("digest", 2)), 0),
        (Image::FailsSelfTest, None, 2),
    ] {
        let mut farm = Farm::new(5, 3, World::Calm);
        farm.firmware.push(image);
        farm.play(days(1));
        let account = farm.settle();
        assert_eq!(account.refused.into_iter().next(), refused);
        assert_eq!(account.rolled_back, rolled_back);
        assert_eq!(account.rollouts[0].nodes, 1);
        assert_eq!(account.rollouts[0].outcome, Outcome::Aborted);
        assert_eq!(account.versions, ["1.0.0"; 3]);
        // Each of the two trials: the restart that was asked for, and three by the watchdog.
        let restarts = farm
            .events
            .iter()
            .filter(|e| matches!(e, Event::Restart { .. }));
        assert_eq!(restarts.count(), 4 * rolled_back as usize);
    }
}

/// Pushes images into a farm to which everything happens, and looks at it when all is over.
fn a_season(seed: u64, world: World) -> (Farm, Account) {
    let mut farm = Farm::new(seed, 3, world);
    for _ in 0..6 {
        let image = match farm.random.below(6) {
            0 => Image::Damaged,
            1 => Image::Forged,
            2 => Image::FailsSelfTest,
            _ => Image::Good,
        };
        farm.firmware.push(image);
        let pause = hours(farm.random.below(20 * 24));
        farm.play(pause);
    }
    let account = farm.settle();
    (farm, account)
}

/// Seasons in both bad worlds; each law looks at all of them.
static SEASONS: LazyLock<Vec<(World, Account)>> = LazyLock::new(|| {
    let mut seasons = Vec::new();
    for seed in 0..if cfg!(miri) { 1 } else { 24 } {
        for world in [World::Rough, World::Flickering] {
            seasons.push((world, a_season(seed, world).1));
        }
    }
    seasons
});

#[test]
fn a_bad_image_is_never_confirmed_and_never_offered_to_a_second_node() {
    for (_, account) in &*SEASONS {
        assert_eq!(account.bad_confirmed, 0);
        for rollout in &account.rollouts {
            if rollout.image != Image::Good {
                assert_eq!(rollout.outcome, Outcome::Aborted, "{account:?}");
                assert_eq!(rollout.nodes, 1, "{account:?}");
            }
        }
    }
}

#[test]
fn after_any_power_cut_a_node_starts_a_whole_image() {
    let mut cuts = 0;
    for (_, account) in &*SEASONS {
        assert_eq!(account.broken_starts, 0, "{account:?}");
        cuts += account.cut_off;
    }
    assert!(cfg!(miri) || cuts > 150, "{cuts}");
}

#[test]
fn every_node_ends_with_the_last_image_that_did_well() {
    for (_, account) in &*SEASONS {
        let done = |r: &&Rollout| r.outcome == Outcome::Completed;
        let last = account.rollouts.iter().rfind(done);
        let last = last.map_or("1.0.0", |rollout| &rollout.version);
        assert_eq!(account.versions, [last; 3], "{account:?}");
    }
}

#[test]
fn a_good_image_gets_everywhere_in_a_rough_world_too() {
    let mut good = 0;
    for (_, account) in SEASONS.iter().filter(|(world, _)| *world == World::Rough) {
        for rollout in account.rollouts.iter().filter(|r| r.image == Image::Good) {
            assert_eq!(rollout.outcome, Outcome::Completed, "{account:?}");
            good += 1;
        }
    }
    assert!(cfg!(miri) || good > 50, "{good}");
}

#[test]
fn a_rollout_waits_for_a_node_that_is_not_heard() {
    let mut farm = Farm::new(6, 3, World::Calm);
    farm.firmware.push(Image::Good);
    farm.play(minutes(1));
    for node in 0..3 {
        farm.firmware.set_reachable(node, false);
    }
    farm.play(hours(72));
    let account = farm.firmware.account();
    assert_eq!(
        (account.pending, account.under_way, account.confirmed),
        (1, 1, 0)
    );
    assert_eq!(farm.settle().versions, ["1.1.0"; 3]);
}

#[test]
fn the_same_seed_gives_the_same_season() {
    let (one, first) = a_season(7, World::Rough);
    let (other, second) = a_season(7, World::Rough);
    assert_eq!(first, second);
    assert_eq!(one.events, other.events);
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<BTreeMap<String, u32>>>);

impl Observer for Heard {
    fn observe(&self, signal: &Signal<'_>) {
        let name = signal.instrument().name().to_owned();
        *self.0.lock().unwrap().entry(name).or_default() += 1;
    }
}

#[test]
fn a_listener_is_told_and_changes_nothing() {
    let heard = Heard::default();
    let queue = Queue::new(Kind::Traces, &Resource::new("test"), 1 << 16);
    let tracers = TracerProvider::new(Sampler::always_on(), queue, Clock::system());
    let mut told = Farm::new(8, 3, World::Calm);
    told.firmware.listen(&Listener::new(heard.clone(), tracers));
    let mut alone = Farm::new(8, 3, World::Calm);
    for farm in [&mut told, &mut alone] {
        farm.firmware.push(Image::FailsSelfTest);
        farm.firmware.push(Image::Forged);
        farm.play(days(1));
        farm.settle();
    }
    assert_eq!(told.events, alone.events);
    let names: Vec<_> = heard.0.lock().unwrap().keys().cloned().collect();
    assert_eq!(
        names,
        [
            "gofarm.sched.rollout.events",
            "gofarm.sched.rollout.share",
            "gofarm.update.refused",
            "gofarm.update.trials",
        ]
    );
}
