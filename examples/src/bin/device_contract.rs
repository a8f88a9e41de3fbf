//! A device described once with the derive macros: its schemas printed, and its contract held against released ones.
//!
//! ```console
//! $ cargo run --bin device_contract                   # all four, one JSON object
//! $ cargo run --bin device_contract -- --format td
//! $ cargo run --bin device_contract -- --since 2      # what changed; exit code 1 if it breaks somebody
//! $ cargo run --bin device_contract -- --release      # the constant to commit with a release
//! ```
#![expect(clippy::print_stdout, reason = "a person or a build runs it")]

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use gofarm_core::contract::{Descriptor, Dialect, OpenApiVersion};
use gofarm_core::{Action, Device};
use gofarm_examples::command_line;

/// What was released before, as `--release` wrote it then.
mod released {
    pub(super) mod version_1 {
        include!("device_contract/released_1.rs");
    }
    pub(super) mod version_2 {
        include!("device_contract/released_2.rs");
    }
}

/// A pump in a well, on RS-485.
#[derive(Clone, Debug, Device)]
#[device(model = "example-well-pump", version = 3, actions(Run))]
struct WellPump {
    /// Water level above the intake.
    #[prop(range = 0.0..=80.0, unit = "m", step = 0.01, max_rate = "2/min", stale = "10min")]
    level: f32,
    /// Flow at the head of the well.
    #[prop(range = 0.0..=12.0, unit = "m3/h", stale = "10min")]
    flow: f32,
    /// Below this level the pump stops.
    #[prop(config, range = 1.0..=20.0, unit = "m", default = 3.0)]
    lowest: f32,
}

/// Runs the pump; it stops by itself when the lease ends.
#[derive(Debug, Action)]
#[action(safe = "stopped", max_run = "2h")]
struct Run;

/// Prints the contract of a well pump, or what changed in it.
#[derive(Parser)]
#[command(name = "device_contract", version)]
struct Arguments {
    /// What to print; `all` is one JSON object with every format as a member
    #[arg(long, value_enum, default_value = "all")]
    format: Format,
    /// Compare with this released version, 1 or 2; exit code 1 if a change breaks somebody
    #[arg(long, value_name = "VERSION", conflicts_with = "format", value_parser = clap::value_parser!(u8).range(1..=2))]
    since: Option<u8>,
    /// Print the contract as a Rust constant
    #[arg(long, conflicts_with_all = ["format", "since"])]
    release: bool,
}

/// A format of a contract.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// JSON Schema 2020-12
    JsonSchema,
    /// W3C Thing Description 1.1
    Td,
    /// W3C Thing Model 1.1
    Tm,
    /// OpenAPI 3.1 components
    Openapi,
    /// All of them
    All,
}

fn main() -> ExitCode {
    let arguments: Arguments = command_line::read();
    let contract = WellPump::DESCRIPTOR;
    if arguments.release {
        print!("{}", contract.rust_source("RELEASED"));
        return ExitCode::SUCCESS;
    }
    match arguments.since {
        Some(1) => compare(contract, &released::version_1::RELEASED),
        Some(_) => compare(contract, &released::version_2::RELEASED),
        None => {
            println!("{}", schema(contract, arguments.format));
            ExitCode::SUCCESS
        }
    }
}

/// The contract in a format, as one line of JSON.
fn schema(contract: &Descriptor, format: Format) -> String {
    match format {
        Format::JsonSchema => contract.json_schema(Dialect::Draft202012).to_string(),
        Format::Td => {
            // The id of this one device; a firmware takes it from its hardware.
            let id = "urn:dev:mac:0024befffe804ff1";
            contract.thing_description(id).to_string()
        }
        Format::Tm => contract.thing_model().to_string(),
        Format::Openapi => contract.open_api(OpenApiVersion::V3_1).to_string(),
        Format::All => {
            let member = |name, format| format!("\"{name}\":{}", schema(contract, format));
            let members = [
                member("json_schema", Format::JsonSchema),
                member("thing_description", Format::Td),
                member("thing_model", Format::Tm),
                member("openapi", Format::Openapi),
            ];
            format!("{{{}}}", members.join(","))
        }
    }
}

/// Prints each change; one that breaks somebody is the exit code 1.
fn compare(contract: &Descriptor, released: &Descriptor) -> ExitCode {
    let mut is_broken = false;
    for change in contract.changes(released) {
        println!("{change}");
        is_broken |= change.is_breaking();
    }
    ExitCode::from(u8::from(is_broken))
}
