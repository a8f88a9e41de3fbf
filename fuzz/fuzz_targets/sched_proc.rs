//! The files of /proc: any text is refused with its line, or gives shares between 0 and 1.
#![no_main]

use core::time::Duration;

use gofarm_sched::load::linux::{CpuTimes, Memory, ParseError, Pressure, ProcFile, interfaces};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (Vec<Word>, Vec<Word>, u64)| {
    let (earlier, later) = (text(&input.0), text(&input.1));
    let elapsed = Duration::from_micros(input.2);
    let cpu = (CpuTimes::parse(&earlier), CpuTimes::parse(&later));
    check(&cpu.0, &earlier);
    if let (Ok(earlier), Ok(later)) = cpu
        && let Some(shares) = later.since(&earlier)
    {
        assert!(is_share(shares.busy()) && is_share(shares.io_wait()));
    }
    let memory = Memory::parse(&earlier);
    check(&memory, &earlier);
    assert!(memory.is_ok_and(|memory| is_share(memory.used_share())) || memory.is_err());
    let io = ProcFile::PressureIo;
    let pressure = (Pressure::parse(io, &earlier), Pressure::parse(io, &later));
    check(&pressure.0, &earlier);
    if let (Ok(earlier), Ok(later)) = pressure {
        let (earlier, later) = (earlier.some(), later.some());
        assert!(is_share(earlier.avg10()) && earlier.total() <= Duration::from_micros(u64::MAX));
        assert!(later.share_since(&earlier, elapsed).is_none_or(is_share));
    }
    for interface in interfaces(&earlier) {
        check(&interface, &earlier);
        assert!(interface.is_err() || interface.is_ok_and(|i| earlier.contains(i.name())));
    }
});

fn is_share(share: f32) -> bool {
    (0.0..=1.0).contains(&share)
}

/// An error names a line of the text, or the one after its last.
fn check<T>(parsed: &Result<T, ParseError>, text: &str) {
    if let Err(error) = parsed {
        assert!((1..=text.lines().count() + 1).contains(&error.line()));
    }
}

/// Words of these files, so that the numbers behind them are reached.
#[derive(arbitrary::Arbitrary, Debug)]
enum Word {
    Known(u8),
    Number(u64),
    Percent(f32),
    Raw(String),
    Line,
}

fn text(words: &[Word]) -> String {
    const KNOWN: [&str; 14] = [
        "cpu",
        "cpu0",
        "MemTotal:",
        "MemAvailable:",
        "kB",
        "some",
        "full",
        "avg10=",
        "avg60=",
        "total=",
        "eth0:",
        "wlan0:",
        "-1",
        "18446744073709551616",
    ];
    let mut text = String::new();
    for word in words.iter().take(80) {
        let written = match word {
            Word::Known(at) => KNOWN[usize::from(*at) % KNOWN.len()].to_owned(),
            Word::Number(number) => number.to_string(),
            Word::Percent(percent) => percent.to_string(),
            Word::Raw(raw) => raw.clone(),
            Word::Line => "\n".to_owned(),
        };
        // `avg10=` is followed by its value at once.
        if !text.is_empty() && !text.ends_with('=') {
            text.push(' ');
        }
        text.push_str(&written);
    }
    text
}
