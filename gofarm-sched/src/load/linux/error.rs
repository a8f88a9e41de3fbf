//! [`CollectError`] and [`ParseError`]: which file, which line, what is wrong.

use core::fmt;
use std::io;

use gofarm_core::error::{Classify, Kind};

/// A file of `/proc`; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProcFile {
    /// `stat`: times of the processors.
    Stat,
    /// `meminfo`.
    MemInfo,
    /// `pressure/memory`.
    PressureMemory,
    /// `pressure/io`.
    PressureIo,
    /// `pressure/cpu`.
    PressureCpu,
    /// `net/dev`: counters of network interfaces.
    NetDev,
}

impl ProcFile {
    /// The path below `/proc`.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Stat => "stat",
            Self::MemInfo => "meminfo",
            Self::PressureMemory => "pressure/memory",
            Self::PressureIo => "pressure/io",
            Self::PressureCpu => "pressure/cpu",
            Self::NetDev => "net/dev",
        }
    }
}

impl fmt::Display for ProcFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path())
    }
}

/// What is wrong in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// A line or field is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A field is not a number, or too large for one.
    #[error("{0} is not a number in its range")]
    NotANumber(&'static str),
    /// The unit is not the one that the kernel has always used.
    #[error("{0} is not in kB")]
    Unit(&'static str),
}

/// Text of `/proc` that is not as the kernel writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("line {line} of {file}: {flaw}")]
pub struct ParseError {
    file: ProcFile,
    line: usize,
    flaw: Flaw,
}

impl ParseError {
    pub(super) const fn new(file: ProcFile, line: usize, flaw: Flaw) -> Self {
        Self { file, line, flaw }
    }

    /// The file.
    #[must_use]
    pub const fn file(&self) -> ProcFile {
        self.file
    }

    /// The line, from 1; one after the last where something is missing at all.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// What is wrong there.
    #[must_use]
    pub const fn flaw(&self) -> Flaw {
        self.flaw
    }
}

impl Classify for ParseError {
    fn kind(&self) -> Kind {
        Kind::Permanent
    }
}

/// A sample that could not be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// A file could not be read.
    #[error("{file} cannot be read: {kind}")]
    Read {
        /// The file.
        file: ProcFile,
        /// Why, as the system says.
        kind: io::ErrorKind,
    },
    /// A file could not be understood.
    #[error(transparent)]
    Parse(#[from] ParseError),
}

impl Classify for CollectError {
    fn kind(&self) -> Kind {
        match self {
            Self::Read { kind, .. } => match kind {
                io::ErrorKind::NotFound
                | io::ErrorKind::PermissionDenied
                | io::ErrorKind::Unsupported => Kind::Permanent,
                _ => Kind::Transient,
            },
            Self::Parse(error) => error.kind(),
        }
    }
}

/// The number of the line after the last, where what should be there would be.
pub(super) fn after_the_last(text: &str) -> usize {
    text.lines().count() + 1
}

/// The next field as a whole number.
pub(super) fn number<'a>(
    fields: &mut impl Iterator<Item = &'a str>,
    name: &'static str,
) -> Result<u64, Flaw> {
    let field = fields.next().ok_or(Flaw::Missing(name))?;
    field.parse().map_err(|_| Flaw::NotANumber(name))
}
