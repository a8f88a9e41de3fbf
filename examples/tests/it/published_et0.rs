//! ET₀ against columns that others published.
#![expect(
    clippy::print_stdout,
    reason = "a figure in the documents has a test that prints it"
)]

use gofarm_examples::et0::{
    Day, Station, reference_evapotranspiration, saturation_vapour_pressure, vapour_pressure_slope,
    wind_at_2_m,
};
use gofarm_examples::weather;

use crate::data;

/// Nine years of Maricopa, Arizona: solar radiation, temperatures, dew point, wind at 3 m and the short-reference
/// ET that pyfao56 publishes with two decimals.
#[test]
fn et0_meets_the_published_column_on_every_valid_day() {
    let name = "et0_meets_the_published_column_on_every_valid_day";
    let Some(path) = data::shared(name, "field/azmet_maricopa_daily_2003_2011.csv") else {
        return;
    };
    let station = Station {
        latitude: 33.069,
        elevation: 361.0,
    };
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    let index = |name: &str| header.iter().position(|column| column == name).unwrap();
    let columns = ["DOY", "Srad", "Tmin", "Tmax", "Tdew", "Wndsp", "ETref"].map(index);

    let (mut valid, mut invalid, mut worst, mut sum) = (0_u32, 0_u32, 0.0_f64, 0.0_f64);
    for record in reader.records() {
        let record = record.unwrap();
        let values = columns.map(|i| record[i].parse::<f64>().unwrap_or(f64::NAN));
        let [_, radiation, low, high, dew, wind, published] = values;
        if values.iter().any(|value| !value.is_finite()) || low < -90.0 || wind < 0.0 {
            invalid += 1;
            continue;
        }
        let found = reference_evapotranspiration(
            &station,
            &Day {
                day_of_year: record[columns[0]].parse().unwrap(),
                radiation,
                temperature_min: low,
                temperature_max: high,
                vapour_pressure: saturation_vapour_pressure(dew),
                wind: wind_at_2_m(wind, 3.0),
            },
        );
        let difference = (found - published).abs();
        assert!(
            difference <= 0.01,
            "{record:?}: {found:.4} is not {published} mm/d"
        );
        valid += 1;
        worst = worst.max(difference);
        sum += difference;
    }
    println!(
        "{valid} days, {invalid} without data: worst {worst:.4} mm/d, mean {:.4} mm/d",
        sum / f64::from(valid)
    );
    assert!(valid > 3_000, "{valid} days");
    assert!(invalid < 10, "{invalid} days without data");
}

/// The `ETref` column of the committed file is Makkink's formula as KNMI publishes it, not Penman-Monteith.
///
/// KNMI takes the mean of 24 hourly temperatures, which the file does not have; the mean of least and greatest
/// stands in for it, hence the tolerance. Penman-Monteith is another quantity and lies further away.
#[test]
fn etref_of_hupsel_is_makkink_and_not_penman_monteith() {
    let path = data::own("hupsel_283_daily_2002_2004.csv");
    let days = weather::read_file(&path).unwrap();
    let mut reader = csv::Reader::from_path(&path).unwrap();
    let etref = reader.headers().unwrap().iter().position(|c| c == "ETref");
    let station = Station {
        latitude: 52.07,
        elevation: 29.0,
    };
    let (mut worst_makkink, mut worst_penman, mut totals) = (0.0_f64, 0.0_f64, [0.0_f64; 3]);
    for (day, record) in days.iter().zip(reader.records()) {
        let published: f64 = record.unwrap()[etref.unwrap()].parse().unwrap();
        let mean = f64::midpoint(day.temperature_min, day.temperature_max);
        let slope = vapour_pressure_slope(mean);
        let gamma = 0.0646 + 0.00006 * mean; // kPa/°C
        let latent_heat = 2.501 - 0.00238 * mean; // MJ/kg
        let makkink = 0.65 * slope / (slope + gamma) * day.radiation / latent_heat;
        let penman = day.reference_evapotranspiration(&station);
        worst_makkink = worst_makkink.max((makkink - published).abs());
        worst_penman = worst_penman.max((penman - published).abs());
        totals[0] += published;
        totals[1] += makkink;
        totals[2] += penman;
    }
    println!(
        "worst: Makkink {worst_makkink:.3}, Penman-Monteith {worst_penman:.3} mm/d; {totals:?}"
    );
    assert_eq!(days.len(), 1_096);
    assert!(worst_makkink < 0.25, "{worst_makkink} mm/d");
    assert!((totals[1] / totals[0] - 1.0).abs() < 0.01, "{totals:?}");
    assert!(worst_penman > 1.0, "{worst_penman} mm/d");
}
