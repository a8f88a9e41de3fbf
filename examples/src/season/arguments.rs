//! The command line of `season`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;

use super::BrokerAddress;
use super::chaos::ChaosArgument;
use super::live::Pace;
use super::record::Moment;
use crate::command_line;

/// Plays one growing season of a farm on real weather: probes that lie, links that fail, valves that stick, nodes without
/// power, and gateways that water three fields through commands with a lease.
#[derive(Clone, Debug, Parser)]
#[command(name = "season", version, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// Something else than a run.
    #[command(subcommand)]
    pub command: Option<Subcommands>,
    /// What to run.
    #[command(flatten)]
    pub run: Run,
}

/// What `season` does besides running.
#[derive(Clone, Debug, Subcommand)]
pub enum Subcommands {
    /// Print the contracts of the simulated devices
    Describe {
        /// What to print; `all` is one JSON object with every format as a member
        #[arg(long, value_enum, default_value = "all")]
        format: Format,
        /// Which device
        #[arg(long, value_enum, default_value = "valve")]
        device: DeviceName,
    },
    /// Make the decisions of a time again from a recording, and print what they rest on
    Replay {
        /// A recording, as --record makes it
        file: PathBuf,
        /// When: 2003-07-01T12:00, or 'day 40 12:00' where day 1 is the day of planting
        #[arg(long, value_name = "TIME")]
        at: Moment,
    },
    /// Print what goes wrong in a season, as a file for --chaos
    Chaos {
        /// Seed of all chance
        #[arg(long, value_name = "NUMBER", default_value_t = super::DEFAULT_SEED)]
        seed: u64,
        /// Length of the season in days
        #[arg(long, value_name = "DAYS", default_value_t = 145,
              value_parser = clap::value_parser!(u16).range(1..=366))]
        days: u16,
    },
}

/// What to run.
#[derive(Args, Clone, Debug)]
pub struct Run {
    /// Daily weather: CSV with the columns DD MM YYYY Rad Tmin Tmax Hum Wind Rain
    #[arg(long, value_name = "FILE")]
    pub weather: Option<PathBuf>,
    /// Play a measured season: a folder in the layout of pyfao56, with its days, weather, crop and soil
    #[arg(long, value_name = "DIR",
          conflicts_with_all = ["weather", "from", "to", "latitude", "elevation"])]
    pub data: Option<PathBuf>,
    /// First day (planting), YYYY-MM-DD [default: 15 April of the file's middle year]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub from: Option<Date>,
    /// Last day, YYYY-MM-DD [default: the end of the crop's season]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub to: Option<Date>,
    /// Seed of all chance: the same seed gives the same season
    #[arg(long, value_name = "NUMBER", default_value_t = super::DEFAULT_SEED)]
    pub seed: u64,
    /// Latitude of the weather station in degrees, north positive
    #[arg(long, value_name = "DEGREES", default_value_t = super::HUPSEL.latitude,
          value_parser = latitude, allow_negative_numbers = true)]
    pub latitude: f64,
    /// Height of the weather station above sea level in metres
    #[arg(long, value_name = "METRES", default_value_t = super::HUPSEL.elevation,
          value_parser = elevation, allow_negative_numbers = true)]
    pub elevation: f64,
    /// What goes wrong: `default` (drawn from the seed), `none`, or a file as `season chaos` prints it
    #[arg(long, value_name = "default|none|FILE", default_value = "default")]
    pub chaos: ChaosArgument,
    /// Send what goes between gateways and cloud through an MQTT 5 broker, such as mqtt://127.0.0.1:1883
    #[arg(long, value_name = "URL")]
    pub broker: Option<BrokerAddress>,
    /// Have the real firmware decide at the valve of field 1, in an emulator; examples/firmware/build_mps2.sh builds it
    #[arg(long, value_enum)]
    pub firmware: Option<Emulator>,
    /// Keep every input of both gateways in a file, for `season replay`
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Keep the season in a folder: stopped by Ctrl-C or otherwise, it goes on from there. Not with --broker or --firmware:
    /// the days up to there are played again, and what comes from outside is not the same twice
    #[arg(long, value_name = "DIR", conflicts_with_all = ["broker", "firmware"])]
    pub store: Option<PathBuf>,
    /// Send metrics and traces by OTLP over HTTP, such as http://127.0.0.1:4318
    #[arg(long, value_name = "URL")]
    pub otlp: Option<String>,
    /// Show metrics to Prometheus, such as 127.0.0.1:9464, until Ctrl-C
    #[arg(long, value_name = "ADDR")]
    pub prometheus: Option<String>,
    /// Write a page with plots of the season, such as season.html
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Show the season on the terminal while it goes on (needs the feature `live`)
    #[arg(long, conflicts_with = "json")]
    pub live: bool,
    /// How many days of the season a second shows, 0.01 to 1000
    #[arg(long, value_name = "DAYS", requires = "live", value_parser = pace)]
    pub pace: Option<Pace>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub json: bool,
}

/// Where firmware runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Emulator {
    /// qemu-system-arm
    Qemu,
}

/// A format of a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// JSON Schema 2020-12
    JsonSchema,
    /// W3C Thing Description 1.1
    Td,
    /// W3C Thing Model 1.1
    Tm,
    /// OpenAPI 3.1 component
    Openapi,
    /// All of them
    All,
}

/// A device of the example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DeviceName {
    /// The soil probe
    Probe,
    /// The valve
    Valve,
}

impl Arguments {
    /// Reads the command line; a mistake is printed on one line and ends the program with exit code 2.
    #[must_use]
    pub fn read() -> Self {
        command_line::read()
    }
}

fn pace(text: &str) -> Result<Pace, String> {
    let days = text
        .parse()
        .map_err(|_| "not a number of days".to_owned())?;
    Pace::new(days).map_err(|error| error.to_string())
}

fn date(text: &str) -> Result<Date, String> {
    text.parse()
        .map_err(|_| "not a date of the calendar in the form YYYY-MM-DD".to_owned())
}

fn latitude(text: &str) -> Result<f64, String> {
    within(text, -66.0, 66.0, "degrees")
}

fn elevation(text: &str) -> Result<f64, String> {
    within(text, -430.0, 6_000.0, "m")
}

fn within(text: &str, min: f64, max: f64, unit: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(value) if (min..=max).contains(&value) => Ok(value),
        _ => Err(format!("not a number within {min}..={max} {unit}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_bad_flag_is_refused() {
        for bad in [
            "--seed=-1",
            "--seed=x",
            "--from=2003-02-30",
            "--to=soon",
            "--latitude=NaN",
            "--latitude=90",
            "--elevation=1e9",
            "--chaos=",
            "--broker=localhost:1883",
            "--broker=mqtt://",
            "--broker=mqtt://localhost:0",
            "--firmware=simavr",
            "--pace=2",
            "--verbose",
        ] {
            assert!(Arguments::try_parse_from(["season", bad]).is_err(), "{bad}");
        }
        assert!(Arguments::try_parse_from(["season", "describe", "--format=xml"]).is_err());
        assert!(Arguments::try_parse_from(["season", "--live", "--pace=0"]).is_err());
        assert!(Arguments::try_parse_from(["season", "--live", "--json"]).is_err());
        for given in [
            "--weather=a.csv",
            "--from=2003-05-01",
            "--to=2003-06-01",
            "--latitude=1",
            "--elevation=1",
        ] {
            assert!(
                Arguments::try_parse_from(["season", "--data=x", given]).is_err(),
                "{given}"
            );
        }
        assert!(Arguments::try_parse_from(["season", "--data=x", "--seed=2"]).is_ok());
        for real in ["--broker=mqtt://127.0.0.1:1883", "--firmware=qemu"] {
            assert!(
                Arguments::try_parse_from(["season", "--store=x", real]).is_err(),
                "what comes from outside cannot be played again: {real}"
            );
        }
        assert!(Arguments::try_parse_from(["season", "replay", "x.rec"]).is_err());
        assert!(Arguments::try_parse_from(["season", "replay", "x.rec", "--at=noon"]).is_err());
        let run = Arguments::try_parse_from(["season", "--latitude=-33.1", "--seed=7"]).unwrap();
        assert_eq!(run.run.seed, 7);
    }
}
