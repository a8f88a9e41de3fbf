//! Loads as values, and of this kind of machine.

use core::cell::RefCell;

use gofarm_core::observe::{Measurement, Observer, Signal};
use gofarm_core::time::millis;
use gofarm_sched::load::{Load, LoadWeights, Metric, signal};
use proptest::prelude::*;

proptest! {
    #[test]
    fn the_absolute_load_is_bounded_and_monotone(
        values in prop::array::uniform5(any::<f32>()),
        weights in prop::array::uniform5(0.0_f32..10.0),
        metric in 0_usize..5,
        more in 0.0_f32..10.0,
    ) {
        prop_assume!(weights.iter().sum::<f32>() > 0.0);
        let weights = LoadWeights::new(weights).unwrap();
        let pairs = Metric::ALL.into_iter().zip(values);
        let load = pairs.fold(Load::new(), |load, (metric, value)| load.with(metric, value));
        let absolute = weights.absolute(&load);
        prop_assert!((0.0..=1.0).contains(&absolute));
        let metric = Metric::ALL[metric];
        if let Some(value) = load.get(metric) {
            let higher = weights.absolute(&load.with(metric, value + more));
            prop_assert!(higher >= absolute);
        }
    }
}

#[test]
fn known_metrics_and_both_scores_are_told() {
    struct Seen(RefCell<Vec<(&'static str, Measurement)>>);
    impl Observer for Seen {
        fn observe(&self, signal: &Signal<'_>) {
            let row = (signal.instrument().name(), signal.measurement());
            self.0.borrow_mut().push(row);
        }
    }
    let seen = Seen(RefCell::default());
    let load = Load::new().cpu(0.5).network_p95(millis(250));
    signal::observe(&seen, "node-07", &load, 0.75, 0.25);
    let expected = [
        ("gofarm.sched.node.cpu", Measurement::Value(0.5)),
        ("gofarm.sched.node.network", Measurement::Value(0.25)),
        ("gofarm.sched.node.score", Measurement::Value(0.75)),
        ("gofarm.sched.node.load", Measurement::Value(0.25)),
    ];
    assert_eq!(*seen.0.borrow(), expected);
}

#[cfg(all(feature = "std", target_os = "linux"))]
mod linux {
    use std::fs;
    use std::path::PathBuf;

    use gofarm_core::error::{Classify, Kind};
    use gofarm_core::time::{Instant, millis};
    use gofarm_sched::load::Metric;
    use gofarm_sched::load::linux::{
        CollectError, Collector, CpuTimes, Flaw, Memory, ParseError, Pressure, ProcFile, interfaces,
    };
    use proptest::prelude::*;

    /// Text of a machine with two processors, Linux 6.18.
    const STAT: &str = "cpu  3324584 340486 387080 4002216 9236 0 2698 3267 0 0
cpu0 1642433 159222 186646 2040876 2503 0 787 1634 0 0
cpu1 1682151 181264 200433 1961339 6732 0 1910 1632 0 0
intr 369299 0 9 0 0 0 0 0 0 0
ctxt 369299647
btime 1795232068
processes 625834
procs_running 7
procs_blocked 0
softirq 10608214 0 1475031 4 2479847 1436896 0 4291 1487421 15 3724709
";
    const STAT_LATER: &str = "cpu  3324604 340486 387085 4002229 9238 0 2698 3267 0 0\n";
    const MEMINFO: &str = "MemTotal:       24684092 kB
MemFree:        15148568 kB
MemAvailable:   21918964 kB
Buffers:           53148 kB
HugePages_Total:       0
";
    const PRESSURE: &str = "some avg10=2.10 avg60=0.57 avg300=0.19 total=122576579
full avg10=0.14 avg60=0.07 avg300=0.05 total=60904110
";
    const PRESSURE_LATER: &str = "some avg10=2.10 avg60=0.57 avg300=0.19 total=122626579
full avg10=0.14 avg60=0.07 avg300=0.05 total=60904110
";
    const NET_DEV: &str = "Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 223310144 3634531    0    0    0     0          0         0 223310144 3634531    0    0    0     0       0          0
  ifb0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
  eth0: 1305550569   80165    0    0    0     0          0         0  5556807   59549    0    0    0     0       0          0
";

    /// A folder that is laid out like `/proc`, and is gone at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("gofarm-{name}-{}", std::process::id()));
            let folder = Self(path);
            for (file, text) in [
                ("stat", STAT),
                ("meminfo", MEMINFO),
                ("pressure/io", PRESSURE),
                ("pressure/memory", PRESSURE),
                ("net/dev", NET_DEV),
            ] {
                folder.write(file, text);
            }
            folder
        }

        fn write(&self, file: &str, text: &str) {
            let path = self.0.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn two_samples_make_a_load() {
        let folder = Folder::new("two-samples");
        let mut collector = Collector::at(&folder.0);
        assert_eq!(collector.poll_timeout(), Instant::ZERO);
        let first = collector.sample(Instant::from_secs(1)).unwrap();
        let memory = first.get(Metric::Memory).unwrap();
        assert!((memory - 0.112_021).abs() < 1e-6, "{memory}");
        for metric in [Metric::Cpu, Metric::IoWait, Metric::Network, Metric::App] {
            assert_eq!(first.get(metric), None, "{metric}");
        }
        assert_eq!(collector.traffic(), None);
        assert_eq!(collector.poll_timeout(), Instant::from_millis(1_200));

        folder.write("stat", STAT_LATER);
        folder.write("pressure/io", PRESSURE_LATER);
        folder.write("pressure/memory", PRESSURE_LATER);
        folder.write("net/dev", &NET_DEV.replace("1305550569", "1305551569"));
        let load = collector.sample(Instant::from_millis(1_200)).unwrap();
        // 20 + 5 of 40 ticks; 50 ms of 200.
        assert_eq!(load.get(Metric::Cpu), Some(0.625));
        assert_eq!(load.get(Metric::IoWait), Some(0.25));
        assert_eq!(load.get(Metric::Memory), Some(0.25));
        assert_eq!(load.get(Metric::Network), None);
        let traffic = collector.traffic().unwrap();
        assert_eq!((traffic.received(), traffic.sent()), (5_000.0, 0.0));
    }

    #[test]
    fn without_psi_disks_are_known_by_iowait() {
        let folder = Folder::new("without-psi");
        fs::remove_dir_all(folder.0.join("pressure")).unwrap();
        let mut collector = Collector::at(&folder.0).every(millis(500));
        collector.sample(Instant::ZERO).unwrap();
        folder.write("stat", STAT_LATER);
        let load = collector.sample(Instant::from_millis(500)).unwrap();
        assert_eq!(load.get(Metric::IoWait), Some(0.05));
        assert_eq!(collector.poll_timeout(), Instant::from_secs(1));
    }

    #[test]
    fn no_time_between_samples_is_no_share() {
        let folder = Folder::new("no-time");
        let mut collector = Collector::at(&folder.0);
        collector.sample(Instant::ZERO).unwrap();
        let load = collector.sample(Instant::ZERO).unwrap();
        assert_eq!(
            (load.get(Metric::Cpu), load.get(Metric::IoWait)),
            (None, None)
        );
        assert!(load.get(Metric::Memory).is_some());
    }

    #[test]
    fn errors_name_the_file_and_the_line() {
        let folder = Folder::new("errors");
        let mut collector = Collector::at(&folder.0);
        folder.write("net/dev", &NET_DEV.replace("5556807", "many"));
        let error = collector.sample(Instant::ZERO).unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 5 of net/dev: sent bytes is not a number in its range"
        );
        assert_eq!(error.kind(), Kind::Permanent);
        // Who waits for it does not spin.
        assert_eq!(collector.poll_timeout(), Instant::from_millis(200));
        fs::remove_file(folder.0.join("stat")).unwrap();
        let error = collector.sample(Instant::ZERO).unwrap_err();
        assert!(
            matches!(
                error,
                CollectError::Read {
                    file: ProcFile::Stat,
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn this_machine_can_be_sampled() {
        let mut collector = Collector::new();
        let load = collector.sample(Instant::ZERO).unwrap();
        assert!(
            load.get(Metric::Memory)
                .is_some_and(|share| share > 0.0 && share <= 1.0)
        );
    }

    #[test]
    fn what_cannot_be_understood_says_where() {
        let stat = |text| CpuTimes::parse(text).map(drop);
        let memory = |text| Memory::parse(text).map(drop);
        let io = |text| Pressure::parse(ProcFile::PressureIo, text).map(drop);
        let net = |text| interfaces(text).try_for_each(|interface| interface.map(drop));
        let rows: [(Result<(), ParseError>, ProcFile, usize, Flaw); 12] = [
            (stat(""), ProcFile::Stat, 1, Flaw::Missing("cpu")),
            (
                stat("cpu0 1 2 3 4\n"),
                ProcFile::Stat,
                2,
                Flaw::Missing("cpu"),
            ),
            (
                stat("x\ncpu 1 2 3\n"),
                ProcFile::Stat,
                2,
                Flaw::Missing("idle"),
            ),
            (
                stat("cpu 1 -2 3 4\n"),
                ProcFile::Stat,
                1,
                Flaw::NotANumber("nice"),
            ),
            (
                memory("MemTotal: 5 kB\n"),
                ProcFile::MemInfo,
                2,
                Flaw::Missing("MemAvailable"),
            ),
            (
                memory("MemTotal: 5 MB\n"),
                ProcFile::MemInfo,
                1,
                Flaw::Unit("MemTotal"),
            ),
            (
                memory("\nMemTotal:\n"),
                ProcFile::MemInfo,
                2,
                Flaw::Missing("MemTotal"),
            ),
            (
                io("full avg10=0 total=1\n"),
                ProcFile::PressureIo,
                2,
                Flaw::Missing("some"),
            ),
            (
                io("some avg10=101 total=1\n"),
                ProcFile::PressureIo,
                1,
                Flaw::NotANumber("avg10"),
            ),
            (
                io("some avg10=1\n"),
                ProcFile::PressureIo,
                1,
                Flaw::Missing("total"),
            ),
            (
                net("a\nb\neth0 1 2\n"),
                ProcFile::NetDev,
                3,
                Flaw::Missing("the interface's name"),
            ),
            (
                net("a\nb\neth0: 1 2\n"),
                ProcFile::NetDev,
                3,
                Flaw::Missing("receive errors"),
            ),
        ];
        for (result, file, line, flaw) in rows {
            let error = result.unwrap_err();
            assert_eq!(
                (error.file(), error.line(), error.flaw()),
                (file, line, flaw)
            );
        }
    }

    #[test]
    fn counters_that_go_back_count_as_standing() {
        let before = CpuTimes::parse("cpu 10 0 0 100 50\n").unwrap();
        let after = CpuTimes::parse("cpu 20 0 0 110 40\n").unwrap();
        let shares = after.since(&before).unwrap();
        assert_eq!((shares.busy(), shares.io_wait()), (0.5, 0.0));
        assert_eq!(before.since(&before), None);
    }

    proptest! {
        #[test]
        fn parsers_never_panic(text in "(cpu|MemTotal:|MemAvailable:|some|full|eth0:|[ \\n=kB0-9.a-z-]){0,60}", any in ".{0,200}") {
            for text in [&text, &any] {
                let _ = CpuTimes::parse(text);
                let _ = Memory::parse(text);
                let _ = Pressure::parse(ProcFile::PressureIo, text);
                let _ = interfaces(text).count();
            }
        }

        #[test]
        fn shares_are_shares(a in prop::array::uniform8(any::<u64>()), b in prop::array::uniform8(any::<u64>())) {
            let text = |n: [u64; 8]| n.iter().fold("cpu ".to_owned(), |text, n| format!("{text} {n}"));
            let (a, b) = (CpuTimes::parse(&text(a)).unwrap(), CpuTimes::parse(&text(b)).unwrap());
            if let Some(shares) = a.since(&b) {
                prop_assert!((0.0..=1.0).contains(&shares.busy()));
                prop_assert!((0.0..=1.0).contains(&shares.io_wait()));
                prop_assert!(shares.busy() + shares.io_wait() <= 1.0 + 1e-6);
            }
        }
    }
}
