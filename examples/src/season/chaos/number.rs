//! [`Number`]: which field, gateway or probe.

use core::fmt;

use gofarm_core::random::Random;

/// The number of a thing of which there are `FIRST..=LAST`.
///
/// ```
/// use gofarm_examples::season::chaos::{FieldNumber, GatewayNumber};
///
/// let field = FieldNumber::new(3).expect("there are three");
/// assert_eq!(field.index(), 2);
/// assert_eq!(Some(field.gateway()), GatewayNumber::new(2));
/// assert_eq!(FieldNumber::new(4), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number<const FIRST: u8, const LAST: u8>(u8);

/// A field, 1 to 3.
pub type FieldNumber = Number<1, 3>;
/// A gateway, 1 or 2.
pub type GatewayNumber = Number<1, 2>;
/// A probe of a field, 0 to 2.
pub type ProbeNumber = Number<0, 2>;

impl<const FIRST: u8, const LAST: u8> Number<FIRST, LAST> {
    /// The number, or `None` if there is no such thing.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if FIRST <= number && number <= LAST {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The number as people say it.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Its place in an array with one item for each, from 0.
    #[must_use]
    pub const fn index(self) -> usize {
        (self.0 - FIRST) as usize
    }

    /// All of them, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (FIRST..=LAST).map(Self)
    }

    /// One of them by chance.
    pub(super) fn draw(random: &mut impl Random) -> Self {
        let place = random.below(u64::from(LAST - FIRST) + 1);
        Self(FIRST + u8::try_from(place).unwrap_or(0))
    }
}

impl FieldNumber {
    /// The gateway at which the field is at home: fields 1 and 2 at gateway 1, field 3 at gateway 2.
    #[must_use]
    pub const fn gateway(self) -> GatewayNumber {
        Number(if self.0 <= 2 { 1 } else { 2 })
    }
}

impl<const FIRST: u8, const LAST: u8> fmt::Display for Number<FIRST, LAST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_made_only_within_its_range() {
        let made = |new: fn(u8) -> bool| (0..=u8::MAX).filter(|&n| new(n)).collect::<Vec<_>>();
        assert_eq!(made(|n| FieldNumber::new(n).is_some()), [1, 2, 3]);
        assert_eq!(made(|n| GatewayNumber::new(n).is_some()), [1, 2]);
        assert_eq!(made(|n| ProbeNumber::new(n).is_some()), [0, 1, 2]);
    }

    #[test]
    fn every_number_has_a_place_of_its_own() {
        let places: Vec<usize> = FieldNumber::all().map(FieldNumber::index).collect();
        assert_eq!(places, [0, 1, 2]);
        let places: Vec<usize> = ProbeNumber::all().map(ProbeNumber::index).collect();
        assert_eq!(places, [0, 1, 2]);
    }
}
