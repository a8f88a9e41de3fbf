//! What the kernel counts for this process: [`ProcessMeter`].

use core::time::Duration;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::observe::{Instrument, Label, Observer};

use crate::clock::Moment;

/// CPU time, by `cpu.mode`.
pub(super) static CPU_TIME: Instrument = Instrument::counter(
    "process.cpu.time",
    "s",
    "CPU time that the process used, by mode",
);

/// Memory in use.
pub(super) static MEMORY: Instrument = Instrument::up_down_counter(
    "process.memory.usage",
    "By",
    "Memory of the process that is in RAM",
);

/// Address space.
pub(super) static VIRTUAL: Instrument = Instrument::up_down_counter(
    "process.memory.virtual",
    "By",
    "Address space of the process",
);

/// Threads.
pub(super) static THREADS: Instrument =
    Instrument::up_down_counter("process.thread.count", "{thread}", "Threads of the process");

/// Open files and sockets.
pub(super) static DESCRIPTORS: Instrument = Instrument::up_down_counter(
    "process.unix.file_descriptor.count",
    "{file_descriptor}",
    "Files and sockets that the process has open",
);

/// Times that a thread gave the CPU back or lost it, by `process.context_switch.type`.
pub(super) static SWITCHES: Instrument = Instrument::counter(
    "process.context_switches",
    "{context_switch}",
    "Times that the main thread gave the CPU back (voluntary) or lost it",
);

/// Time since the zero of the clock of telemetry, which starts with it.
pub(super) static UPTIME: Instrument = Instrument::gauge(
    "process.uptime",
    "s",
    "Time since the telemetry of the process started",
);

/// What the kernel says about a process at one time.
///
/// ```
/// use core::time::Duration;
/// use gofarm_otel::runtime::ProcessSample;
///
/// let stat = "42 (a gateway) S 1 42 42 0 -1 4194560 900 0 0 0 250 50 0 0 20 0 3 0 100 0 0";
/// let status = "Name:\tgateway\nVmSize:\t  9000 kB\nVmRSS:\t  2000 kB\nThreads:\t3\n";
/// let sample = ProcessSample::parse(stat, status)?;
/// assert_eq!(sample.user, Duration::from_millis(2_500));
/// assert_eq!((sample.resident, sample.threads), (2_048_000, 3));
/// # Ok::<(), gofarm_otel::runtime::ProcessError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessSample {
    /// CPU time in the program.
    pub user: Duration,
    /// CPU time in the kernel on its behalf.
    pub system: Duration,
    /// Bytes in RAM.
    pub resident: u64,
    /// Bytes of address space.
    pub address_space: u64,
    /// Threads.
    pub threads: u64,
    /// Times that the main thread waited for something.
    pub voluntary_switches: u64,
    /// Times that the main thread was made to wait.
    pub involuntary_switches: u64,
    /// Open files and sockets; `None` if they could not be counted.
    pub descriptors: Option<u64>,
}

/// Why the kernel's text was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// A field of `/proc/self/stat` or `/proc/self/status` is missing or no number.
    #[error("/proc/self has no usable field {field}")]
    Field {
        /// Its name in proc(5).
        field: &'static str,
    },
    /// The files could not be read: not Linux, or no `/proc`.
    #[error("/proc/self cannot be read")]
    Unreadable,
}

impl Classify for ProcessError {
    fn kind(&self) -> Kind {
        Kind::Permanent
    }
}

impl ProcessSample {
    /// Reads the texts of `/proc/self/stat` and `/proc/self/status` (proc(5)).
    ///
    /// # Errors
    /// [`ProcessError::Field`]: which one is missing.
    pub fn parse(stat: &str, status: &str) -> Result<Self, ProcessError> {
        /// Ticks a second in `/proc` (`USER_HZ`), fixed in the kernel's interface on all that we build for.
        const TICKS: u64 = 100;

        // The name in parentheses may hold spaces and parentheses; the fields after the last one may not.
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks = |at: usize, field| {
            let ticks = fields.split_ascii_whitespace().nth(at);
            let ticks: u64 = ticks
                .and_then(|text| text.parse().ok())
                .ok_or(ProcessError::Field { field })?;
            Ok(Duration::from_millis(ticks.saturating_mul(1_000 / TICKS)))
        };
        let number = |field: &'static str| {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
            line.and_then(|rest| rest.split_ascii_whitespace().next()?.parse::<u64>().ok())
                .ok_or(ProcessError::Field { field })
        };
        Ok(Self {
            user: ticks(11, "utime")?,
            system: ticks(12, "stime")?,
            resident: number("VmRSS")?.saturating_mul(1024),
            address_space: number("VmSize")?.saturating_mul(1024),
            threads: number("Threads")?,
            voluntary_switches: number("voluntary_ctxt_switches").unwrap_or(0),
            involuntary_switches: number("nonvoluntary_ctxt_switches").unwrap_or(0),
            descriptors: None,
        })
    }

    /// Reads this process's own. Costs three system calls for each file, and one for each hundred open descriptors.
    ///
    /// # Errors
    /// [`ProcessError::Unreadable`] where there is no `/proc/self`; [`ProcessError::Field`] if it says something else.
    pub fn read() -> Result<Self, ProcessError> {
        let read = |file| std::fs::read_to_string(file).map_err(|_| ProcessError::Unreadable);
        let mut sample = Self::parse(&read("/proc/self/stat")?, &read("/proc/self/status")?)?;
        // The directory is open while it is counted, which adds one.
        sample.descriptors = std::fs::read_dir("/proc/self/fd")
            .ok()
            .map(|files| (files.count() as u64).saturating_sub(1));
        Ok(sample)
    }
}

/// Says what changed between samples.
///
/// ```
/// use gofarm_otel::clock::Moment;
/// use gofarm_otel::runtime::{ProcessMeter, ProcessSample};
///
/// let mut meter = ProcessMeter::new();
/// if let Ok(sample) = ProcessSample::read() {
///     meter.record(Moment::from_nanos(5_000_000_000), &sample, &());
/// }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessMeter {
    last: ProcessSample,
}

impl ProcessMeter {
    /// A meter that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells `observer` of one sample, taken at `now` by the clock of its telemetry.
    pub fn record(&mut self, now: Moment, sample: &ProcessSample, observer: &impl Observer) {
        let last = core::mem::replace(&mut self.last, *sample);
        for (mode, used, before) in [
            ("user", sample.user, last.user),
            ("system", sample.system, last.system),
        ] {
            let used = used.saturating_sub(before).as_secs_f64();
            let labels = [Label::text("cpu.mode", mode)];
            observer.observe(&CPU_TIME.measure(used).labelled(&labels));
        }
        for (kind, switches, before) in [
            (
                "voluntary",
                sample.voluntary_switches,
                last.voluntary_switches,
            ),
            (
                "involuntary",
                sample.involuntary_switches,
                last.involuntary_switches,
            ),
        ] {
            let labels = [Label::text("process.context_switch.type", kind)];
            let more = switches.saturating_sub(before);
            observer.observe(&SWITCHES.count(more).labelled(&labels));
        }
        let levels = [
            (&MEMORY, sample.resident, last.resident),
            (&VIRTUAL, sample.address_space, last.address_space),
            (&THREADS, sample.threads, last.threads),
        ];
        for (instrument, level, before) in levels {
            observer.observe(&instrument.change(difference(level, before)));
        }
        if let Some(open) = sample.descriptors {
            let change = difference(open, last.descriptors.unwrap_or(0));
            observer.observe(&DESCRIPTORS.change(change));
        }
        let uptime = now.since(Moment::default());
        observer.observe(&UPTIME.measure(uptime.as_secs_f64()));
    }
}

fn difference(now: u64, before: u64) -> i64 {
    let size = i64::try_from(now.abs_diff(before)).unwrap_or(i64::MAX);
    if now < before { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::RefCell;
    use gofarm_core::observe::{Measurement, Signal};

    #[derive(Default)]
    struct Sums(RefCell<Vec<(&'static str, f64)>>);

    impl Observer for Sums {
        fn observe(&self, signal: &Signal<'_>) {
            let value = match signal.measurement() {
                Measurement::Count(n) => f64::from(u32::try_from(n).unwrap()),
                Measurement::Change(n) => f64::from(i32::try_from(n).unwrap()),
                Measurement::Value(v) => v,
            };
            let name = signal.instrument().name();
            let mut sums = self.0.borrow_mut();
            match sums.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sum)) => *sum += value,
                None => sums.push((name, value)),
            }
        }
    }

    impl Sums {
        fn of(&self, name: &str) -> f64 {
            let sums = self.0.borrow();
            sums.iter().find(|(known, _)| *known == name).unwrap().1
        }
    }

    #[test]
    fn the_sum_of_all_changes_is_the_last_sample() {
        let mut meter = ProcessMeter::new();
        let sums = Sums::default();
        for (n, resident) in [5_000, 9_000, 3_000].into_iter().enumerate() {
            let sample = ProcessSample {
                user: Duration::from_secs(n as u64 + 1),
                resident,
                threads: 4,
                descriptors: Some(7),
                ..ProcessSample::default()
            };
            meter.record(Moment::default(), &sample, &sums);
        }
        assert_eq!(sums.of("process.memory.usage"), 3_000.0);
        assert_eq!(sums.of("process.cpu.time"), 3.0);
        assert_eq!(sums.of("process.thread.count"), 4.0);
        assert_eq!(sums.of("process.unix.file_descriptor.count"), 7.0);
    }

    #[test]
    fn a_name_with_parentheses_and_spaces_does_not_shift_the_fields() {
        let stat = "7 (a) b) (c) S 1 7 7 0 -1 0 0 0 0 0 12 34 0 0 20 0 3 0 100 0 0";
        let status = "VmSize:\t 10 kB\nVmRSS:\t 5 kB\nThreads:\t1\n";
        let sample = ProcessSample::parse(stat, status).unwrap();
        assert_eq!(sample.user, Duration::from_millis(120));
        assert_eq!(sample.system, Duration::from_millis(340));
    }

    #[test]
    fn what_is_missing_is_named() {
        let stat = "7 (a) S 1 7 7 0 -1 0 0 0 0 0 12 34";
        assert_eq!(
            ProcessSample::parse(stat, "VmRSS:\t x kB"),
            Err(ProcessError::Field { field: "VmRSS" })
        );
        assert_eq!(
            ProcessSample::parse("", ""),
            Err(ProcessError::Field { field: "utime" })
        );
    }

    #[cfg(all(target_os = "linux", not(miri)))]
    #[test]
    fn this_process_has_memory_threads_and_files() {
        let sample = ProcessSample::read().unwrap();
        assert!(sample.resident > 0 && sample.address_space >= sample.resident);
        assert!(sample.threads >= 1 && sample.descriptors.unwrap() >= 1);
    }
}
