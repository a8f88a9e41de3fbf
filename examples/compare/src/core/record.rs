//! The same soil record in the words of each engine.

use serde::Serialize;

/// Declares one engine's record with the fields that all share.
macro_rules! record {
    ($(#[$outer:meta])* $name:ident { $($(#[$inner:meta])* $field:ident: $kind:ty,)+ }) => {
        $(#[$outer])*
        #[allow(dead_code, reason = "fields without a rule belong to the record and are checked by nobody")]
        pub struct $name { $($(#[$inner])* pub $field: $kind,)+ }

        #[allow(dead_code, reason = "not every engine has every case")]
        impl $name {
            /// A plausible reading.
            pub fn good() -> Self {
                Self {
                    ts: 1_790_000_000_000, seq: 42, ph: 6.4, vwc: 0.231, temp: 18.25, ec: 1.4,
                    battery_mv: 3_600, valve_open: false,
                }
            }

            /// A reading with two values outside their ranges.
            pub fn bad() -> Self {
                Self { ph: 15.0, vwc: 1.4, ..Self::good() }
            }

            /// A reading whose pH is not a number.
            pub fn nan() -> Self {
                Self { ph: f32::NAN, ..Self::good() }
            }
        }
    };
}

record! {
    /// Checked by hand: the floor.
    Hand {
        ts: u64, seq: u32, ph: f32, vwc: f32, temp: f32, ec: f32, battery_mv: u16, valve_open: bool,
    }
}

/// What a person would write: which field, and the value in the field's type.
#[derive(Debug)]
#[expect(dead_code, reason = "read by a person, through Debug")]
pub enum HandError {
    Ph(f32),
    Vwc(f32),
    Temp(f32),
    Ec(f32),
    Battery(u16),
}

impl Hand {
    /// The five ranges, NaN refused.
    #[inline]
    pub fn check(&self) -> Result<(), HandError> {
        if !(self.ph >= 0.0 && self.ph <= 14.0) {
            return Err(HandError::Ph(self.ph));
        }
        if !(self.vwc >= 0.0 && self.vwc <= 1.0) {
            return Err(HandError::Vwc(self.vwc));
        }
        if !(self.temp >= -40.0 && self.temp <= 85.0) {
            return Err(HandError::Temp(self.temp));
        }
        if !(self.ec >= 0.0 && self.ec <= 20.0) {
            return Err(HandError::Ec(self.ec));
        }
        if !(1_800..=4_200).contains(&self.battery_mv) {
            return Err(HandError::Battery(self.battery_mv));
        }
        Ok(())
    }
}

record! {
    /// gofarm-core.
    #[derive(gofarm_core::Device)]
    #[device(model = "acme-soil", version = 1)]
    Derived {
        /// Unix time.
        #[prop(unit = "ms")]
        ts: u64,
        seq: u32,
        /// pH of the soil solution.
        #[prop(range = 0.0..=14.0, unit = "[pH]")]
        ph: f32,
        /// Volumetric water content.
        #[prop(range = 0.0..=1.0, unit = "m3/m3")]
        vwc: f32,
        /// Soil temperature.
        #[prop(range = -40.0..=85.0, unit = "Cel")]
        temp: f32,
        /// Bulk electrical conductivity.
        #[prop(range = 0.0..=20.0, unit = "dS/m")]
        ec: f32,
        #[prop(range = 1800..=4200, unit = "mV")]
        battery_mv: u16,
        valve_open: bool,
    }
}

record! {
    /// garde.
    #[derive(garde::Validate)]
    Garde {
        #[garde(skip)]
        ts: u64,
        #[garde(skip)]
        seq: u32,
        #[garde(range(min = 0.0, max = 14.0))]
        ph: f32,
        #[garde(range(min = 0.0, max = 1.0))]
        vwc: f32,
        #[garde(range(min = -40.0, max = 85.0))]
        temp: f32,
        #[garde(range(min = 0.0, max = 20.0))]
        ec: f32,
        #[garde(range(min = 1800, max = 4200))]
        battery_mv: u16,
        #[garde(skip)]
        valve_open: bool,
    }
}

record! {
    /// validator.
    #[derive(validator::Validate)]
    Validator {
        ts: u64,
        seq: u32,
        #[validate(range(min = 0.0, max = 14.0))]
        ph: f32,
        #[validate(range(min = 0.0, max = 1.0))]
        vwc: f32,
        #[validate(range(min = -40.0, max = 85.0))]
        temp: f32,
        #[validate(range(min = 0.0, max = 20.0))]
        ec: f32,
        #[validate(range(min = 1800, max = 4200))]
        battery_mv: u16,
        valve_open: bool,
    }
}

record! {
    /// schemars, whose schema jsonschema checks.
    #[derive(schemars::JsonSchema, Serialize)]
    Schemars {
        ts: u64,
        seq: u32,
        #[schemars(range(min = 0.0, max = 14.0))]
        ph: f32,
        #[schemars(range(min = 0.0, max = 1.0))]
        vwc: f32,
        #[schemars(range(min = -40.0, max = 85.0))]
        temp: f32,
        #[schemars(range(min = 0.0, max = 20.0))]
        ec: f32,
        #[schemars(range(min = 1800, max = 4200))]
        battery_mv: u16,
        valve_open: bool,
    }
}
