use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{hours, millis, secs};

use super::*;

/// Two paths that answer checks after a time, or never, and a driver that obeys to the microsecond.
struct World {
    now: Instant,
    selector: PathSelector,
    /// How long each path takes for an answer; `None` is silence.
    delay: [Option<Duration>; 2],
    /// Whether an answer says that all is well.
    is_well: [bool; 2],
    answers: Vec<(Instant, Check)>,
    asked: Vec<(Instant, Path)>,
    used: Vec<(Instant, Path)>,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            now: Instant::ZERO,
            selector: PathSelector::new(SelectorConfig::DEFAULT, Instant::ZERO),
            delay: [Some(millis(20)); 2],
            is_well: [true; 2],
            answers: Vec::new(),
            asked: Vec::new(),
            used: Vec::new(),
        };
        world.handle(PathEvent::Timeout);
        world
    }

    fn handle(&mut self, event: PathEvent) {
        self.selector.handle(self.now, event);
        while let Some(action) = self.selector.poll_action() {
            match action {
                PathAction::Use(path) => self.used.push((self.now, path)),
                PathAction::Check(check) => {
                    self.asked.push((self.now, check.path()));
                    if let Some(delay) = self.delay[check.path() as usize] {
                        self.answers.push((self.now + delay, check));
                    }
                }
            }
        }
    }

    fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        for _ in 0..1_000_000 {
            self.answers.sort_by_key(|answer| answer.0);
            let wake = self.selector.poll_timeout();
            let answer = self.answers.first().map(|answer| answer.0);
            let next = answer.map_or(wake, |at| at.min(wake));
            if next > end {
                self.now = end;
                return;
            }
            self.now = self.now.max(next);
            if answer.is_some_and(|at| at <= self.now) {
                let (_, check) = self.answers.remove(0);
                self.handle(if self.is_well[check.path() as usize] {
                    PathEvent::CheckPassed(check)
                } else {
                    PathEvent::CheckFailed(check)
                });
            } else {
                self.handle(PathEvent::Timeout);
            }
        }
        panic!("the machine spins");
    }
}

#[test]
fn two_failed_checks_switch() {
    let mut world = World::new();
    world.run(secs(30));
    assert_eq!(world.selector.active(), Path::First);

    world.is_well[0] = false;
    let from = world.now;
    world.run(secs(5));
    let switch = world.selector.last_switch().unwrap();
    assert_eq!(
        (switch.to(), switch.reason()),
        (Path::Second, SwitchReason::ChecksFailed)
    );
    assert!(switch.decided().saturating_since(from) <= millis(2_020));
    // The second path was asked at the decision, or just before it.
    assert!(switch.took().unwrap() <= millis(20));
    assert_eq!(world.selector.late_switches(), 0);
}

#[test]
fn three_seconds_of_silence_switch_without_two_failed_checks() {
    let config = SelectorConfig::builder()
        .check_every(secs(60))
        .standby_every(secs(60))
        .build()
        .unwrap();
    let mut world = World::new();
    world.selector = PathSelector::new(config, world.now);
    world.handle(PathEvent::Timeout);
    world.run(secs(20));
    world.delay[0] = None;
    let from = world.now;
    world.handle(PathEvent::Failed(Path::First));
    world.run(millis(2_999));
    assert_eq!(world.selector.active(), Path::First);
    world.run(millis(1));
    let switch = world.selector.last_switch().unwrap();
    assert_eq!(
        (switch.decided(), switch.reason()),
        (from + secs(3), SwitchReason::Silent)
    );
}

#[test]
fn an_answer_ends_the_silence_but_not_the_row_of_failed_checks() {
    let mut world = World::new();
    world.run(millis(100));
    world.handle(PathEvent::Failed(Path::First));
    world.run(millis(200));
    world.handle(PathEvent::Answered(Path::First));
    world.run(secs(10));
    assert_eq!(world.selector.active(), Path::First);

    // Calls are answered, but the other side says of itself that it is not well.
    world.is_well[0] = false;
    for _ in 0..30 {
        world.run(millis(100));
        world.handle(PathEvent::Answered(Path::First));
    }
    assert_eq!(world.selector.active(), Path::Second);
}

#[test]
fn the_first_path_must_prove_itself_before_it_is_taken_again() {
    let mut world = World::new();
    world.is_well[0] = false;
    world.run(secs(5));
    assert_eq!(world.selector.active(), Path::Second);

    // One failure in nine seconds of health begins the wait again.
    world.is_well[0] = true;
    world.run(secs(9));
    world.handle(PathEvent::Failed(Path::First));
    let failed = world.now;
    world.run(secs(9));
    assert_eq!(world.selector.active(), Path::Second);
    world.run(secs(3));
    let switch = world.selector.last_switch().unwrap();
    assert_eq!(
        (switch.to(), switch.reason()),
        (Path::First, SwitchReason::Returned)
    );
    assert!(switch.decided().saturating_since(failed) >= secs(10));
}

#[test]
fn a_first_path_that_flaps_is_taken_again_ever_later() {
    let mut world = World::new();
    let mut waits = Vec::new();
    for _ in 0..8 {
        world.is_well[0] = false;
        world.run(secs(5));
        assert_eq!(world.selector.active(), Path::Second);
        world.is_well[0] = true;
        let from = world.now;
        while world.selector.active() == Path::Second {
            world.run(millis(100));
        }
        waits.push(world.now.saturating_since(from).as_secs());
    }
    let expected = [10, 20, 40, 80, 160, 300, 300, 300];
    for (wait, expected) in waits.iter().zip(expected) {
        assert!((expected..=expected + 2).contains(wait), "{waits:?}");
    }

    // Once it has held for longer than the limit, all is forgiven.
    world.run(secs(301));
    world.is_well[0] = false;
    world.run(secs(5));
    world.is_well[0] = true;
    world.run(secs(12));
    assert_eq!(world.selector.active(), Path::First);
}

#[test]
fn a_path_that_is_down_is_not_taken() {
    let mut world = World::new();
    world.is_well = [true, false];
    world.run(secs(30));
    world.is_well = [false, false];
    world.run(secs(30));
    assert_eq!(
        (world.selector.active(), world.selector.switches()),
        (Path::First, 0)
    );

    // As soon as either is well, it is taken; the first needs no proof while the second is down.
    world.is_well[1] = true;
    world.run(millis(1_100));
    assert_eq!(world.selector.active(), Path::Second);
    world.is_well = [true, false];
    world.run(millis(2_100));
    assert_eq!(world.selector.active(), Path::First);
}

#[test]
fn a_device_that_slept_gives_no_path_up_for_it() {
    let mut world = World::new();
    world.run(millis(1_900));
    world.delay[0] = None;
    world.handle(PathEvent::Failed(Path::First));
    // The second path is well; the first has not answered when the device falls asleep.
    world.run(millis(200));
    world.delay[0] = Some(millis(20));
    world.now += hours(3);
    world.handle(PathEvent::Timeout);
    assert_eq!(world.selector.active(), Path::First);
    world.run(secs(30));
    assert_eq!(world.selector.switches(), 0);
}

#[test]
fn failing_calls_do_not_make_checks_more_frequent_than_their_time_out() {
    let mut world = World::new();
    for turn in 0..1_000 {
        world.run(millis(10));
        let event = if turn % 2 == 0 {
            PathEvent::Failed(Path::First)
        } else {
            PathEvent::Answered(Path::First)
        };
        world.handle(event);
    }
    let asked = world
        .asked
        .iter()
        .filter(|asked| asked.1 == Path::First)
        .count();
    assert!((10..=21).contains(&asked), "{asked} checks in 10 s");
}

#[test]
fn a_result_that_comes_late_counts_for_nothing() {
    let mut selector = PathSelector::new(SelectorConfig::DEFAULT, Instant::ZERO);
    selector.handle(Instant::ZERO, PathEvent::Timeout);
    let Some(PathAction::Check(first)) = selector.poll_action() else {
        panic!("a check at the start");
    };
    selector.handle(Instant::from_millis(500), PathEvent::Timeout);
    selector.handle(Instant::from_millis(501), PathEvent::CheckPassed(first));
    selector.handle(Instant::from_millis(1_000), PathEvent::Timeout);
    selector.handle(Instant::from_millis(1_100), PathEvent::CheckPassed(first));
    selector.handle(Instant::from_millis(1_500), PathEvent::Timeout);
    assert!(selector.is_down(Path::First, Instant::from_millis(1_500)));
}

#[test]
fn whatever_happens_the_machine_never_spins_and_counts_each_change() {
    for seed in 0..if cfg!(miri) { 2 } else { 200 } {
        let mut random = SplitMix64::new(seed);
        let mut world = World::new();
        for _ in 0..if cfg!(miri) { 20 } else { 300 } {
            let path = [Path::First, Path::Second][usize::from(random.below(2) == 0)];
            match random.below(6) {
                0 => world.is_well[path as usize] ^= true,
                1 => world.delay[path as usize] = None,
                2 => world.delay[path as usize] = Some(millis(random.below(700))),
                3 => world.handle(PathEvent::Failed(path)),
                4 => world.handle(PathEvent::Answered(path)),
                _ => world.run(millis(random.below(20_000))),
            }
            assert!(world.selector.poll_timeout() >= world.now);
        }
        assert_eq!(world.used.len(), world.selector.switches() as usize);
        for (index, (_, path)) in world.used.iter().enumerate() {
            let expected = [Path::Second, Path::First][index % 2];
            assert_eq!(*path, expected, "seed {seed}");
        }
    }
}
