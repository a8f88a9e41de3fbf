//! The SenML unit for a UCUM code (RFC 8428 section 12.1, RFC 8798 and the IANA registry of 27 March 2025).
//!
//! SenML has a closed list of unit names. The *primary* ones stand in a SenML pack; a *secondary* one is a scaled
//! primary, for data models around SenML (LwM2M, SDF). Not in the tables, because UCUM has no such unit: `var`,
//! `vars`, `dBm`, and the quantities `lat`, `lon` and `EL`, whose UCUM code (`deg`, `s`) belongs to another row.

use super::Unit;

/// UCUM code and primary name of the same unit. Where several rows share a column, the first one is the answer.
const PRIMARY: &[(&str, &str)] = &[
    ("m", "m"),
    ("kg", "kg"),
    ("g", "g"),
    ("s", "s"),
    ("A", "A"),
    ("K", "K"),
    ("cd", "cd"),
    ("mol", "mol"),
    ("Hz", "Hz"),
    ("rad", "rad"),
    ("sr", "sr"),
    ("N", "N"),
    ("Pa", "Pa"),
    ("J", "J"),
    ("W", "W"),
    ("A.s", "C"),
    ("V", "V"),
    ("C/V", "F"),
    ("Ohm", "Ohm"),
    ("S", "S"),
    ("Wb", "Wb"),
    ("T", "T"),
    ("H", "H"),
    ("Cel", "Cel"),
    ("lm", "lm"),
    ("lx", "lx"),
    ("Bq", "Bq"),
    ("Gy", "Gy"),
    ("Sv", "Sv"),
    ("kat", "kat"),
    ("m2", "m2"),
    ("m3", "m3"),
    ("L", "l"),
    ("l", "l"),
    ("m/s", "m/s"),
    ("m/s2", "m/s2"),
    ("m3/s", "m3/s"),
    ("L/s", "l/s"),
    ("l/s", "l/s"),
    ("W/m2", "W/m2"),
    ("cd/m2", "cd/m2"),
    ("bit", "bit"),
    ("bit/s", "bit/s"),
    ("[pH]", "pH"),
    ("dB", "dB"),
    ("dB[W]", "dBW"),
    ("B[SPL]", "Bspl"),
    ("{count}", "count"),
    ("1", "/"),
    ("m3/m3", "/"),
    ("%", "%"),
    ("%", "%RH"),
    ("%", "%EL"),
    ("/s", "1/s"),
    ("s-1", "1/s"),
    ("1/s", "1/s"),
    ("/min", "1/min"),
    ("min-1", "1/min"),
    ("1/min", "1/min"),
    ("{beat}/min", "beat/min"),
    ("{beat}", "beats"),
    ("S/m", "S/m"),
    ("By", "B"),
    ("V.A", "VA"),
    ("V.A.s", "VAs"),
    ("J/m", "J/m"),
    ("kg/m3", "kg/m3"),
    ("deg", "deg"),
    ("[NTU]", "NTU"),
];

/// UCUM code, secondary name (empty if there is none), primary name, and the factor from it to the primary unit.
const SCALED: &[(&str, &str, &str, f64)] = &[
    ("ms", "ms", "s", 1e-3),
    ("min", "min", "s", 60.0),
    ("h", "h", "s", 3600.0),
    ("d", "", "s", 86_400.0),
    ("MHz", "MHz", "Hz", 1e6),
    ("kW", "kW", "W", 1e3),
    ("kV.A", "kVA", "VA", 1e3),
    ("A.h", "Ah", "C", 3600.0),
    ("W.h", "Wh", "J", 3600.0),
    ("kW.h", "kWh", "J", 3.6e6),
    ("V.A.h", "VAh", "VAs", 3600.0),
    ("kV.A.h", "kVAh", "VAs", 3.6e6),
    ("W.h/km", "Wh/km", "J/m", 3.6),
    ("KiBy", "KiB", "B", 1024.0),
    ("GBy", "GB", "B", 1e9),
    ("Mbit/s", "Mbit/s", "bit/s", 1e6),
    ("By/s", "B/s", "bit/s", 8.0),
    ("MBy/s", "MB/s", "bit/s", 8e6),
    ("mV", "mV", "V", 1e-3),
    ("mA", "mA", "A", 1e-3),
    ("ug/m3", "ug/m3", "kg/m3", 1e-9),
    ("mg/L", "mg/l", "kg/m3", 1e-3),
    ("mg/l", "mg/l", "kg/m3", 1e-3),
    ("ug/L", "ug/l", "kg/m3", 1e-6),
    ("ug/l", "ug/l", "kg/m3", 1e-6),
    ("g/L", "g/l", "kg/m3", 1.0),
    ("g/l", "g/l", "kg/m3", 1.0),
    ("mm/h", "mm/h", "m/s", 1.0 / 3.6e6),
    ("m/h", "m/h", "m/s", 1.0 / 3600.0),
    ("km/h", "km/h", "m/s", 1.0 / 3.6),
    ("[ppm]", "ppm", "/", 1e-6),
    ("[ppb]", "ppb", "/", 1e-9),
    ("[pptr]", "ppt", "/", 1e-12),
    ("%", "/100", "/", 1e-2),
    ("[ppth]", "/1000", "/", 1e-3),
    ("hPa", "hPa", "Pa", 100.0),
    ("kPa", "", "Pa", 1e3),
    ("bar", "", "Pa", 1e5),
    ("mm", "mm", "m", 1e-3),
    ("cm", "cm", "m", 1e-2),
    ("km", "km", "m", 1e3),
    ("L/min", "", "m3/s", 1e-3 / 60.0),
    ("L/h", "", "m3/s", 1e-3 / 3600.0),
    ("m3/h", "", "m3/s", 1.0 / 3600.0),
    ("dS/m", "", "S/m", 0.1),
    ("mS/cm", "", "S/m", 0.1),
    ("uS/cm", "", "S/m", 1e-4),
];

impl Unit {
    /// The SenML name of this same unit, so that values need no conversion; `None` if SenML has none.
    ///
    /// A primary name where there is one (RFC 8428 section 12.1, RFC 8798 section 2), else a secondary one
    /// (RFC 8798 section 3), which needs a reader that knows secondary units (RFC 9100, feature 4).
    ///
    /// ```
    /// use gofarm_core::quantity::Unit;
    ///
    /// assert_eq!(Unit::new("[pH]").senml(), Some("pH"));
    /// assert_eq!(Unit::new("mm/h").senml(), Some("mm/h"));
    /// assert_eq!(Unit::new("[degF]").senml(), None);
    /// ```
    #[must_use]
    pub fn senml(self) -> Option<&'static str> {
        let primary = PRIMARY.iter().find(|row| row.0 == self.0).map(|row| row.1);
        primary.or_else(|| {
            let row = SCALED.iter().find(|row| row.0 == self.0)?;
            (!row.1.is_empty()).then_some(row.1)
        })
    }

    /// A primary SenML name and the factor by which a value in this unit is multiplied to be in that unit.
    ///
    /// `None` if this module's table has no such row: it has SenML's own and a few that farms use (`kPa`, `dS/m`,
    /// `L/min`), not every combination. Percent becomes a ratio, since RFC 8428 advises against producing `%`.
    ///
    /// ```
    /// use gofarm_core::quantity::Unit;
    ///
    /// assert_eq!(Unit::new("dS/m").senml_scaled(), Some(("S/m", 0.1)));
    /// assert_eq!(Unit::new("%").senml_scaled(), Some(("/", 0.01)));
    /// assert_eq!(Unit::new("Cel").senml_scaled(), Some(("Cel", 1.0)));
    /// ```
    #[must_use]
    pub fn senml_scaled(self) -> Option<(&'static str, f64)> {
        let scaled = SCALED.iter().find(|row| row.0 == self.0);
        scaled.map(|row| (row.2, row.3)).or_else(|| {
            let row = PRIMARY.iter().find(|row| row.0 == self.0)?;
            Some((row.1, 1.0))
        })
    }

    /// The unit that a primary or secondary SenML name stands for; `None` if the name is not in the tables.
    ///
    /// ```
    /// use gofarm_core::quantity::Unit;
    ///
    /// assert_eq!(Unit::from_senml("%RH"), Some(Unit::new("%")));
    /// assert_eq!(Unit::from_senml("/"), Some(Unit::ONE));
    /// assert_eq!(Unit::from_senml("furlong"), None);
    /// ```
    #[must_use]
    pub fn from_senml(name: &str) -> Option<Self> {
        let primary = PRIMARY.iter().find(|row| row.1 == name).map(|row| row.0);
        let secondary = || {
            let row = SCALED
                .iter()
                .find(|row| row.1 == name && !row.1.is_empty())?;
            Some(row.0)
        };
        primary.or_else(secondary).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_unit_and_its_name_leads_back_to_the_same_unit() {
        let scaled = SCALED.iter().map(|row| (row.0, row.1));
        for (code, name) in PRIMARY.iter().copied().chain(scaled) {
            let unit = Unit::parse(code).expect(code);
            if !name.is_empty() {
                let back = Unit::from_senml(name).expect(name);
                assert_eq!(back.senml_scaled(), unit.senml_scaled(), "{code}");
            }
        }
    }

    #[test]
    fn scales_lead_to_primary_names() {
        for row in SCALED {
            assert!(
                PRIMARY.iter().any(|primary| primary.1 == row.2),
                "{}",
                row.2
            );
            assert!(row.3 > 0.0);
        }
    }

    #[test]
    fn no_secondary_name_is_a_primary_name() {
        for row in SCALED {
            assert!(
                PRIMARY.iter().all(|primary| primary.1 != row.1),
                "{}",
                row.1
            );
        }
    }
}
