//! Writes the rules for Prometheus and the dashboards for Grafana: `cargo run --bin dashboards -- DIRECTORY`.
#![expect(clippy::print_stderr, reason = "a person runs it")]

use std::io;
use std::path::Path;
use std::process::ExitCode;

use gofarm_examples::dashboards;

fn main() -> ExitCode {
    let Some(directory) = std::env::args_os().nth(1) else {
        eprintln!("usage: dashboards DIRECTORY");
        return ExitCode::from(2);
    };
    match write(Path::new(&directory)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dashboards: {}: {error}", Path::new(&directory).display());
            ExitCode::from(2)
        }
    }
}

fn write(directory: &Path) -> io::Result<()> {
    std::fs::create_dir_all(directory)?;
    for (name, text) in dashboards::files() {
        std::fs::write(directory.join(name), text)?;
    }
    Ok(())
}
