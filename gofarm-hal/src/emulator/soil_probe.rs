//! [`SoilProbe`]: a model of the seven-in-one soil probe.

use alloc::boxed::Box;

use gofarm_core::device::Progress;
use gofarm_core::time::{Instant, millis};

use crate::modbus::{
    ExceptionCode, FunctionCode, RegistersMut, RtuServer, RtuServerConfig, Served, ServerError,
    Store, Unit,
};
use crate::serial::Port;

/// The soil that a probe stands in, in the units of its registers.
///
/// ```
/// use gofarm_hal::emulator::Soil;
///
/// let frozen = Soil { temperature: -21, ..Soil::LOAM };
/// assert_eq!(frozen.temperature, -21); // tenths of a kelvin
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a probe has these registers")]
pub struct Soil {
    /// In 0.1 %.
    pub moisture: u16,
    /// In 0.1 Cel.
    pub temperature: i16,
    /// In uS/cm.
    pub conductivity: u16,
    /// pH in 0.01.
    pub ph: u16,
    /// In mg/kg.
    pub nitrogen: u16,
    /// In mg/kg.
    pub phosphorus: u16,
    /// In mg/kg.
    pub potassium: u16,
}

impl Soil {
    /// Moist loam in spring.
    pub const LOAM: Self = Self {
        moisture: 315,
        temperature: 182,
        conductivity: 640,
        ph: 640,
        nitrogen: 41,
        phosphorus: 22,
        potassium: 118,
    };
}

/// Whose probe it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layout {
    /// ComWinTop: all in a row, pH in tenths.
    Cwt,
    /// JXCT: scattered, pH in hundredths; what lies between is refused.
    Jxct,
}

/// A seven-in-one soil probe on a line: a Modbus server with these registers.
///
/// ```
/// use gofarm_core::device::{Progress, Sensor};
/// use gofarm_core::time::{Instant, millis};
/// use gofarm_hal::emulator::{Layout, Soil, SoilProbe, line};
/// use gofarm_hal::modbus::{Client, Rtu, RtuConfig, Unit};
/// use gofarm_hal::sensor::soil_probe_7in1::SoilProbe7in1;
///
/// let (gateway, field) = line::pair(9_600);
/// let mut emulated = SoilProbe::new(field, Unit(1), 9_600, Layout::Cwt, Soil::LOAM);
/// let mut probe = SoilProbe7in1::new(Client::new(Rtu::new(gateway, RtuConfig::new(9_600)), Unit(1)));
///
/// let mut now = Instant::ZERO;
/// let reading = loop {
///     let _ = emulated.poll(now);
///     match probe.poll(now) {
///         Progress::Ready(reading) => break reading?,
///         Progress::WouldBlock(_) => now += gofarm_core::time::millis(1),
///     }
/// };
/// assert_eq!(reading.moisture, 31.5);
/// # Ok::<(), gofarm_hal::modbus::Error<line::LineError>>(())
/// ```
#[derive(Debug)]
pub struct SoilProbe<P> {
    /// Always there between two calls.
    state: Option<State<P>>,
    config: RtuServerConfig,
    registers: Registers,
}

#[derive(Debug)]
enum State<P> {
    Alive(Box<RtuServer<P>>),
    Dead(P),
}

#[derive(Debug)]
struct Registers {
    layout: Layout,
    soil: Soil,
    refusal: Option<ExceptionCode>,
}

impl<P: Port> SoilProbe<P> {
    /// A probe at `unit` on `port`.
    pub fn new(port: P, unit: Unit, baud_rate: u32, layout: Layout, soil: Soil) -> Self {
        let config = RtuServerConfig::new(unit, baud_rate);
        Self {
            state: Some(State::Alive(Box::new(RtuServer::new(port, config)))),
            config,
            registers: Registers {
                layout,
                soil,
                refusal: None,
            },
        }
    }

    /// The soil, to be changed.
    pub const fn soil_mut(&mut self) -> &mut Soil {
        &mut self.registers.soil
    }

    /// Makes it answer each request with an exception, or with its registers again.
    pub const fn refuse(&mut self, with: Option<ExceptionCode>) {
        self.registers.refusal = with;
    }

    /// Makes it dead, or alive again: it remembers nothing of before, and what came meanwhile is lost.
    pub fn silence(&mut self, silent: bool) {
        self.state = self.state.take().map(|state| match (state, silent) {
            (State::Alive(server), true) => State::Dead(server.into_port()),
            (State::Dead(port), false) => State::Alive(Box::new(RtuServer::new(port, self.config))),
            (state, _) => state,
        });
    }

    /// Answers what has come; one that is dead only loses it.
    pub fn poll(&mut self, now: Instant) -> Progress<Result<Served, ServerError<P::Error>>> {
        match &mut self.state {
            Some(State::Alive(server)) => server.poll(now, &mut self.registers),
            Some(State::Dead(port)) => {
                let mut lost = [0; 64];
                while matches!(port.read(now, &mut lost), Ok(1..)) {}
                Progress::WouldBlock(now + millis(1))
            }
            None => Progress::WouldBlock(Instant::FAR_FUTURE),
        }
    }
}

impl Registers {
    fn register(&self, address: u16) -> Option<u16> {
        let soil = &self.soil;
        Some(match (self.layout, address) {
            (Layout::Cwt, 0x0000) | (Layout::Jxct, 0x0012) => soil.moisture,
            (Layout::Cwt, 0x0001) | (Layout::Jxct, 0x0013) => soil.temperature.cast_unsigned(),
            (Layout::Cwt, 0x0002) | (Layout::Jxct, 0x0015) => soil.conductivity,
            (Layout::Cwt, 0x0003) => soil.ph / 10,
            (Layout::Jxct, 0x0006) => soil.ph,
            (Layout::Cwt, 0x0004) | (Layout::Jxct, 0x001E) => soil.nitrogen,
            (Layout::Cwt, 0x0005) | (Layout::Jxct, 0x001F) => soil.phosphorus,
            (Layout::Cwt, 0x0006) | (Layout::Jxct, 0x0020) => soil.potassium,
            _ => return None,
        })
    }
}

impl Store for Registers {
    fn supports(&self, function: FunctionCode) -> bool {
        function == FunctionCode::ReadHoldingRegisters
    }

    fn read_holding_registers(
        &mut self,
        address: u16,
        mut into: RegistersMut<'_>,
    ) -> Result<(), ExceptionCode> {
        if let Some(refusal) = self.refusal {
            return Err(refusal);
        }
        for (index, address) in (0..into.len()).zip(address..=u16::MAX) {
            let register = self.register(address);
            into.set(index, register.ok_or(ExceptionCode::IllegalDataAddress)?);
        }
        Ok(())
    }
}
