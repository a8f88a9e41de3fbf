//! A wire with DS18B20s on it, seen from the UART: each character is a reset or a slot.

use alloc::collections::VecDeque;
use alloc::rc::Rc;
use core::cell::RefCell;
use core::convert::Infallible;
use core::time::Duration;

use embedded_hal::digital::{ErrorType, OutputPin};
use gofarm_core::device::Progress;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::Instant;
use gofarm_hal::one_wire::Rom;
use gofarm_hal::serial::{Port, SetBaudRate};

/// What a device does with the next slot.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Idle,
    RomCommand,
    Matching(u8),
    /// Bit of the address, and which of the three slots.
    Searching(u8, u8),
    Function,
    Writing(u8),
    Reading(u8),
    Converting,
}

#[derive(Clone)]
pub(super) struct Device {
    pub(super) rom: u64,
    state: State,
    shift: u16,
    shifted: u8,
    pub(super) scratchpad: [u8; 8],
    /// What it will measure, in sixteenths of a degree.
    pub(super) temperature: i16,
    pub(super) has_alarm: bool,
    pub(super) is_there: bool,
    pub(super) is_parasite: bool,
    converts_until: Option<Instant>,
    pub(super) conversions: u32,
}

impl Device {
    pub(super) fn new(rom: Rom, temperature: i16) -> Self {
        let mut device = Self {
            rom: u64::from_le_bytes(rom.to_bytes()),
            state: State::Idle,
            shift: 0,
            shifted: 0,
            scratchpad: [0; 8],
            temperature,
            has_alarm: false,
            is_there: true,
            is_parasite: false,
            converts_until: None,
            conversions: 0,
        };
        device.power_on();
        device
    }

    /// It loses its supply and gets it again.
    pub(super) fn power_on(&mut self) {
        self.scratchpad = [0x50, 0x05, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10];
        self.state = State::Idle;
        self.converts_until = None;
    }

    fn conversion(&self) -> Duration {
        Duration::from_micros(93_750 << (self.scratchpad[4] >> 5))
    }

    /// Time passes; a device on the data line has measured only if that was fed all along.
    fn settle(&mut self, now: Instant, was_fed: bool) {
        let Some(until) = self.converts_until else {
            return;
        };
        if self.is_parasite && !(was_fed && now >= until) {
            self.power_on();
            return;
        }
        if now >= until {
            self.converts_until = None;
            self.conversions += 1;
            let [low, high] = self.temperature.to_le_bytes();
            self.scratchpad[0] = low;
            self.scratchpad[1] = high;
            self.scratchpad[6] = 0x10 - (low & 0xF);
        }
    }

    fn reset(&mut self) {
        self.state = State::RomCommand;
        self.shift = 0;
        self.shifted = 0;
    }

    fn byte(&mut self, bit: bool) -> Option<u8> {
        self.shift |= u16::from(bit) << self.shifted;
        self.shifted += 1;
        if self.shifted < 8 {
            return None;
        }
        self.shifted = 0;
        u8::try_from(core::mem::take(&mut self.shift)).ok()
    }

    /// A slot in which the master holds the line low for long (0) or short (1); true if the device holds it low.
    fn slot(&mut self, now: Instant, bit: bool) -> bool {
        let own = |rom: u64, at: u8| rom >> at & 1 == 1;
        match self.state {
            State::Idle => {}
            State::RomCommand => {
                if let Some(command) = self.byte(bit) {
                    self.state = match command {
                        0xCC => State::Function,
                        0x55 => State::Matching(0),
                        0xF0 => State::Searching(0, 0),
                        0xEC if self.has_alarm => State::Searching(0, 0),
                        _ => State::Idle,
                    };
                }
            }
            State::Matching(at) => {
                self.state = match at {
                    _ if own(self.rom, at) != bit => State::Idle,
                    63 => State::Function,
                    _ => State::Matching(at + 1),
                };
            }
            State::Searching(at, 0) => {
                self.state = State::Searching(at, 1);
                return !own(self.rom, at);
            }
            State::Searching(at, 1) => {
                self.state = State::Searching(at, 2);
                return own(self.rom, at);
            }
            State::Searching(at, _) => {
                self.state = match at {
                    _ if own(self.rom, at) != bit => State::Idle,
                    63 => State::Idle,
                    _ => State::Searching(at + 1, 0),
                };
            }
            State::Function => {
                if let Some(command) = self.byte(bit) {
                    self.state = match command {
                        0x44 => {
                            self.converts_until = Some(now + self.conversion());
                            State::Converting
                        }
                        0x4E => State::Writing(2),
                        0xBE => State::Reading(0),
                        _ => State::Idle,
                    };
                }
            }
            State::Writing(at) => {
                if let Some(byte) = self.byte(bit) {
                    let byte = if at == 4 { (byte & 0x60) | 0x1F } else { byte };
                    self.scratchpad[usize::from(at)] = byte;
                    self.state = if at == 4 {
                        State::Idle
                    } else {
                        State::Writing(at + 1)
                    };
                }
            }
            State::Reading(at) if at < 72 => {
                self.state = State::Reading(at + 1);
                let mut bytes = self.scratchpad.to_vec();
                bytes.push(crc(&bytes));
                return bytes[usize::from(at / 8)] >> (at % 8) & 1 == 0;
            }
            State::Reading(_) => {}
            State::Converting => return self.converts_until.is_some(),
        }
        false
    }
}

/// The shift register of application note 27, figure 2.
pub(super) fn crc(bytes: &[u8]) -> u8 {
    let mut register = 0_u8;
    for at in 0..bytes.len() * 8 {
        let feedback = (bytes[at / 8] >> (at % 8) ^ register) & 1;
        register >>= 1;
        if feedback == 1 {
            register ^= 0b1000_1100;
        }
    }
    register
}

/// The wire, with the strong pull-up.
pub(super) struct Wire {
    pub(super) devices: Vec<Device>,
    rate: u32,
    now: Instant,
    busy_until: Instant,
    echoes: VecDeque<(Instant, Result<u8, Framing>)>,
    pub(super) is_shorted: bool,
    pub(super) is_deaf: bool,
    /// Of 10 000 characters, how many come back otherwise.
    pub(super) noise: u64,
    random: SplitMix64,
    is_fed: bool,
    /// How long each feeding was, and how long after the last slot it began.
    pub(super) feedings: Vec<(Duration, Duration)>,
    fed_since: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Framing;

impl Classify for Framing {
    fn kind(&self) -> Kind {
        Kind::Transient
    }
}

#[derive(Clone)]
pub(super) struct Uart(pub(super) Rc<RefCell<Wire>>);

#[derive(Clone)]
pub(super) struct PullUp(pub(super) Rc<RefCell<Wire>>);

impl Wire {
    pub(super) fn shared(devices: Vec<Device>, seed: u64) -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(Self {
            devices,
            rate: 0,
            now: Instant::ZERO,
            busy_until: Instant::ZERO,
            echoes: VecDeque::new(),
            is_shorted: false,
            is_deaf: false,
            noise: 0,
            random: SplitMix64::new(seed),
            is_fed: false,
            feedings: Vec::new(),
            fed_since: Instant::ZERO,
        }))
    }

    fn send(&mut self, byte: u8) {
        assert!(!self.is_fed, "the master speaks against the strong pull-up");
        let bit = Duration::from_nanos(1_000_000_000 / u64::from(self.rate));
        let from = self.busy_until.max(self.now);
        self.busy_until = from + bit * 10;
        let mut echo = Ok(byte);
        for device in &mut self.devices {
            device.settle(from, false);
        }
        let there = self.devices.iter_mut().filter(|device| device.is_there);
        match self.rate {
            9_600 => {
                assert_eq!(byte, 0xF0);
                let mut someone = false;
                there.for_each(|device| {
                    device.reset();
                    someone = true;
                });
                if someone {
                    let low = [0x80, 0xC0, 0xE0, 0x90, 0xD0];
                    echo = Ok(low[usize::try_from(self.random.below(5)).unwrap()]);
                }
            }
            115_200 => {
                let bit = match byte {
                    0x00 => false,
                    0xFF => true,
                    _ => panic!("{byte:#x} is no slot"),
                };
                let mut low = false;
                for device in there {
                    low |= device.slot(self.busy_until, bit);
                }
                if low && bit {
                    let held = [0xFE, 0xFC, 0xF8, 0xF0, 0xE0, 0xC0];
                    echo = Ok(held[usize::try_from(self.random.below(6)).unwrap()]);
                }
            }
            rate => panic!("no speed of 1-Wire: {rate}"),
        }
        if self.is_shorted {
            echo = Err(Framing);
        } else if self.random.below(10_000) < self.noise {
            echo = match self.random.below(4) {
                0 => Err(Framing),
                _ => Ok(u8::try_from(self.random.below(256)).unwrap()),
            };
            if self.random.below(4) == 0 {
                return; // lost
            }
            if self.random.below(4) == 0 {
                self.echoes.push_back((self.busy_until, Ok(0xFF)));
            }
        }
        if !self.is_deaf {
            self.echoes.push_back((self.busy_until, echo));
        }
    }
}

impl Port for Uart {
    type Error = Framing;

    fn read(&mut self, now: Instant, into: &mut [u8]) -> Result<usize, Framing> {
        let mut wire = self.0.borrow_mut();
        wire.now = now;
        let mut len = 0;
        while len < into.len() {
            match wire.echoes.front() {
                Some((at, Ok(byte))) if *at <= now => into[len] = *byte,
                Some((at, Err(Framing))) if *at <= now && len == 0 => {
                    wire.echoes.pop_front();
                    return Err(Framing);
                }
                _ => break,
            }
            wire.echoes.pop_front();
            len += 1;
        }
        Ok(len)
    }

    fn write(&mut self, now: Instant, bytes: &[u8]) -> Result<usize, Framing> {
        let mut wire = self.0.borrow_mut();
        wire.now = now;
        let len = bytes.len().min(7);
        bytes[..len].iter().for_each(|byte| wire.send(*byte));
        Ok(len)
    }

    fn poll_drained(&mut self, now: Instant) -> Progress<Result<(), Framing>> {
        let until = self.0.borrow().busy_until;
        if now < until {
            Progress::WouldBlock(until)
        } else {
            Progress::Ready(Ok(()))
        }
    }
}

impl SetBaudRate for Uart {
    fn set_baud_rate(&mut self, bits_per_second: u32) -> Result<(), Framing> {
        let mut wire = self.0.borrow_mut();
        assert!(wire.now >= wire.busy_until, "the line is drained");
        wire.rate = bits_per_second;
        Ok(())
    }
}

impl ErrorType for PullUp {
    type Error = Infallible;
}

impl OutputPin for PullUp {
    fn set_high(&mut self) -> Result<(), Infallible> {
        let mut wire = self.0.borrow_mut();
        assert!(!wire.is_fed);
        wire.is_fed = true;
        wire.fed_since = wire.now;
        Ok(())
    }

    fn set_low(&mut self) -> Result<(), Infallible> {
        let mut wire = self.0.borrow_mut();
        assert!(wire.is_fed);
        wire.is_fed = false;
        let length = wire.now.saturating_since(wire.fed_since);
        let delay = wire.fed_since.saturating_since(wire.busy_until);
        wire.feedings.push((length, delay));
        // Everything that converted was fed, if it was soon enough.
        let (now, in_time) = (wire.now, delay <= Duration::from_micros(10));
        for device in &mut wire.devices {
            device.settle(now, in_time);
        }
        Ok(())
    }
}
