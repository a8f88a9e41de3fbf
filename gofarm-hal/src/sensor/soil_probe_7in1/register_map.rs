//! [`RegisterMap`]: where a vendor keeps what.

use super::SoilReading;
use crate::modbus::{Registers, Request};

/// How many quantities there are.
pub(super) const QUANTITIES: usize = 7;

/// What has been read, in the order of the record.
pub(super) type Values = [Option<u16>; QUANTITIES];

/// Where a probe keeps its values, and how it scales pH.
///
/// Moisture and temperature are in tenths on all of them, the temperature with a sign.
///
/// ```
/// use gofarm_hal::sensor::soil_probe_7in1::RegisterMap;
///
/// // One whose manual has pH behind the rest, in hundredths.
/// const MINE: RegisterMap = RegisterMap::CWT.nutrients([3, 4, 5]).ph(6, 2);
/// assert_ne!(MINE, RegisterMap::CWT);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a map does nothing by itself"]
pub struct RegisterMap {
    addresses: [u16; QUANTITIES],
    ph_decimals: u8,
    input_registers: bool,
}

impl RegisterMap {
    /// ComWinTop CWT-Soil-THCPH-NPK-S, "NPK type manual", and the same in WoMaster ES107: 0x0000 to 0x0006 for moisture,
    /// temperature, conductivity, pH in tenths, N, P, K; delivered at 4 800 or 9 600 bit/s.
    pub const CWT: Self = Self {
        addresses: [0, 1, 2, 3, 4, 5, 6],
        ph_decimals: 1,
        input_registers: false,
    };

    /// JXCT JXBS-3001-TR, "7 in 1" user manual 2.0: pH in hundredths at 0x0006, moisture at 0x0012, temperature at
    /// 0x0013, conductivity at 0x0015, N, P, K at 0x001E to 0x0020; delivered at 9 600 bit/s.
    pub const JXCT: Self = Self {
        addresses: [0x12, 0x13, 0x15, 0x06, 0x1E, 0x1F, 0x20],
        ph_decimals: 2,
        input_registers: false,
    };

    /// With moisture, temperature and conductivity at other addresses.
    pub const fn soil(mut self, addresses: [u16; 3]) -> Self {
        [self.addresses[0], self.addresses[1], self.addresses[2]] = addresses;
        self
    }

    /// With pH at another address, with so many decimals, 0 to 4; more become 4.
    pub const fn ph(mut self, address: u16, decimals: u8) -> Self {
        self.addresses[3] = address;
        self.ph_decimals = if decimals > 4 { 4 } else { decimals };
        self
    }

    /// With N, P and K at other addresses.
    pub const fn nutrients(mut self, addresses: [u16; 3]) -> Self {
        [self.addresses[4], self.addresses[5], self.addresses[6]] = addresses;
        self
    }

    /// In input registers, read by function 4, in place of holding registers, read by function 3.
    pub const fn input_registers(mut self) -> Self {
        self.input_registers = true;
        self
    }

    /// The first register of the next request and the request, until everything has been read: registers that follow
    /// one another are read together, and none that has no value in it, which a probe may refuse.
    pub(super) fn next_request(&self, values: &Values) -> Option<(u16, Request<'static>)> {
        let is_wanted = |address: u16| {
            let mut fields = self.addresses.iter().zip(values);
            fields.any(|(at, value)| *at == address && value.is_none())
        };
        let unread = self.addresses.iter().copied();
        let first = unread.filter(|address| is_wanted(*address)).min()?;
        let mut quantity = 1;
        while first.checked_add(quantity).is_some_and(is_wanted) {
            quantity += 1;
        }
        let request = if self.input_registers {
            Request::ReadInputRegisters {
                address: first,
                quantity,
            }
        } else {
            Request::ReadHoldingRegisters {
                address: first,
                quantity,
            }
        };
        Some((first, request))
    }

    /// Takes the registers from `first` on.
    pub(super) fn take(&self, values: &mut Values, first: u16, registers: Registers<'_>) {
        for (value, address) in values.iter_mut().zip(self.addresses) {
            let offset = address.checked_sub(first).map(usize::from);
            if let Some(register) = offset.and_then(|offset| registers.get(offset)) {
                *value = Some(register);
            }
        }
    }

    pub(super) fn reading(&self, values: &Values) -> SoilReading {
        let [
            moisture,
            temperature,
            conductivity,
            ph,
            nitrogen,
            phosphorus,
            potassium,
        ] = values.map(Option::unwrap_or_default);
        SoilReading {
            moisture: f32::from(moisture) / 10.0,
            temperature: f32::from(temperature.cast_signed()) / 10.0,
            conductivity,
            ph: f32::from(ph) / f32::from(10_u16.pow(self.ph_decimals.min(4).into())),
            nitrogen,
            phosphorus,
            potassium,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(map: RegisterMap) -> Vec<(u16, u16)> {
        let mut values = [None; QUANTITIES];
        let mut asked = Vec::new();
        while let Some((first, request)) = map.next_request(&values) {
            let quantity = match request {
                Request::ReadHoldingRegisters { quantity, .. }
                | Request::ReadInputRegisters { quantity, .. } => quantity,
                other => panic!("{other:?}"),
            };
            asked.push((first, quantity));
            let registers: Vec<u16> = (0..quantity).map(|i| first + i).collect();
            map.take(&mut values, first, Registers::new(&registers));
        }
        // Each register holds its own address.
        assert_eq!(values, map.addresses.map(Some));
        asked
    }

    #[test]
    fn registers_that_follow_one_another_are_read_together_and_no_others() {
        assert_eq!(requests(RegisterMap::CWT), [(0, 7)]);
        let jxct = [(0x06, 1), (0x12, 2), (0x15, 1), (0x1E, 3)];
        assert_eq!(requests(RegisterMap::JXCT), jxct);
        let last = RegisterMap::CWT.ph(u16::MAX, 1);
        assert_eq!(requests(last), [(0, 3), (4, 3), (u16::MAX, 1)]);
        let twice = RegisterMap::CWT.nutrients([2, 2, 2]).input_registers();
        assert_eq!(requests(twice), [(0, 4)]);
    }

    #[test]
    fn values_are_scaled_as_the_manuals_say() {
        let rows = [
            (RegisterMap::CWT, 64, 0xFF9B, 6.4, -10.1),
            (RegisterMap::JXCT, 640, 182, 6.4, 18.2),
            (RegisterMap::CWT.ph(3, 9), 6, 0, 0.000_6, 0.0),
        ];
        for (map, ph, temperature, expected_ph, expected_temperature) in rows {
            let values = [315, temperature, 640, ph, 1, 2, 3].map(Some);
            let reading = map.reading(&values);
            assert_eq!(reading.moisture, 31.5);
            assert_eq!(reading.ph, expected_ph);
            assert_eq!(reading.temperature, expected_temperature);
            assert_eq!((reading.conductivity, reading.potassium), (640, 3));
        }
    }
}
