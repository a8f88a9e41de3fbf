//! A wire: who drives it when, and what each end hears. Faults come from a seed.

use alloc::rc::Rc;
use core::cell::RefCell;
use core::time::Duration;

use gofarm_core::device::{Progress, Sensor};
use gofarm_core::error::{Classify, Kind};
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::Instant;
use gofarm_hal::sdi12::{
    Address, Announced, DetectBreak, Framing, Measure, Measurement, Responder, Station, Text, Value,
};
use gofarm_hal::serial::{Port, SetBreak};

/// The time of a character, ten bits at 1200 bit/s.
pub(super) const CHARACTER: Duration = Duration::from_micros(8_333);
pub(super) const RECORDER: usize = 0;

/// What was on the wire.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) from: Instant,
    pub(super) to: Instant,
    pub(super) who: usize,
    pub(super) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum What {
    Break,
    Byte(u8),
}

/// How often, in 10 000 characters, each fault happens.
#[derive(Clone, Copy, Default)]
pub(super) struct Faults {
    pub(super) lost: u64,
    /// One bit falls over, which parity finds.
    pub(super) one_bit: u64,
    /// Two bits fall over, which it does not.
    pub(super) two_bits: u64,
    pub(super) doubled: u64,
    /// A character out of nothing after this one.
    pub(super) noise: u64,
}

pub(super) struct Wire {
    pub(super) log: Vec<Mark>,
    /// What each end hears: when it is there, and a character or a fault.
    heard: Vec<Vec<(Instant, Result<u8, Broken>)>>,
    breaks: Vec<Vec<(Instant, Duration)>>,
    spacing_since: Option<Instant>,
    busy_until: Vec<Instant>,
    echoes: bool,
    /// A line of an end that nobody hears, counted from 0.
    muted: Option<(usize, usize)>,
    faults: Faults,
    random: SplitMix64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken;

impl Classify for Broken {
    fn kind(&self) -> Kind {
        Kind::Transient
    }
}

#[derive(Clone)]
pub(super) struct End {
    pub(super) wire: Rc<RefCell<Wire>>,
    who: usize,
}

impl Wire {
    pub(super) fn shared(ends: usize, faults: Faults, seed: u64) -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(Self {
            log: Vec::new(),
            heard: vec![Vec::new(); ends],
            breaks: vec![Vec::new(); ends],
            spacing_since: None,
            busy_until: vec![Instant::ZERO; ends],
            echoes: false,
            muted: None,
            faults,
            random: SplitMix64::new(seed),
        }))
    }

    /// From now on the recorder hears itself.
    pub(super) fn echo(&mut self) {
        self.echoes = true;
    }

    /// Nobody hears line `line` of `who`, counted from 0 over all that it ever says.
    pub(super) fn mute(&mut self, who: usize, line: usize) {
        self.muted = Some((who, line));
    }

    fn is_muted(&self, who: usize) -> bool {
        let said = |mark: &&Mark| mark.who == who && mark.what == What::Byte(b'\n');
        self.muted == Some((who, self.log.iter().filter(said).count()))
    }

    fn chance(&mut self, in_ten_thousand: u64) -> bool {
        self.random.below(10_000) < in_ten_thousand
    }

    fn put(&mut self, now: Instant, who: usize, byte: u8) {
        let from = self.busy_until[who].max(now);
        let to = from + CHARACTER;
        self.busy_until[who] = to;
        let collides = self
            .log
            .iter()
            .rev()
            .take(4)
            .any(|mark| mark.who != who && mark.to > from && mark.from < to);
        let is_muted = self.is_muted(who);
        self.log.push(Mark {
            from,
            to,
            who,
            what: What::Byte(byte),
        });
        if is_muted {
            return;
        }
        for end in 0..self.heard.len() {
            if end == who && !(self.echoes && who == RECORDER) {
                continue;
            }
            let mut heard = Ok(byte);
            if collides || self.chance(self.faults.one_bit) {
                heard = Err(Broken);
            } else if self.chance(self.faults.two_bits) {
                let (a, b) = (self.random.below(7), self.random.below(6));
                heard = Ok(byte ^ (1 << a) ^ (1 << ((a + 1 + b) % 7)));
            }
            if !self.chance(self.faults.lost) {
                self.heard[end].push((to, heard));
            }
            if self.chance(self.faults.doubled) {
                self.heard[end].push((to, heard));
            }
            if self.chance(self.faults.noise) {
                let noise = u8::try_from(self.random.below(128)).unwrap();
                self.heard[end].push((to, Ok(noise)));
            }
        }
    }
}

impl End {
    pub(super) fn new(wire: &Rc<RefCell<Wire>>, who: usize) -> Self {
        Self {
            wire: Rc::clone(wire),
            who,
        }
    }
}

impl Port for End {
    type Error = Broken;

    fn read(&mut self, now: Instant, into: &mut [u8]) -> Result<usize, Broken> {
        let mut wire = self.wire.borrow_mut();
        let heard = &mut wire.heard[self.who];
        let mut len = 0;
        while let Some((at, character)) = heard.first()
            && *at <= now
            && len < into.len()
        {
            match character {
                Ok(byte) => into[len] = *byte,
                Err(Broken) if len > 0 => break,
                Err(Broken) => {
                    let _ = heard.remove(0);
                    return Err(Broken);
                }
            }
            len += 1;
            let _ = heard.remove(0);
        }
        Ok(len)
    }

    fn write(&mut self, now: Instant, bytes: &[u8]) -> Result<usize, Broken> {
        let len = bytes.len().min(5); // a small buffer
        for byte in &bytes[..len] {
            self.wire.borrow_mut().put(now, self.who, *byte);
        }
        Ok(len)
    }

    fn poll_drained(&mut self, now: Instant) -> Progress<Result<(), Broken>> {
        let end = self.wire.borrow().busy_until[self.who];
        if now < end {
            Progress::WouldBlock(end)
        } else {
            Progress::Ready(Ok(()))
        }
    }
}

impl SetBreak for End {
    fn set_break(&mut self, now: Instant, on: bool) -> Result<(), Broken> {
        let mut wire = self.wire.borrow_mut();
        let wire = &mut *wire;
        assert!(now >= wire.busy_until[self.who], "the line is drained");
        if on {
            wire.spacing_since = Some(now);
            return Ok(());
        }
        let since = wire.spacing_since.take().unwrap();
        wire.log.push(Mark {
            from: since,
            to: now,
            who: self.who,
            what: What::Break,
        });
        for (end, breaks) in wire.breaks.iter_mut().enumerate() {
            if end != self.who {
                breaks.push((now, now.saturating_since(since)));
            } else if wire.echoes {
                wire.heard[end].push((now, Err(Broken)));
                wire.heard[end].push((now, Ok(0)));
            }
        }
        Ok(())
    }
}

impl DetectBreak for End {
    fn poll_break(&mut self, now: Instant) -> Result<Option<(Instant, Duration)>, Broken> {
        let breaks = &mut self.wire.borrow_mut().breaks[self.who];
        Ok(match breaks.first() {
            Some((at, _)) if *at <= now => Some(breaks.remove(0)),
            _ => None,
        })
    }
}

/// A sensor as the test wants it.
#[derive(Clone, Debug)]
pub(super) struct Rig {
    pub(super) announced: Announced,
    pub(super) values: Vec<Value>,
    /// How long it really takes.
    pub(super) takes: Duration,
    pub(super) ready: Option<Instant>,
    pub(super) started: u32,
    pub(super) aborted: u32,
}

impl Rig {
    pub(super) fn new(seconds: u16, takes: Duration, values: &[&str]) -> Self {
        let values: Vec<Value> = values.iter().map(|text| value(text)).collect();
        Self {
            announced: Announced::new(seconds, values.len().try_into().unwrap()),
            values,
            takes,
            ready: None,
            started: 0,
            aborted: 0,
        }
    }

    pub(super) fn station(
        self,
        wire: &Rc<RefCell<Wire>>,
        who: usize,
        address: char,
    ) -> Station<End, Self> {
        let address = Address::new(address).unwrap();
        Station::new(
            End::new(wire, who),
            Responder::new(address, Framing::Hardware, self),
        )
    }
}

/// A value by its text, read without the library.
pub(super) fn value(text: &str) -> Value {
    let (whole, behind) = text.split_once('.').unwrap_or((text, ""));
    let mantissa = format!("{whole}{behind}").parse().unwrap();
    Value::new(mantissa, behind.len().try_into().unwrap()).unwrap()
}

impl Measure for Rig {
    fn identification(&self) -> &[u8] {
        b"14GOFARM  RIG   001S-7"
    }

    fn announce(&self, of: Measurement) -> Announced {
        if of.index() == 0 {
            self.announced
        } else {
            Announced::new(0, 0)
        }
    }

    fn start(&mut self, _: Measurement, now: Instant) {
        self.started += 1;
        self.ready = Some(now + self.takes);
    }

    fn poll_ready(&mut self, now: Instant) -> bool {
        self.ready.is_none_or(|ready| now >= ready)
    }

    fn abort(&mut self) {
        self.aborted += 1;
        self.ready = None;
    }

    fn value(&self, _: Measurement, index: u16) -> Option<Value> {
        self.values.get(usize::from(index)).copied()
    }

    fn change_address(&mut self, _: Address) -> bool {
        true
    }

    fn parameter(&self, _: Measurement, number: u16) -> Option<Text> {
        Text::new(b",TA,Cel;").filter(|_| number == 1)
    }

    fn extended(&mut self, command: &[u8], _: Instant) -> Option<Text> {
        Text::new(command)
    }
}

/// Polls everything each millisecond until the probe is done; gives the end and its time.
pub(super) fn run<S: Sensor>(
    probe: &mut S,
    stations: &mut [Station<End, Rig>],
    now: &mut Instant,
    limit: Duration,
) -> Result<S::Output, S::Error> {
    run_all(
        &mut |now| match probe.poll(now) {
            Progress::Ready(end) => Some(end),
            Progress::WouldBlock(_) => None,
        },
        stations,
        now,
        limit,
    )
}

pub(super) fn run_all<T>(
    poll: &mut dyn FnMut(Instant) -> Option<T>,
    stations: &mut [Station<End, Rig>],
    now: &mut Instant,
    limit: Duration,
) -> T {
    let end = *now + limit;
    loop {
        assert!(*now < end, "it hangs");
        for station in stations.iter_mut() {
            station.poll(*now).unwrap();
        }
        if let Some(end) = poll(*now) {
            return end;
        }
        *now += Duration::from_millis(1);
    }
}
