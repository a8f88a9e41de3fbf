//! Serial ports of Linux, on pseudo terminals.

use gofarm_core::device::Progress;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Instant, millis};
use gofarm_hal::serial::linux::{Parity, StopBits, Tty, TtyConfig, TtyError};
use gofarm_hal::serial::{Port, SetBaudRate, SetBreak};

const NOW: Instant = Instant::from_secs(1);

fn read(port: &mut Tty) -> Vec<u8> {
    let mut into = [0; 64];
    let len = port.read(NOW, &mut into).unwrap();
    into[..len].to_vec()
}

#[test]
fn every_byte_passes_as_it_is_and_an_empty_line_does_not_wait() {
    let (mut gateway, mut probe) = Tty::pair(TtyConfig::new(9_600)).unwrap();
    assert!(read(&mut gateway).is_empty());
    let all: Vec<u8> = (0..=u8::MAX).collect();
    for bytes in all.chunks(64) {
        assert_eq!(gateway.write(NOW, bytes).unwrap(), 64);
        assert_eq!(read(&mut probe), bytes);
        assert_eq!(probe.write(NOW, bytes).unwrap(), 64);
        assert_eq!(read(&mut gateway), bytes);
    }
    assert!(read(&mut gateway).is_empty(), "nothing is echoed");
}

#[test]
fn a_full_line_takes_nothing_and_does_not_wait() {
    let (mut gateway, _probe) = Tty::pair(TtyConfig::new(9_600)).unwrap();
    let mut taken = 0;
    for _ in 0..10_000 {
        match gateway.write(NOW, &[0x55; 64]).unwrap() {
            0 => break,
            len => taken += len,
        }
    }
    assert!((1..640_000).contains(&taken), "{taken}");
}

#[test]
fn it_is_drained_after_its_characters_and_the_latency() {
    let config = TtyConfig::new(9_600)
        .parity(Parity::Even)
        .stop_bits(StopBits::One)
        .latency(millis(3));
    let (mut gateway, _probe) = Tty::pair(config).unwrap();
    let ready = |drained| matches!(drained, Progress::Ready(Ok(())));
    assert!(ready(gateway.poll_drained(Instant::ZERO)));
    gateway.write(NOW, &[0; 8]).unwrap();
    let character = gateway.character_time();
    assert_eq!(character.as_micros(), 1_146); // 11 bits
    let end = NOW + character * 9 + millis(3);
    assert!(matches!(gateway.poll_drained(NOW), Progress::WouldBlock(until) if until == end));
    assert!(ready(gateway.poll_drained(end)));
    gateway.set_baud_rate(115_200).unwrap();
    assert_eq!(gateway.character_time().as_micros(), 96);
}

#[test]
fn a_break_is_accepted() {
    let (mut recorder, _probe) = Tty::pair(TtyConfig::sdi12()).unwrap();
    recorder.set_break(NOW, true).unwrap();
    recorder.set_break(NOW, false).unwrap();
}

#[test]
fn the_other_end_going_away_is_an_error_and_not_silence() {
    let (mut gateway, probe) = Tty::pair(TtyConfig::new(9_600)).unwrap();
    drop(probe);
    let error = gateway.read(NOW, &mut [0; 8]).unwrap_err();
    assert!(matches!(error, TtyError::Closed), "{error:?}");
    assert_eq!(error.kind(), Kind::Permanent);
}

#[test]
fn a_port_that_is_not_there_is_a_lasting_error() {
    let error = Tty::open("/dev/no-such-tty", TtyConfig::new(9_600)).unwrap_err();
    assert_eq!(error.kind(), Kind::Permanent);
}
