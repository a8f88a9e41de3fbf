//! Measured seasons as the season program plays them: against the published output, the probe, and whole days.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::print_stdout,
    reason = "a figure in the documents has a test that prints it"
)]

use std::fs;
use std::path::Path;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_examples::fao56::{Inputs, Irrigation, Part, Season, WithinDay};
use gofarm_examples::season::chaos::Chaos;
use gofarm_examples::season::report::Report;
use gofarm_examples::season::{self, Background, MeasuredSeason};

use crate::fao56::{COTTON, MAIZE, folder};
use crate::fao56_layout::{Files, output_file};
use crate::season::assert_promises;

const PARTS: usize = 96;

/// The seasons of the data, if it is there.
fn measured(test: &str) -> Vec<MeasuredSeason> {
    let folders = [COTTON, MAIZE].map(|data| folder(test, data));
    let read = |folder: &std::path::PathBuf| MeasuredSeason::read(folder).unwrap();
    folders.iter().flatten().map(read).collect()
}

#[test]
fn daily_depletion_is_within_a_millimetre_of_the_published_output() {
    for season in measured("daily_depletion_is_within_a_millimetre_of_the_published_output") {
        let reference = season.reference(Vec::new());
        println!("{reference}");
        assert!(reference.depletion_rmse_mm.unwrap() <= 1.0, "{reference:?}");
        assert_eq!(reference.days, season.files().published().len());
        let series = season.series();
        assert_eq!(series.len(), season.weather().len());
        for (day, weather) in series.iter().zip(season.weather()) {
            assert_eq!(day.date, weather.date);
            assert!((day.depletion_mm - day.pyfao56_mm.unwrap()).abs() <= 0.02);
        }
    }
}

#[test]
fn against_the_probe_cotton_is_no_further_than_the_published_output() {
    for season in measured("against_the_probe_cotton_is_no_further_than_the_published_output") {
        let reference = season.reference(Vec::new());
        if season.files().measured().is_empty() {
            assert_eq!(reference.probe_rmse_mm, None);
            assert_eq!(reference.probe_ratio, None);
            continue;
        }
        assert_eq!(reference.name, "cotton_2022_maricopa");
        assert_eq!(reference.probe_days, 25);
        assert!(reference.probe_ratio.unwrap() <= 1.05, "{reference:?}");
        assert!(reference.pyfao56_probe_rmse_mm.unwrap() > 1.0);
        let probed = season
            .series()
            .into_iter()
            .filter(|day| day.probe_mm.is_some());
        assert_eq!(probed.count(), 25);
    }
}

/// The water then was that of the published season, to the decimals of its file.
#[test]
fn the_account_of_the_given_water_is_the_published_one() {
    for season in measured("the_account_of_the_given_water_is_the_published_one") {
        let account = season.reference(Vec::new()).as_given;
        let sum = |column| -> f64 {
            let days = season.files().published().iter();
            days.map(|day| day.get(column).unwrap()).sum()
        };
        for (found, column) in [
            (account.irrigation_mm, "Irrig"),
            (account.rain_mm, "Rain"),
            (account.transpired_mm, "T"),
            (account.evaporated_mm, "E"),
            (account.drained_mm, "DP"),
            (account.wanted_mm, "ETcb"),
        ] {
            let wanted = sum(column);
            // The file's ETcb is of the coefficient that the day was expected to have.
            let bound = if column == "ETcb" { 0.02 * wanted } else { 0.2 };
            assert!(
                (found - wanted).abs() <= bound,
                "{column}: {found} is not {wanted}"
            );
        }
        let stressed = season.files().published().iter();
        let stressed = stressed
            .filter(|day| day.get("Ksend").unwrap() < 0.999_5)
            .count();
        assert!(
            account.stress_days.abs_diff(stressed) <= 1,
            "{account:?}, {stressed}"
        );
    }
}

/// Plays a measured season with all that goes wrong.
fn controlled(measured: &MeasuredSeason, seed: u64) -> Report {
    let chaos = Chaos::draw(seed, measured.plan().days());
    let mut season = season::Season::start_measured(measured, seed, Background::Rough, chaos);
    while season.next_day(&mut || 0).is_some() {}
    season.finish()
}

/// The crop is kept from stress whatever goes wrong, by water of the order of what was given then: on the cotton less; on the
/// maize, which was short of water on most days, more.
#[test]
fn every_promise_holds_on_the_measured_fields() {
    for measured in &measured("every_promise_holds_on_the_measured_fields") {
        let seeds = [1, 3];
        let played = std::thread::scope(|scope| {
            let workers = seeds.map(|seed| scope.spawn(move || controlled(measured, seed)));
            workers.map(|worker| worker.join().unwrap())
        });
        for (seed, report) in seeds.into_iter().zip(&played) {
            println!("{report}");
            assert_promises(seed, report);
            let reference = report.reference.as_ref().unwrap();
            assert_eq!(reference.days, report.season.days);
            assert!(reference.depletion_rmse_mm.unwrap() <= 1.0, "{reference:?}");
            assert_eq!(reference.given_mm, reference.as_given.irrigation_mm);
            assert_eq!(reference.as_controlled.len(), 3);
            for account in &reference.as_controlled {
                assert!(account.stress_days <= 20, "seed {seed}: {account:?}");
                assert!(
                    account.transpired_mm >= 0.99 * account.wanted_mm,
                    "seed {seed}: {account:?}"
                );
                let given = account.irrigation_mm / reference.given_mm;
                let most = if reference.as_given.stress_days > 50 {
                    1.7
                } else {
                    1.1
                };
                assert!((0.7..=most).contains(&given), "seed {seed}: {account:?}");
            }
        }
        assert_ne!(played[0], played[1]);
    }
}

/// A folder of four days, so that it is there without the data.
#[test]
fn a_small_measured_season_is_played_and_reported() {
    let measured = MeasuredSeason::read(&Files::new().write("measured-played")).unwrap();
    let report = controlled(&measured, 1);
    let reference = report.reference.as_ref().unwrap();
    assert_eq!((report.season.days, reference.days), (4, 4));
    assert_eq!(
        (reference.depletion_rmse_mm, reference.given_mm),
        (None, 10.0)
    );
    let rain: Vec<f64> = report
        .fields
        .values()
        .map(|field| field.water.rain_mm)
        .collect();
    assert_eq!(rain, [5.0; 3]);
    let text = report.to_string();
    assert!(text.contains("as it was given then"), "{text}");
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["reference"]["given_mm"], 10.0);
}

/// Plays a season in parts, with the day's irrigation cut to pieces by `cut`; gives the days.
fn in_parts(season: &Season, mut cut: impl FnMut(usize, Irrigation) -> Option<Irrigation>) -> f64 {
    let (planting, last) = season.span().unwrap();
    let mut field = WithinDay::new(season);
    let mut worst = 0.0_f64;
    for whole in season.run(planting, last).unwrap() {
        let inputs = whole.inputs;
        field.start_day(Inputs {
            irrigation: None,
            ..inputs
        });
        for number in 0..PARTS {
            field.step(Part {
                sun: 1.0 / PARTS as f64,
                rain: inputs.rain / PARTS as f64,
                irrigation: inputs.irrigation.and_then(|water| cut(number, water)),
            });
        }
        let before_midnight = field.depletion();
        let day = field.end_day().unwrap();
        let jump = (before_midnight - day.root_zone.depletion).abs();
        assert!(jump < 1e-9, "{}: {jump} mm at midnight", inputs.date);
        assert_eq!(field.depletion(), day.root_zone.depletion);
        assert_eq!(field.stress(), day.root_zone.stress_at_end);
        let zone = day.root_zone;
        worst = worst.max((zone.depletion - whole.root_zone.depletion).abs());
        worst = worst.max((zone.actual - whole.root_zone.actual).abs());
        worst = worst.max((zone.percolation - whole.root_zone.percolation).abs());
    }
    worst
}

/// Seasons that are always there, besides those of the data.
fn seasons(test: &str) -> Vec<Season> {
    let small = Season::read(&Files::new().write(test)).unwrap();
    let measured = measured(test);
    let all = measured.iter().map(|season| season.files().clone());
    all.chain([small]).collect()
}

#[test]
fn days_in_parts_are_whole_days_whenever_the_water_comes() {
    for season in seasons("days_in_parts_are_whole_days_whenever_the_water_comes") {
        for at in [0, 31, 95] {
            let worst = in_parts(&season, |part, water| (part == at).then_some(water));
            assert_eq!(worst, 0.0);
        }
        let mut random = SplitMix64::new(7);
        let mut left = 0.0;
        let worst = in_parts(&season, |part, water| {
            if part == 0 {
                left = water.depth;
            }
            let share = random.below(10) as f64 / 100.0;
            let depth = if part == PARTS - 1 {
                left
            } else {
                left * share
            };
            left -= depth;
            Some(Irrigation { depth, ..water })
        });
        assert!(worst < 1e-9, "{worst} mm");
    }
}

/// Between two midnights the depletion only rises by what the crop uses and only falls by what arrives.
#[test]
fn within_a_day_water_only_moves_where_it_must() {
    for season in seasons("within_a_day_water_only_moves_where_it_must") {
        let (planting, last) = season.span().unwrap();
        let mut field = WithinDay::new(&season);
        assert!(field.end_day().is_none());
        field.step(Part {
            rain: 10.0,
            ..Part::default()
        });
        let (first, mut rose) = (field.depletion(), false);
        for day in season.run(planting, last).unwrap() {
            field.start_day(day.inputs);
            let mut before = field.depletion();
            assert!(field.readily_available() > 0.0);
            for _ in 0..PARTS {
                field.step(Part {
                    sun: 1.0 / PARTS as f64,
                    ..Part::default()
                });
                let (now, most) = (field.depletion(), day.root_zone.total);
                assert!(
                    now >= before && now <= most,
                    "{}: {before} to {now}",
                    day.inputs.date
                );
                assert!(field.water_content() <= field.field_capacity());
                rose |= now > before;
                before = now;
            }
            field.step(Part {
                rain: day.inputs.rain,
                ..Part::default()
            });
            assert!(field.depletion() <= before);
        }
        field.end_day();
        assert!(rose && field.moved().used > 0.0 && first >= 0.0);
        let moved = field.moved();
        let gained = season.model().depletion_max() - field.depletion_max();
        let balance = moved.rain + moved.irrigation - moved.used - moved.drained - gained;
        assert!(balance.abs() < 1e-9, "{balance} mm");
    }
}

fn refused(folder: &Path) -> String {
    let message = MeasuredSeason::read(folder).unwrap_err().to_string();
    assert!(!message.contains('\n'), "{message}");
    let place = folder.display().to_string();
    message.strip_prefix(&place).unwrap().to_owned()
}

#[test]
fn what_is_no_measured_season_is_refused_in_one_line() {
    let folder = Files::new().write("measured-missing");
    fs::remove_file(folder.join("field.sol")).unwrap();
    assert_eq!(
        refused(&folder),
        ": 0 files end in .sol where one is wanted"
    );
    let nowhere = refused(&folder.join("nowhere"));
    assert!(nowhere.contains("No such file"), "{nowhere}");

    let mut files = Files::new();
    files.wth = files.wth.replace("Tmax", "Thigh");
    let wanted = "/field.wth, line 11, column Tmax: missing; wanted within -60..=60 Cel";
    assert_eq!(refused(&files.write("measured-column")), wanted);

    let mut files = Files::new();
    files.wth.truncate(files.wth.len() - 20);
    let wanted = "/field.wth, line 15, column all: 7 fields where the heading has 12";
    assert_eq!(refused(&files.write("measured-cut")), wanted);

    let mut files = Files::new();
    files.par.truncate(files.par.find("0.06 Ze").unwrap());
    let wanted = "/field.par, line 20, column Ze: missing; wanted within 0.001..=1 m";
    assert_eq!(refused(&files.write("measured-short")), wanted);
}

#[test]
fn weather_that_is_cut_between_two_days_is_seen_by_the_published_ones() {
    let files = Files::new();
    let folder = files.write("measured-weather");
    let season = Season::read(&folder).unwrap();
    fs::write(folder.join("field.out"), output_file(&season)).unwrap();
    let whole = MeasuredSeason::read(&folder).unwrap().reference(Vec::new());
    assert_eq!(whole.depletion_rmse_mm, Some(0.0));
    assert_eq!(
        (whole.days, whole.probe_days, whole.probe_ratio),
        (4, 1, Some(1.0))
    );

    let cut = files.wth.find("2024-001").unwrap();
    fs::write(folder.join("field.wth"), &files.wth[..cut]).unwrap();
    let wanted = ": the .wth file has no weather on 2024-01-01; it has 2023-12-29 to 2023-12-31";
    assert_eq!(refused(&folder), wanted);
}

#[test]
fn a_season_of_more_than_a_year_is_refused() {
    let mut files = Files::new();
    let heading = files.wth.find("2023-363").unwrap();
    files.wth.truncate(heading);
    for (year, days) in [(2022, 365), (2023, 2)] {
        for day in 1..=days {
            files.wth += &format!("{year}-{day:03} 27 30 11 NaN -0.9 57 7.7 1.8 0 6.5 M\n");
        }
    }
    let wanted = ": 2022-01-01 to 2023-01-02 is 367 days, the limit is 366";
    assert_eq!(refused(&files.write("measured-long")), wanted);
}
