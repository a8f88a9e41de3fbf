//! The instruments of a plot, at the other ends of the node's lines.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gofarm_core::time::{Clock, Instant, SystemClock, millis};
use gofarm_hal::modbus::tokio::rtu_server;
use gofarm_hal::modbus::{ExceptionCode, FunctionCode, RegistersMut, RtuServerConfig, Store, Unit};
use gofarm_hal::sdi12::{Address, Announced, Framing, Measure, Measurement, Responder, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Whether water runs through the meter.
pub type Water = Arc<AtomicBool>;

/// A Modbus unit with a soil probe and a water meter: moisture 31.2 %, 18.4 °C, 1 240 µS/cm, and while water runs
/// a litre more, 450 pulses, each time that somebody looks.
struct SoilUnit {
    water: Water,
    pulses: u16,
}

impl Store for SoilUnit {
    fn supports(&self, function: FunctionCode) -> bool {
        function == FunctionCode::ReadHoldingRegisters
    }

    fn read_holding_registers(
        &mut self,
        address: u16,
        mut into: RegistersMut<'_>,
    ) -> Result<(), ExceptionCode> {
        if self.water.load(Ordering::Relaxed) {
            self.pulses = self.pulses.wrapping_add(450);
        }
        let registers = [312, 184, 1_240, self.pulses];
        let first = usize::from(address);
        let wanted = registers.get(first..first + into.len());
        for (at, value) in wanted
            .ok_or(ExceptionCode::IllegalDataAddress)?
            .iter()
            .enumerate()
        {
            into.set(at, *value);
        }
        Ok(())
    }
}

/// Answers as the Modbus unit until the line is cut.
pub async fn soil(line: TcpStream, water: Water) {
    let mut unit = SoilUnit {
        water,
        pulses: 65_000,
    };
    let mut server = rtu_server(line, RtuServerConfig::new(Unit(1), 19_200));
    while server.serve(&mut unit).await.is_ok() {}
}

/// An SDI-12 probe that says 0.287 m³/m³ and -14.6 °C at once.
struct DeepProbe;

impl Measure for DeepProbe {
    fn identification(&self) -> &[u8] {
        b"14GOFARM  DEEP  001"
    }

    fn announce(&self, of: Measurement) -> Announced {
        Announced::new(0, if of.index() == 0 { 2 } else { 0 })
    }

    fn start(&mut self, _: Measurement, _: Instant) {}

    fn poll_ready(&mut self, _: Instant) -> bool {
        true
    }

    fn abort(&mut self) {}

    fn value(&self, _: Measurement, index: u16) -> Option<Value> {
        match index {
            0 => Value::new(287, 3),
            1 => Value::new(-146, 1),
            _ => None,
        }
    }
}

/// Answers as the SDI-12 probe until the line is cut.
///
/// A socket carries no break and no time between characters: a command that comes is taken to have come after a break,
/// and the marking before an answer is skipped.
///
/// # Errors
/// Those of the line.
pub async fn deep(mut line: TcpStream) -> io::Result<()> {
    let clock = SystemClock::new();
    let mut probe = Responder::new(Address::DEFAULT, Framing::Hardware, DeepProbe);
    let mut bytes = [0; 16];
    loop {
        let waiting = timeout(millis(50), line.read(&mut bytes)).await;
        let mut now = clock.now() + millis(100);
        probe.handle_timeout(now);
        let Ok(len) = waiting else {
            continue; // nobody speaks, and it falls asleep
        };
        let command = bytes.get(..len?).filter(|command| !command.is_empty());
        let command = command.ok_or(io::ErrorKind::UnexpectedEof)?;
        if probe.is_asleep() {
            probe.handle_break(now, millis(13));
            now += millis(20);
        }
        probe.handle_bytes(now, command);
        now += millis(9);
        probe.handle_timeout(now);
        let mut answer = [0; 81];
        if let Some(len) = probe.poll_transmit(now, &mut answer) {
            line.write_all(&answer[..len]).await?;
            probe.handle_drained(now);
        }
    }
}
