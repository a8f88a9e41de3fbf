use core::cell::RefCell;

use super::*;
use crate::error::{Classify, Kind};

type Log = RefCell<Vec<(&'static str, Stage)>>;

struct Recorder<'a> {
    name: &'static str,
    vetoes: Option<Stage>,
    log: &'a Log,
}

impl Hook for Recorder<'_> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn on(&mut self, _: Instant, moment: &Moment<'_>) -> Verdict {
        self.log.borrow_mut().push((self.name, moment.stage()));
        if self.vetoes == Some(moment.stage()) {
            Verdict::Veto("told to")
        } else {
            Verdict::Proceed
        }
    }
}

const T: Instant = Instant::ZERO;

/// Runs `script` over three hooks of which the second vetoes `vetoes`.
fn run(
    vetoes: Option<Stage>,
    script: impl FnOnce(&mut Lifecycle<[&mut dyn Hook; 3]>),
) -> Vec<(&'static str, Stage)> {
    let log = Log::default();
    let hook = |name, vetoes| Recorder {
        name,
        vetoes,
        log: &log,
    };
    let (mut a, mut b, mut c) = (hook("a", None), hook("b", vetoes), hook("c", None));
    let hooks: [&mut dyn Hook; 3] = [&mut a, &mut b, &mut c];
    script(&mut Lifecycle::new(hooks));
    log.take()
}

fn vetoed(stage: Stage) -> Result<(), LifecycleError> {
    Err(LifecycleError::Vetoed {
        stage,
        hook: "b",
        reason: "told to",
    })
}

#[test]
fn hooks_run_in_their_order() {
    let log = run(None, |l| l.boot(T, BootCause::PowerOn).unwrap());
    assert_eq!(log, ["a", "b", "c"].map(|name| (name, Stage::Boot)));
}

#[test]
fn a_vetoed_boot_can_be_tried_again_and_nothing_else_can() {
    let log = run(Some(Stage::Boot), |l| {
        assert_eq!(l.boot(T, BootCause::Watchdog), vetoed(Stage::Boot));
        assert!(l.sync_start(T, "cloud").is_err());
        assert_eq!(l.boot(T, BootCause::Watchdog), vetoed(Stage::Boot));
    });
    assert_eq!(log, ["a", "b", "a", "b"].map(|name| (name, Stage::Boot)));
}

#[test]
fn a_vetoed_sync_start_is_ended_for_those_that_had_agreed() {
    let log = run(Some(Stage::SyncStart), |l| {
        l.boot(T, BootCause::PowerOn).unwrap();
        assert_eq!(l.sync_start(T, "cloud"), vetoed(Stage::SyncStart));
        assert!(l.data_validate(T, "cloud", b"").is_err());
    });
    let sync = [
        ("a", Stage::SyncStart),
        ("b", Stage::SyncStart),
        ("a", Stage::SyncEnd),
    ];
    assert_eq!(log[3..], sync);
}

#[test]
fn every_hook_is_told_the_end_of_a_sync_whatever_one_says() {
    let log = run(Some(Stage::SyncEnd), |l| {
        l.boot(T, BootCause::PowerOn).unwrap();
        l.sync_start(T, "cloud").unwrap();
        let ended = l.sync_end(T, "cloud", SyncOutcome::Completed);
        assert_eq!(ended, vetoed(Stage::SyncEnd));
        l.sync_start(T, "cloud").unwrap();
    });
    assert_eq!(
        log[6..9],
        ["a", "b", "c"].map(|name| (name, Stage::SyncEnd))
    );
}

#[test]
fn refused_data_does_not_end_the_sync() {
    run(Some(Stage::DataValidate), |l| {
        l.boot(T, BootCause::PowerOn).unwrap();
        l.sync_start(T, "cloud").unwrap();
        let refused = l.data_validate(T, "valve-7", b"data");
        assert_eq!(refused, vetoed(Stage::DataValidate));
        l.sync_end(T, "cloud", SyncOutcome::Aborted).unwrap();
    });
}

#[test]
fn each_moment_has_its_place() {
    // Rows: before boot, idle, in a sync; columns: the five moments; true where the moment may come.
    let table = [
        [true, false, false, false, false],
        [false, true, false, false, true],
        [false, false, true, true, false],
    ];
    for (phase, row) in table.iter().enumerate() {
        for (moment, allowed) in row.iter().enumerate() {
            let mut l = Lifecycle::new(());
            if phase >= 1 {
                l.boot(T, BootCause::Unknown).unwrap();
            }
            if phase == 2 {
                l.sync_start(T, "p").unwrap();
            }
            let came = match moment {
                0 => l.boot(T, BootCause::Commanded),
                1 => l.sync_start(T, "p"),
                2 => l.data_validate(T, "p", &[]),
                3 => l.sync_end(T, "p", SyncOutcome::Completed),
                _ => l.image_confirmed(T, 1),
            };
            assert_eq!(came.is_ok(), *allowed, "phase {phase}, moment {moment}");
            if let Err(error) = came {
                assert_eq!(error.kind(), Kind::Invalid);
            }
        }
    }
}
