use std::fs;
use std::path::Path;

use gofarm_core::time::days;

use super::*;
use crate::season::chaos::Chaos;
use crate::season::gateway::Input;
use crate::season::record::Recorder;
use crate::season::{Plan, Season};
use crate::weather::{self, WeatherDay};

const DAYS: u32 = 3;

fn weather() -> Vec<WeatherDay> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/data/hupsel_283_daily_2002_2004.csv"
    );
    weather::read_file(path.as_ref()).unwrap()
}

/// A season of some days in July, recorded.
fn record(path: &Path) {
    let days = weather();
    let (from, to) = ("2003-07-10".parse().unwrap(), "2003-07-12".parse().unwrap());
    let plan = Plan::choose(&days, Some(from), Some(to)).unwrap().seed(3);
    let chaos = Chaos::draw(3, plan.days());
    let mut season = Season::start(plan, &days, chaos).recorded(path).unwrap();
    while season.next_day(&mut || 0).is_some() {}
    season.end_recording().unwrap();
}

/// The same recording, with another header or other entries.
fn doctored(path: &Path, flight: impl Fn(&mut Flight), entry: impl Fn(&mut Entry<Noted>)) {
    let (mut recording, mut header) = Recording::open::<Flight>(path).unwrap();
    flight(&mut header);
    let entries: Vec<_> = recording.entries::<Noted>().map(Result::unwrap).collect();
    let mut recorder = Recorder::create(path, &header).unwrap();
    for mut told in entries {
        entry(&mut told);
        recorder.note(told.at, told.who, &told.input, told.outcome);
    }
    recorder.finish().unwrap();
}

fn noon(day: u32) -> Moment {
    format!("day {day} 12:00").parse().unwrap()
}

#[test]
fn every_quarter_of_an_hour_can_be_told_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.rec");
    record(&path);
    let last = replay(&path, "day 3 23:59:59".parse().unwrap()).unwrap();
    assert_eq!(last.ending, Some(Ending::Finished));
    let end = Instant::ZERO + days(DAYS.into());
    assert!(last.last < end && last.last + hours(1) > end);
    for day in 1..=DAYS {
        let replay = replay(&path, noon(day)).unwrap();
        for account in &replay.fields {
            let made = account.decision.as_ref().unwrap();
            assert!(made.at.instant() <= replay.at);
            assert!(replay.at < made.at.instant() + hours(6), "day {day}");
        }
        let text = replay.to_string();
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
    }
}

/// Somebody who changes the controller changes what it answers, and so would another seed.
#[test]
fn a_gateway_that_answers_otherwise_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.rec");
    let differs = |change: &dyn Fn(&Path)| {
        record(&path);
        change(&path);
        let error = replay(&path, noon(2)).unwrap_err();
        let is_other = matches!(error, ReplayError::Record(RecordError::Differs { .. }));
        assert!(is_other, "{error}");
        let text = error.to_string();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains("(day "), "{text}");
    };
    differs(&|path| doctored(path, |flight| flight.seeds[1] ^= 1, |_| {}));
    differs(&|path| {
        doctored(
            path,
            |_| {},
            |entry| {
                if let Input::Quarter { quarter, .. } = &mut entry.input.1 {
                    quarter.rain += 1.0;
                }
            },
        );
    });
    differs(&|path| doctored(path, |_| {}, |entry| entry.who = 2));
}

#[test]
fn a_recording_of_another_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.rec");
    record(&path);
    doctored(&path, |flight| flight.program = "9.9.9".to_owned(), |_| {});
    let error = replay(&path, noon(2)).unwrap_err().to_string();
    assert!(
        error.contains("is of version 9.9.9 of this program"),
        "{error}"
    );
}

#[test]
fn a_recording_that_was_cut_off_serves_up_to_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.rec");
    record(&path);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(replay(&path, noon(1)).is_ok());
    let error = replay(&path, noon(3)).unwrap_err();
    assert!(matches!(error, ReplayError::TooShort { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(" ends after day "), "{text}");
    assert!(text.ends_with(", before day 3 12:00"), "{text}");
}
