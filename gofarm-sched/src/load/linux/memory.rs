//! [`Memory`]: two lines of `/proc/meminfo`.

use super::error::{Flaw, ParseError, ProcFile, after_the_last, number};
use super::stat::share;

/// How much memory there is, and how much of it could be had without swapping.
///
/// ```
/// use gofarm_sched::load::linux::Memory;
///
/// let memory = Memory::parse("MemTotal: 4000 kB\nMemFree: 200 kB\nMemAvailable: 1000 kB\n")?;
/// assert_eq!(memory.used_share(), 0.75);
/// # Ok::<(), gofarm_sched::load::linux::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    total_kib: u64,
    available_kib: u64,
}

impl Memory {
    /// Reads `MemTotal` and `MemAvailable`, which is there from Linux 3.14 on.
    ///
    /// # Errors
    /// One of them is missing, not a number, or not in kB.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let total_kib = field(text, "MemTotal")?;
        let available_kib = field(text, "MemAvailable")?;
        Ok(Self {
            total_kib,
            available_kib,
        })
    }

    /// All memory, in KiB.
    #[must_use]
    pub const fn total_kib(&self) -> u64 {
        self.total_kib
    }

    /// What new work could have without swapping, as the kernel estimates, in KiB.
    #[must_use]
    pub const fn available_kib(&self) -> u64 {
        self.available_kib
    }

    /// The share that is not available, 0..=1; 1 where there is no memory at all.
    #[must_use]
    pub fn used_share(&self) -> f32 {
        if self.total_kib == 0 {
            return 1.0;
        }
        1.0 - share(self.available_kib as f64, self.total_kib as f64)
    }
}

fn field(text: &str, name: &'static str) -> Result<u64, ParseError> {
    for (line, at) in text.lines().zip(1..) {
        let rest = line.strip_prefix(name).and_then(|l| l.strip_prefix(':'));
        let Some(rest) = rest else { continue };
        let fail = |flaw| ParseError::new(ProcFile::MemInfo, at, flaw);
        let mut fields = rest.split_ascii_whitespace();
        let value = number(&mut fields, name).map_err(fail)?;
        if fields.next() != Some("kB") {
            return Err(fail(Flaw::Unit(name)));
        }
        return Ok(value);
    }
    let flaw = Flaw::Missing(name);
    Err(ParseError::new(
        ProcFile::MemInfo,
        after_the_last(text),
        flaw,
    ))
}
