//! Measured seasons against pyfao56's own output and against the probe.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::print_stdout,
    reason = "a figure in the documents has a test that prints it"
)]

use std::path::{Path, PathBuf};

use gofarm_examples::fao56::{Measured, Output, Parameters, Season};

use crate::data;

pub(crate) const COTTON: (&str, &str) = ("field/cotton_2022_maricopa", "cotton2022p10-2.par");
pub(crate) const MAIZE: (&str, &str) = ("field/maize_2022_greeley", "E12FF2022.par");

/// The folder of a season, if the data is there.
pub(crate) fn folder(test: &str, (folder, file): (&str, &str)) -> Option<PathBuf> {
    let file = data::shared(test, &format!("{folder}/{file}"))?;
    file.parent().map(Path::to_owned)
}

fn played(season: &Season) -> Vec<Output> {
    let (planting, last) = season.span().unwrap();
    let days = season.run(planting, last).unwrap();
    days.iter().map(Output::from).collect()
}

fn rmse(differences: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for difference in differences {
        sum += difference * difference;
        count += 1.0;
    }
    f64::sqrt(sum / count)
}

/// Root mean square of the difference of a column, and its greatest.
fn compare(found: &[Output], published: &[Output], column: &str) -> (f64, f64) {
    // Where the soil below the roots is down to a millimetre, rounding decides whether there is any.
    let has_value = |day: &Output| column != "fDb" || day.get("TAWb") > Some(0.2);
    let differences: Vec<f64> = found
        .iter()
        .zip(published)
        .filter(|(_, published)| has_value(published))
        .map(|(a, b)| a.get(column).unwrap() - b.get(column).unwrap())
        .collect();
    let worst = differences
        .iter()
        .fold(0.0, |worst, d| f64::max(worst, d.abs()));
    (rmse(differences.into_iter()), worst)
}

/// How far a column may lie from the file, which has three decimals.
///
/// Soil is summed by whole millimetres. Where the growing roots stand at one, rounding decides whether it counts
/// (up to 0.14 mm of water), and what follows from the root zone's total differs a little.
fn bound(column: &str) -> f64 {
    match column {
        "TAW" | "TAWb" | "RAW" => 0.14,
        "Dr" | "Drmax" | "Db" | "Dinc" | "ETa" | "T" => 0.02,
        "Ks" | "Ksend" | "Ka" | "fDr" | "fDrmax" | "fDb" => 0.002,
        _ => 0.000_6,
    }
}

fn meets_every_published_column(test: &str, data: (&str, &str), days: usize) {
    let Some(folder) = folder(test, data) else {
        return;
    };
    let season = Season::read(&folder).unwrap();
    let found = played(&season);
    let published = season.published();
    assert_eq!((found.len(), published.len()), (days, days));
    for (a, b) in found.iter().zip(published) {
        assert_eq!(a.date, b.date);
    }
    for (name, _) in published[0].columns() {
        let (rmse, worst) = compare(&found, published, name);
        println!("{}: {name:>8} RMSE {rmse:.5}, worst {worst:.5}", data.0);
        assert!(worst <= bound(name), "{name}: {worst}");
    }
}

#[test]
fn cotton_meets_every_published_column_on_every_day() {
    let name = "cotton_meets_every_published_column_on_every_day";
    meets_every_published_column(name, COTTON, 194);
}

#[test]
fn maize_with_observed_canopy_meets_every_published_column_on_every_day() {
    let name = "maize_with_observed_canopy_meets_every_published_column_on_every_day";
    meets_every_published_column(name, MAIZE, 171);
}

/// The promise of the season program: the daily depletion within 1 mm of pyfao56.
#[test]
fn daily_depletion_is_within_a_millimetre_of_pyfao56() {
    for data in [COTTON, MAIZE] {
        let Some(folder) = folder("daily_depletion_is_within_a_millimetre_of_pyfao56", data) else {
            return;
        };
        let season = Season::read(&folder).unwrap();
        let found = played(&season);
        for column in ["Dr", "Drmax"] {
            let (rmse, _) = compare(&found, season.published(), column);
            println!("{}: {column} RMSE {rmse:.5} mm", data.0);
            assert!(rmse <= 1.0, "{column}: {rmse} mm");
        }
    }
}

/// The `ETref` column of the weather files, which a season takes, against the standardized equation: short grass
/// from the dew point at Maricopa, tall alfalfa from the vapour pressure at Greeley.
#[test]
fn reference_evapotranspiration_meets_both_stations() {
    for (data, days) in [(COTTON, 194), (MAIZE, 333)] {
        let Some(folder) = folder("reference_evapotranspiration_meets_both_stations", data) else {
            return;
        };
        let season = Season::read(&folder).unwrap();
        let weather = season.weather();
        assert_eq!(weather.days().len(), days);
        for observed in weather.days() {
            let published = observed.published_reference.unwrap();
            let found = weather.computed_reference(observed);
            // The column has two decimals.
            assert!((found - published).abs() <= 0.006, "{observed:?}: {found}");
        }
    }
}

/// The figures are those of pyfao56 with its switch `K_adj`; it rounds the change to three decimals.
#[test]
fn crop_coefficients_move_to_the_climate_as_in_pyfao56() {
    let name = "crop_coefficients_move_to_the_climate_as_in_pyfao56";
    let Some(folder) = folder(name, COTTON) else {
        return;
    };
    let season = Season::read(&folder).unwrap();
    let (planting, _) = season.span().unwrap();
    let adjusted = season.adjusted_to_climate(planting);
    let Parameters { single, basal, .. } = adjusted.parameters();
    let found = single.iter().chain(basal);
    for (found, wanted) in found.zip([0.35, 1.207, 0.665, 0.15, 1.282, 0.565]) {
        assert!((found - wanted).abs() <= 0.000_5, "{found} is not {wanted}");
    }
}

/// Rain + irrigation - ETa - percolation is what each of the two zones gained, on every day.
pub(crate) fn assert_balance_closes(season: &Season) {
    let (planting, last) = season.span().unwrap();
    let mut model = season.model();
    let (mut roots, mut all) = (model.depletion(), model.depletion_max());
    for day in season.run(planting, last).unwrap() {
        assert_eq!(model.step(day.inputs), day);
        let zone = &day.root_zone;
        let net = day.inputs.rain + day.effective_irrigation - zone.actual;
        let gained_by_all = all - zone.depletion_max;
        let error = net - zone.percolation + zone.found_max - gained_by_all;
        assert!(
            error.abs() < 1e-9,
            "{}: {error} mm in all the soil",
            day.inputs.date
        );
        let gained_by_roots = roots - zone.depletion;
        let error = net - zone.met - zone.sunk + zone.found - gained_by_roots;
        assert!(
            error.abs() < 1e-9,
            "{}: {error} mm in the root zone",
            day.inputs.date
        );
        let parts = zone.transpiration + day.surface.evaporation;
        assert!((parts - zone.actual).abs() < 1e-9, "{}", day.inputs.date);
        assert!((0.0..=zone.total).contains(&zone.depletion));
        assert!((0.0..=day.total_max).contains(&zone.depletion_max));
        (roots, all) = (zone.depletion, zone.depletion_max);
    }
}

#[test]
fn the_water_balance_of_the_measured_seasons_closes_every_day() {
    for data in [COTTON, MAIZE] {
        let name = "the_water_balance_of_the_measured_seasons_closes_every_day";
        let Some(folder) = folder(name, data) else {
            return;
        };
        let season = Season::read(&folder).unwrap();
        assert_balance_closes(&season);
        let (planting, last) = season.span().unwrap();
        let days = season.run(planting, last).unwrap();
        assert!(
            days.iter().all(|day| day.root_zone.found_max == 0.0),
            "{}",
            data.0
        );
    }
}

/// The probe's file carries pyfao56's own sums over the same layers.
#[test]
fn measured_depletion_meets_the_published_sums() {
    let name = "measured_depletion_meets_the_published_sums";
    let Some(folder) = folder(name, COTTON) else {
        return;
    };
    let season = Season::read(&folder).unwrap();
    let text = std::fs::read_to_string(folder.join("cotton2022p10-2.sws")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("2022-"));
    let mut count = 0;
    for (row, measured) in rows.zip(season.measured()) {
        let fields: Vec<&str> = row.split_whitespace().collect();
        let [roots, published, published_max] =
            [22, 23, 24].map(|i| fields[i].parse::<f64>().unwrap());
        // The roots have three decimals in the file, and its sum leaves out their last 0.01 mm.
        let found = measured.depletion(season.profile(), roots);
        assert!((found - published).abs() <= 0.08, "{row}: {found}");
        let found = measured.depletion(season.profile(), season.parameters().roots[1]);
        assert!((found - published_max).abs() <= 0.001, "{row}: {found}");
        count += 1;
    }
    assert_eq!(count, 25);
}

#[test]
fn cotton_is_as_near_to_the_probe_as_pyfao56() {
    let name = "cotton_is_as_near_to_the_probe_as_pyfao56";
    let Some(folder) = folder(name, COTTON) else {
        return;
    };
    let season = Season::read(&folder).unwrap();
    let found = played(&season);
    let grown = season.parameters().roots[1];
    let probed = |days: &[Output], column: &str, depth: &dyn Fn(&Output) -> f64| {
        let at = |m: &Measured| {
            let day = days.iter().find(|day| day.date == m.date).unwrap();
            day.get(column).unwrap() - m.depletion(season.profile(), depth(day))
        };
        rmse(season.measured().iter().map(at))
    };
    assert_eq!(season.measured().len(), 25);
    let roots = |day: &Output| day.get("Zr").unwrap();
    for (column, depth) in [
        ("Dr", &roots as &dyn Fn(&Output) -> f64),
        ("Drmax", &|_| grown),
    ] {
        let ours = probed(&found, column, depth);
        let theirs = probed(season.published(), column, depth);
        println!("{column} against the probe: {ours:.3} mm, pyfao56 {theirs:.3} mm");
        assert!(ours <= 1.05 * theirs, "{column}: {ours} mm, {theirs} mm");
    }
}
