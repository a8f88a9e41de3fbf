//! Reading a command line: a mistake is one line on standard error, and exit code 2.

use core::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

/// Reads the command line; a mistake is printed on one line and ends the program with exit code 2.
#[must_use]
pub fn read<A: Parser>() -> A {
    A::try_parse().unwrap_or_else(|error| {
        if error.use_stderr() {
            let command = A::command();
            let line = one_line(&error);
            let _ = writeln!(std::io::stderr(), "{}: {line}", command.get_name());
            std::process::exit(2)
        }
        error.exit() // --help and --version
    })
}

/// The first paragraph of an error on one line: what is wrong, and what would be right.
fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = paragraph.split_whitespace().collect();
    let line = words.join(" ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}

/// The exit code of a program: 0, or 2 after a line on standard error that says what is wrong.
pub fn end<A: Parser>(result: Result<(), impl Display>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let command = A::command();
            let _ = writeln!(std::io::stderr(), "{}: {error}", command.get_name());
            ExitCode::from(2)
        }
    }
}
