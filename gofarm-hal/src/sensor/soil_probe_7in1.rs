//! The seven-in-one soil probe on RS-485: moisture, temperature, conductivity, pH, and what it says of N, P and K.
//!
//! Dozens of vendors sell it, with two known layouts of registers and two scales of pH; a probe that is read by the
//! other's layout gives plausible nonsense, so the [`RegisterMap`] is named by its source and can be written by hand.
//!
//! What to know of the part: its conductivity is compensated for temperature inside. N, P and K are no measurements of
//! ions; a vendor's own manual says "rapid detection method, use with caution" and lets one write the values in. Use
//! them as a trend if at all, and a laboratory for a dose.
//!
//! ```
//! use gofarm_core::Validate;
//! use gofarm_core::device::{Progress, Sensor};
//! use gofarm_core::time::Instant;
//! use gofarm_hal::modbus::{Client, Rtu, RtuConfig, Unit};
//! use gofarm_hal::sensor::soil_probe_7in1::SoilProbe7in1;
//! # use core::convert::Infallible;
//! # struct Uart;
//! # impl gofarm_hal::serial::Port for Uart {
//! #     type Error = Infallible;
//! #     fn read(&mut self, _: Instant, _: &mut [u8]) -> Result<usize, Infallible> { Ok(0) }
//! #     fn write(&mut self, _: Instant, bytes: &[u8]) -> Result<usize, Infallible> { Ok(bytes.len()) }
//! #     fn poll_drained(&mut self, _: Instant) -> Progress<Result<(), Infallible>> { Progress::Ready(Ok(())) }
//! # }
//! # let (rs485, now) = (Uart, Instant::ZERO);
//!
//! let mut probe = SoilProbe7in1::new(Client::new(Rtu::new(rs485, RtuConfig::new(4_800)), Unit(1)));
//! match probe.poll(now) {
//!     Progress::Ready(reading) => { let _good = reading?.validated()?; }
//!     Progress::WouldBlock(_until) => {}
//! }
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod register_map;

pub use register_map::RegisterMap;

use gofarm_core::Device;
use gofarm_core::device::{Progress, Sensor};
use gofarm_core::time::Instant;

use crate::modbus::{Client, Error, Line};
use register_map::{QUANTITIES, Values};

/// What the probe gives, in the ranges of its vendors' manuals.
///
/// ```
/// use gofarm_core::Validate;
/// use gofarm_hal::sensor::soil_probe_7in1::SoilReading;
///
/// let soil = SoilReading {
///     moisture: 31.5, temperature: 18.2, conductivity: 640, ph: 6.4, nitrogen: 41, phosphorus: 22, potassium: 118,
/// };
/// assert!(soil.validate().is_ok());
/// let in_the_air = SoilReading { ph: 0.0, ..soil };
/// assert!(in_the_air.validate().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Device)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[device(model = "soil-probe-7in1", version = 1)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the part measures nothing else, and tests write readings"
)]
pub struct SoilReading {
    /// Volumetric water content.
    #[prop(range = 0.0..=100.0, unit = "%", step = 0.1)]
    pub moisture: f32,
    /// Temperature of the soil.
    #[prop(range = -40.0..=80.0, unit = "Cel", step = 0.1)]
    pub temperature: f32,
    /// Electrical conductivity of the soil, at 25 Cel.
    #[prop(range = 0..=20000, unit = "uS/cm")]
    pub conductivity: u16,
    /// pH of the soil.
    #[prop(range = 3.0..=10.0, unit = "[pH]", step = 0.01)]
    pub ph: f32,
    /// What the probe says of nitrogen.
    #[prop(range = 0..=2000, unit = "mg/kg")]
    pub nitrogen: u16,
    /// What the probe says of phosphorus.
    #[prop(range = 0..=2000, unit = "mg/kg")]
    pub phosphorus: u16,
    /// What the probe says of potassium.
    #[prop(range = 0..=2000, unit = "mg/kg")]
    pub potassium: u16,
}

/// A seven-in-one soil probe behind a Modbus client; `N` is the client's room for an answer, at least 16.
///
/// A measurement is one request with [`RegisterMap::CWT`] and four with [`RegisterMap::JXCT`]; if one fails, the next
/// poll begins with the first. See the [module](self).
#[derive(Clone, Debug)]
pub struct SoilProbe7in1<L, const N: usize = 253> {
    client: Client<L, N>,
    map: RegisterMap,
    /// What has been read of the measurement under way.
    values: Values,
}

impl<L: Line, const N: usize> SoilProbe7in1<L, N> {
    /// A probe with the registers of [`RegisterMap::CWT`].
    pub const fn new(client: Client<L, N>) -> Self {
        Self {
            client,
            map: RegisterMap::CWT,
            values: [None; QUANTITIES],
        }
    }

    /// The same probe with other registers.
    #[must_use]
    pub const fn map(mut self, map: RegisterMap) -> Self {
        self.map = map;
        self
    }

    /// The client, as to read a register of one's own between two measurements.
    pub const fn client_mut(&mut self) -> &mut Client<L, N> {
        &mut self.client
    }
}

impl<L: Line, const N: usize> Sensor for SoilProbe7in1<L, N> {
    type Output = SoilReading;
    type Error = Error<L::Error>;

    fn poll(&mut self, now: Instant) -> Progress<Result<SoilReading, Error<L::Error>>> {
        while let Some((first, request)) = self.map.next_request(&self.values) {
            match self.client.poll(&request, now) {
                Progress::WouldBlock(until) => return Progress::WouldBlock(until),
                Progress::Ready(Ok(response)) => {
                    self.map.take(&mut self.values, first, response.registers());
                }
                Progress::Ready(Err(error)) => {
                    self.values = [None; QUANTITIES];
                    return Progress::Ready(Err(error));
                }
            }
        }
        let values = core::mem::replace(&mut self.values, [None; QUANTITIES]);
        Progress::Ready(Ok(self.map.reading(&values)))
    }
}
