//! Plays one growing season: `cargo run --release --bin season`, and `-- --help` for more.
#![expect(clippy::print_stderr, reason = "a person runs it")]

use core::error::Error;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use gofarm_examples::et0::Station;
use gofarm_examples::season::arguments::{Arguments, Run, Subcommands};
use gofarm_examples::season::chaos::{Chaos, ChaosArgument};
use gofarm_examples::season::describe::describe;
use gofarm_examples::season::interrupt::Interrupt;
use gofarm_examples::season::page::{Page, Target};
use gofarm_examples::season::play::{Played, play};
use gofarm_examples::season::replay::replay;
use gofarm_examples::season::report::Report;
use gofarm_examples::season::watch::Watch;
use gofarm_examples::season::{Background, Listener, MeasuredSeason, Plan, Season};
use gofarm_examples::weather;

/// The committed weather: three years at Hupsel, Netherlands.
const HUPSEL: &str = include_str!("../../data/hupsel_283_daily_2002_2004.csv");

fn main() -> ExitCode {
    match run(&Arguments::read()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("season: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let text = match &arguments.command {
        Some(Subcommands::Describe { format, device }) => describe(*device, *format),
        Some(Subcommands::Chaos { seed, days }) => Chaos::draw(*seed, *days).to_string(),
        Some(Subcommands::Replay { file, at }) => replay(file, *at)?.to_string(),
        None => return watched(&arguments.run),
    };
    print(&text);
    Ok(())
}

/// Runs with telemetry if it was asked for.
fn watched(arguments: &Run) -> Result<(), Box<dyn Error>> {
    let watch = Watch::start(arguments.otlp.as_deref(), arguments.prometheus.as_deref())?;
    let listener = watch.as_ref().map(Watch::listener).unwrap_or_default();
    if let Some(report) = season(arguments, &listener)? {
        print(&render(&report, arguments)?);
    }
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

/// Plays a season, and gives its report if it came to its end.
fn season(arguments: &Run, listener: &Listener) -> Result<Option<Report>, Box<dyn Error>> {
    let started = Instant::now();
    let page = arguments.report.as_ref().map(Target::prepare).transpose()?;
    let (measured, days);
    let season = if let Some(folder) = &arguments.data {
        measured = MeasuredSeason::read(folder)?;
        let length = measured.plan().days();
        let (chaos, background) = chaos(&arguments.chaos, arguments.seed, length)?;
        Season::start_measured(&measured, arguments.seed, background, chaos)
    } else {
        days = match &arguments.weather {
            Some(path) => read(path)?,
            None => weather::read(HUPSEL.as_bytes())?,
        };
        let plan = Plan::choose(&days, arguments.from, arguments.to)?
            .seed(arguments.seed)
            .station(Station {
                latitude: arguments.latitude,
                elevation: arguments.elevation,
            });
        let (chaos, background) = chaos(&arguments.chaos, arguments.seed, plan.days())?;
        Season::start(plan.background(background), &days, chaos)
    };
    let mut season = season.told(listener);
    if let Some(broker) = &arguments.broker {
        season = season.through(broker.clone())?;
    }
    if arguments.firmware.is_some() {
        season = season.with_board()?;
    }
    let mut interrupt = None;
    if let Some(folder) = &arguments.store {
        interrupt = Some(Interrupt::listen()?);
        season = season.stored(folder)?;
    }
    if let Some(path) = &arguments.record {
        season = season.recorded(path)?;
    }
    if play(&mut season, arguments, interrupt.as_ref(), started)? == Played::Stopped {
        let days = season.played();
        eprintln!("season: stopped after day {days}; the same command goes on");
        return Ok(None);
    }
    if season.has_board_failed() {
        return Err("the firmware in the emulator did nothing for 30 s, or ended".into());
    }
    season.end_recording()?;
    let history = season.history();
    let mut report = season.finish();
    report.measured.run_s = started.elapsed().as_secs_f64();
    report.measured.peak_memory_mb = peak_memory_mb().unwrap_or_default();
    if let Some(page) = page {
        page.write(&Page::new(&report.summary(), &history).html())?;
    }
    Ok(Some(report))
}

/// The most memory that this process had, as Linux tells.
fn peak_memory_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1_024.0)
}

/// What is to go wrong; a script is all that does.
fn chaos(
    argument: &ChaosArgument,
    seed: u64,
    days: u16,
) -> Result<(Chaos, Background), Box<dyn Error>> {
    let path = match argument {
        ChaosArgument::Default => return Ok((Chaos::draw(seed, days), Background::Rough)),
        ChaosArgument::None => return Ok((Chaos::none(), Background::Calm)),
        ChaosArgument::File(path) => path,
    };
    let told = |error: &dyn core::fmt::Display| format!("{}: {error}", path.display());
    let mut text = String::new();
    let file = File::open(path).map_err(|error| told(&error))?;
    file.take(Chaos::LONGEST_TEXT as u64 + 1)
        .read_to_string(&mut text)
        .map_err(|error| told(&error))?;
    let chaos = Chaos::read(&text, days).map_err(|error| told(&error))?;
    Ok((chaos, Background::Calm))
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
