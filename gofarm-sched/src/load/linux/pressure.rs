//! [`Pressure`]: a file of `/proc/pressure`.

use core::time::Duration;

use super::error::{Flaw, ParseError, ProcFile, after_the_last};
use super::stat::share;

/// How long tasks waited for a resource: some of them, and all of them at once.
///
/// ```
/// use gofarm_core::time::secs;
/// use gofarm_sched::load::linux::{Pressure, ProcFile};
///
/// let parse = |text| Pressure::parse(ProcFile::PressureIo, text);
/// let before = parse("some avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n")?;
/// let after = parse("some avg10=5.00 avg60=1.00 avg300=0.20 total=1500000\n")?;
/// assert_eq!(after.some().share_since(&before.some(), secs(2)), Some(0.25));
/// # Ok::<(), gofarm_sched::load::linux::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pressure {
    some: Stall,
    full: Option<Stall>,
}

impl Pressure {
    /// Reads the text of a pressure file; `file` is for errors. `full` is not there for processors before Linux 5.13.
    ///
    /// # Errors
    /// The line `some` is missing, or a field of either is missing or not a number.
    pub fn parse(file: ProcFile, text: &str) -> Result<Self, ParseError> {
        let (mut some, mut full) = (None, None);
        for (line, at) in text.lines().zip(1..) {
            let mut fields = line.split_ascii_whitespace();
            let stall = match fields.next() {
                Some("some") => &mut some,
                Some("full") => &mut full,
                _ => continue,
            };
            let parsed = Stall::from_fields(fields);
            *stall = Some(parsed.map_err(|flaw| ParseError::new(file, at, flaw))?);
        }
        match some {
            Some(some) => Ok(Self { some, full }),
            None => {
                let flaw = Flaw::Missing("some");
                Err(ParseError::new(file, after_the_last(text), flaw))
            }
        }
    }

    /// Time in which at least one task waited.
    #[must_use]
    pub const fn some(&self) -> Stall {
        self.some
    }

    /// Time in which all tasks waited that were not idle.
    #[must_use]
    pub const fn full(&self) -> Option<Stall> {
        self.full
    }
}

/// Time that was waited.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stall {
    avg10: f32,
    total_micros: u64,
}

impl Stall {
    fn from_fields<'a>(fields: impl Iterator<Item = &'a str>) -> Result<Self, Flaw> {
        let (mut avg10, mut total) = (None, None);
        for field in fields {
            match field.split_once('=') {
                Some(("avg10", value)) => avg10 = Some(value),
                Some(("total", value)) => total = Some(value),
                _ => {}
            }
        }
        let percent: f32 = avg10
            .ok_or(Flaw::Missing("avg10"))?
            .parse()
            .map_err(|_| Flaw::NotANumber("avg10"))?;
        if !(0.0..=100.0).contains(&percent) {
            return Err(Flaw::NotANumber("avg10"));
        }
        let total = total.ok_or(Flaw::Missing("total"))?;
        Ok(Self {
            avg10: percent / 100.0,
            total_micros: total.parse().map_err(|_| Flaw::NotANumber("total"))?,
        })
    }

    /// The kernel's own mean over about 10 s, 0..=1.
    #[must_use]
    pub const fn avg10(&self) -> f32 {
        self.avg10
    }

    /// All time that was waited since the machine started.
    #[must_use]
    pub const fn total(&self) -> Duration {
        Duration::from_micros(self.total_micros)
    }

    /// The share of `elapsed` that was waited since an earlier reading, 0..=1; `None` where no time has passed.
    #[must_use]
    pub fn share_since(&self, earlier: &Self, elapsed: Duration) -> Option<f32> {
        let waited = self.total_micros.saturating_sub(earlier.total_micros);
        (!elapsed.is_zero()).then(|| share(waited as f64, elapsed.as_micros() as f64))
    }
}
