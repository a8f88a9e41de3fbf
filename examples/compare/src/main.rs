//! `gofarm-compare AREA [--json]`: our figures beside the peers', measured in one run.
//!
//! `gofarm-compare instructions:ENGINE` is what `instructions.sh` runs under an instruction counter, `gofarm-compare otel-child:ENGINE:ENDPOINT` what
//! the area `otel` runs to see what a whole set-up adds to a process.

mod core;
mod crdt;
mod figures;
mod hal;
mod otel;
mod resilience;
mod sched;

use std::io;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use figures::{Figure, Figures};

/// Tells a process of ours to measure and to write what it found into this file.
const INTO: &str = "GOFARM_COMPARE_INTO";

fn main() -> ExitCode {
    let mut json = false;
    let mut area = None;
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--json" => json = true,
            name if area.is_none() && !name.starts_with('-') => area = Some(argument),
            other => return usage(&format!("unexpected argument '{other}'")),
        }
    }
    let Some(area) = area else {
        return usage("which area?");
    };
    if let Some(engine) = area.strip_prefix("instructions:") {
        return match core::instructions::run(engine) {
            Some(()) => ExitCode::SUCCESS,
            None => usage(&format!("no engine named '{engine}'")),
        };
    }
    if let Some(what) = area.strip_prefix(otel::CHILD) {
        return match otel::run_child(what) {
            Some(()) => ExitCode::SUCCESS,
            None => usage(&format!("no process named '{what}'")),
        };
    }
    let measure = match area.as_str() {
        "core" => core::measure,
        "crdt" => crdt::measure,
        "hal" => hal::measure,
        "otel" => otel::measure,
        "resilience" => resilience::measure,
        "sched" => sched::measure,
        other => return usage(&format!("no area named '{other}'")),
    };
    let done = match std::env::var_os(INTO) {
        Some(path) => measure_into(Path::new(&path), measure),
        None => measure_apart(&area).map(|figures| print!("{}", figures::show(&figures, json))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gofarm-compare: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure_into(path: &Path, measure: fn(&mut Figures)) -> io::Result<()> {
    let mut figures = Figures::new();
    measure(&mut figures);
    std::fs::write(path, serde_json::to_vec(figures.rows())?)
}

/// Measures in a process of its own: criterion talks on standard output, which belongs to the figures.
fn measure_apart(area: &str) -> io::Result<Vec<Figure>> {
    let file = std::env::temp_dir().join(format!("gofarm-compare-{}.json", std::process::id()));
    let status = Command::new(std::env::current_exe()?)
        .arg(area)
        .env(INTO, &file)
        .stdout(Stdio::from(io::stderr()))
        .status()?;
    if !status.success() {
        return Err(io::Error::other(format!("measuring ended with {status}")));
    }
    let figures = serde_json::from_slice(&std::fs::read(&file)?)?;
    std::fs::remove_file(&file)?;
    Ok(figures)
}

fn usage(why: &str) -> ExitCode {
    eprintln!("{why}\nusage: gofarm-compare core|crdt|hal|otel|resilience|sched [--json]");
    ExitCode::from(2)
}
