//! [`Probes`]: the instruments of a plot, each on its line, read in turn with everything else.

use core::time::Duration;

use gofarm_core::device::{Progress, Sensor};
use gofarm_core::time::{Instant, millis};
use gofarm_hal::flow_meter::{FlowMeter, KFactor};
use gofarm_hal::modbus::{Client, Request, Rtu, RtuConfig, Unit};
use gofarm_hal::sdi12::{Address, Bus, Measurement, Probe, Timing, Value};
use gofarm_hal::sensor::pulse_counter::PulseCounter;

use crate::board::uart::Uart;
use crate::plot::{Deep, Soil};

/// How often each is read; minutes in the field, where nobody waits for a test.
const EVERY: Duration = millis(250);

/// Registers 0 to 3 of unit 1: moisture, temperature, conductivity, and the pulses of a water meter.
const REGISTERS: Request<'static> = Request::ReadHoldingRegisters {
    address: 0,
    quantity: 4,
};

/// Two values that become a reading.
type DeepProbe = Probe<Bus<Uart>, fn([Value; 2]) -> Deep, 2>;

/// A soil probe and a water meter behind one Modbus unit, and a deep soil probe on SDI-12.
pub struct Probes {
    soil: Client<Rtu<Uart>, 16>,
    soil_due: Instant,
    meter: FlowMeter,
    deep: DeepProbe,
    deep_due: Instant,
}

impl Probes {
    /// Probes on an RS-485 line and an SDI-12 line.
    pub fn new(modbus: Uart, sdi12: Uart, pulses: KFactor) -> Self {
        const TIMING: Timing = Timing::DEFAULT.latency(millis(15)).rounds(5);
        const LINE: RtuConfig = RtuConfig::new(9_600);
        let bus = Bus::new(sdi12, TIMING);
        Self {
            soil: Client::sized(Rtu::new(modbus, LINE), Unit(1)),
            soil_due: Instant::ZERO,
            meter: FlowMeter::with(pulses, PulseCounter::new().counter_bits(16)),
            deep: Probe::new(bus, Address::DEFAULT, Measurement::STANDARD, deep_of),
            deep_due: Instant::ZERO,
        }
    }

    /// What the Modbus unit says, when it has said something new.
    #[inline(never)]
    pub fn poll_soil(&mut self, now: Instant) -> Option<Soil> {
        if now < self.soil_due {
            return None;
        }
        let Progress::Ready(answer) = self.soil.poll(&REGISTERS, now) else {
            return None;
        };
        self.soil_due = now + EVERY;
        let values = answer.ok()?.registers(); // no answer: the next one will do
        let value = |at| values.get(at).unwrap_or_default();
        // A counter that was reset is no flow.
        let _ = self.meter.pulses_mut().counter(value(3).into(), now);
        Some((value(0), value(1) as i16, value(2)))
    }

    /// What the SDI-12 probe says, when it has said something new.
    #[inline(never)]
    pub fn poll_deep(&mut self, now: Instant) -> Option<Deep> {
        if now < self.deep_due {
            return None;
        }
        let Progress::Ready(answer) = self.deep.poll(now) else {
            return None;
        };
        self.deep_due = now + EVERY;
        answer.ok()
    }

    /// Whole litres since the start.
    pub fn litres(&self, now: Instant) -> u32 {
        u32::try_from(self.meter.flow(now).volume / 1_000).unwrap_or(u32::MAX)
    }
}

/// Water content in m³/m³ and temperature in °C, as whole permille and tenths.
fn deep_of([moisture, temperature]: [Value; 2]) -> Deep {
    let moisture = scaled(moisture, 3).clamp(0, u16::MAX.into()) as u16;
    let temperature = scaled(temperature, 1).clamp(i16::MIN.into(), i16::MAX.into()) as i16;
    (moisture, temperature)
}

/// A value in units of `10^-decimals`, cut off.
fn scaled(value: Value, decimals: u8) -> i32 {
    let mut mantissa = value.mantissa();
    for _ in decimals..value.decimals() {
        mantissa /= 10;
    }
    for _ in value.decimals()..decimals {
        mantissa = mantissa.saturating_mul(10);
    }
    mantissa
}
