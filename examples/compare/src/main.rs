//! `gofarm-compare AREA [--json]`: our figures beside the peers', measured in one run.
//!
//! `gofarm-compare instructions:ENGINE` is what `instructions.sh` runs under an instruction counter.

mod core;
mod figures;

use std::process::ExitCode;

use figures::Figures;

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
    if let Some(engine) = area
        .as_deref()
        .and_then(|a| a.strip_prefix("instructions:"))
    {
        return match core::instructions::run(engine) {
            Some(()) => ExitCode::SUCCESS,
            None => usage(&format!("no engine named '{engine}'")),
        };
    }
    let mut figures = Figures::new();
    match area.as_deref() {
        Some("core") => core::measure(&mut figures),
        Some(other) => return usage(&format!("no area named '{other}'")),
        None => return usage("which area?"),
    }
    if json {
        println!("{}", figures.to_json());
    } else {
        print!("{}", figures.to_table());
    }
    ExitCode::SUCCESS
}

fn usage(why: &str) -> ExitCode {
    eprintln!("{why}\nusage: gofarm-compare core [--json]");
    ExitCode::from(2)
}
