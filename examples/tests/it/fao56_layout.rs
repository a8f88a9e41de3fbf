//! The files of a season: read whole, or refused with the place of the fault.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use core::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_examples::et0::Reference;
use gofarm_examples::fao56::{FractionBy, Output, Season};

use crate::fao56::assert_balance_closes;

/// The header of the oldest version: three lines between two of asterisks.
fn header() -> String {
    let rule = "*".repeat(72);
    format!("{rule}\npyfao56: FAO-56 in Python\nData\n{rule}\n")
}

/// A short season: a crop of ten days on two layers of soil.
pub(crate) struct Files {
    pub(crate) par: String,
    sol: String,
    pub(crate) wth: String,
    irr: String,
    upd: String,
    sws: String,
}

impl Files {
    pub(crate) fn new() -> Self {
        let par = "0.30 Kcmini, Kc\n1.10 Kcmmid\n0.60 Kcmend\n0.15 Kcbini\n1.00 Kcbmid\n0.50 Kcbend\n\
                   3 Lini, days\n3 Ldev\n2 Lmid\n2 Lend\n0.05 hini\n1.20 hmax\n0.206 thetaFC\n0.20 Zrini\n\
                   0.50 Zrmax\n0.65 pbase\n0.06 Ze\n4.0 REW\n70 CN2\n";
        let sol = "Depth thetaFC thetaWP theta0\n20 0.25 0.11 0.20\n60 0.20 0.10 0.15\n";
        let wth = "S Reference crop\n361.0 elevation\n33.0 latitude\n3.0 wind height\n\nDaily weather data:\n\
            Year-DOY Srad Tmax Tmin Vapr Tdew RHmax RHmin Wndsp Rain ETref MorP\n\
            2023-363 27.0 30.0 11.0 NaN -0.9 57.0 7.7 1.8 0.0 6.5 M\n\
            2023-364 27.0 30.0 11.0 NaN NaN 57.0 NaN NaN 5.0 NaN M\n\
            2023-365 27.0 30.0 11.0 NaN NaN NaN NaN 1.8 0.0 NaN M\n\
            2024-001 27.0 30.0 11.0 1.10 -0.9 57.0 7.7 1.8 0.0 6.5 M\n";
        let irr = "Year-DOY Depth fw IrrEff\n2023-363 10.0 0.40 80.0\n";
        let upd = "Year-DOY Kcb h fc\n2023-364 0.20 NaN NaN\n2023-365 NaN 0.30 0.25\n";
        let sws = "Year-DOY n D01 D02 SWC01 SWC02 Zr\n2023-364 2 20 60 0.22 0.17 0.2\n";
        let under_header = |text: &str| header() + text;
        Self {
            par: under_header(par),
            sol: under_header(sol),
            wth: under_header(wth),
            irr: under_header(irr),
            upd: under_header(upd),
            sws: under_header(sws),
        }
    }

    /// Writes the files to a folder of `name`.
    pub(crate) fn write(&self, name: &str) -> PathBuf {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("fao56-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        for (extension, text) in [
            ("par", &self.par),
            ("sol", &self.sol),
            ("wth", &self.wth),
            ("irr", &self.irr),
            ("upd", &self.upd),
            ("sws", &self.sws),
        ] {
            fs::write(folder.join(format!("field.{extension}")), text).unwrap();
        }
        folder
    }
}

#[test]
fn a_season_is_read_with_all_that_the_files_say() {
    let season = Season::read(&Files::new().write("whole")).unwrap();
    let (planting, last) = season.span().unwrap();
    assert_eq!(
        (planting.to_string(), last.to_string()),
        ("2023-12-29".into(), "2024-01-01".into())
    );
    assert_eq!(season.weather().reference, Reference::Short);
    assert_eq!(season.parameters().stages, [3, 3, 2, 2]);
    assert_eq!(season.parameters().fraction_by, FractionBy::Demand);
    assert!((season.profile().total_available(0.5) - (28.0 + 30.0)).abs() < 1e-9);
    assert!((season.measured()[0].depletion(season.profile(), 0.5) - (6.0 + 9.0)).abs() < 1e-9);

    let days = season.run(planting, last).unwrap();
    let water = days[0].inputs.irrigation.unwrap();
    assert!((days[0].effective_irrigation - 8.0).abs() < 1e-9);
    assert!((days[0].surface.wetted - water.wetted).abs() < 1e-9);
    assert!(
        (days[1].surface.wetted - 1.0).abs() < 1e-9,
        "5 mm of rain wet the whole surface"
    );
    assert!((days[1].canopy.basal - 0.20).abs() < 1e-9);
    assert!((days[2].canopy.height - 0.30).abs() < 1e-9);
    assert!((days[2].canopy.cover - 0.25).abs() < 1e-9);
    assert!((days[0].inputs.reference - 6.5).abs() < 1e-9);
    assert!(
        days[1].inputs.reference > 3.0,
        "computed where the file has none"
    );
    assert!(
        (days[1].inputs.wind - 1.84).abs() < 0.02,
        "2 m/s at 3 m where none was measured"
    );
    assert_balance_closes(&season);

    let beyond = season.run(planting, last.tomorrow().unwrap()).unwrap_err();
    let wanted = "no weather on 2024-01-02; the file has 2023-12-29 to 2024-01-01";
    assert_eq!(beyond.to_string(), wanted);
}

/// File, text, what stands there instead, and the message.
const FAULTS: &str = "\
par | 1.00 Kcbmid | -9999 Kcbmid | par, line 9, column Kcbmid: `-9999` is not a number within 0..=2 1
par | 1.00 Kcbmid | NaN Kcbmid | par, line 9, column Kcbmid: `NaN` is not a number within 0..=2 1
par | 1.00 Kcbmid | 0.15 Kcbmid | par, line 9, column Kcbmid: 0.15 is not over Kcbini, 0.15 1
par | 3 Ldev | 3.5 Ldev | par, line 12, column Ldev: `3.5` is not a whole number of days
par | 3 Ldev | 3 Lini | par, line 12, column Lini: given before, in line 11; once is wanted
par | 0.06 Ze |  | par, line 23, column Ze: missing; wanted within 0.001..=1 m
par | 0.50 Zrmax | 0.10 Zrmax | par, line 19, column Zrmax: 0.1 is not at least Zrini, 0.2 m
par | 0.50 Zrmax | 0.70 Zrmax | sol, line 7, column Depth: 0.6 is not at least Zrmax, 0.7 m
par | 4.0 REW | 40 REW | sol, line 7, column Depth: 11.7 is not over REW, 40 mm
sol | 60 0.20 0.10 | 60 0.10 0.10 | sol, line 7, column thetaWP: 0.1 is not under thetaFC, 0.1 m3/m3
sol | 60 0.20 | 20 0.20 | sol, line 7, column Depth: 20 is not over the layer above, 20 cm
sol |  theta0 |  theta | sol, line 5, column theta0: missing; wanted within 0..=1 m3/m3
sol | 0.10 0.15 | 0.10 | sol, line 7, column all: 3 fields where the heading has 4
wth | S Reference | G Reference | wth, line 5, column reference crop: `G` is not S or T, the short or the tall reference crop
wth | 33.0 lat | 91.0 lat | wth, line 7, column latitude: `91.0` is not a number within -66..=66 deg
wth | 5.0 NaN M | -9999 NaN M | wth, line 13, column Rain: `-9999` is not a number within 0..=1000 mm/d
wth | 2023-364 27.0 30.0 | 2023-364 27.0 10.0 | wth, line 13, column Tmin: 11 is not at most Tmax, 10 Cel
wth | 2023-364 | 2023-366 | wth, line 13, column Year-DOY: `2023-366` is not a year and a day of it, as in 2022-001
wth | 2023-365 | 2024-001 | wth, line 14, column Year-DOY: 2024-01-01 cannot follow 2023-12-30; the next day is wanted
irr | 10.0 0.40 | 10.0 0.0 | irr, line 6, column fw: `0.0` is not a number within 0.01..=1 1
irr | 80.0 | 800 | irr, line 6, column IrrEff: `800` is not a number within 0..=100 %
upd | 2023-365 | 2023-364 | upd, line 7, column Year-DOY: 2023-12-30 cannot follow 2023-12-30; a later day is wanted
upd | 0.25 | 2.5 | upd, line 7, column fc: `2.5` is not a number within 0..=1 1
sws | 2023-364 2 20 60 | 2023-364 3 20 60 | sws, line 6, column n: 3 is not equal to the number of columns D and SWC, 2 1
sws | 20 60 0.22 | 60 60 0.22 | sws, line 6, column D: 60 is not over the depth above, 60 cm
sws | 20 60 0.22 | 20 40 0.22 | sws, line 6, column D: 0.4 is not at least Zrmax, 0.5 m
sws | 0.22 | 22 | sws, line 6, column SWC: `22` is not a number within 0..=1 m3/m3";

#[test]
fn a_fault_is_named_by_file_line_column_and_limit() {
    for (number, row) in FAULTS.lines().enumerate() {
        let [file, from, to, wanted] = row.split(" | ").collect::<Vec<_>>()[..] else {
            panic!("{row}");
        };
        let mut files = Files::new();
        let text = match file {
            "par" => &mut files.par,
            "sol" => &mut files.sol,
            "wth" => &mut files.wth,
            "irr" => &mut files.irr,
            "upd" => &mut files.upd,
            _ => &mut files.sws,
        };
        assert!(text.contains(from), "{row}");
        *text = text.replacen(from, to, 1);
        let folder = files.write(&format!("fault-{number}"));
        let message = Season::read(&folder).unwrap_err().to_string();
        assert_eq!(
            message,
            format!("{}/field.{wanted}", folder.display()),
            "{row}"
        );
    }
}

#[test]
fn a_file_that_is_no_season_is_refused() {
    let (huge, header) = ("1".repeat(17 * 1024 * 1024), header());
    let heading = format!("{header}Depth thetaFC thetaWP theta0\n");
    let cases: [(&str, &[u8], &str); 6] = [
        (
            "empty",
            b"",
            "line 1, column header: no line of 72 asterisks ends a header",
        ),
        (
            "text",
            b"Depth thetaFC\n",
            "line 1, column header: no line of 72 asterisks ends a header",
        ),
        (
            "bytes",
            b"**\n\xff\xfe\x00",
            "line 2, column bytes: bytes that are not UTF-8",
        ),
        (
            "header",
            header.as_bytes(),
            "line 4, column heading: the file ends here; a heading is wanted",
        ),
        ("huge", huge.as_bytes(), "longer than 16777216 bytes"),
        (
            "heading",
            heading.as_bytes(),
            "line 5, column all: the file ends here; a row is wanted",
        ),
    ];
    for (name, bytes, wanted) in cases {
        let folder = Files::new().write(&format!("no-season-{name}"));
        fs::write(folder.join("field.sol"), bytes).unwrap();
        let message = Season::read(&folder).unwrap_err().to_string();
        assert!(
            message.contains("field.sol") && message.ends_with(wanted),
            "{message}"
        );
    }
}

#[test]
fn a_folder_holds_one_file_of_a_kind() {
    let folder = Files::new().write("folder");
    assert!(Season::read(&folder).is_ok());
    fs::write(folder.join("other.irr"), "").unwrap();
    let message = Season::read(&folder).unwrap_err().to_string();
    assert!(
        message.ends_with("2 files end in .irr where at most one is wanted"),
        "{message}"
    );
    fs::remove_file(folder.join("other.irr")).unwrap();
    for optional in ["irr", "upd", "sws"] {
        fs::remove_file(folder.join(format!("field.{optional}"))).unwrap();
    }
    assert!(Season::read(&folder).is_ok());
    fs::remove_file(folder.join("field.wth")).unwrap();
    let message = Season::read(&folder).unwrap_err().to_string();
    assert!(
        message.ends_with("0 files end in .wth where one is wanted"),
        "{message}"
    );
    assert!(Season::read(&folder.join("nowhere")).is_err());
}

/// A computed season, written as pyfao56 writes its output.
pub(crate) fn output_file(season: &Season) -> String {
    let (planting, last) = season.span().unwrap();
    let mut text = header();
    for (number, day) in season.run(planting, last).unwrap().iter().enumerate() {
        let output = Output::from(day);
        if number == 0 {
            let names: Vec<_> = output.columns().map(|column| column.0).collect();
            writeln!(text, "Year-DOY Date {}", names.join(" ")).unwrap();
        }
        let values: Vec<_> = output
            .columns()
            .map(|column| column.1.to_string())
            .collect();
        let (date, day) = (output.date, output.date.day_of_year());
        writeln!(text, "{}-{day:03} {date} {}", date.year(), values.join(" ")).unwrap();
    }
    text
}

#[test]
fn output_is_read_back_and_tells_what_p_follows() {
    let folder = Files::new().write("output");
    let season = Season::read(&folder).unwrap();
    let (planting, last) = season.span().unwrap();
    let days = season.run(planting, last).unwrap();
    let text = output_file(&season);
    fs::write(folder.join("field.out"), &text).unwrap();
    let again = Season::read(&folder).unwrap();
    let outputs: Vec<_> = days.iter().map(Output::from).collect();
    assert_eq!(again.published(), outputs);
    assert_eq!(again.parameters().fraction_by, FractionBy::Demand);

    // The same file from a run in which p did not move.
    let position = text
        .lines()
        .nth(4)
        .unwrap()
        .split(' ')
        .position(|name| name == "p");
    let constant: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(number, line)| {
            let mut fields: Vec<&str> = line.split(' ').collect();
            if number > 4 {
                fields[position.unwrap()] = "0.650";
            }
            fields.join(" ")
        })
        .collect();
    fs::write(folder.join("field.out"), constant.join("\n")).unwrap();
    let again = Season::read(&folder).unwrap();
    assert_eq!(again.parameters().fraction_by, FractionBy::Crop);
    for day in again.run(planting, last).unwrap() {
        assert!((day.root_zone.fraction - 0.65).abs() < 1e-9);
    }
}

/// Bytes changed at random: refused, or a season of finite numbers whose balance closes.
#[test]
fn a_damaged_file_never_breaks_the_program() {
    let (mut refused, mut played) = (0, 0);
    for seed in 0..400 {
        let mut random = SplitMix64::new(seed);
        let mut draw = |bound: usize| usize::try_from(random.below(bound as u64)).unwrap();
        let mut files = Files::new();
        let texts = [
            &mut files.par,
            &mut files.sol,
            &mut files.wth,
            &mut files.irr,
            &mut files.upd,
            &mut files.sws,
        ];
        for text in texts {
            let mut bytes = core::mem::take(text).into_bytes();
            if draw(3) == 0 {
                // Past the first line, which is of asterisks.
                let at = 73 + draw(bytes.len() - 73);
                bytes[at] = b"0123456789.-+eE \nN"[draw(18)];
            }
            *text = String::from_utf8(bytes).unwrap();
        }
        let Ok(season) = Season::read(&files.write("damaged")) else {
            refused += 1;
            continue;
        };
        played += 1;
        assert_balance_closes(&season);
        let (planting, last) = season.span().unwrap();
        for day in season.run(planting, last).unwrap() {
            let output = Output::from(&day);
            assert!(
                output.columns().all(|column| column.1.is_finite()),
                "seed {seed}: {output:?}"
            );
        }
    }
    assert!(
        refused > 50 && played > 50,
        "{refused} refused, {played} played"
    );
}

/// Drawn weather, deserts and floods, on drawn soils.
#[test]
fn the_water_balance_closes_every_day_of_drawn_seasons() {
    let mut was_found = false;
    for seed in 0..40 {
        let mut random = SplitMix64::new(seed);
        let mut draw = |bound: u64| random.below(bound) as f64 / 100.0;
        let mut files = Files::new();
        let start = 0.10 + draw(20);
        files.sol = header()
            + &format!("Depth thetaFC thetaWP theta0\n30 0.25 0.10 {start}\n50 0.30 0.12 0.2\n");
        let heading = files.wth.find("2023-363").unwrap();
        files.wth.truncate(heading);
        files.irr = header() + "Year-DOY Depth fw IrrEff\n";
        let rainy = draw(4_000);
        for day in 1..=60 {
            let rain = if draw(100) < 0.1 {
                draw(100) * rainy
            } else {
                0.0
            };
            let reference = draw(1_200);
            let row = format!(
                "2024-{day:03} 27.0 30.0 11.0 NaN NaN NaN NaN 1.8 {rain:.2} {reference:.2} M"
            );
            writeln!(files.wth, "{row}").unwrap();
            if day % 9 == 0 {
                let (depth, wetted) = (draw(3_000), 0.1 + draw(90));
                writeln!(files.irr, "2024-{day:03} {depth:.2} {wetted:.2} 85.0").unwrap();
            }
        }
        let season = Season::read(&files.write("drawn")).unwrap();
        assert_balance_closes(&season);
        let (planting, last) = season.span().unwrap();
        let days = season.run(planting, last).unwrap();
        was_found |= days.iter().any(|day| day.root_zone.found > 0.0);
    }
    assert!(
        was_found,
        "no season was dry enough to meet the limit of equation 86"
    );
}
