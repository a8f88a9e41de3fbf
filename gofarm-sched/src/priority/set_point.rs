//! [`SetPoint`]: one temperature that several tenants want otherwise.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::ConfigError;

/// A temperature in °C, finite and not below -273.15.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Celsius(f32);

impl Celsius {
    /// A temperature.
    ///
    /// # Errors
    /// It is not finite, or below absolute zero.
    pub fn new(degrees: f32) -> Result<Self, ConfigError> {
        if degrees.is_finite() && degrees >= -273.15 {
            Ok(Self(degrees))
        } else {
            Err(ConfigError::new("degrees", "finite and at least -273.15"))
        }
    }

    /// In °C.
    #[must_use]
    pub const fn degrees(self) -> f32 {
        self.0
    }
}

/// The set point of a shared greenhouse, which tenants move by 2 °C at the most.
///
/// Each tenant has one vote, its last wish; the median of them is in force, so one tenant alone cannot drag it with
/// an extreme wish. Whatever the votes are, the result stays within [`MOST`](Self::MOST) of what was *agreed*. The
/// agreed value is moved by [`agree`](Self::agree) only, which is for an operator: tenants that outbid each other
/// for a day end no further away than those who do it once.
///
/// It bounds the set point. How well the climate controller keeps it is another matter.
///
/// ```
/// use gofarm_sched::priority::{Celsius, SetPoint};
///
/// let mut house = SetPoint::new(Celsius::new(21.0)?);
/// house.wish("orchids", Celsius::new(30.0)?);
/// assert_eq!(house.in_force().degrees(), 23.0);
/// house.wish("lettuce", Celsius::new(15.0)?);
/// assert_eq!(house.in_force().degrees(), 22.5);
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SetPoint {
    agreed: Celsius,
    wishes: BTreeMap<String, Celsius>,
}

impl SetPoint {
    /// How far from the agreed value tenants can move it, in °C.
    pub const MOST: f32 = 2.0;

    /// What was agreed, and no wishes.
    #[must_use]
    pub const fn new(agreed: Celsius) -> Self {
        Self {
            agreed,
            wishes: BTreeMap::new(),
        }
    }

    /// A tenant's wish, in place of its last one.
    pub fn wish(&mut self, tenant: &str, degrees: Celsius) {
        self.wishes.insert(tenant.into(), degrees);
    }

    /// A tenant has no wish any more.
    pub fn withdraw(&mut self, tenant: &str) {
        self.wishes.remove(tenant);
    }

    /// An operator sets what is agreed; wishes stay.
    pub const fn agree(&mut self, degrees: Celsius) {
        self.agreed = degrees;
    }

    /// What was agreed.
    #[must_use]
    pub const fn agreed(&self) -> Celsius {
        self.agreed
    }

    /// What the greenhouse is to be kept at.
    #[must_use]
    pub fn in_force(&self) -> Celsius {
        let mut wishes: Vec<f32> = self.wishes.values().map(|wish| wish.0).collect();
        wishes.sort_by(f32::total_cmp);
        let at = |i: usize| wishes.get(i).copied();
        let middle = wishes.len() / 2;
        let (Some(upper), lower) = (at(middle), at(wishes.len().saturating_sub(1) / 2)) else {
            return self.agreed;
        };
        let median = f32::midpoint(upper, lower.unwrap_or(upper));
        let agreed = self.agreed.0;
        Celsius(
            median
                .clamp(agreed - Self::MOST, agreed + Self::MOST)
                .max(-273.15),
        )
    }
}
