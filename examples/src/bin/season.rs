//! Plays one growing season: `cargo run --release --bin season`, and `-- --help` for more.
#![expect(clippy::print_stderr, reason = "a person runs it")]

use core::error::Error;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use gofarm_examples::et0::Station;
use gofarm_examples::season::arguments::{Arguments, Run, Subcommands};
use gofarm_examples::season::describe::describe;
use gofarm_examples::season::report::Report;
use gofarm_examples::season::watch::Watch;
use gofarm_examples::season::{Listener, Plan, Season};
use gofarm_examples::weather;
use indicatif::{ProgressBar, ProgressStyle};

/// The committed weather: three years at Hupsel, Netherlands.
const HUPSEL: &str = include_str!("../../data/hupsel_283_daily_2002_2004.csv");

fn main() -> ExitCode {
    let arguments = Arguments::read();
    let text = match arguments.command {
        Some(Subcommands::Describe { format, device }) => describe(device, format),
        None => match watched(&arguments.run) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("season: {error}");
                return ExitCode::from(2);
            }
        },
    };
    print(&text);
    ExitCode::SUCCESS
}

/// Runs with telemetry if it was asked for.
fn watched(arguments: &Run) -> Result<(), Box<dyn Error>> {
    let watch = Watch::start(arguments.otlp.as_deref(), arguments.prometheus.as_deref())?;
    let listener = watch.as_ref().map(Watch::listener).unwrap_or_default();
    let report = run(arguments, &listener)?;
    print(&render(&report, arguments)?);
    if let Some(watch) = watch {
        let lost = watch.end(|address| {
            eprintln!("season: metrics at http://{address}/metrics until Ctrl-C");
        });
        if lost > 0 {
            eprintln!("season: {lost} items of telemetry could not be sent");
        }
    }
    Ok(())
}

fn print(text: &str) {
    // A reader that has seen enough (`season | head`) is no failure.
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}

fn run(arguments: &Run, listener: &Listener) -> Result<Report, Box<dyn Error>> {
    let started = Instant::now();
    let days = match &arguments.weather {
        Some(path) => read(path)?,
        None => weather::read(HUPSEL.as_bytes())?,
    };
    let plan = Plan::choose(&days, arguments.from, arguments.to)?
        .seed(arguments.seed)
        .station(Station {
            latitude: arguments.latitude,
            elevation: arguments.elevation,
        });
    let mut season = Season::start(plan, &days).told(listener);
    let bar = progress(season.days(), arguments.json);
    let mut nanos = || u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
    while let Some(day) = season.next_day(&mut nanos) {
        bar.set_message(day.to_string());
        bar.inc(1);
    }
    bar.finish_and_clear();
    let mut report = season.finish();
    report.measured.run_s = started.elapsed().as_secs_f64();
    Ok(report)
}

fn read(path: &Path) -> Result<Vec<weather::WeatherDay>, Box<dyn Error>> {
    weather::read_file(path).map_err(|error| match error {
        weather::WeatherError::Open { .. } => error.into(),
        _ => format!("{}: {error}", path.display()).into(),
    })
}

fn render(report: &Report, arguments: &Run) -> Result<String, Box<dyn Error>> {
    if arguments.json {
        return Ok(serde_json::to_string(report)?);
    }
    Ok(report.to_string())
}

/// A bar on a terminal, nothing elsewhere.
fn progress(days: usize, is_quiet: bool) -> ProgressBar {
    if is_quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(days as u64);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} days") {
        bar.set_style(style);
    }
    bar
}
