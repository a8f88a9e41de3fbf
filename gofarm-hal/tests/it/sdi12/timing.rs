//! Breaks, marking and repetitions, seen by the monitor.

use core::time::Duration;

use gofarm_core::device::{Progress, Sensor};
use gofarm_core::time::{Instant, millis, secs};
use gofarm_hal::sdi12::{
    Address, Breaks, Bus, Error, Failure, Framing, Line, Measurement, Probe, Recorder, ReplyError,
    Request, Responder, Ticket, Timing, Transmit, Value,
};

use super::monitor;
use super::wire::{CHARACTER, End, Faults, RECORDER, Rig, What, Wire, run, value};

fn nobody(timing: Timing) -> (Error<super::wire::Broken>, Vec<super::wire::Mark>) {
    let wire = Wire::shared(1, Faults::default(), 1);
    let mut bus = Bus::new(End::new(&wire, RECORDER), timing);
    let mut ticket = Ticket::new();
    let ask = gofarm_hal::sdi12::Ask::Request(Request::acknowledge(Address::DEFAULT));
    let mut now = Instant::from_secs(1);
    loop {
        match bus.poll(&mut ticket, &ask, now) {
            Progress::Ready(end) => return (end.unwrap_err(), wire.borrow().log.clone()),
            Progress::WouldBlock(until) => {
                assert!(until < now + secs(1));
                now = until.max(now + millis(1)); // a driver that comes when it is told to
            }
        }
    }
}

#[test]
fn a_silent_bus_is_asked_as_the_standard_says_and_given_up() {
    let rows = [
        (Timing::DEFAULT, 3, 9),
        (Timing::DEFAULT.rounds(1), 1, 3),
        (Timing::DEFAULT.rounds(0).resends(5), 1, 6),
        (Timing::DEFAULT.latency(millis(0)).resends(0), 3, 12), // short waits: a fourth one until 100 ms are over
        (Timing::DEFAULT.reply_within(secs(9)), 3, 9),
    ];
    for (timing, breaks, sends) in rows {
        let (error, log) = nobody(timing);
        assert_eq!(
            error,
            Error::Exchange(Failure::NoReply { sends }),
            "{timing:?}"
        );
        let seen = monitor::check(&log);
        assert_eq!((seen.breaks, seen.commands.len()), (breaks, sends.into()));
    }
}

#[test]
fn break_and_marking_are_as_long_as_they_are_set_and_never_shorter_than_the_standard() {
    let rows = [
        (Timing::DEFAULT, 12_500, 9_000),
        (
            Timing::DEFAULT.break_of(millis(30)).marking_of(millis(20)),
            30_000,
            20_000,
        ),
        (
            Timing::DEFAULT.break_of(millis(1)).marking_of(millis(1)),
            12_000,
            8_330,
        ),
    ];
    for (timing, break_us, marking_us) in rows {
        let mut recorder = Recorder::new(timing, Framing::Hardware);
        let mut buffer = [0; Request::MAX_LEN];
        let start = Instant::from_secs(1);
        assert!(recorder.start(start, Request::query_address()));
        assert_eq!(
            recorder.poll_transmit(start, &mut buffer),
            Some(Transmit::Break)
        );
        let ended = start + Duration::from_micros(break_us);
        assert_eq!(recorder.poll_timeout(), Some(ended));
        assert_eq!(
            recorder.poll_transmit(ended, &mut buffer),
            Some(Transmit::Mark)
        );
        let sent = ended + Duration::from_micros(marking_us);
        assert_eq!(recorder.poll_timeout(), Some(sent));
        assert_eq!(
            recorder.poll_transmit(sent, &mut buffer),
            Some(Transmit::Bytes(2))
        );
    }
}

#[test]
fn a_sensor_that_sleeps_too_early_gets_a_break_each_time() {
    let wire = Wire::shared(2, Faults::default(), 1);
    let mut stations = [Rig::new(0, millis(0), &["1"]).station(&wire, 1, '0')];
    let timing = Timing::DEFAULT.breaks(Breaks::Always);
    let bus = Bus::new(End::new(&wire, RECORDER), timing);
    let mut probe = Probe::new(
        bus,
        Address::DEFAULT,
        Measurement::STANDARD,
        |v: [Value; 1]| v,
    );
    let mut now = Instant::from_secs(1);
    run(&mut probe, &mut stations, &mut now, secs(3)).unwrap();
    assert_eq!(monitor::check(&wire.borrow().log).breaks, 2);
}

#[test]
fn software_parity_over_eight_bits_is_the_same_on_the_line() {
    let wire = Wire::shared(2, Faults::default(), 1);
    let mut recorder = Recorder::new(Timing::DEFAULT, Framing::Software);
    let mut sensor = Responder::new(
        Address::DEFAULT,
        Framing::Software,
        Rig::new(0, millis(0), &["1"]),
    );
    let mut buffer = [0; 81];
    let mut now = Instant::from_secs(1);
    assert!(recorder.start(now, Request::acknowledge(Address::DEFAULT)));
    assert_eq!(
        recorder.poll_transmit(now, &mut buffer),
        Some(Transmit::Break)
    );
    now += millis(13);
    assert_eq!(
        recorder.poll_transmit(now, &mut buffer),
        Some(Transmit::Mark)
    );
    sensor.handle_break(now, millis(13));
    now += millis(9);
    assert_eq!(
        recorder.poll_transmit(now, &mut buffer),
        Some(Transmit::Bytes(2))
    );
    assert_eq!(buffer[..2], [0x30, 0x21]); // both have an even number of ones
    now += CHARACTER;
    sensor.handle_bytes(now, &buffer[..1]);
    now += CHARACTER;
    sensor.handle_bytes(now, &buffer[1..2]);
    recorder.handle_drained(now);
    now += millis(9);
    assert_eq!(sensor.poll_transmit(now, &mut buffer), Some(3));
    assert_eq!(buffer[..3], [0x30, 0x8D, 0x0A]); // CR has three ones
    recorder.handle_bytes(now + millis(25), &buffer[..3]);
    assert!(recorder.poll_event().is_some());
    drop(wire);
}

#[test]
fn a_sensor_answers_only_after_a_break_and_marking() {
    let rig = || Rig::new(0, millis(0), &["1"]);
    let woken = |length, marking: u64| {
        let mut sensor = Responder::new(Address::DEFAULT, Framing::Hardware, rig());
        let mut now = Instant::from_secs(1);
        sensor.handle_break(now, length);
        now += Duration::from_micros(marking);
        for byte in b"0!" {
            now += CHARACTER;
            sensor.handle_bytes(now, &[*byte]);
        }
        sensor
            .poll_transmit(now + millis(9), &mut [0; 81])
            .is_some()
    };
    assert!(!woken(millis(6), 9_000), "6 ms is no break");
    assert!(woken(millis(12), 8_330));
    assert!(woken(millis(7), 9_000));
    assert!(!woken(millis(12), 7_500), "there was not enough marking");

    // What another sensor was told ends in a command to this one (EnviroDIY/Arduino-SDI-12#121).
    let mut sensor = Responder::new(Address::DEFAULT, Framing::Hardware, rig());
    let mut now = Instant::from_secs(1);
    sensor.handle_break(now, millis(12));
    now += millis(9);
    for byte in b"1D0!" {
        now += CHARACTER;
        sensor.handle_bytes(now, &[*byte]);
    }
    assert!(sensor.is_asleep());
    assert_eq!(sensor.poll_transmit(now + millis(9), &mut [0; 81]), None);

    // After 100 ms of marking it sleeps.
    let mut sensor = Responder::new(Address::DEFAULT, Framing::Hardware, rig());
    sensor.handle_break(Instant::from_secs(1), millis(12));
    assert_eq!(
        sensor.poll_timeout(Instant::from_secs(1)),
        Some(Instant::from_millis(1_100))
    );
    sensor.handle_timeout(Instant::from_millis(1_100));
    assert!(sensor.is_asleep());
}

#[test]
fn a_crc_whose_last_character_is_lost_is_asked_for_again() {
    // EnviroDIY/Arduino-SDI-12#160.
    let data = Request::data(Address::DEFAULT, 0, Measurement::STANDARD.with_crc());
    let mut recorder = Recorder::new(Timing::DEFAULT, Framing::Hardware);
    let mut buffer = [0; Request::MAX_LEN];
    let mut now = Instant::from_secs(1);
    assert!(recorder.start(now, data));
    let mut send = |recorder: &mut Recorder, now: &mut Instant| loop {
        recorder.handle_timeout(*now);
        if let Some(Transmit::Bytes(_)) = recorder.poll_transmit(*now, &mut buffer) {
            *now += millis(34);
            recorder.handle_drained(*now);
            return;
        }
        *now += millis(1);
    };
    send(&mut recorder, &mut now);
    recorder.handle_bytes(now + millis(100), b"0+3.14Oq\r\n");
    assert_eq!(recorder.poll_event(), None);
    now += millis(100);
    send(&mut recorder, &mut now);
    recorder.handle_bytes(now + millis(108), b"0+3.14OqZ\r\n");
    let Some(gofarm_hal::sdi12::Event::Answered(gofarm_hal::sdi12::Answer::Data(values))) =
        recorder.poll_event()
    else {
        panic!()
    };
    assert_eq!(values.iter().collect::<Vec<_>>(), [value("3.14")]);
}

#[test]
fn several_lines_of_text_are_waited_for_and_refused() {
    let mut recorder = Recorder::new(Timing::DEFAULT, Framing::Hardware);
    let mut buffer = [0; Request::MAX_LEN];
    let mut now = Instant::from_secs(1);
    assert!(recorder.start(now, Request::extended(Address::DEFAULT, b"XHELP").unwrap()));
    while !matches!(
        recorder.poll_transmit(now, &mut buffer),
        Some(Transmit::Bytes(7))
    ) {
        now += millis(1);
    }
    recorder.handle_drained(now);
    for (after, line) in [
        (30, &b"0\x02one\r\n"[..]),
        (150, b"two\r\n"),
        (150, b"three\r\n\x03"),
    ] {
        now += millis(after);
        recorder.handle_timeout(now);
        recorder.handle_bytes(now, line);
        assert_eq!(recorder.poll_event(), None);
    }
    now += millis(170);
    recorder.handle_timeout(now);
    let error = ReplyError::SeveralLines;
    assert_eq!(
        recorder.poll_event(),
        Some(gofarm_hal::sdi12::Event::Failed(Failure::Reply {
            error,
            sends: 1
        }))
    );
}

#[test]
fn a_line_that_never_sends_is_an_error() {
    /// Takes everything and sends nothing.
    struct Stuck;
    impl gofarm_hal::serial::Port for Stuck {
        type Error = super::wire::Broken;
        fn read(&mut self, _: Instant, _: &mut [u8]) -> Result<usize, Self::Error> {
            Ok(0)
        }
        fn write(&mut self, _: Instant, _: &[u8]) -> Result<usize, Self::Error> {
            Ok(0)
        }
        fn poll_drained(&mut self, now: Instant) -> Progress<Result<(), Self::Error>> {
            Progress::WouldBlock(now + millis(1))
        }
    }
    impl gofarm_hal::serial::SetBreak for Stuck {
        fn set_break(&mut self, _: Instant, _: bool) -> Result<(), Self::Error> {
            Ok(())
        }
    }
    let bus = Bus::new(Stuck, Timing::DEFAULT);
    let mut probe = Probe::new(
        bus,
        Address::DEFAULT,
        Measurement::STANDARD,
        |v: [Value; 1]| v,
    );
    let mut now = Instant::from_secs(1);
    for _ in 0..3 {
        let end = run(&mut probe, &mut [], &mut now, secs(5));
        assert_eq!(end, Err(Error::Exchange(Failure::Stuck)));
    }
    let _ = (What::Break, probe.poll(now));
}

#[test]
fn what_a_bus_had_to_repeat_is_told_once() {
    use gofarm_core::observe::Measurement as Number;

    let wire = Wire::shared(1, Faults::default(), 1);
    let mut bus = Bus::new(End::new(&wire, RECORDER), Timing::DEFAULT);
    let mut now = Instant::from_secs(1);
    let mut probe = Probe::new(
        &mut bus,
        Address::DEFAULT,
        Measurement::STANDARD,
        |v: [Value; 1]| v,
    );
    assert!(run(&mut probe, &mut [], &mut now, secs(5)).is_err());
    let told: Vec<_> = core::iter::from_fn(|| bus.poll_signal())
        .map(|signal| {
            (
                signal.instrument().name(),
                signal.measurement(),
                signal.labels().len(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("gofarm.hal.sdi12.resends", Number::Count(8), 0),
            ("gofarm.hal.sdi12.failures", Number::Count(1), 1),
        ]
    );
    assert_eq!(gofarm_hal::sdi12::INSTRUMENTS.len(), 2);
}
