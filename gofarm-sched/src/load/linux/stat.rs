//! [`CpuTimes`]: the first line of `/proc/stat`.

use super::error::{Flaw, ParseError, ProcFile, after_the_last, number};

/// Times of all processors together since the machine started, in ticks (mostly 10 ms).
///
/// Only differences say something: see [`CpuTimes::since`].
///
/// ```
/// use gofarm_sched::load::linux::CpuTimes;
///
/// let before = CpuTimes::parse("cpu  100 0 50 800 50 0 0 0 0 0\n")?;
/// let after = CpuTimes::parse("cpu  130 0 60 840 70 0 0 0 0 0\n")?;
/// let shares = after.since(&before).unwrap();
/// assert_eq!((shares.busy(), shares.io_wait()), (0.4, 0.2));
/// # Ok::<(), gofarm_sched::load::linux::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuTimes {
    /// User, nice, system, irq, softirq, steal; guests are in user and nice already.
    busy: [u64; 6],
    idle: u64,
    io_wait: u64,
}

impl CpuTimes {
    /// Reads the line of all processors. Fields after `idle` came with later kernels, and are 0 where they are not there.
    ///
    /// # Errors
    /// There is no such line, or a field of it is missing or not a number.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        for (line, number) in text.lines().zip(1..) {
            let mut fields = line.split_ascii_whitespace();
            if fields.next() == Some("cpu") {
                let fail = |flaw| ParseError::new(ProcFile::Stat, number, flaw);
                return Self::from_fields(fields).map_err(fail);
            }
        }
        let line = after_the_last(text);
        let flaw = Flaw::Missing("cpu");
        Err(ParseError::new(ProcFile::Stat, line, flaw))
    }

    fn from_fields<'a>(fields: impl Iterator<Item = &'a str>) -> Result<Self, Flaw> {
        let mut fields = fields.peekable();
        let user = number(&mut fields, "user")?;
        let nice = number(&mut fields, "nice")?;
        let system = number(&mut fields, "system")?;
        let idle = number(&mut fields, "idle")?;
        let mut later = |name| match fields.peek() {
            Some(_) => number(&mut fields, name),
            None => Ok(0),
        };
        let io_wait = later("iowait")?;
        let irq = later("irq")?;
        let softirq = later("softirq")?;
        let steal = later("steal")?;
        Ok(Self {
            busy: [user, nice, system, irq, softirq, steal],
            idle,
            io_wait,
        })
    }

    /// The shares of the time since an earlier reading; `None` where no time has passed.
    ///
    /// A counter that has gone back, as `iowait` may, counts as one that stood.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Option<CpuShares> {
        let passed = |now: u64, then: u64| now.saturating_sub(then) as f64;
        let busy: f64 = self
            .busy
            .iter()
            .zip(earlier.busy)
            .map(|(now, then)| passed(*now, then))
            .sum();
        let io_wait = passed(self.io_wait, earlier.io_wait);
        let total = busy + io_wait + passed(self.idle, earlier.idle);
        (total > 0.0).then(|| CpuShares {
            busy: share(busy, total),
            io_wait: share(io_wait, total),
        })
    }
}

/// What the processors did between two readings; each share 0..=1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CpuShares {
    busy: f32,
    io_wait: f32,
}

impl CpuShares {
    /// The share that was neither idle nor waiting for disks.
    #[must_use]
    pub const fn busy(&self) -> f32 {
        self.busy
    }

    /// The share that was idle while a task waited for a disk.
    #[must_use]
    pub const fn io_wait(&self) -> f32 {
        self.io_wait
    }
}

/// A part of a whole that is above 0, 0..=1.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to the nearest is what is asked for"
)]
pub(super) fn share(part: f64, whole: f64) -> f32 {
    (part / whole).clamp(0.0, 1.0) as f32
}
