//! The controller's account of its commands.

use core::time::Duration;

use super::{WALL, confirm_closed, id, idle, open};
use gofarm_core::command::{Command, IssueError, Outcome, Report, Tracker, TrackerEvent, Verdict};
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Instant, secs};
use proptest::prelude::*;

#[test]
fn three_facts_are_kept_apart() {
    let mut tracker = Tracker::<4>::new(secs(10));
    let at = |s| Instant::from_secs(s);
    tracker.issue(&open(1), at(0)).unwrap();
    assert_eq!(tracker.issue(&open(1), at(0)), Err(IssueError::Repeated));
    assert_eq!(tracker.report(id(1), Report::Accepted, at(1)), None);
    assert_eq!(tracker.facts(id(1)).unwrap().outcome(), None);
    let ended = tracker.report(id(1), Report::Ended(Outcome::Executed), at(2));
    assert_eq!(ended, Some(TrackerEvent::Ended(id(1), Outcome::Executed)));
    let facts = tracker.facts(id(1)).unwrap();
    assert_eq!((facts.commanded(), facts.confirmed()), (at(0), None));
    assert_eq!(tracker.poll_timeout(), Some(at(12)));
    assert_eq!(tracker.poll(at(11)), None);
    // petergridge/Irrigation-V5#296: nobody noticed that the valve did not open.
    assert_eq!(tracker.poll(at(12)), Some(TrackerEvent::Unconfirmed(id(1))));
    assert_eq!((tracker.poll(at(12)), tracker.poll_timeout()), (None, None));
    assert_eq!(tracker.confirm(id(1), at(13)), None);
    assert_eq!(tracker.facts(id(1)).unwrap().confirmed(), Some(at(13)));
    tracker.issue(&open(2), at(13)).unwrap();
    let ended = tracker.confirm(id(2), at(13));
    assert_eq!(ended, Some(TrackerEvent::Ended(id(2), Outcome::Executed)));
    tracker.issue(&open(3), at(13)).unwrap();
    let _ = tracker.report(id(3), Report::Ended(Outcome::Executed), at(13));
    assert_eq!(tracker.confirm(id(3), at(14)), None);
    assert_eq!(
        tracker.poll_timeout(),
        None,
        "what is confirmed is not waited for"
    );
    // What comes late is counted and decides nothing.
    assert_eq!(
        tracker.report(id(1), Report::Ended(Outcome::Refused), at(14)),
        None
    );
    assert_eq!(
        tracker.facts(id(1)).unwrap().outcome(),
        Some(Outcome::Executed)
    );
    assert_eq!(tracker.late(), 1);
}

/// never-dry/NeverDry#221: the device closed by itself and the water balance was wrong.
#[test]
fn a_close_that_nobody_commanded_is_an_event_with_the_true_run_time() {
    let mut device = idle();
    let mut tracker = Tracker::<4>::new(secs(10));
    let (command, start) = (open(1), Instant::ZERO);
    tracker.issue(&command, start).unwrap();
    assert_eq!(
        device.accept(&command, start, Some(WALL)),
        Verdict::Accepted
    );
    let _ = tracker.report(command.id(), Report::Ended(Outcome::Executed), start);
    let closed = confirm_closed(&mut device, start + secs(21));
    let event = tracker.closed(closed);
    assert_eq!(event, Some(TrackerEvent::ClosedByItself(closed)));
    assert_eq!(closed.ran(), Some(secs(21)));
    assert_eq!(tracker.facts(command.id()).unwrap().closed(), Some(closed));
    assert_eq!((tracker.closed(closed), tracker.late()), (None, 1));
}

#[test]
fn a_full_tracker_makes_room_only_where_a_command_has_ended() {
    let mut tracker = Tracker::<2>::new(secs(10));
    let at = |s| Instant::from_secs(s);
    tracker.issue(&open(1), at(0)).unwrap();
    tracker.issue(&open(2), at(1)).unwrap();
    let full = tracker.issue(&open(3), at(2)).unwrap_err();
    assert_eq!(
        (full, full.kind()),
        (IssueError::Full { slots: 2 }, Kind::Overloaded)
    );
    let _ = tracker.report(id(2), Report::Ended(Outcome::Expired), at(3));
    tracker.issue(&open(3), at(3)).unwrap();
    assert_eq!(tracker.facts(id(2)), None);
    assert_eq!(tracker.tally().issued(), 3);
}

proptest! {
    #[test]
    fn a_trackers_books_always_balance(
        steps in proptest::collection::vec((0_u8..8, 0_u8..6, 0_u64..8), 1..200),
    ) {
        let mut tracker = Tracker::<3>::new(secs(10));
        let mut now = Instant::ZERO;
        let mut ends = std::collections::HashMap::new();
        let mut issued = 0;
        for (what, n, wait) in steps {
            let event = match what {
                0..=2 => {
                    // An id is never used twice, as the contract of `Command` says.
                    let fresh = Command::new(id(issued), ());
                    if tracker.issue(&fresh, now).is_ok() { issued += 1; }
                    None
                }
                3 => tracker.report(id(issued.saturating_sub(n)), Report::Accepted, now),
                4 => tracker.report(id(issued.saturating_sub(n)), Report::Ended(Outcome::ALL[usize::from(n) % 4]), now),
                5 => tracker.confirm(id(issued.saturating_sub(n)), now),
                6 => tracker.poll(now),
                _ => { now += secs(wait); None }
            };
            if let Some(TrackerEvent::Ended(id, outcome)) = event {
                prop_assert_eq!(ends.insert(id, outcome), None, "a command ends once");
            }
            let tally = tracker.tally();
            prop_assert!(tally.is_balanced());
            prop_assert_eq!(tally.issued(), u64::from(issued));
            prop_assert_eq!(tally.issued() - tally.pending(), ends.len() as u64);
        }
        now += Duration::from_secs(10);
        while tracker.poll(now).is_some() {}
        prop_assert_eq!(tracker.tally().pending(), 0, "patience ends every command");
    }
}
