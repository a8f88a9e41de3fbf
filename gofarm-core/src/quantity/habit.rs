//! What people write instead of a UCUM code, and what to write.
//!
//! Some habits are valid codes that mean something else: `C` is coulomb, `ft` a femtotonne, `kph` a kilophot.
//! Those in [`CODES`] and [`DECEPTIVE`] are refused, the one place where this is stricter than UCUM.

use super::atom::is_at;

/// Whole codes.
const CODES: &[(&str, &str)] = &[
    ("", "a unit is empty; write 1 for a number without unit"),
    (
        "C",
        "C is coulomb; write Cel for degrees Celsius, or A.s for coulomb",
    ),
    (
        "F",
        "F is farad; write [degF] for degrees Fahrenheit, or C/V for farad",
    ),
    (
        "°",
        "write deg for an angle, Cel or [degF] for a temperature",
    ),
    ("°F", "write [degF] for degrees Fahrenheit"),
    ("B", "B is bel; write By for bytes, dB for decibels"),
    ("none", "write 1 for a number without unit"),
    ("unitless", "write 1 for a number without unit"),
    ("ratio", "write 1 for a number without unit"),
];

/// Symbols that are valid and not what was meant.
const DECEPTIVE: &[(&str, &str)] = &[
    (
        "ph",
        "ph is phot; write [pH] for acidity, or lm/cm2 for phot",
    ),
    ("pH", "pH is picohenry; write [pH] for acidity"),
    ("PH", "PH is petahenry; write [pH] for acidity"),
    ("kph", "kph is kilophot; write km/h for kilometres per hour"),
    ("mph", "mph is milliphot; write [mi_i]/h for miles per hour"),
    ("ft", "ft is femtotonne; write [ft_i] for feet"),
    ("pt", "pt is picotonne; write [pt_us] or [pt_br] for pints"),
    (
        "kB",
        "kB is kilobel; write kBy for 1000 bytes, KiBy for 1024 bytes",
    ),
    ("MB", "MB is megabel; write MBy for a million bytes"),
    ("GB", "GB is gigabel; write GBy for a billion bytes"),
];

/// Symbols that UCUM does not know.
const SYMBOLS: &[(&str, &str)] = &[
    ("degC", "write Cel for degrees Celsius"),
    ("deg_C", "write Cel for degrees Celsius"),
    ("celsius", "write Cel for degrees Celsius"),
    ("Celsius", "write Cel for degrees Celsius"),
    ("cel", "write Cel for degrees Celsius"),
    ("degF", "write [degF] for degrees Fahrenheit"),
    ("ppm", "write [ppm] for parts per million"),
    ("PPM", "write [ppm] for parts per million"),
    ("ppb", "write [ppb] for parts per billion"),
    (
        "ppt",
        "write [ppth] for parts per thousand, [pptr] for parts per trillion",
    ),
    ("psi", "write [psi] for pounds per square inch"),
    ("PSI", "write [psi] for pounds per square inch"),
    ("sec", "write s for seconds"),
    ("secs", "write s for seconds"),
    ("second", "write s for seconds"),
    ("seconds", "write s for seconds"),
    ("msec", "write ms for milliseconds"),
    ("mins", "write min for minutes"),
    ("minute", "write min for minutes"),
    ("minutes", "write min for minutes"),
    ("hr", "write h for hours"),
    ("hrs", "write h for hours"),
    ("hour", "write h for hours"),
    ("hours", "write h for hours"),
    ("day", "write d for days"),
    ("days", "write d for days"),
    ("week", "write wk for weeks"),
    ("weeks", "write wk for weeks"),
    ("month", "write mo for months"),
    ("year", "write a for years"),
    ("years", "write a for years"),
    ("yr", "write a for years"),
    (
        "%RH",
        "write % for relative humidity; the quantity is said by the property's name",
    ),
    (
        "RH",
        "write % for relative humidity; the quantity is said by the property's name",
    ),
    (
        "%VWC",
        "write m3/m3 or % for water content; the quantity is said by the property's name",
    ),
    (
        "VWC",
        "write m3/m3 or % for water content; the quantity is said by the property's name",
    ),
    ("percent", "write % for percent"),
    ("pct", "write % for percent"),
    ("lux", "write lx for lux"),
    ("Lux", "write lx for lux"),
    ("kmh", "write km/h for kilometres per hour"),
    ("mps", "write m/s for metres per second"),
    ("rpm", "write /min for revolutions per minute"),
    ("RPM", "write /min for revolutions per minute"),
    ("lpm", "write L/min for litres per minute"),
    ("LPM", "write L/min for litres per minute"),
    ("gpm", "write [gal_us]/min for gallons per minute"),
    ("gal", "write [gal_us] or [gal_br] for gallons"),
    ("acre", "write [acr_us] for acres"),
    ("acres", "write [acr_us] for acres"),
    ("ha", "write har for hectares"),
    ("hectare", "write har for hectares"),
    ("in", "write [in_i] for inches"),
    ("inch", "write [in_i] for inches"),
    ("inHg", "write [in_i'Hg] for inches of mercury"),
    ("mmHg", "write mm[Hg] for millimetres of mercury"),
    ("yd", "write [yd_i] for yards"),
    ("mile", "write [mi_i] for miles"),
    ("lb", "write [lb_av] for pounds"),
    ("lbs", "write [lb_av] for pounds"),
    ("oz", "write [oz_av] for ounces"),
    ("meter", "write m for metres"),
    ("metre", "write m for metres"),
    ("liter", "write L for litres"),
    ("litre", "write L for litres"),
    ("liters", "write L for litres"),
    ("litres", "write L for litres"),
    ("gram", "write g for grams"),
    ("kilogram", "write kg for kilograms"),
    ("kilo", "write kg for kilograms"),
    ("tonne", "write t for tonnes"),
    ("ton", "write t for tonnes"),
    ("cc", "write cm3 or mL for cubic centimetres"),
    ("watt", "write W for watts"),
    ("kWh", "write kW.h for kilowatt hours"),
    ("Wh", "write W.h for watt hours"),
    ("Ah", "write A.h for ampere hours"),
    ("mAh", "write mA.h for milliampere hours"),
    ("VA", "write V.A for volt amperes"),
    ("volt", "write V for volts"),
    ("volts", "write V for volts"),
    ("amp", "write A for amperes"),
    ("amps", "write A for amperes"),
    ("ohm", "write Ohm for ohms"),
    ("hz", "write Hz for hertz"),
    ("pa", "write Pa for pascals"),
    ("hpa", "write hPa for hectopascals"),
    ("kpa", "write kPa for kilopascals"),
    ("Kpa", "write kPa for kilopascals"),
    ("KPa", "write kPa for kilopascals"),
    ("mBar", "write mbar for millibars"),
    ("Bar", "write bar for bars"),
    ("KG", "write kg for kilograms"),
    ("Kg", "write kg for kilograms"),
    (
        "degree",
        "write deg for an angle, Cel or [degF] for a temperature",
    ),
    (
        "degrees",
        "write deg for an angle, Cel or [degF] for a temperature",
    ),
    ("kelvin", "write K for kelvins"),
    (
        "einstein",
        "write mol for moles of photons, umol/(m2.s) for PPFD",
    ),
    ("E", "write mol for moles of photons, umol/(m2.s) for PPFD"),
    ("NTU", "write [NTU] for turbidity"),
    ("CFU", "write [CFU] for colony forming units"),
    ("KB", "write kBy for 1000 bytes, KiBy for 1024 bytes"),
    ("mb", "write mbar for millibars"),
    ("hp", "write [HP] for horsepower"),
    ("byte", "write By for bytes"),
    ("bytes", "write By for bytes"),
    ("count", "write {count} for a number of things"),
    ("counts", "write {count} for a number of things"),
    ("pulse", "write {pulse} for a number of pulses"),
    ("pulses", "write {pulse} for a number of pulses"),
];

/// Characters outside ASCII.
const CHARACTERS: &[(&str, &str)] = &[
    (
        "°",
        "write Cel for degrees Celsius, [degF] for Fahrenheit, deg for an angle",
    ),
    ("\u{b5}", "write u for micro"),
    ("\u{3bc}", "write u for micro"),
    ("²", "write 2 for a square: m2"),
    ("³", "write 3 for a cube: m3"),
    ("⁻", "write an exponent in plain digits: m-2"),
    ("¹", "write an exponent in plain digits: s-1"),
    ("·", "write . to multiply"),
    ("⋅", "write . to multiply"),
    ("×", "write . to multiply"),
    ("\u{3a9}", "write Ohm for ohms"),
    ("\u{2126}", "write Ohm for ohms"),
    ("‰", "write [ppth] for parts per thousand"),
    ("℃", "write Cel for degrees Celsius"),
];

/// What to write instead of the whole of `code`.
pub(super) const fn instead_of_code(code: &[u8]) -> Option<&'static str> {
    find(CODES, code, 0, code.len())
}

/// Why the valid symbol `from..to` is refused.
pub(super) const fn deception(code: &[u8], from: usize, to: usize) -> Option<&'static str> {
    find(DECEPTIVE, code, from, to)
}

/// What to write instead of the symbol `from..to`.
pub(super) const fn instead_of_symbol(code: &[u8], from: usize, to: usize) -> Option<&'static str> {
    find(SYMBOLS, code, from, to)
}

/// What to write instead of the character that begins at `at`.
pub(super) const fn instead_of_character(code: &[u8], at: usize) -> Option<&'static str> {
    let mut i = 0;
    while i < CHARACTERS.len() {
        let (habit, advice) = CHARACTERS[i];
        if is_at(habit.as_bytes(), code, at, at + habit.len()) {
            return Some(advice);
        }
        i += 1;
    }
    None
}

const fn find(
    table: &[(&str, &'static str)],
    code: &[u8],
    from: usize,
    to: usize,
) -> Option<&'static str> {
    let mut i = 0;
    while i < table.len() {
        let (habit, advice) = table[i];
        if is_at(habit.as_bytes(), code, from, to) {
            return Some(advice);
        }
        i += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Unit;

    #[test]
    fn every_habit_is_refused_with_its_own_advice() {
        for (habit, advice) in CODES.iter().chain(DECEPTIVE).chain(SYMBOLS) {
            let error = Unit::parse(habit).expect_err(habit);
            assert_eq!(error.message(), *advice, "{habit}");
        }
    }

    #[test]
    fn a_deceptive_symbol_is_a_known_one() {
        for (habit, _) in DECEPTIVE {
            let found = super::super::atom::look_up(habit.as_bytes(), 0, habit.len());
            assert!(
                matches!(found, super::super::atom::Symbol::Known),
                "{habit}"
            );
        }
    }
}
